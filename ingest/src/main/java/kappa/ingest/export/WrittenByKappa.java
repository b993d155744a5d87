package kappa.ingest.export;

import io.jhdf.HdfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipFile;
import kappa.ingest.recording.npz.NpzWriter;

/**
 * Tells the files that kappa wrote from others, which are not overwritten unless the user says so. An NPZ file of kappa has its
 * name as the comment of the archive; an HDF5 file has it as the attribute {@code writer} of the root group. Stateless.
 */
public final class WrittenByKappa {

    /** Attribute of the root group of an HDF5 file. */
    static final String WRITER = "writer";

    private WrittenByKappa() {}

    /** Whether nothing is lost that kappa did not write: there is no such file, or it is empty, or kappa wrote it. */
    public static boolean mayReplace(Path file) {
        try {
            return !Files.exists(file) || Files.size(file) == 0 || isNpz(file) || isHdf(file);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isNpz(Path file) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return NpzWriter.COMMENT.equals(zip.getComment());
        } catch (IOException e) {
            return false; // no ZIP archive
        }
    }

    private static boolean isHdf(Path file) {
        try (HdfFile hdf = new HdfFile(file)) {
            return hdf.getAttributes().containsKey(WRITER)
                    && NpzWriter.COMMENT.equals(hdf.getAttribute(WRITER).getData());
        } catch (RuntimeException e) {
            return false; // no HDF5 file, or one that jHDF does not read: it fails in many ways
        }
    }
}
