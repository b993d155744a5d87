package kappa.ingest.outlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import kappa.ingest.UnixTime;
import kappa.ingest.rig.lsl.Lsl;
import kappa.ingest.rig.lsl.TestSender;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Latent states as another program receives them: a process that reads with a liblsl itself. */
@Tag("slow")
class LslLatentsTest {

    private static final int SAMPLES = 100;
    private static final int MARKERS = 3;
    private static final double LIMIT_S = 60;
    private static final double WIDTH_S = 0.02;
    private static final long AGE_NS = 30_000_000;

    @TempDir
    Path directory;

    private static double[] numbers(String json, String name) {
        String list = Pattern.compile('"' + name + "\": \\[(.*?)](?=[,}] ?(\"|$))").matcher(json).results().findFirst()
                .map(match -> match.group(1)).orElseThrow();
        return Pattern.compile("-?\\d+(\\.\\d+)?(e-?\\d+)?").matcher(list).results().map(MatchResult::group)
                .mapToDouble(Double::parseDouble).toArray();
    }

    @Test
    void shouldReachAProgramThatReadsWithLiblsl() throws Exception {
        String session = "kappa-out-" + ProcessHandle.current().pid();
        Lsl lsl = TestSender.machinesLibrary(session);
        Path settings = Files.writeString(directory.resolve("lsl.cfg"), """
                [multicast]
                ResolveScope = machine
                [lab]
                KnownPeers = {127.0.0.1}
                SessionID = %s
                """.formatted(session));
        Path out = directory.resolve("read.json");
        ProcessBuilder reader = new ProcessBuilder("python3",
                System.getProperty("kappa.root") + "/ingest/src/test/python/lsl_reader.py",
                System.getProperty("kappa.lsl"), "" + SAMPLES, "" + MARKERS, out.toString())
                .redirectErrorStream(true).redirectOutput(directory.resolve("log").toFile());
        reader.environment().put("LSLAPICFG", settings.toString());
        Threshold threshold = Threshold.parse("1>0.5");
        Process process = reader.start();
        try (LslLatents latents = new LslLatents(lsl, "rig-1", WIDTH_S)) {
            // It sees what is sent from the time on at which it has connected.
            for (int bin = 0; process.isAlive() && bin * 0.005 < LIMIT_S; bin++) {
                latents.kappa(bin, new float[]{bin, -bin}, UnixTime.nowNs() - AGE_NS);
                latents.crossing(threshold, bin, bin, UnixTime.nowNs() - AGE_NS);
                process.waitFor(5, TimeUnit.MILLISECONDS);
            }
        } finally {
            process.destroy();
        }
        assertThat(out).as(Files.readString(directory.resolve("log"))).exists();
        String read = Files.readString(out);
        double[] samples = numbers(read, "samples");
        double[] stamps = numbers(read, "stamps");
        double[] seen = numbers(read, "seen");
        assertThat(samples).hasSize(2 * SAMPLES);
        for (int k = 0; k < SAMPLES; k++) {
            assertThat(samples[2 * k]).as("no sample is missing").isEqualTo(samples[0] + k);
            assertThat(samples[2 * k + 1]).isEqualTo(-samples[2 * k]);
            // A stamp is the end of the bin, and a bin was 30 ms old when it was sent.
            assertThat(seen[k] - stamps[k]).isGreaterThan(AGE_NS / 1e9 - 1e-3);
        }
        assertThat(read).contains("<name>kappa</name>", "<type>Latents</type>", "<nominal_srate>50",
                "<label>kappa 1</label>",
                "<name>kappa crossings</name>", "<type>Markers</type>", "\"1>0.5\", \"1>0.5\", \"1>0.5\"");
        double[] delays = new double[SAMPLES];
        Arrays.setAll(delays, k -> 1e3 * (seen[k] - stamps[k]) - AGE_NS / 1e6);
        Arrays.sort(delays);
        System.err.printf("LslLatentsTest: from push to reader p50 %.2f ms, p90 %.2f ms%n", delays[SAMPLES / 2],
                delays[SAMPLES * 9 / 10]);
    }
}
