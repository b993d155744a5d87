package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import kappa.dashboards.BesideOthers;
import kappa.ingest.Await;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fixed points and Jacobians by a program of its own, in NumPy, from the network file alone. */
@BesideOthers
class NumPyDynamicsTest {

    private static final int NO_NUMPY = 77;

    @TempDir
    static Path directory;

    /** One network for delayed match-to-sample of each kind, and one of chapter 4. */
    @ParameterizedTest
    @ValueSource(strings = {"poster-dms", "dms-second", "figure-4.1b"})
    void shouldFindTheSameFixedPointsAndJacobians(String name) throws Exception {
        Path network = directory.resolve(name + ".npz");
        assertThat(Ran.run(directory, "network " + name + " --neurons 256 --out " + network).code()).isZero();
        Ran analyzed = Ran.run(directory, "analyze " + network + " --populations 1 --json");
        assertThat(analyzed.code()).as(analyzed.err()).isZero();
        Path analysis = Files.writeString(directory.resolve(name + ".json"), analyzed.out());
        int code = NO_NUMPY;
        for (String python : List.of("/usr/bin/python3", "python3")) {
            code = code == NO_NUMPY ? run(python, network, analysis) : code;
        }
        assumeTrue(code != NO_NUMPY, "no python3 with numpy is on this machine");
        assertThat(code).isZero();
    }

    private static int run(String python, Path network, Path analysis) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(python, "src/test/python/fixed_points.py", network.toString(),
                    analysis.toString()).inheritIO().start();
            assertThat(process.waitFor(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } catch (IOException e) {
            return NO_NUMPY; // there is no such program
        }
    }
}
