package kappa.ingest.recording.npz;

import java.nio.file.Path;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.arrays.SingleArray;

/**
 * Opens a {@code .npy} file as a session: bins, or trials and bins, by neurons, of any numeric dtype. It is mapped, so that it
 * may be larger than memory. The width of a bin is not in such a file.
 */
public final class NpyRecording {

    private NpyRecording() {}

    /** @throws InvalidInputException if the file is no such array, or the options do not suit it */
    public static Recording open(Path file, RecordingOptions options) {
        NpyFile npy = NpyFile.open(file, Recording.name(file, "npy"));
        try {
            return NpzRecording.of(new SingleArray(file, npy.array(), List.of(), options.observe()), options,
                    npy::close);
        } catch (RuntimeException | Error e) {
            npy.close();
            throw e;
        }
    }
}
