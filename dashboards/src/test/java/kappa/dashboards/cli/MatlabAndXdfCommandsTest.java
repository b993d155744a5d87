package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import kappa.ingest.PythonScript;
import kappa.ingest.recording.npz.Npz;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MATLAB and XDF files on the command line: what they hold, and what becomes of them. */
class MatlabAndXdfCommandsTest {

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeFiles() throws InterruptedException {
        PythonScript.run("matlab.py", "scipy.io, h5py", directory);
        PythonScript.run("xdf_files.py", "numpy", directory);
    }

    private static String file(String name) {
        return directory.resolve(name).toString();
    }

    @Test
    void shouldWriteAMatlabFileOfOtherNamesAsAnNpzSession() {
        Path out = directory.resolve("matlab.npz");
        Ran ran = Ran.run("convert", file("other-names-v7.3.mat"), "--map",
                "counts=spikes.binned,bin_width=spikes.meta.dt", "--out", out.toString(), "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("\"trials\":5", "\"bins\":35", "\"neurons\":3");
        try (Npz truth = Npz.open(directory.resolve("truth.npz"));
                Npz npz = Npz.open(out)) {
            assertThat(npz.array("counts").shape()).containsExactly(5, 7, 3);
            assertThat(npz.array("counts").floats()).isEqualTo(truth.array("counts").floats());
        }
    }

    @Test
    void shouldSayWhatAMatlabFileHolds() {
        Ran ran = Ran.run("inspect", file("v7.mat"));
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("kind session", "neurons 3", "trials 5", "observation counts",
                "  ./kappa live --session " + file("v7.mat"));
        Ran none = Ran.run("inspect", file("other-names.mat"));
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err()).hasLineCount(1).contains("spikes.binned (uint8 [5, 7, 3])", "--map counts=ARRAY");
    }

    @Test
    void shouldWriteTheBinsOfAnXdfFileAsAnNpzSession() {
        Path out = directory.resolve("xdf.npz");
        Ran ran = Ran.run("convert", file("regular.xdf"), "--stream", "EEG", "--markers", "Task", "--trial-start",
                "trial .*", "--trial-end", "end", "--marker-input", "go=go", "--marker-input", "coherence=coh (.*)",
                "--behavior", "Eye", "--out", out.toString(), "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("\"observation\":\"currents\"", "\"trials\":6",
                "\"inputs\":[\"go\",\"coherence\"]");
        try (Npz truth = Npz.open(directory.resolve("regular.npz"));
                Npz npz = Npz.open(out)) {
            assertThat(npz.array("activity").floats()).isEqualTo(truth.array("activity").floats());
            assertThat(npz.array("behavior").floats()).isEqualTo(truth.array("behavior").floats());
        }
    }

    @Test
    void shouldSayWhatAnXdfFileHoldsAndWhichCommandsReplayIt() {
        Ran ran = Ran.run("inspect", file("regular.xdf"));
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("kind XDF",
                "stream \"EEG\" (EEG, 3 x float32, 500.0 Hz, on rig): 5956 samples from 3050.000 to 3061.998 s, channels "
                        + "Fp1, Fp2, Cz",
                "stream \"Task\" (Markers, 1 x string, irregular, on rig): 20 samples",
                "  ./kappa live --session " + file("regular.xdf") + " --stream EEG --markers Task --trial-start "
                        + "'trial [0-9]+'");
        Ran json = Ran.run("inspect", file("resets.xdf"), "--json");
        assertThat(json.out()).hasLineCount(1).contains("\"kind\":\"xdf\"", "\"clock_resets\":2", "\"name\":\"LFP\"");
        Ran session = Ran.run("inspect", file("regular.xdf"), "--stream", "EEG");
        assertThat(session.code()).as(session.err()).isZero();
        assertThat(session.out()).contains("kind session", "neurons 3",
                "./kappa live --session " + file("regular.xdf") + " --stream EEG");
    }

    @Test
    void shouldFitAnXdfFileWhoseClockWasReset() {
        Ran fit = Ran.run("fit", file("resets.xdf"), "--rank", "1", "--steps-per-trial", "1", "--out", file("net.npz"),
                "--json");
        assertThat(fit.code()).as(fit.err()).isZero();
        assertThat(fit.out()).contains("\"bins\":2650");
        Ran evaluated = Ran.run("evaluate", file("net.npz"), file("resets.xdf"), "--json");
        assertThat(evaluated.code()).as(evaluated.err()).isZero();
    }

    @Test
    void shouldSayInOneLineWhatAnXdfFileLeavesOpen() {
        Ran ran = Ran.run("convert", file("regular.xdf"), "--out", file("o.npz"));
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).hasLineCount(1).contains("2 streams can be the activity", "--stream");
        Ran align = Ran.run("convert", file("regular.xdf"), "--stream", "EEG", "--align", "x", "--window", "0:1",
                "--out",
                file("o.npz"));
        assertThat(align.err()).hasLineCount(1).contains("--align is for NWB files", "an XDF file");
        Ran npz = Ran.run("convert", file("truth.npz"), "--markers", "Task", "--out", file("o.npz"));
        assertThat(npz.err()).hasLineCount(1).contains("--markers is for XDF files", "an NPZ file");
    }
}
