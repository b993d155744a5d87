package kappa.analysis.populations;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.LowRankNetwork;

/** The low-rank networks of the shared data, not part of the checkout: a test that wants one is else skipped. */
public final class Teachers {

    private Teachers() {}

    /** A network such as {@code cdm.npz}. */
    public static LowRankNetwork lowRank(String name) {
        String given = System.getProperty("kappa.data");
        Path data = given == null ? Path.of(System.getProperty("kappa.root"), "..", "shared", "data") : Path.of(given);
        Path file = data.resolve("teachers").resolve(name).toAbsolutePath().normalize();
        assumeTrue(Files.exists(file), () -> "needs the shared file " + file);
        return (LowRankNetwork) NetworkFile.read(file);
    }
}
