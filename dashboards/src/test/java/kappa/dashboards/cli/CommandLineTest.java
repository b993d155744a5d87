package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.ingest.Await;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

/** What the command line says to a mistake: one line that names it, a code that is not zero, and no stack trace. */
class CommandLineTest {

    private static final int NEURONS = 12;

    @TempDir
    static Path directory;

    private static Path session;
    private static Path network;

    @BeforeAll
    static void writeFiles() throws IOException {
        session = directory.resolve("session.npz");
        try (NpzWriter npz = NpzWriter.create(session)) {
            npz.put("counts", new float[3 * 5 * NEURONS], 3, 5, NEURONS);
            npz.put("inputs", new float[3 * 5], 3, 5, 1);
            npz.put("bin_width", new float[]{0.02f});
        }
        network = directory.resolve("network.npz");
        NetworkFile.write(network,
                HandBuiltNetworks.named("decision", NEURONS, 1).network());
        Files.writeString(file("text.npz"), "no zip");
        Files.writeString(file("counts.pkl"), "whatever");
        Files.writeString(file("text.nwb"), "no HDF5");
        Files.writeString(Files.createDirectory(file("site")).resolve("index.html"), "<h1>The lab</h1>");
        Files.write(file("plain.h5"), new byte[]{(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'});
        Files.write(file("empty.npz"), new byte[0]);
        byte[] whole = Files.readAllBytes(session);
        Files.write(file("truncated.npz"), Arrays.copyOf(whole, whole.length / 2));
        byte[] net = Files.readAllBytes(network);
        Files.write(file("truncated-network.npz"), Arrays.copyOf(net, net.length - 30));
        try (NpzWriter npz = NpzWriter.create(file("flat.npz"))) {
            npz.put("counts", new float[60], 60);
            npz.put("bin_width", new float[]{0.02f});
        }
        try (NpzWriter npz = NpzWriter.create(file("no-width.npz"))) {
            npz.put("counts", new float[60], 5, 12);
        }
        try (NpzWriter npz = NpzWriter.create(file("other-inputs.npz"))) {
            npz.put("counts", new float[60], 1, 5, 12);
            npz.put("inputs", new float[4], 1, 4, 1);
            npz.put("bin_width", new float[]{0.02f});
        }
        try (NpzWriter npz = NpzWriter.create(file("half-network.npz"))) {
            npz.put("m", new float[12], 12, 1);
        }
        try (NpzWriter npz = NpzWriter.create(file("misshapen-network.npz"))) {
            npz.put("m", new float[12], 12, 1);
            npz.put("n", new float[24], 12, 2);
            npz.put("wi", new float[12], 1, 12);
            npz.put("alpha", new float[]{0.2f});
        }
        try (NpzWriter npz = NpzWriter.create(file("other-session.npz"))) {
            npz.put("counts", new float[5 * 7], 1, 5, 7);
            npz.put("inputs", new float[5], 1, 5, 1);
            npz.put("bin_width", new float[]{0.02f});
        }
        try (NpzWriter npz = NpzWriter.create(file("neither.npz"))) {
            npz.put("x", 1.0);
        }
        Files.writeString(file("bad.properties"), "security.protocol=NONSENSE\n");
        Files.writeString(file("short-token"), "secret\n");
    }

    private static Path file(String name) {
        return directory.resolve(name);
    }

    // ------------------------------------------------------------------ mistakes

    /**
     * A wrong command line.
     *
     * @param arguments {@code D/} is the directory of this test's files
     * @param told what the one line names
     */
    private record Mistake(String arguments, int code, String... told) {

        String[] split() {
            return Stream.of(arguments.split(" ")).map(word -> word.replace("D/", directory + File.separator))
                    .toArray(String[]::new);
        }

        @Override
        public String toString() {
            return "kappa " + arguments;
        }
    }

    private static Mistake typo(String arguments, String... told) {
        return new Mistake(arguments, 2, told);
    }

    private static Mistake bad(String arguments, String... told) {
        return new Mistake(arguments, 1, told);
    }

    static Stream<Mistake> mistakes() {
        return Stream.of( //
                typo("frobnicate", "frobnicate", "live, broker, serve"), //
                bad("replay D/session.npz --from 5", "--from is 5", "recording's end at 0.3 s"), //
                bad("replay D/session.npz --until 0:00", "--until is 0:00", "up to the recording's end at 0.3 s"), //
                bad("replay D/session.npz --until 107%", "--until is 107%"), //
                bad("replay D/session.npz --from 1:75", "--from is 1:75", "less than 60 s"), //
                bad("replay D/session.npz --from noon", "--from is noon", "seconds, m:ss"), //
                bad("replay D/session.npz --loop --until-end",
                        "--loop cannot be combined with --until-end, --json or --out"), //
                bad("live --from 2:00", "--from needs a recording", "--session FILE"), //
                typo("lvie --rank 2", "lvie", "live"), //
                typo("live --bogus", "--bogus", "kappa live --help"), //
                typo("live --sped max", "--sped"), //
                bad("live stray", "stray: no such file"), //
                typo("live --rank two", "--rank", "two", "int"), //
                typo("live --rank", "--rank"), //
                typo("live --port http", "--port", "http"), //
                typo("replay", "FILE"), //
                typo("evaluate D/network.npz", "SESSION"), //
                typo("analyze", "NET.npz"), //
                typo("rig", "Which rig", "simulate"), //
                typo("rig warp-drive", "warp-drive", "simulate"), //
                bad("live --session D/missing.npz", "missing.npz", "no such file"), //
                bad("live --session D/text.npz", "text.npz", "not an NPZ file", "zip"), //
                bad("live --session D/empty.npz", "empty.npz", "the file is empty"), //
                bad("live --session D/truncated.npz", "truncated.npz", "truncated"), //
                bad("live --session D/network.npz", "network.npz", "'activity' or 'counts'", "the file holds m, n"), //
                bad("live --session D/flat.npz", "flat.npz", "'counts'", "expected"), //
                bad("live --session D/no-width.npz", "no-width.npz", "bin_width"), //
                bad("live --session D/other-inputs.npz", "other-inputs.npz", "'inputs'", "expected"), //
                bad("live --session D/", "expected an NPZ file"), //
                bad("live --session D/session.npz --observe nonsense", "--observe", "nonsense", "rates, currents"), //
                bad("live --session D/session.npz --observe currents", "session.npz", "'activity'", "currents"), //
                bad("live --session D/session.npz --speed fast", "--speed", "fast", "max"), //
                bad("live --session-id a/b", "--session-id", "\"a/b\"", "1 to 128 characters"), //
                bad("replay D/session.npz --session-id a=b", "--session-id", "\"a=b\""), //
                bad("convert D/session.npz --out D/session.npz", "--out", "session.npz", "the file that is read"), //
                bad("fit D/session.npz --out D/session.npz", "--out", "session.npz", "the file that is read"), //
                bad("simulate D/network.npz --task dm --trials 2 --out D/network.npz", "the file that is read"), //
                bad("live --session D/session.npz --out D/session.npz", "the file that is read"), //
                bad("live --out D/text.npz", "--out", "text.npz", "kappa did not write it", "--force"), //
                bad("convert D/session.npz --out D/text.nwb", "text.nwb", "kappa did not write it", "--force"), //
                bad("export --session x --out D/plain.h5", "plain.h5", "kappa did not write it", "--force"), //
                bad("analyze D/network.npz --report D/site", "--report", "site", "another directory"), //
                bad("live --out D/missing/net.npz", "--out", "missing/net.npz", "a directory that exists"), //
                bad("live --speed 0", "--speed", "0", "positive"), //
                bad("live --session D/session.npz --rank 0", "--rank", "0", "at least 1"), //
                bad("live --session D/session.npz --tau 0", "--tau", "0", "(0, 60]"), //
                bad("live --session D/session.npz --tau NaN", "--tau", "NaN"), //
                bad("live --session D/session.npz --steps-per-trial 0", "--steps-per-trial", "at least 1"), //
                bad("live --session D/session.npz --port 99999", "port", "99999", "65535"), //
                bad("live --session D/session.npz --kafka-port 99999", "port", "99999", "65535"), //
                bad("live --session D/session.npz --retention-gib 0", "--retention-gib", "0", "more than 0"), //
                bad("live --session D/session.npz --retention-days -1", "--retention-days", "-1", "more than 0"), //
                bad("live --session D/session.npz --host 0.0.0.0", "0.0.0.0", "token"), //
                bad("live --session D/session.npz --token-file D/missing", "--token-file", "missing"), //
                bad("live --session D/session.npz --token-file D/short-token", "token", "16"), //
                bad("live --session D/session.npz --control-token-file D/missing", "--control-token-file", "missing"), //
                bad("live --session D/session.npz --control-token-file D/short-token", "control token", "16"), //
                typo("intervene --set a", "--session"), //
                typo("intervene --session s", "--set", "--neurons", "--call-off"), //
                typo("intervene --session s --set a --call-off", "mutually exclusive"), //
                bad("intervene --session s --neurons 3-1", "--neurons 3-1", "0,5,7-20"), //
                bad("intervene --session s --neurons 0,100000", "100000"), //
                bad("intervene --session s --neurons 1,,2", "--neurons 1,,2"), //
                bad("intervene --session s --set a --trials 0", "--trials", "0", "--call-off"), //
                bad("intervene --session s --set a --every 0", "--every", "0"), //
                bad("intervene --session s --set a --url nonsense", "--url nonsense", "http://localhost:8080"), //
                bad("intervene --session s --set a --token-file D/missing", "--token-file", "missing"), //
                bad("intervene --session s --set a --token-file D/short-token --url http://localhost:9",
                        "does not answer",
                        "./kappa live"), //
                bad("live --network nonsense", "nonsense", "decision"), //
                bad("live --neurons 3", "neurons", "3", "12"), //
                bad("live --trials -1", "trials", "-1"), //
                bad("live --trials epochs", "--trials is epochs", "--session FILE"), //
                bad("fit D/session.npz --trials epochs", "--trials is for NWB files"), //
                bad("fit D/session.npz --particles 100", "--particles 100 needs --posterior particles"), //
                bad("fit D/session.npz --posterior gaussian", "--posterior is gaussian", "particles"), //
                bad("fit D/session.npz --posterior particles --particles 5", "--particles is 5", "20000"), //
                bad("fit D/session.npz --posterior particles --posterior-out D/session.npz", "--posterior-out",
                        "session.npz", "the file that is read"), //
                bad("fit D/session.npz --out D/n.npz --posterior particles --posterior-out D/n.npz", "--posterior-out",
                        "the file of --out"), //
                bad("fit D/session.npz --rate 30", "--rate is for NWB files, folders of Kilosort"), //
                bad("fit D/session.npz --rate 0", "--rate is 0.0"), //
                bad("fit D/session.npz --map spikes=x", "--map spikes=x", "counts, activity"), //
                bad("fit D/session.npz --map counts=x", "--map counts=x", "has no array 'x'"), //
                typo("fit D/session.npz --map counts", "--map"), //
                bad("inspect D/network.npz --bin-width 0.1", "--bin-width", "a network"), //
                bad("live --state-noise NaN", "state noise", "NaN"), //
                bad("live --observe spikes", "--observe", "spikes"), //
                bad("live --network D/network.npz", "--network", "network.npz", "--task"), //
                bad("live --network D/missing.npz --task dm", "missing.npz", "no such file"), //
                bad("live --network D/network.npz --task cdm", "1 inputs", "cdm has, 4"), //
                bad("live --task dm", "--task", "dm", "NET.npz"), //
                bad("broker --port 99999", "port", "99999", "65535"), //
                bad("broker --data D/text.npz", "--data", "text.npz"), //
                bad("replay D/missing.npz", "missing.npz", "no such file"), //
                bad("replay D/session.npz --speed fast", "--speed", "fast"), //
                bad("replay D/session.npz --kafka-config D/missing.properties", "--kafka-config", "missing.properties"),
                bad("replay D/session.npz --kafka-config D/bad.properties", "--kafka-config", "NONSENSE"), //
                bad("replay D/session.npz --bootstrap-servers nonsense", "--bootstrap-servers", "nonsense"), //
                bad("serve --bootstrap-servers nonsense", "--bootstrap-servers", "nonsense"), //
                bad("serve --partitions 0", "--partitions", "0", "1 to"), //
                bad("serve --port -5", "port", "-5", "65535"), //
                bad("rig simulate --network nonsense", "nonsense", "bimodal"), //
                bad("rig simulate --speed 0", "--speed", "0"), //
                bad("rig lsl --list --liblsl D/liblsl.so", "liblsl", "liblsl.so", "KAPPA_LSL"), //
                bad("rig lsl", "--stream", "--list"), //
                bad("rig lsl --stream EEG --kind frogs", "--kind", "frogs", "currents, rates, counts or spikes"), //
                bad("rig lsl --stream EEG --markers M", "--markers", "--trial-start"), //
                bad("rig lsl --stream EEG --trial-start go", "--markers", "--trial-start"), //
                bad("rig lsl --stream EEG --markers M --trial-start (", "--trial-start", "regular expression"), //
                bad("rig lsl --stream EEG --markers M --input go", "--input", "go", "NAME=ON_REGEX"), //
                bad("rig lsl --stream EEG --markers M --input a=b", "--input", "a=b", "OFF_REGEX"), //
                bad("rig intan --command-port 0", "--command-port", "--sample-rate"), //
                bad("rig intan --discover -1", "--discover", "-1"), //
                bad("rig simulate --as mouse", "--as", "mouse", "open-ephys"), //
                bad("rig simulate --as open-ephys --observe rates", "--observe", "rates", "counts"), //
                bad("rig simulate --as open-ephys --endpoint here", "--endpoint", "here", "tcp://"), //
                bad("rig open-ephys --endpoint 127.0.0.1:5556", "--endpoint", "127.0.0.1:5556", "tcp://HOST:PORT"), //
                bad("rig open-ephys --endpoint tcp://127.0.0.1:65535", "--endpoint", "65535"), //
                bad("rig open-ephys --trial-line 64", "--trial-line", "64", "0 to 63"), //
                bad("rig open-ephys --input-line 3=a --input-line 4=a", "--input-line", "a is given twice"), //
                bad("rig open-ephys --only-trials", "--only-trials", "--trial-line"), //
                bad("rig open-ephys --unsorted maybe", "--unsorted", "maybe", "auto, keep or drop"), //
                bad("rig open-ephys --sample-rate 3", "--sample-rate", "3.0"), //
                bad("rig open-ephys --lateness 0", "--lateness", "0.0"), //
                bad("rig open-ephys --discover 0", "--discover", "0.0"), //
                bad("rig open-ephys --spare -1", "--spare", "-1"), //
                bad("rig open-ephys --bin-width 0", "--bin-width", "0.0"), //
                typo("rig open-ephys --speed 10", "--speed belongs to live, replay, rig simulate"), //
                typo("live --ranks 1-2", "--ranks belongs to fit"), //
                bad("live --session D/session.npz D/session.npz", "two recordings; give one"), //
                bad("live D/missing.npz", "missing.npz", "no such file"), //
                bad("fit D/counts.pkl", "a pickle, which is a program and is not run", "numpy.savez"), //
                bad("serve --control-token-file D/none", "no such file"), //
                typo("fit", "SESSION"), //
                bad("fit D/missing.npz", "missing.npz", "no such file"), //
                bad("fit D/session.npz --rank 13", "rank", "13", "1 to 12"), //
                bad("fit D/session.npz --ranks 3-1", "--ranks", "3-1", "smaller first"), //
                bad("fit D/session.npz --ranks two", "--ranks", "two", "1-5"), //
                bad("fit D/session.npz --ranks 1-3 --rank 2", "--rank 2", "--ranks 1-3", "one of them"), //
                bad("fit D/session.npz --passes 0", "--passes", "0", "1 to"), //
                bad("fit D/session.npz --algorithm magic", "--algorithm", "magic", "bptt"), //
                bad("fit D/session.npz --out D/nowhere/net.npz", "--out", "nowhere"), //
                bad("evaluate D/missing.npz D/session.npz", "missing.npz", "no such file"), //
                bad("evaluate D/network.npz D/missing.npz", "missing.npz", "no such file"), //
                bad("evaluate D/network.npz D/truncated.npz", "truncated.npz"), //
                bad("evaluate D/session.npz D/session.npz", "session.npz", "'m' and 'n'"), //
                bad("evaluate D/network.npz D/other-session.npz", "12 neurons", "other-session", "7"), //
                bad("evaluate D/network.npz D/session.npz --teacher D/text.npz", "text.npz", "not an NPZ file"), //
                bad("evaluate D/network.npz D/session.npz --held-out-neurons 12", "--held-out-neurons", "12",
                        "1 to 11"),
                bad("fit D/session.npz --algorithm rrr-linear", "counts", "expected rates or currents"), //
                bad("evaluate D/network.npz D/session.npz --observe nonsense", "--observe", "nonsense"), //
                bad("evaluate D/network.npz D/session.npz --truncate 1", "--truncate", "1", "has low rank"), //
                bad("analyze D/missing.npz", "missing.npz", "no such file"), //
                bad("analyze D/session.npz", "session.npz", "'m' and 'n'"), //
                bad("analyze figure-4.9", "figure-4.9: no such file", "network of that name",
                        "figure-4.1a, figure-4.1b"), //
                bad("live --start-from poster-dms", "poster-dms: is a network by name", "the file of a fit"), //
                typo("network", "NAME", "--out"), //
                bad("network nonsense --out D/o.npz", "network: 'nonsense'", "poster-dms, dms-second"), //
                bad("network bimodal --neurons 3 --out D/o.npz", "neurons: 3", "at least 12"), //
                bad("network bimodal --out D/none/o.npz", "--out", "a directory that exists"), //
                bad("network bimodal --out D/text.nwb", "--out", "text.nwb", "--force"), //
                bad("analyze D/half-network.npz", "half-network.npz", "'n'"), //
                bad("analyze D/misshapen-network.npz", "misshapen-network.npz", "'n'"), //
                bad("analyze D/truncated-network.npz", "truncated-network.npz", "truncated"), //
                typo("train --task dm --rank 1", "--out"), //
                bad("train --task go --rank 1 --out D/o.npz", "task: 'go'", "dm, wm, cdm, msi, dms"), //
                bad("train --task dm --rank two --out D/o.npz", "--rank", "two", "full"), //
                bad("train --task dm --rank 0 --out D/o.npz", "--rank", "0", "1 to 512"), //
                bad("train --task dm --rank 1 --neurons 0 --out D/o.npz", "--neurons", "0", "1 to 16384"), //
                bad("train --task dm --rank 1 --out D/none/o.npz", "--out", "o.npz", "a directory that exists"), //
                bad("train --task dm --rank 1 --epochs 0 --out D/o.npz", "--epochs", "0", "at least 1"), //
                bad("train --task dm --rank 1 --epochs 1 --max-steps 1 --out D/o.npz", "--epochs", "--max-steps"), //
                bad("train --task dm --rank 1 --learning-rate NaN --out D/o.npz", "learning rate", "NaN"), //
                bad("train --task dm --rank 1 --parts m,wrec --out D/o.npz", "--parts", "'wrec'", "m, n, wi"), //
                bad("train --task cdm --rank 1 --context -1 --out D/o.npz", "context", "-1"), //
                bad("train --task dm --rank 1 --stimuli 3 --out D/o.npz", "stimuli", "task dms"), //
                bad("train --task dms --rank 2 --stimuli 1 --out D/o.npz", "stimuli", "1", "2 to 8"), //
                bad("train --task dms --rank 2 --stimulus-ms 500 --out D/o.npz", "--stimulus-ms", "'500'", "FROM:TO"), //
                bad("train --task dms --rank 2 --stimulus-ms 9:1 --out D/o.npz", "--stimulus-ms", "9:1", "ascending"), //
                bad("train --task dm --rank 2 --from D/network.npz --out D/o.npz", "--rank", "2", "expected 1"), //
                bad("train --task dm --rank full --from D/network.npz --out D/o.npz", "--rank", "full"), //
                bad("train --task dm --rank 1 --from D/network.npz --out D/o.npz", "'wo'"), //
                bad("train --task dm --rank 1 --neurons 9 --from D/network.npz --out D/o.npz", "--neurons", "12"), //
                bad("train --task dm --rank full --populations 2 --out D/o.npz", "--populations", "2", "rank K"), //
                bad("train --task dm --rank 1 --populations 0 --out D/o.npz", "--populations", "0", "1 to 512"), //
                bad("train --task dm --rank 1 --threads 0 --out D/o.npz", "--threads", "0"), //
                bad("simulate D/missing.npz --task dm --out D/o.npz", "missing.npz", "no such file"), //
                bad("simulate D/network.npz --task cdm --out D/o.npz", "1 inputs", "cdm has, 4"), //
                bad("simulate D/network.npz --task dm --trials 0 --out D/o.npz", "trials", "0"), //
                bad("simulate D/network.npz --task dm --gain 0 --out D/o.npz", "gain", "0.0"), //
                bad("simulate D/network.npz --task dm --observe dreams --out D/o.npz", "--observe", "dreams"), //
                bad("simulate D/network.npz --task dm --observation-noise 1 --out D/o.npz", "noise", "Poisson"), //
                bad("simulate D/network.npz --task dm --neurons-observed 2 --out D/o.npz", "observed", "(0, 1]"), //
                bad("simulate D/network.npz --task dm --out D/none/o.npz", "--out", "a directory that exists"), //
                bad("inspect D/missing.npz", "missing.npz", "no such file"), //
                bad("inspect D/half-network.npz", "half-network.npz", "'n'"), //
                bad("inspect D/neither.npz", "neither.npz", "holds x", "a session", "a network"), //
                typo("convert D/session.npz", "--out"), //
                bad("convert D/missing.npz --out D/o.npz", "missing.npz", "no such file"), //
                bad("convert D/session.npz --out D/none/o.npz", "--out", "a directory that exists"), //
                bad("convert D/session.npz --bin-width 0.1 --out D/o.npz", "--bin-width is 0.1", "whose bin_width is"), //
                bad("convert D/session.npz --bin-width 0 --out D/o.npz", "--bin-width", "0", "seconds"), //
                bad("live --session D/session.npz --align move --window 0:1", "--align", "NWB", "session.npz"), //
                bad("live --session D/session.npz --align move", "--align move", "--window"), //
                bad("live --session D/session.npz --window 1:0", "--window is 1", "-0.2:0.8"), //
                bad("live --session D/session.npz --window 1", "--window is 1", "-0.2:0.8"), //
                bad("fit D/session.npz --inputs a,b", "--inputs", "NWB"), //
                bad("fit D/session.npz --behavior hand", "--behavior", "NWB"), //
                bad("evaluate D/network.npz D/session.npz --units x==1", "--units", "NWB"), //
                bad("replay D/session.npz --only-trials x==1", "--only-trials", "NWB"), //
                bad("fit D/session.npz --series x", "--series", "NWB"), //
                bad("inspect D/text.nwb", "text.nwb", "not an NWB file", "signature"), //
                bad("live --session D/plain.h5", "plain.h5", "cannot be read"), //
                typo("export --out D/o.npz", "--session"), //
                bad("export --session x --out D/o.mat", "--out", "o.mat", ".npz or .h5"), //
                bad("export --session x --out D/none/o.npz", "--out", "a directory that exists"), //
                bad("export --session x --out D/o.npz --data D/never", "--data", "never", "holds no log"), //
                bad("export --session x --out D/o.npz --data D/never --bootstrap-servers localhost:1", "--data",
                        "localhost:1", "cannot be combined"), //
                bad("export --session x --out D/o.npz --bootstrap-servers nonsense", "--bootstrap-servers",
                        "nonsense"), //
                bad("watch --data D/never", "--data", "never", "--bootstrap-servers"), //
                bad("watch --bootstrap-servers nonsense", "--bootstrap-servers", "nonsense"), //
                bad("watch --seconds 0", "--seconds", "0"), //
                bad("bench --rank 0", "--rank", "0"), //
                bad("bench --seconds 0", "--seconds", "0"), //
                bad("bench --bins-per-second NaN", "--bins-per-second", "NaN"), //
                bad("bench --warm-up -1", "--warm-up", "-1"), //
                bad("bench --neurons 0", "--neurons", "0"), //
                bad("bench --threads 0", "--threads", "0"), //
                bad("bench --report D/missing", "--report", "missing", "a directory that exists"), //
                bad("bench --quick --report D", "--report", "without --quick"), //
                typo("bench --only nothing", "--only", "BPTT", "nothing"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void shouldNameTheMistakeInOneLine(Mistake mistake) {
        Ran ran = Ran.run(mistake.split());
        assertThat(ran.code()).isEqualTo(mistake.code());
        assertThat(ran.out()).isEmpty();
        shouldBeOneLine(ran);
        assertThat(ran.lines().getLast()).contains(mistake.told());
    }

    /** What a session file was taken for, and what looks wrong, may be told before it; the mistake is the only line after. */
    private static void shouldBeOneLine(Ran ran) {
        List<String> complaints = ran.lines().stream()
                .filter(line -> !line.startsWith("activity taken as") && !line.startsWith("input basis:")
                        && !line.startsWith("warning: "))
                .toList();
        assertThat(complaints).as(ran.err()).hasSize(1);
        assertThat(complaints.getFirst()).startsWith("kappa: ").doesNotContain("java.lang.").doesNotContain("failed:");
        assertThat(ran.err()).doesNotContain("\tat ");
    }

    @Test
    void shouldAskWhichCommandWhenThereIsNone() {
        Ran ran = Ran.run();
        assertThat(ran.code()).isEqualTo(2);
        shouldBeOneLine(ran);
        assertThat(ran.err()).contains("Which command", "live", "replay");
    }

    // ------------------------------------------------------------------ what is taken by somebody else

    @Test
    void shouldRefuseADataDirectoryThatIsInUse() {
        Path data = file("in-use");
        try (EmbeddedBroker broker = EmbeddedBroker.start(data, 0)) {
            for (String[] arguments : List.of(
                    new String[]{"live", "--session", session.toString(), "--data", data.toString(), "--port", "0"},
                    new String[]{"broker", "--data", data.toString(), "--port", "0"})) {
                Ran ran = Ran.run(arguments);
                assertThat(ran.code()).isEqualTo(1);
                shouldBeOneLine(ran);
                assertThat(ran.err()).contains("--data " + data, "another kappa is using it");
            }
            String port = broker.bootstrapServers().substring(broker.bootstrapServers().indexOf(':') + 1);
            Ran ran = Ran.run("broker", "--data", file("another").toString(), "--port", port);
            assertThat(ran.code()).isEqualTo(1);
            shouldBeOneLine(ran);
            assertThat(ran.err()).contains("port " + port + " is taken");
            shouldRefuseAModelThatCannotBeKept(broker);
        }
    }

    private static void shouldRefuseAModelThatCannotBeKept(EmbeddedBroker broker) {
        Path out = file("no-such-directory").resolve("net.npz");
        Ran ran = Ran.run("replay", session.toString(), "--bootstrap-servers", broker.bootstrapServers(), "--out",
                out.toString());
        assertThat(ran.code()).isEqualTo(1);
        shouldBeOneLine(ran);
        assertThat(ran.err()).contains("--out " + out, "expected a file in a directory that exists");
    }

    @Test
    void shouldRefuseADashboardPortThatIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ran ran = java("live", "--session", session.toString(), "--data", file("for-port").toString(), "--port",
                    Integer.toString(taken.getLocalPort()));
            assertThat(ran.code()).isEqualTo(1);
            assertThat(ran.out()).isEmpty();
            List<String> complaints = ran.lines().stream().filter(line -> line.startsWith("kappa: ")).toList();
            assertThat(complaints).as(ran.err()).singleElement().asString()
                    .contains(Integer.toString(taken.getLocalPort()));
            assertThat(ran.err()).doesNotContain("\tat ").doesNotContain("ERROR");
        }
    }

    // ------------------------------------------------------------------ a process of its own

    /**
     * For a JVM that runs for seconds. The optimising compiler would cost more than it saves, and without it the scalar
     * kernels are faster than those on vectors.
     */
    private static final List<String> SHORT = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    /** The same in a JVM of its own, where logs and exit codes are what a shell sees. */
    private static Ran java(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(SHORT);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "-Dkappa.home=" + directory,
                // Not the tests' own, which lies on the class path too.
                "-Dlog4j2.configurationFile=classpath:log4j2.properties", Main.class.getName()));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(directory, "out", ".txt");
        Path err = Files.createTempFile(directory, "err", ".txt");
        Process process = new ProcessBuilder(command).redirectInput(new File("/dev/null")).redirectOutput(out.toFile())
                .redirectError(err.toFile()).start();
        boolean ended = process.waitFor(Await.LIMIT.toSeconds(), TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        assertThat(ended).as("ends: %s", Files.readString(err)).isTrue();
        return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Test
    void shouldEndWithTheCodeOfTheCommand() throws Exception {
        Ran missing = java("live", "--session", file("missing.npz").toString());
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.out()).isEmpty();
        shouldBeOneLine(missing);
        Ran unknown = java("frobnicate");
        assertThat(unknown.code()).isEqualTo(2);
        shouldBeOneLine(unknown);
        Ran analyzed = java("analyze", network.toString(), "--json");
        assertThat(analyzed.code()).as(analyzed.err()).isZero();
        assertThat(analyzed.out()).hasLineCount(1).startsWith("{\"fixed_points\"");
    }

    // ------------------------------------------------------------------ what works

    @ParameterizedTest
    @ValueSource(
            strings = {"", "live", "broker", "serve", "replay", "rig", "rig simulate", "rig open-ephys", "rig lsl",
                "rig intan", "intervene", "train", "network", "simulate",
                "fit",
                "evaluate", "analyze", "inactivate",
                "inspect", "convert", "export", "watch", "reproduce", "bench", "docs"})
    void shouldExplainItself(String command) {
        Ran ran = Ran.run((command + " --help").strip().split(" "));
        assertThat(ran.code()).isZero();
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).startsWith("Usage: " + ("kappa " + command).strip()).contains("--help");
        assertThat(ran.out()).as("every default is filled in").doesNotContain("${");
    }

    @Test
    void shouldNameTheNearestCommandOrOption() {
        assertThat(Ran.run("liv").err())
                .isEqualTo("kappa: \"liv\" is not a command; did you mean live? (see kappa --help)\n");
        assertThat(Ran.run("xyz").err()).contains("the commands are live, broker,");
        assertThat(Ran.run("live", "--sesion", "x.npz").err()).contains("--sesion", "did you mean --session?");
    }

    @Test
    void shouldCallEveryCommandAsItIsCalledInItsOwnHelp() {
        Main.commandLine().getSubcommands().forEach((name, command) -> {
            assertThat(command.getCommandSpec().userObject().getClass().getAnnotation(Command.class).name())
                    .isEqualTo(name);
            assertThat(Main.commandLine(name).getSubcommands()).containsKey(name);
        });
    }

    @Test
    void shouldExplainEveryCommandThereIs() {
        assertThat(Main.commandLine().getSubcommands().keySet()).containsExactlyInAnyOrder("live", "broker", "serve",
                "replay", "rig", "intervene", "train", "network", "simulate", "fit", "evaluate", "analyze",
                "inactivate",
                "inspect", "convert", "export", "session", "watch", "reproduce", "bench", "docs", "config",
                "completion",
                "help");
        assertThat(Ran.run("help").out()).contains("live");
    }

    @Test
    void shouldPrintFiguresAsOneJsonObjectOnTheLastLine() {
        Ran ran = Ran.run("evaluate", network.toString(), session.toString(), "--teacher", network.toString(),
                "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).hasLineCount(1).startsWith("{").contains("\"bins\":15", "\"cc\":", "\"ecc\":");
    }

    @Test
    void shouldOverwriteItsOwnFilesAndThoseOfOthersWhenItIsForced() throws IOException {
        Path theirs = Files.writeString(file("theirs.npz"), "no session");
        String[] convert = {"convert", session.toString(), "--out", theirs.toString(), "--force"};
        assertThat(Ran.run(convert).code()).isZero();
        // Now it is one of kappa's.
        assertThat(Ran.run(Arrays.copyOf(convert, convert.length - 1)).code()).isZero();
        assertThat(Ran.run("inspect", theirs.toString()).out()).contains("session");
    }

    @Test
    void shouldSayWhatAFileHoldsAndWhatToDoWithIt() {
        Ran ran = Ran.run("inspect", session.toString(), "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).hasLineCount(1).contains("\"kind\":\"session\"", "\"neurons\":12", "\"trials\":3",
                "\"bins\":15", "\"observation\":\"counts\"", "./kappa fit " + session);
        Ran net = Ran.run("inspect", network.toString());
        assertThat(net.code()).as(net.err()).isZero();
        assertThat(net.out()).contains("kind network", "rank 1", "inputs 1", "outputs 0", "./kappa analyze " + network)
                .doesNotContain("--task");
    }

    @Test
    void shouldTellItsVersion() {
        Ran ran = Ran.run("--version");
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).startsWith("kappa ").hasLineCount(1);
    }
}
