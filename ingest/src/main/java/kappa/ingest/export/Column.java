package kappa.ingest.export;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.function.LongConsumer;
import kappa.ingest.recording.npz.NpzWriter;

/**
 * An array [rows, ...] on disk while it is being gathered: rows may come in any order, and one that comes again replaces what
 * was there. Its file has no name any more, so that nothing is left of it, however the process ends. Not thread-safe.
 */
final class Column implements NpzWriter.Bytes, AutoCloseable {

    private static final int BUFFER_BYTES = 1 << 16;

    private final ElementType type;
    private final long[] rowShape;
    private final int rowBytes;
    private final FileChannel channel;
    private final ByteBuffer buffer;
    private long bufferStart;
    private long rows;

    /** @param directory for the file, which may become as large as the array */
    Column(Path directory, ElementType type, long... rowShape) {
        this.type = type;
        this.rowShape = rowShape;
        long elements = 1;
        for (long extent : rowShape) {
            elements = Math.multiplyExact(elements, extent);
        }
        rowBytes = Math.toIntExact(elements * type.bytes);
        buffer = ByteBuffer.allocate(Math.max(BUFFER_BYTES, rowBytes)).order(ByteOrder.LITTLE_ENDIAN);
        Path file = directory.resolve(".kappa-export." + UUID.randomUUID() + ".part");
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the elements of a row go, all of them, little-endian. Valid until the next call. */
    ByteBuffer row(long row) {
        long start = row * rowBytes;
        if (start != bufferStart + buffer.position() || buffer.remaining() < rowBytes) {
            flush();
            bufferStart = start;
        }
        rows = Math.max(rows, row + 1);
        return buffer;
    }

    long rows() {
        return rows;
    }

    private void flush() {
        buffer.flip();
        try {
            long at = bufferStart;
            while (buffer.hasRemaining()) {
                at += channel.write(buffer, at);
            }
            bufferStart = at;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        buffer.clear();
    }

    /** The elements so far, row by row. */
    @Override
    public void writeTo(OutputStream out) throws IOException {
        copy(0, rows, out);
    }

    /** Some rows. */
    void copy(long firstRow, long count, OutputStream out) throws IOException {
        flush();
        long end = (firstRow + count) * rowBytes;
        byte[] bytes = new byte[BUFFER_BYTES];
        for (long at = firstRow * rowBytes; at < end;) {
            int read = channel.read(ByteBuffer.wrap(bytes, 0, (int) Math.min(bytes.length, end - at)), at);
            if (read < 0) {
                throw shorter();
            }
            out.write(bytes, 0, read);
            at += read;
        }
    }

    private static IOException shorter() {
        return new IOException("a temporary file is shorter than what was written to it");
    }

    /** Hands over a column of whole numbers, one a row. */
    void longs(LongConsumer each) {
        flush();
        ByteBuffer some = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try {
            for (long row = 0; row < rows; row += BUFFER_BYTES / Long.BYTES) {
                some.clear().limit((int) Math.min(BUFFER_BYTES, (rows - row) * Long.BYTES));
                while (some.hasRemaining()) {
                    if (channel.read(some, row * Long.BYTES + some.position()) < 0) {
                        throw shorter();
                    }
                }
                some.flip();
                while (some.hasRemaining()) {
                    each.accept(some.getLong());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void putInto(ArrayFile file, String name) {
        long[] shape = new long[rowShape.length + 1];
        shape[0] = rows;
        System.arraycopy(rowShape, 0, shape, 1, rowShape.length);
        file.put(name, type, this, shape);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
