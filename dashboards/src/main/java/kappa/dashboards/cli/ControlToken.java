package kappa.dashboards.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import kappa.dashboards.web.DashboardSettings;
import kappa.ingest.InvalidInputException;

/**
 * The token that requests to a rig need. It is created once and kept in {@code .kappa/control-token}, which only its
 * owner can read. So {@code intervene} finds it, and open pages keep working after a restart.
 */
final class ControlToken {

    private ControlToken() {}

    /** Where it is kept unless told otherwise. */
    static Path file() {
        return Home.directory("control-token");
    }

    /**
     * The stored token, created if there is none. If the file cannot be written, as in an image with a read-only file
     * system, the token lasts as long as this process, and standard error says so.
     */
    static String kept() {
        Path file = file();
        if (Files.exists(file)) {
            return read(file, "control token");
        }
        String token = DashboardSettings.newControlToken();
        try {
            Files.createDirectories(file.getParent());
            // Temporary files are their owner's alone from the start. Whole when it gets its name: another process may read it.
            Path written = Files.createTempFile(file.getParent(), "control-token", "");
            try {
                Files.writeString(written, token + "\n", StandardCharsets.US_ASCII);
                Files.move(written, file);
            } catch (FileAlreadyExistsException e) {
                return read(file, "control token"); // another process was quicker
            } finally {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            System.err.println(
                    "control token " + file + ": cannot be written, so the next start makes a new token: " + e);
        }
        return token;
    }

    /** @throws InvalidInputException in one line that names it, if the file cannot be read */
    static String read(Path file, String what) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new InvalidInputException(what + " " + file + ": cannot be read: " + InvalidInputException.why(e),
                    e);
        }
    }
}
