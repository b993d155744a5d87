package kappa.ingest.recording.archive;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.kilosort.KilosortRecording;
import kappa.ingest.recording.matlab.MatlabRecording;
import kappa.ingest.recording.npz.NpyRecording;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.nwb.NwbRecording;
import kappa.ingest.recording.suite2p.Suite2pRecording;
import kappa.ingest.recording.text.TextRecording;
import kappa.ingest.recording.xdf.XdfRecording;

/** What kappa reads as a session, how it is opened, and which options each format knows. */
public enum RecordingFormat {
    /** NumPy arrays in a zip archive. */
    NPZ("an NPZ file", "NPZ files", Set.of("--bin-width", "--map"), NpzRecording::read),
    /** One NumPy array. */
    NPY("a .npy file", ".npy files", Set.of("--bin-width"), NpyRecording::open),
    /** Numbers as text, a row for each bin. */
    TEXT("a text file (.csv, .tsv, .txt)", "text files", Set.of("--bin-width"), TextRecording::open),
    /** Variables of MATLAB. */
    MATLAB("a MATLAB file", "MATLAB files", Set.of("--bin-width", "--map"), MatlabRecording::open),
    /** Streams of the Lab Streaming Layer, as LabRecorder writes them. */
    XDF("an XDF file", "XDF files",
            Set.of("--bin-width", "--inputs", "--behavior", "--only-trials", "--stream", "--kind",
                    "--markers", "--trial-start", "--trial-end", "--marker-input"),
            XdfRecording::open),
    /** Neurodata Without Borders 2, in HDF5. */
    NWB("an NWB file", "NWB files", Set.of("--bin-width", "--rate", "--align", "--inputs", "--behavior", "--units",
            "--trials", "--only-trials", "--series"), NwbRecording::open),
    /** Spikes of a sorter, as Kilosort writes them and phy curates them: a folder. */
    KILOSORT("a folder of Kilosort or phy", "folders of Kilosort and phy", Set.of("--bin-width", "--rate", "--units"),
            KilosortRecording::open),
    /** Fluorescence of regions of interest, as suite2p writes it: a folder. */
    SUITE2P("a folder of suite2p", "folders of suite2p", Set.of("--rate", "--units", "--series"),
            Suite2pRecording::open);

    private interface Opener {
        Recording open(Path path, RecordingOptions options);
    }

    private final String one;
    private final String many;
    private final Set<String> options;
    private final Opener opener;

    RecordingFormat(String one, String many, Set<String> options, Opener opener) {
        this.one = one;
        this.many = many;
        this.options = options;
        this.opener = opener;
    }

    /** In words, such as {@code an NPZ file}. */
    @Override
    public String toString() {
        return one;
    }

    /** All formats in words, for messages. */
    public static String listing() {
        List<String> words = Arrays.stream(values()).map(RecordingFormat::toString).toList();
        return String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
    }

    /** @throws InvalidInputException if the path is no such session, or the options do not suit it: one line */
    Recording open(Path path, RecordingOptions asked) {
        for (String option : asked.special()) {
            if (!options.contains(option)) {
                String others = Arrays.stream(values()).filter(format -> format.options.contains(option))
                        .map(format -> format.many).collect(Collectors.joining(", "));
                throw new InvalidInputException(
                        option + " is for " + others + ", expected none with " + path + ", " + one);
            }
        }
        return opener.open(path, asked);
    }
}
