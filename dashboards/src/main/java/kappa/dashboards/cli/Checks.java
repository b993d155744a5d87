package kappa.dashboards.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kappa.ingest.InvalidInputException;

/** Checks of options, each with one line for the user that says what was given and what is expected. Stateless. */
final class Checks {

    private Checks() {}

    static void require(boolean holds, String option, Object given, String expected) {
        if (!holds) {
            throw unexpected(option, given, expected);
        }
    }

    static InvalidInputException unexpected(String option, Object given, String expected) {
        return new InvalidInputException(option + " is " + given + ", expected " + expected);
    }

    static void requireSeconds(String option, double seconds) {
        require(seconds >= 0 && seconds <= 3600, option, seconds, "seconds from 0 to 3600");
    }

    /** One of an enum's values by its name, in upper or lower case, with dashes for underscores. */
    static <E extends Enum<E>> E named(String option, String given, E[] values, String expected) {
        return Arrays.stream(values).filter(value -> value.name().replace('_', '-').equalsIgnoreCase(given))
                .findFirst().orElseThrow(() -> unexpected(option, given, expected));
    }

    static int wholeNumber(String option, String given, String expected) {
        try {
            return Integer.parseInt(given);
        } catch (NumberFormatException e) {
            throw unexpected(option, given, expected);
        }
    }

    /**
     * Whether a file can be written there, by {@link ForceOption}.
     *
     * @param inputs files that are read, which must not be replaced by what is made of them; null is none
     */
    static void requireWritable(Path out, Path... inputs) {
        requireWritable("--out", out, inputs);
    }

    /** The same for a file that another option names. */
    static void requireWritable(String option, Path out, Path... inputs) {
        Path directory = out.toAbsolutePath().getParent();
        if (!Files.isDirectory(directory) || !Files.isWritable(directory) || Files.isDirectory(out)) {
            throw new InvalidInputException(
                    option + " " + out + ": cannot be written, expected a file in a directory that"
                            + " exists");
        }
        for (Path input : inputs) {
            if (input != null && isSame(out, input)) {
                throw new InvalidInputException(
                        option + " " + out + ": is the file that is read, expected another one");
            }
        }
    }

    private static boolean isSame(Path out, Path input) {
        try {
            return Files.exists(out) && Files.exists(input) && Files.isSameFile(out, input);
        } catch (IOException e) {
            return false; // whoever reads the input says why it cannot be read
        }
    }
}
