package kappa.fitting;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Recordings and networks that are not part of the checkout; tests that want one are skipped where it is absent. */
public final class SharedData {

    private SharedData() {}

    /** A file such as {@code teachers/dm.npz}. */
    public static Path file(String name) {
        String given = System.getProperty("kappa.data");
        Path data = given == null ? Path.of(System.getProperty("kappa.root"), "..", "shared", "data") : Path.of(given);
        Path file = data.resolve(name).toAbsolutePath().normalize();
        assumeTrue(Files.exists(file), () -> "needs the shared file " + file);
        return file;
    }
}
