package kappa.ingest;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * A file that is written beside its place, under a hidden name, and moved there in one step: a reader sees the old file or the
 * new one, never half of one. Immutable.
 */
public final class NewFile {

    private final Path file;
    private final Path part;

    /** @throws InvalidInputException if there can be no file of this name */
    public NewFile(Path file) {
        if (Files.isDirectory(file) || file.getFileName() == null) {
            throw new InvalidInputException(file + ": is a directory: expected the name of a file to write");
        }
        this.file = file;
        // Not createTempFile: its permissions would shut out everybody else.
        part = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".part");
    }

    /** The file to write. */
    public Path part() {
        return part;
    }

    /**
     * Closes what has written the part; then puts the part in its place, or deletes it.
     *
     * @param whole whether all was written that should be
     * @throws InvalidInputException if the file cannot be written
     */
    public void close(Closeable writer, boolean whole) {
        try {
            try {
                writer.close();
                if (whole) {
                    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
                }
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException | UncheckedIOException e) {
            throw unwritable(e);
        }
    }

    public InvalidInputException unwritable(Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new InvalidInputException(
                file + ": cannot be written (" + cause.getClass().getSimpleName() + ": " + cause.getMessage() + ")", e);
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
