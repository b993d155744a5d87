package kappa.ingest.recording.matlab;

import java.nio.file.Path;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.npz.NpzRecording;

/** Sessions out of MATLAB files, whose arrays have the names of those of an NPZ session. Stateless. */
public final class MatlabRecording {

    private MatlabRecording() {}

    /**
     * Reads the arrays that make a session into memory.
     *
     * @throws InvalidInputException if the file is damaged, or its arrays are no session
     */
    public static Recording open(Path file, RecordingOptions options) {
        try (MatlabFile arrays = MatlabFile.open(file)) {
            return NpzRecording.of(arrays, options, () -> {});
        }
    }
}
