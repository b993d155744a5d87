package kappa.ingest.recording.npz;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import kappa.ingest.InvalidInputException;

/**
 * Writes an NPZ file that {@code numpy.load} reads without pickle. Arrays are in C order, little-endian, deflated; the same
 * arrays give the same bytes every time.
 *
 * <p>Everything goes to a hidden file beside the target, which {@link #close()} moves into place in one step, so that a reader
 * sees the old file or the new one, never half of one. Once a {@code put} has failed, {@code close()} discards instead.
 *
 * <p>Not thread-safe. Arrays are read during the call and not kept. One that does not fit in memory is streamed, piece by
 * piece.
 */
public final class NpzWriter implements AutoCloseable {

    /** What a zip archive can name and NumPy writes; the time of day would make every file different. */
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private static final int CHUNK_BYTES = 1 << 16;

    private final Path file;
    private final Path part;
    private final ZipOutputStream zip;
    private final Set<String> names = new HashSet<>();
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private boolean failed;
    private boolean closed;

    private NpzWriter(Path file, Path part, ZipOutputStream zip) {
        this.file = file;
        this.part = part;
        this.zip = zip;
    }

    /**
     * Begins a file, which appears, or replaces an older one, when the writer is closed.
     *
     * @throws InvalidInputException if nothing can be written there
     */
    public static NpzWriter create(Path file) {
        if (Files.isDirectory(file)) {
            throw new InvalidInputException(file + ": is a directory: expected the name of a file to write");
        }
        Path name = file.getFileName();
        if (name == null) {
            throw new InvalidInputException(file + ": expected the name of a file to write");
        }
        // Not createTempFile: its permissions would shut out everybody else.
        Path part = file.resolveSibling("." + name + "." + UUID.randomUUID() + ".part");
        try {
            return new NpzWriter(file, part, new ZipOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(part, StandardOpenOption.CREATE_NEW)),
                    StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** Adds float32 {@code data} of {@code shape} in C order. */
    public void put(String name, float[] data, int... shape) {
        begin(name, NpyHeader.Type.FLOAT32, data.length, shape).write(data).close();
    }

    /** Adds float64 {@code data} of {@code shape} in C order. */
    public void put(String name, double[] data, int... shape) {
        begin(name, NpyHeader.Type.FLOAT64, data.length, shape).write(data).close();
    }

    /** Adds int64 {@code data} of {@code shape} in C order. */
    public void put(String name, long[] data, int... shape) {
        begin(name, NpyHeader.Type.INT64, data.length, shape).write(data).close();
    }

    /** Adds int32 {@code data} of {@code shape} in C order. */
    public void put(String name, int[] data, int... shape) {
        begin(name, NpyHeader.Type.INT32, data.length, shape).write(data).close();
    }

    /** Adds uint8 {@code data} of {@code shape} in C order: a byte of -1 is read as 255. */
    public void putUnsigned(String name, byte[] data, int... shape) {
        ArrayStream stream = begin(name, NpyHeader.Type.UINT8, data.length, shape);
        stream.bytes(data);
        stream.close();
    }

    /** Adds a float64 scalar: an array of shape (). */
    public void put(String name, double scalar) {
        put(name, new double[]{scalar}, new int[0]);
    }

    /** Begins a float32 array that need not fit in memory; nothing else can be put until it is closed. */
    public ArrayStream streamFloats(String name, long... shape) {
        return begin(name, NpyHeader.Type.FLOAT32, shape);
    }

    /** Begins a float64 array that need not fit in memory; nothing else can be put until it is closed. */
    public ArrayStream streamDoubles(String name, long... shape) {
        return begin(name, NpyHeader.Type.FLOAT64, shape);
    }

    /**
     * Begins an array of whole numbers that need not fit in memory; nothing else can be put until it is closed.
     *
     * @param min at most every element
     * @param max at least every element; dtype is the smallest of uint8, uint16, int32 and int64 that holds both
     */
    public ArrayStream streamIntegers(String name, long min, long max, long... shape) {
        NpyHeader.Type type;
        if (min >= 0 && max < 1 << Byte.SIZE) {
            type = NpyHeader.Type.UINT8;
        } else if (min >= 0 && max < 1 << Short.SIZE) {
            type = NpyHeader.Type.UINT16;
        } else {
            type = min >= Integer.MIN_VALUE && max <= Integer.MAX_VALUE
                    ? NpyHeader.Type.INT32
                    : NpyHeader.Type.INT64;
        }
        return begin(name, type, shape);
    }

    private ArrayStream begin(String name, NpyHeader.Type type, int length, int... shape) {
        long[] extents = Arrays.stream(shape).asLongStream().toArray();
        if (!closed && elements(extents) != length) {
            failed = true;
            throw new IllegalArgumentException(
                    name + ": " + length + " elements do not make an array of shape " + Arrays.toString(shape));
        }
        return begin(name, type, extents);
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
            throw unwritable(file, e);
        }
        if (written[0] != expected) {
            throw new IllegalStateException(
                    name + ": " + written[0] + " bytes of elements, expected " + expected);
        }
        failed = false;
    }

    private ArrayStream begin(String name, NpyHeader.Type type, long... shape) {
        return new ArrayStream(name, type, begin(name, NpyHeader.write(type, shape), shape));
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
            throw unwritable(file, e);
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
     * The elements of one array in C order, piece by piece. Numbers are converted to the array's dtype; one that a dtype of
     * whole numbers cannot hold is an {@link IllegalArgumentException}. Not thread-safe; pieces are read and not kept.
     */
    public final class ArrayStream implements AutoCloseable {
        private final String name;
        private final NpyHeader.Type type;
        private long missing;
        private boolean whole = true; // false once a piece could not be written

        private ArrayStream(String name, NpyHeader.Type type, long elements) {
            this.name = name;
            this.type = type;
            this.missing = elements;
        }

        public ArrayStream write(float... piece) {
            take(piece.length);
            write(() -> {
                for (float value : piece) {
                    if (type == NpyHeader.Type.FLOAT32) {
                        room().putFloat(value);
                    } else {
                        put(value);
                    }
                }
            });
            return this;
        }

        public ArrayStream write(double... piece) {
            take(piece.length);
            write(() -> {
                for (double value : piece) {
                    put(value);
                }
            });
            return this;
        }

        public ArrayStream write(long... piece) {
            take(piece.length);
            write(() -> {
                for (long value : piece) {
                    put(value);
                }
            });
            return this;
        }

        public ArrayStream write(int... piece) {
            take(piece.length);
            write(() -> {
                for (int value : piece) {
                    put((long) value);
                }
            });
            return this;
        }

        private void bytes(byte[] piece) {
            take(piece.length);
            write(() -> zip.write(piece));
        }

        private void take(int elements) {
            missing -= elements;
            if (missing < 0) {
                throw new IllegalArgumentException(name + ": " + -missing + " elements more than its shape holds");
            }
        }

        private void put(double value) throws IOException {
            switch (type) {
                case FLOAT64 -> room().putDouble(value);
                case FLOAT32 -> room().putFloat((float) value);
                default -> {
                    if (value != (long) value) {
                        throw misfit(value);
                    }
                    put((long) value);
                }
            }
        }

        private void put(long value) throws IOException {
            switch (type) {
                case FLOAT64 -> room().putDouble((double) value);
                case FLOAT32 -> room().putFloat((float) value);
                case INT64 -> room().putLong(value);
                case INT32 -> room().putInt((int) fitting(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
                case UINT16 -> room().putShort((short) fitting(value, 0, (1 << Short.SIZE) - 1));
                case UINT8 -> room().put((byte) fitting(value, 0, (1 << Byte.SIZE) - 1));
                default -> throw new IllegalStateException("no stream of " + type);
            }
        }

        private long fitting(long value, long min, long max) {
            if (value < min || value > max) {
                throw misfit(value);
            }
            return value;
        }

        private IllegalArgumentException misfit(Number value) {
            return new IllegalArgumentException(name + ": " + value + " does not fit " + type);
        }

        private ByteBuffer room() throws IOException {
            if (chunk.remaining() < type.bytes) {
                zip.write(chunk.array(), 0, chunk.position());
                chunk.clear();
            }
            return chunk;
        }

        private void write(Elements elements) {
            whole = false;
            try {
                elements.write();
                whole = true;
            } catch (IOException e) {
                throw unwritable(file, e);
            }
        }

        /** Ends the array, which must be whole. */
        @Override
        public void close() {
            if (missing != 0 || !whole) {
                throw new IllegalStateException(name + ": is not whole, " + missing + " elements are missing");
            }
            write(() -> {
                zip.write(chunk.array(), 0, chunk.position());
                chunk.clear();
            });
            failed = false;
        }
    }

    private interface Elements {
        void write() throws IOException;
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
        try {
            try {
                zip.close();
                if (!failed) {
                    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
                }
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static InvalidInputException unwritable(Path file, IOException e) {
        return new InvalidInputException(
                file + ": cannot be written (" + e.getClass().getSimpleName() + ": " + e.getMessage() + ")", e);
    }
}
