package kappa.ingest.export;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
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
        rowBytes = Math.toIntExact(LongStream.of(rowShape).reduce(type.bytes, Math::multiplyExact));
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

    @Override
    public void writeTo(OutputStream out) throws IOException {
        copy(0, rows, out);
    }

    void copy(long firstRow, long count, OutputStream out) throws IOException {
        flush();
        WritableByteChannel target = Channels.newChannel(out);
        long end = (firstRow + count) * rowBytes;
        for (long at = firstRow * rowBytes; at < end;) {
            long copied = channel.transferTo(at, end - at, target);
            if (copied == 0) {
                throw new EOFException("a temporary file is shorter than what was written to it");
            }
            at += copied;
        }
    }

    /** Hands over a column of whole numbers, one a row. */
    void longs(LongConsumer each) {
        flush();
        try {
            var in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel.position(0))));
            for (long row = 0; row < rows; row++) {
                each.accept(Long.reverseBytes(in.readLong()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void putInto(ArrayFile file, String name) {
        file.put(name, type, this, LongStream.concat(LongStream.of(rows), LongStream.of(rowShape)).toArray());
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
