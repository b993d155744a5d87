package kappa.ingest.recording.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.matlab.MatlabFile;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.nwb.NwbRecording;
import kappa.ingest.recording.xdf.XdfRecording;

/**
 * Recognises and opens sessions of all formats. What a file is, its first bytes say, and what a folder is, the names of its
 * files; only text, which nothing marks, goes by its own name.
 */
public final class RecordingFile {

    /** More than any mark at the beginning of a file takes. */
    private static final int LOOKED_AT = 512;

    private RecordingFile() {}

    /**
     * What a file or a folder is.
     *
     * @throws InvalidInputException if it is none that kappa reads, is not there, or cannot be read: one line that says what it
     *         is and what to do
     */
    public static RecordingFormat format(Path path) {
        if (!Files.exists(path)) {
            throw new InvalidInputException(path + (Files.isSymbolicLink(path)
                    ? ": a link to a file that is not there: datalad get, or git annex get, fetches it in such a data set"
                    : ": no such file"));
        }
        if (Files.isDirectory(path)) {
            return RecordingFolder.format(path);
        }
        if (!Files.isRegularFile(path)) {
            throw new InvalidInputException(path + ": not a regular file: expected " + RecordingFormat.listing());
        }
        byte[] start;
        try (InputStream in = Files.newInputStream(path)) {
            start = in.readNBytes(LOOKED_AT);
        } catch (IOException e) {
            throw new InvalidInputException(path + ": cannot be read (" + e + ")", e);
        }
        OtherFile.refuse(path, start);
        if (begins(start, "504b")) {
            return RecordingFormat.NPZ;
        }
        if (begins(start, "934e554d5059")) {
            return RecordingFormat.NPY;
        }
        if (XdfRecording.isXdf(path)) {
            return RecordingFormat.XDF;
        }
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (MatlabFile.isMatlab(path) || name.endsWith(".mat")) {
            return RecordingFormat.MATLAB;
        }
        if (NwbRecording.isHdf5(path)) {
            return RecordingFormat.NWB;
        }
        String found = start.length == 0
                ? "the file is empty"
                : "it begins with the bytes " + HexFormat.of().formatHex(start, 0, Math.min(4, start.length));
        if (name.matches(".*\\.(nwb|h5|hdf5)")) {
            throw new InvalidInputException(path + ": not an NWB file: expected HDF5, "
                    + (start.length == 0 ? found : "its signature is missing"));
        }
        if (name.matches(".*\\.(csv|tsv|txt)") && start.length > 0 && isText(start)) {
            return RecordingFormat.TEXT;
        }
        if (name.endsWith(".npz")) {
            throw new InvalidInputException(
                    path + ": not an NPZ file: expected a zip archive of NumPy arrays, " + found);
        }
        throw new InvalidInputException(path + ": "
                + (name.matches(".*\\.(pkl|pickle|p|joblib)") || begins(start, "8004")
                        ? "a pickle, which is a program and is not run; save its numbers with numpy.savez(\"session.npz\","
                                + " counts=counts, bin_width=0.02)"
                        : "expected " + RecordingFormat.listing() + ", " + found));
    }

    private static boolean isText(byte[] start) {
        for (byte value : start) {
            if (value >= 0 && value < ' ' && value != '\t' && value != '\n' && value != '\r') {
                return false;
            }
        }
        return true;
    }

    /** @param hex the bytes that a file is to begin with */
    static boolean begins(byte[] start, String hex) {
        int length = hex.length() / 2;
        return start.length >= length && HexFormat.of().formatHex(start, 0, length).equals(hex);
    }

    /** Whether a file is a session, and not, say, a network. */
    public static boolean isSession(Path path) {
        if (format(path) != RecordingFormat.NPZ) {
            return true;
        }
        try (Npz npz = Npz.open(path)) {
            return npz.names().contains("counts") || npz.names().contains("activity");
        }
    }

    /** @throws InvalidInputException if the path is no session, or the options do not suit it: one line */
    public static Recording open(Path path, RecordingOptions options) {
        return format(path).open(path, options);
    }
}
