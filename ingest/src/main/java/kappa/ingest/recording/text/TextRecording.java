package kappa.ingest.recording.text;

import java.nio.file.Path;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.arrays.SingleArray;
import kappa.ingest.recording.npz.NpzRecording;

/** Opens a text file as a session: a first row with the names of the neurons, then a row for each bin. */
public final class TextRecording {

    private TextRecording() {}

    /** @throws InvalidInputException if the file is no such table, or the options do not suit it */
    public static Recording open(Path file, RecordingOptions options) {
        TextArray array = TextArray.open(file);
        try {
            return NpzRecording.of(new SingleArray(file, array, array.neurons(), options.observe()), options,
                    array::close);
        } catch (RuntimeException | Error e) {
            array.close();
            throw e;
        }
    }
}
