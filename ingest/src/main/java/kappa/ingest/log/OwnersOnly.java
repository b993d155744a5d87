package kappa.ingest.log;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Directories that only the owner's account may enter, and files that it alone may read, where the file system has such
 * permissions. Stateless.
 */
final class OwnersOnly {

    private static final Set<PosixFilePermission> PERMISSIONS = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE_PERMISSIONS = PosixFilePermissions.fromString("rw-------");
    private static final boolean POSIX = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    private OwnersOnly() {}

    /** What to create a file with that is for the owner alone. */
    static FileAttribute<?>[] file() {
        return attributes(FILE_PERMISSIONS);
    }

    /** Creates a directory and its missing parents for the owner alone; one that exists keeps its permissions. */
    static void createMissing(Path directory) throws IOException {
        Files.createDirectories(directory, attributes(PERMISSIONS));
    }

    private static FileAttribute<?>[] attributes(Set<PosixFilePermission> permissions) {
        return POSIX
                ? new FileAttribute<?>[]{PosixFilePermissions.asFileAttribute(permissions)}
                : new FileAttribute<?>[0];
    }

    /**
     * Makes sure that a directory is there, and for the owner alone, also if it was created with other permissions.
     *
     * @throws IOException if it cannot be created, or belongs to another account
     */
    static void directory(Path directory) throws IOException {
        createMissing(directory);
        if (POSIX && !Files.getPosixFilePermissions(directory).equals(PERMISSIONS)) {
            Files.setPosixFilePermissions(directory, PERMISSIONS);
        }
    }
}
