package kappa.ingest.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Long texts by number, on disk while they are being gathered; the last with a number is the one. Not thread-safe. */
final class Texts implements AutoCloseable {

    private record Place(long start, int length) {}

    private static final Place NONE = new Place(0, 0);

    private final Column bytes;
    private final Map<Long, Place> places = new LinkedHashMap<>();
    private long end;

    Texts(Path directory) {
        bytes = new Column(directory, ElementType.BOOL);
    }

    void put(long number, String text) {
        byte[] utf8 = text.getBytes(UTF_8);
        places.put(number, new Place(end, utf8.length));
        for (byte value : utf8) {
            bytes.row(end++).put(value);
        }
    }

    int size() {
        return places.size();
    }

    List<Long> numbers() {
        return List.copyOf(places.keySet());
    }

    /** Those with these numbers, as strings of bytes of equal length; a number without one is an empty string. */
    void putInto(ArrayFile file, String name, Collection<Long> numbers) {
        int longest = Math.max(1, places.values().stream().mapToInt(Place::length).max().orElse(1));
        file.bytes(name, longest, out -> write(out, numbers, longest), numbers.size());
    }

    private void write(OutputStream out, Collection<Long> numbers, int longest) throws IOException {
        byte[] padding = new byte[longest];
        for (long number : numbers) {
            Place place = places.getOrDefault(number, NONE);
            bytes.copy(place.start(), place.length(), out);
            out.write(padding, 0, longest - place.length());
        }
    }

    @Override
    public void close() {
        bytes.close();
    }
}
