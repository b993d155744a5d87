package kappa.ingest.session;

import java.io.BufferedOutputStream;
import java.io.IOException;
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

/**
 * Writes an NPZ file that {@code numpy.load} reads without pickle. Arrays are in C order, little-endian, deflated; the same
 * arrays give the same bytes every time.
 *
 * <p>Everything goes to a hidden file beside the target, which {@link #close()} moves into place in one step, so that a reader
 * sees the old file or the new one, never half of one. Once a {@code put} has failed, {@code close()} discards instead.
 *
 * <p>Not thread-safe. Arrays are read during the call and not kept.
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
        begin(name, NpyHeader.Type.FLOAT32, data.length, shape);
        write(() -> {
            for (float value : data) {
                room(Float.BYTES).putFloat(value);
            }
        });
    }

    /** Adds float64 {@code data} of {@code shape} in C order. */
    public void put(String name, double[] data, int... shape) {
        begin(name, NpyHeader.Type.FLOAT64, data.length, shape);
        write(() -> {
            for (double value : data) {
                room(Double.BYTES).putDouble(value);
            }
        });
    }

    /** Adds int64 {@code data} of {@code shape} in C order. */
    public void put(String name, long[] data, int... shape) {
        begin(name, NpyHeader.Type.INT64, data.length, shape);
        write(() -> {
            for (long value : data) {
                room(Long.BYTES).putLong(value);
            }
        });
    }

    /** Adds int32 {@code data} of {@code shape} in C order. */
    public void put(String name, int[] data, int... shape) {
        begin(name, NpyHeader.Type.INT32, data.length, shape);
        write(() -> {
            for (int value : data) {
                room(Integer.BYTES).putInt(value);
            }
        });
    }

    /** Adds uint8 {@code data} of {@code shape} in C order: a byte of -1 is read as 255. */
    public void putUnsigned(String name, byte[] data, int... shape) {
        begin(name, NpyHeader.Type.UINT8, data.length, shape);
        write(() -> zip.write(data));
    }

    /** Adds a float64 scalar: an array of shape (). */
    public void put(String name, double scalar) {
        put(name, new double[]{scalar}, new int[0]);
    }

    private interface Elements {
        void write() throws IOException;
    }

    private void begin(String name, NpyHeader.Type type, int length, int... shape) {
        boolean wasFailed = failed;
        failed = true; // until the array is written: a caller's mistake must not leave an incomplete file either
        if (closed || wasFailed) {
            throw new IllegalStateException(file + " is closed or an earlier array could not be written");
        }
        long elements = 1;
        for (int extent : shape) {
            elements = Math.multiplyExact(elements, extent);
        }
        if (elements != length || Arrays.stream(shape).anyMatch(extent -> extent < 0)) {
            throw new IllegalArgumentException(
                    name + ": " + length + " elements do not make an array of shape " + Arrays.toString(shape));
        }
        if (name.isBlank() || !names.add(name)) {
            throw new IllegalArgumentException("array '" + name + "': expected a name not used before");
        }
        write(() -> {
            ZipEntry entry = new ZipEntry(name + ".npy");
            entry.setTimeLocal(NO_TIME);
            zip.putNextEntry(entry);
            zip.write(NpyHeader.write(type, shape));
        });
        failed = true;
    }

    private void write(Elements elements) {
        try {
            elements.write();
            zip.write(chunk.array(), 0, chunk.position());
            chunk.clear();
            failed = false;
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private ByteBuffer room(int bytes) throws IOException {
        if (chunk.remaining() < bytes) {
            zip.write(chunk.array(), 0, chunk.position());
            chunk.clear();
        }
        return chunk;
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
