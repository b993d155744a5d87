package kappa.ingest.recording;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * All warnings, word for word: the text file beside this class has a section for each recording that is looked at, which begins
 * with {@code # NAME}.
 */
public final class ExpectedWarnings {

    private static final String FILE = "warnings.txt";

    private ExpectedWarnings() {}

    /** Lines of a section; empty if the recording is beyond suspicion. */
    public static List<String> of(String name) {
        List<String> lines = all().lines().toList();
        int title = lines.indexOf("# " + name);
        assertThat(title).as("a section \"# %s\" in %s", name, FILE).isNotNegative();
        return lines.stream().skip(title + 1L).takeWhile(line -> !line.startsWith("# "))
                .filter(line -> !line.isBlank()).toList();
    }

    /** The sections whose names begin with a folder's. */
    static Map<String, List<String>> below(String folder) {
        return all().lines().filter(line -> line.startsWith("# " + folder + "/")).map(line -> line.substring(2))
                .collect(Collectors.toMap(name -> name, ExpectedWarnings::of, (a, b) -> a, TreeMap::new));
    }

    /** The whole file. */
    public static String all() {
        try (InputStream in = ExpectedWarnings.class.getResourceAsStream(FILE)) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What {@link Plausibility} says of a recording. */
    public static List<String> found(Recording session) {
        return Plausibility.checked(session, true, _ -> {}).warnings().stream().map(Warning::line).toList();
    }
}
