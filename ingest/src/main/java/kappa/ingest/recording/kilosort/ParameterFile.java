package kappa.ingest.recording.kilosort;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;

/** The {@code params.py} of a folder, of which only the sampling rate is looked for; nothing in it is run. */
final class ParameterFile {

    private static final int MAX_BYTES = 1 << 20;

    /** A plain number, or one that NumPy has wrapped, such as {@code np.float64(30000.0)}. */
    private static final Pattern RATE = Pattern
            .compile("(?m)^[ \\t]*sample_rate[ \\t]*=[ \\t]*(?:[A-Za-z_.0-9]{1,40}\\()?[ \\t]*([0-9][0-9_]*\\.?[0-9]*"
                    + "(?:[eE][+-]?[0-9]+)?)");

    private ParameterFile() {}

    /**
     * Samples per second; empty if the folder has no such file, or the file no such line.
     *
     * @throws InvalidInputException if the file cannot be read, or the rate is 0
     */
    static OptionalDouble sampleRate(Path folder) {
        Path file = folder.resolve("params.py");
        if (!Files.isRegularFile(file)) {
            return OptionalDouble.empty();
        }
        String text;
        try (InputStream in = Files.newInputStream(file)) {
            text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + e + ")", e);
        }
        Matcher matcher = RATE.matcher(text);
        if (!matcher.find()) {
            return OptionalDouble.empty();
        }
        double rate = Double.parseDouble(matcher.group(1).replace("_", ""));
        if (!(rate > 0 && Double.isFinite(rate))) {
            throw new InvalidInputException(file + ": sample_rate = " + matcher.group(1)
                    + ": expected samples per second, such as 30000; --rate HZ overrides");
        }
        return OptionalDouble.of(rate);
    }
}
