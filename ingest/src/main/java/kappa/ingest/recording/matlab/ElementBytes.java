package kappa.ingest.recording.matlab;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/** The bytes of one of a file's root elements in order, unfolded if the file has them compressed. One thread. */
final class ElementBytes implements AutoCloseable {

    private static final int BUFFER = 1 << 13;

    private final InputStream in;
    private final ByteOrder order;
    private final Inflater inflater; // null where nothing is compressed
    private final byte[] number = new byte[Integer.BYTES];
    private long position;

    private ElementBytes(InputStream in, ByteOrder order, Inflater inflater) {
        this.in = in;
        this.order = order;
        this.inflater = inflater;
    }

    /** Bytes as the file has them. */
    static ElementBytes plain(FileChannel channel, long from, long bytes, ByteOrder order) {
        return new ElementBytes(new BufferedInputStream(new Part(channel, from, bytes), BUFFER), order, null);
    }

    /** What so many compressed bytes unfold to. */
    static ElementBytes inflated(FileChannel channel, long from, long bytes, ByteOrder order) {
        Inflater inflater = new Inflater();
        return new ElementBytes(new BufferedInputStream(
                new InflaterInputStream(new Part(channel, from, bytes), inflater, BUFFER), BUFFER), order, inflater);
    }

    /** How many bytes were read. */
    long position() {
        return position;
    }

    int readInt() throws IOException {
        readFully(number);
        return ByteBuffer.wrap(number).order(order).getInt();
    }

    /** @throws EOFException if there are not so many left */
    void readFully(byte[] bytes) throws IOException {
        if (in.readNBytes(bytes, 0, bytes.length) < bytes.length) {
            throw new EOFException();
        }
        position += bytes.length;
    }

    /** @throws EOFException if there are not so many left */
    void skip(long bytes) throws IOException {
        in.skipNBytes(bytes);
        position += bytes;
    }

    @Override
    public void close() {
        if (inflater != null) {
            inflater.end();
        }
    }

    /** A part of a file; the channel stays open. */
    private static final class Part extends InputStream {
        private final FileChannel channel;
        private final long end;
        private long at;

        Part(FileChannel channel, long from, long bytes) {
            this.channel = channel;
            this.at = from;
            this.end = from + bytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int most = (int) Math.min(length, end - at);
            int count = most <= 0 ? -1 : channel.read(ByteBuffer.wrap(bytes, offset, most), at);
            at += Math.max(0, count);
            return count;
        }

        @Override
        public long skip(long bytes) {
            long skipped = Math.clamp(bytes, 0, end - at);
            at += skipped;
            return skipped;
        }
    }
}
