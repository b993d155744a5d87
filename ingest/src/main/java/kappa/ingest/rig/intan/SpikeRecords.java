package kappa.ingest.rig.intan;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Cuts RHX's stream of bytes into spikes: uint32 magic 0x3ae2710f, 5 characters of the channel's native name, uint32 sample,
 * uint8 id, little endian. Where no record begins, bytes are skipped up to the next that does.
 *
 * <p>Not thread-safe.
 */
final class SpikeRecords {

    static final int MAGIC = 0x3ae2710f;
    static final int BYTES = 14;

    private static final int NAME = 5;
    private static final int CAPACITY = 65_536;

    /** Takes spikes in the order in which they come. */
    interface Taker {
        /**
         * @param sample of the acquisition clock, modulo 2^32
         * @param id     of the unit on this channel: 1, 2, 4 or 8; 64 where no unit fits, 128 for a likely artifact
         */
        void spike(String channel, int sample, int id) throws InterruptedException;
    }

    private final byte[] bytes = new byte[CAPACITY];
    private final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private final byte[] name = new byte[NAME];

    /** Reads what is there; false at the stream's end. */
    boolean read(InputStream in) throws IOException {
        int count = in.read(bytes, buffer.position(), buffer.remaining());
        if (count < 0) {
            return false;
        }
        buffer.position(buffer.position() + count);
        return true;
    }

    /** A new connection: what is left of a record will not be completed. */
    void restart() {
        buffer.clear();
    }

    /** @return how many bytes were skipped because they belong to no record */
    int take(Taker taker) throws InterruptedException {
        buffer.flip();
        int skipped = 0;
        while (buffer.remaining() >= BYTES) {
            int at = buffer.position();
            if (!recordAt(at)) {
                buffer.position(at + 1);
                skipped++;
                continue;
            }
            buffer.get(at + 4, name);
            taker.spike(new String(name, StandardCharsets.ISO_8859_1), buffer.getInt(at + 9),
                    Byte.toUnsignedInt(buffer.get(at + 13)));
            buffer.position(at + BYTES);
        }
        buffer.compact();
        return skipped;
    }

    /** The magic alone could be chance: a name is a port's letter, a dash and three digits, and an id is never 0. */
    private boolean recordAt(int at) {
        return buffer.getInt(at) == MAGIC && letter(buffer.get(at + 4)) && buffer.get(at + 5) == '-'
                && digit(buffer.get(at + 6)) && digit(buffer.get(at + 7)) && digit(buffer.get(at + 8))
                && buffer.get(at + 13) != 0;
    }

    private static boolean letter(byte b) {
        return b >= 'A' && b <= 'Z';
    }

    private static boolean digit(byte b) {
        return b >= '0' && b <= '9';
    }
}
