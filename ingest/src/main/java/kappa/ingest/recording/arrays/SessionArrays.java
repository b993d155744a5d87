package kappa.ingest.recording.arrays;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import kappa.ingest.InvalidInputException;

/** What one file holds under names. An array is only looked at when asked for, so that others may be of any kind. */
public interface SessionArrays {

    Path file();

    /** The arrays' names in the file's order. */
    List<String> names();

    /**
     * An array of numbers; empty if there is none of the name.
     *
     * @throws InvalidInputException if it is damaged, not numeric, or too large
     */
    Optional<? extends NumericArray> find(String name);

    /**
     * A list of texts; empty if there is none of the name.
     *
     * @throws InvalidInputException if it is damaged, or no list of texts
     */
    Optional<List<String>> texts(String name);

    /**
     * Whether every array of the file has two extents or more, of which a last one of 1 is dropped from the third on, as in
     * MATLAB: a list is a row or a column, and one channel of many trials has no extent of its own.
     */
    default boolean matrices() {
        return false;
    }

    /** The names in messages. */
    String listing();
}
