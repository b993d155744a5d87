package kappa.ingest.recording.arrays;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;

/**
 * The arrays of a file by the names that they have in an NPZ session, where the file has others: {@code --map counts=spikes} says
 * that its {@code spikes} are counts. Immutable.
 */
public final class MappedArrays implements SessionArrays {

    private final SessionArrays arrays;
    private final Map<String, String> map;

    /**
     * @param map names in the file, by the names that they have in a session
     * @param known all names that an array of a session can have
     * @throws InvalidInputException if the map names what no session has, or what the file does not have
     */
    public MappedArrays(SessionArrays arrays, Map<String, String> map, List<String> known) {
        this.arrays = arrays;
        this.map = Map.copyOf(map);
        map.forEach((name, own) -> {
            if (!known.contains(name)) {
                throw new InvalidInputException(
                        "--map " + name + "=" + own + ": expected NAME=ARRAY with one of the names "
                                + String.join(", ", known));
            }
            if (!arrays.names().contains(own)) {
                throw new InvalidInputException(
                        "--map " + name + "=" + own + ": " + arrays.file() + " has no array '" + own
                                + "', it holds " + arrays.listing());
            }
        });
    }

    @Override
    public Path file() {
        return arrays.file();
    }

    /** The names in a session; what is mapped no longer goes by its own name. */
    @Override
    public List<String> names() {
        return Stream
                .concat(map.keySet().stream().sorted(),
                        arrays.names().stream().filter(name -> !map.containsValue(name) && !map.containsKey(name)))
                .toList();
    }

    private String own(String name) {
        if (map.containsKey(name)) {
            return map.get(name);
        }
        // What was mapped to another name has none of its own any more.
        return map.containsValue(name) ? "" : name;
    }

    @Override
    public Optional<? extends NumericArray> find(String name) {
        String own = own(name);
        return own.isEmpty() ? Optional.empty() : arrays.find(own);
    }

    @Override
    public Optional<List<String>> texts(String name) {
        String own = own(name);
        return own.isEmpty() ? Optional.empty() : arrays.texts(own);
    }

    @Override
    public boolean matrices() {
        return arrays.matrices();
    }

    @Override
    public String listing() {
        return arrays.listing();
    }
}
