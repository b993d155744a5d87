package kappa.ingest.recording.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.nwb.NwbRecording;

/** Opens a session file of any format kappa reads. What a file is, its first bytes say, not its name. */
public final class RecordingFile {

    /** Formats of session files. */
    public enum Format {
        /** NumPy arrays in a zip archive. */
        NPZ,
        /** Neurodata Without Borders 2, in HDF5. */
        NWB
    }

    private RecordingFile() {}

    /**
     * What a file is. One that is no HDF5 is taken for an NPZ file, whose reader says what is wrong with it if it is not.
     *
     * @throws InvalidInputException if there is no such file, or nobody may read it
     */
    public static Format format(Path file) {
        if (!Files.exists(file)) {
            throw new InvalidInputException(file + ": no such file");
        }
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException(file + ": not a regular file: expected an NPZ file or an NWB file");
        }
        if (NwbRecording.isHdf5(file)) {
            return Format.NWB;
        }
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(2);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + e + ")", e);
        }
        boolean zip = start.length == 2 && start[0] == 'P' && start[1] == 'K';
        if (!zip && file.toString().matches("(?i).*\\.(nwb|h5|hdf5)")) {
            throw new InvalidInputException(file + ": not an NWB file: expected HDF5, "
                    + (start.length == 0 ? "the file is empty" : "its signature is missing"));
        }
        return Format.NPZ;
    }

    /** Whether a file is a session, and not, say, a network. */
    public static boolean isSession(Path file) {
        if (format(file) == Format.NWB) {
            return true;
        }
        try (Npz npz = Npz.open(file)) {
            return npz.names().contains("counts") || npz.names().contains("activity");
        }
    }

    /** @throws InvalidInputException if the file is no session, or the options do not suit it: one line */
    public static Recording open(Path file, RecordingOptions options) {
        if (format(file) == Format.NWB) {
            return NwbRecording.open(file, options);
        }
        NpzRecording session = NpzRecording.open(file, options.observe().orElse(null));
        List<String> special = options.special();
        if (!special.isEmpty()) {
            throw new InvalidInputException(special.getFirst() + " is for NWB files, expected none with " + file
                    + ", whose arrays are binned already");
        }
        return session;
    }
}
