package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.PythonScript;
import kappa.ingest.SharedCase;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What inspect says of files and folders of every kind: the commands that it offers run as they are. */
class InspectCommandTest {

    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    @TempDir
    Path directory;

    private static List<String> offered(Ran inspected) {
        return inspected.out().lines().filter(line -> line.startsWith("  ./kappa ")).map(String::strip).toList();
    }

    /** Runs convert with the file and the options of each command of another kind, which all read sessions alike. */
    private void assertRuns(List<String> commands) {
        for (String command : commands) {
            List<String> words = new ArrayList<>();
            Matcher matcher = WORD.matcher(command);
            while (matcher.find()) {
                words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
            }
            words.subList(0, 2).clear(); // ./kappa and the command
            words.removeAll(List.of("--session", "NET.npz"));
            for (String option : List.of("--rank", "--out", "--speed")) {
                int at = words.indexOf(option);
                if (at >= 0) {
                    words.subList(at, Math.min(words.size(), at + 2)).clear();
                }
            }
            words.addFirst("convert");
            words.addAll(List.of("--out", directory.resolve("out.npz").toString(), "--force"));
            Ran ran = Ran.run(words.toArray(String[]::new));
            assertThat(ran.code()).as(command + ": " + ran.err()).isZero();
        }
    }

    private void assertOffersWhatRuns(String... arguments) {
        Ran ran = Ran.run(arguments);
        assertThat(ran.code()).as(ran.err()).isZero();
        List<String> commands = offered(ran);
        assertThat(commands).isNotEmpty();
        assertRuns(commands);
    }

    @Test
    void shouldOfferWhatRunsForFoldersAndArrays() throws IOException, InterruptedException {
        PythonScript.run("kilosort_folders.py", "numpy", Files.createDirectory(directory.resolve("kilosort")));
        PythonScript.run("suite2p_folders.py", "numpy", Files.createDirectory(directory.resolve("suite2p")));
        PythonScript.run("array_files.py", "numpy", Files.createDirectory(directory.resolve("arrays")));
        assertOffersWhatRuns("inspect", directory.resolve("kilosort/curated").toString());
        assertOffersWhatRuns("inspect", "--units", "group == good", directory.resolve("kilosort/curated").toString());
        assertOffersWhatRuns("inspect", directory.resolve("suite2p/plane0").toString());
        assertOffersWhatRuns("inspect", directory.resolve("suite2p/no-rate").toString(), "--rate", "7.5");
        assertOffersWhatRuns("inspect", directory.resolve("arrays/counts-i8.npy").toString());
        assertOffersWhatRuns("inspect", directory.resolve("arrays/rates-pandas.csv").toString(), "--bin-width", "0.1");
        assertOffersWhatRuns("inspect", directory.resolve("arrays/other-names.npz").toString(), "--map",
                "counts=spikes,bin_width=dt");
    }

    @Test
    void shouldSayWhatAFolderHolds() throws IOException, InterruptedException {
        PythonScript.run("kilosort_folders.py", "numpy", Files.createDirectory(directory.resolve("kilosort")));
        Path folder = directory.resolve("kilosort/curated");
        Ran ran = Ran.run("inspect", folder.toString());
        assertThat(ran.out()).contains("kind session", "neurons 9", "observation counts",
                "clusters by group: 2 good, 2 mua, 3 noise, 5 unsorted", "  ./kappa live --session " + folder);
        Ran json = Ran.run("inspect", folder.toString(), "--units", "group == good", "--json");
        assertThat(json.out()).hasLineCount(1).contains("\"neurons\":2", "./kappa live --session " + folder
                + " --units 'group == good'\"");
    }

    @Test
    void shouldOfferOnlyWhatRunsForTheTablesOfReports() throws IOException, InterruptedException {
        Path folder = SharedCase.make("05-no-trials-but-intervals", "numpy, h5py", directory);
        Ran presentations = Ran.run("inspect", folder.resolve("presentations.nwb").toString());
        assertThat(offered(presentations)).anyMatch(
                line -> line.endsWith("--trials drifting_gratings_presentations --inputs stimulus_name"));
        assertRuns(offered(presentations));
        Path probes = SharedCase.make("04-two-unit-tables", "numpy, h5py", directory).resolve("two-probes.nwb");
        Ran joined = Ran.run("inspect", probes.toString());
        assertThat(joined.out()).contains("/processing/ecephys/units_probeA 3", "/processing/ecephys/units_probeB 5",
                "units 8 of 2 tables, joined");
        assertRuns(offered(joined));
        Path odd = SharedCase.make("06-trials-odd", "numpy, h5py", directory);
        for (String name : List.of("unequal-columns", "stop-before-start")) {
            assertThat(offered(Ran.run("inspect", odd.resolve(name + ".nwb").toString()))).as(name).isEmpty();
        }
    }

    @Test
    void shouldSayWhyAFileIsNoSessionAndWhatLooksWrongWithOneThatHasNoSpike() throws IOException, InterruptedException {
        Path folder = SharedCase.make("07-silent-unit-repeated-index", "numpy, h5py", directory);
        assertThat(Ran.run("inspect", folder.resolve("no-spike-at-all.nwb").toString()).out())
                .contains("warning no spike in the session;");
        assertThat(Ran.run("inspect", folder.resolve("empty-units.nwb").toString()).out())
                .contains("cannot be read as a session: ", "/units: has no rows, expected at least one");
        assertThat(Ran.run("inspect", folder.resolve("no-spike_times-column.nwb").toString()).out())
                .contains("cannot be read as a session: ", "/units: has no column spike_times");
    }

    @Test
    void shouldKeepNamesAndTheRigsTimesWhenASessionIsConverted() throws IOException, InterruptedException {
        Path file = SharedCase.make("04-two-unit-tables", "numpy, h5py", directory).resolve("two-probes.nwb");
        Path out = directory.resolve("out.npz");
        assertThat(Ran.run("convert", file.toString(), "--out", out.toString()).code()).isZero();
        Ran again = Ran.run("convert", out.toString(), "--out", directory.resolve("again.npz").toString());
        assertThat(again.code()).as(again.err()).isZero();
        assertThat(Files.mismatch(out, directory.resolve("again.npz"))).as("the first byte that differs").isEqualTo(-1);
        assertThat(new String(Files.readAllBytes(out), StandardCharsets.ISO_8859_1)).contains("neuron_names.npy",
                "rig_time_ns.npy");
    }

    @Test
    void shouldTakeAFileWithActivityForASessionWhateverElseItHolds() {
        Path file = directory.resolve("both.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", new long[]{1, 2, 3, 4}, 2, 2);
            npz.put("bin_width", 0.02);
            npz.put("m", new float[2], 2, 1);
        }
        assertThat(Ran.run("inspect", file.toString()).out()).contains("kind session");
    }
}
