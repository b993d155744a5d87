package kappa.ingest.recording.npz;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.NewFile;

/**
 * Writes an NPZ file that {@code numpy.load} reads without pickle. Arrays are in C order, little-endian, deflated; the same
 * arrays give the same bytes every time.
 *
 * <p>The file appears when the writer is closed ({@link NewFile}). Once a {@code put} has failed, {@code close()} discards it.
 *
 * <p>Not thread-safe. Arrays are read during the call and not kept. One that does not fit in memory is streamed, piece by
 * piece.
 */
public final class NpzWriter implements AutoCloseable {

    /** What a zip archive can name and NumPy writes; the time of day would make every file different. */
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    /** The archive's comment, by which kappa knows its own files. */
    public static final String COMMENT = "kappa";

    private static final Charset UTF_32 = Charset.forName("UTF-32LE");

    private static final int CHUNK_BYTES = 1 << 16;

    private final NewFile file;
    private final ZipOutputStream zip;
    private final Set<String> names = new HashSet<>();
    private boolean failed;
    private boolean closed;

    private NpzWriter(NewFile file, ZipOutputStream zip) {
        this.file = file;
        this.zip = zip;
    }

    /**
     * Begins a file, which appears, or replaces an older one, when the writer is closed.
     *
     * @throws InvalidInputException if nothing can be written there
     */
    public static NpzWriter create(Path file) {
        NewFile target = new NewFile(file);
        try {
            ZipOutputStream zip = new ZipOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(target.part(), StandardOpenOption.CREATE_NEW)),
                    StandardCharsets.UTF_8);
            zip.setComment(COMMENT);
            return new NpzWriter(target, zip);
        } catch (IOException e) {
            throw target.unwritable(e);
        }
    }

    /** Adds {@code data} of {@code shape} in C order, as float32. The methods after it keep the type of their data, too. */
    public void put(String name, float[] data, int... shape) {
        put(name, NpyHeader.Type.FLOAT32, data.length, (bytes, i) -> bytes.putFloat(data[i]), shape);
    }

    public void put(String name, double[] data, int... shape) {
        put(name, NpyHeader.Type.FLOAT64, data.length, (bytes, i) -> bytes.putDouble(data[i]), shape);
    }

    public void put(String name, long[] data, int... shape) {
        put(name, NpyHeader.Type.INT64, data.length, (bytes, i) -> bytes.putLong(data[i]), shape);
    }

    public void put(String name, int[] data, int... shape) {
        put(name, NpyHeader.Type.INT32, data.length, (bytes, i) -> bytes.putInt(data[i]), shape);
    }

    /** Adds uint8 {@code data} of {@code shape} in C order: a byte of -1 is read as 255. */
    public void putUnsigned(String name, byte[] data, int... shape) {
        put(name, NpyHeader.Type.UINT8, data.length, (bytes, i) -> bytes.put(data[i]), shape);
    }

    /** Adds a float64 scalar: an array of shape (). */
    public void put(String name, double scalar) {
        put(name, new double[]{scalar});
    }

    /** Adds {@code texts} of {@code shape} in C order, of as many code points each as the longest has. */
    public void put(String name, List<String> texts, long... shape) {
        int longest = Math.max(1,
                texts.stream().mapToInt(text -> text.codePointCount(0, text.length())).max().orElse(1));
        putBytes(name, "<U" + longest, Integer.BYTES * longest, out -> {
            for (String text : texts) {
                out.write(Arrays.copyOf(text.getBytes(UTF_32), Integer.BYTES * longest));
            }
        }, shape);
    }

    /**
     * Adds an array of float32, or of whole numbers from 0, that need not fit in memory.
     *
     * @param type FLOAT32, UINT8, UINT16, INT32 or INT64
     * @param pieces hands over all elements in C order, piece by piece
     * @throws IllegalArgumentException if a number does not fit the type
     * @throws IllegalStateException if the elements are fewer or more than the shape holds
     */
    void stream(String name, NpyHeader.Type type, Consumer<Consumer<float[]>> pieces, long... shape) {
        putBytes(name, type.descr(), type.bytes, out -> pieces.accept(piece -> {
            try {
                write(out, type, piece.length, (bytes, i) -> put(bytes, type, piece[i]));
            } catch (IOException e) {
                throw file.unwritable(e);
            }
        }), shape);
    }

    private static void put(ByteBuffer bytes, NpyHeader.Type type, float value) {
        if (type == NpyHeader.Type.FLOAT32) {
            bytes.putFloat(value);
            return;
        }
        long whole = (long) value;
        if (whole != value || whole < 0 || (type.bytes < Integer.BYTES && whole >= 1L << (8 * type.bytes))) {
            throw new IllegalArgumentException(value + " does not fit " + type);
        }
        switch (type) {
            case UINT8 -> bytes.put((byte) whole);
            case UINT16 -> bytes.putShort((short) whole);
            case INT32 -> bytes.putInt(Math.toIntExact(whole));
            default -> bytes.putLong(whole);
        }
    }

    private interface Element {
        void put(ByteBuffer bytes, int i);
    }

    private void put(String name, NpyHeader.Type type, int length, Element element, int... shape) {
        long[] extents = Arrays.stream(shape).asLongStream().toArray();
        if (!closed && elements(extents) != length) {
            failed = true;
            throw new IllegalArgumentException(
                    name + ": " + length + " elements do not make an array of shape " + Arrays.toString(shape));
        }
        putBytes(name, type.descr(), type.bytes, out -> write(out, type, length, element), extents);
    }

    private static void write(OutputStream out, NpyHeader.Type type, int length, Element element) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < length; i++) {
            if (chunk.remaining() < type.bytes) {
                out.write(chunk.array(), 0, chunk.position());
                chunk.clear();
            }
            element.put(chunk, i);
        }
        out.write(chunk.array(), 0, chunk.position());
    }

    /** Writes an array's elements as they lie in the file. */
    @FunctionalInterface
    public interface Bytes {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Adds an array of any element type NumPy has, whose elements in C order the caller writes, all of them.
     *
     * @param descr the element type as NumPy spells it, little-endian where order matters: {@code <f4}, {@code <U12}
     * @param elementBytes what one element takes
     * @throws IllegalStateException if the elements are fewer or more than the shape holds
     */
    public void putBytes(String name, String descr, int elementBytes, Bytes elements, long... shape) {
        long expected = Math.multiplyExact(begin(name, NpyHeader.write(descr, shape), shape), elementBytes);
        long[] written = new long[1];
        try {
            elements.writeTo(new FilterOutputStream(zip) {
                @Override
                public void write(int value) throws IOException {
                    zip.write(value);
                    written[0]++;
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    zip.write(bytes, offset, length);
                    written[0] += length;
                }

                @Override
                public void close() {
                    // The archive goes on.
                }
            });
        } catch (IOException e) {
            throw file.unwritable(e);
        }
        if (written[0] != expected) {
            throw new IllegalStateException(name + ": " + written[0] + " bytes of elements, expected " + expected);
        }
        failed = false;
    }

    /** @return the number of elements */
    private long begin(String name, byte[] header, long... shape) {
        boolean wasFailed = failed;
        failed = true; // until the array is written: a caller's mistake must not leave an incomplete file either
        if (closed || wasFailed) {
            throw new IllegalStateException(file + " is closed, or an array of it is not yet or could not be written");
        }
        long elements = elements(shape);
        if (elements < 0) {
            throw new IllegalArgumentException(
                    name + ": shape " + Arrays.toString(shape) + ": expected no extent below 0");
        }
        if (name.isBlank() || !names.add(name)) {
            throw new IllegalArgumentException("array '" + name + "': expected a name not used before");
        }
        try {
            ZipEntry entry = new ZipEntry(name + ".npy");
            entry.setTimeLocal(NO_TIME);
            zip.putNextEntry(entry);
            zip.write(header);
        } catch (IOException e) {
            throw file.unwritable(e);
        }
        return elements;
    }

    /** Product of the extents, or -1 if one is negative. */
    private static long elements(long... shape) {
        long elements = 1;
        for (long extent : shape) {
            if (extent < 0) {
                return -1;
            }
            elements = Math.multiplyExact(elements, extent);
        }
        return elements;
    }

    /**
     * Puts the file in its place, or discards it if a {@code put} has failed.
     *
     * @throws InvalidInputException if the file cannot be written
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        file.close(zip, !failed);
    }
}
