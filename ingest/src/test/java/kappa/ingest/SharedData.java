package kappa.ingest;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Recordings and networks that are not part of the checkout. They lie in the folder {@code ../shared/data} beside it, or where
 * the system property {@code kappa.data} says. Where a file is absent, the test is skipped with the reason; in continuous
 * integration, which sets {@code CI=true}, it fails.
 */
public final class SharedData {

    private SharedData() {}

    /** A file such as {@code teachers/dm.npz}, without which the test makes no sense. */
    public static Path file(String name) {
        Path file = path(name);
        if (!Files.exists(file)) {
            String reason = "needs the shared file " + file + "; -Dkappa.data=FOLDER says where it is";
            if ("true".equals(System.getenv("CI"))) {
                fail(reason);
            }
            abort(reason);
        }
        return file;
    }

    /** A file that a test uses if it is there. */
    public static Optional<Path> find(String name) {
        return Optional.of(path(name)).filter(Files::exists);
    }

    private static Path path(String name) {
        String given = System.getProperty("kappa.data");
        Path data = given == null
                ? Path.of(System.getProperty("kappa.root", ".."), "..", "shared", "data")
                : Path.of(given);
        return data.resolve(name).toAbsolutePath().normalize();
    }
}
