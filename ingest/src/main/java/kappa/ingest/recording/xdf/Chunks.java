package kappa.ingest.recording.xdf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Goes through the chunks of an XDF file: [bytes of the length, 1, 4 or 8][length][tag, 16 bits][contents]. Where something else
 * stands, it goes on after the next boundary chunk. One thread.
 */
final class Chunks {

    static final int FILE_HEADER = 1;
    static final int STREAM_HEADER = 2;
    static final int SAMPLES = 3;
    static final int CLOCK_OFFSET = 4;
    static final int BOUNDARY = 5;
    static final int STREAM_FOOTER = 6;

    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The file begins with these letters. */
    static final String MAGIC = "XDF:";

    private static final int TAG_BYTES = 2;
    private static final int STREAM_BYTES = 4;

    /** What a boundary chunk holds. */
    private static final byte[] SIGNATURE = {0x43, (byte) 0xA5, 0x46, (byte) 0xDC, (byte) 0xCB, (byte) 0xF5, 0x41, 0x0F,
        (byte) 0xB3, 0x0E, (byte) 0xD5, 0x46, 0x73, (byte) 0x83, (byte) 0xCB, (byte) 0xE4};

    private final MemorySegment file;
    private final long size;
    private long at = MAGIC.length();
    private int tag;
    private int stream;
    private long from;
    private long to;
    private long damaged;
    private boolean cut;

    Chunks(MemorySegment file) {
        this.file = file;
        this.size = file.byteSize();
    }

    /** Goes to the next chunk. */
    boolean next() {
        while (at < size) {
            if (take()) {
                return true;
            }
        }
        return false;
    }

    private boolean take() {
        long start = at;
        int width = file.get(JAVA_BYTE, at);
        long contents = at + 1 + width;
        if ((width == 1 || width == 4 || width == 8) && size - contents >= TAG_BYTES) {
            long length = number(file, at + 1, width);
            tag = Short.toUnsignedInt(file.get(SHORT, contents));
            boolean ofStream = tag == STREAM_HEADER || tag == SAMPLES || tag == CLOCK_OFFSET || tag == STREAM_FOOTER;
            int head = TAG_BYTES + (ofStream ? STREAM_BYTES : 0);
            if (length >= head && tag >= FILE_HEADER && tag <= STREAM_FOOTER && size - contents >= head) {
                boolean whole = length <= size - contents;
                long found = whole ? -1 : boundary(contents);
                if (whole || found < 0) {
                    stream = ofStream ? file.get(INT, contents + TAG_BYTES) : 0;
                    from = contents + head;
                    to = whole ? contents + length : size;
                    cut |= !whole;
                    at = to;
                    return true;
                }
            }
        }
        long found = boundary(start + 1);
        at = found < 0 ? size : found;
        damaged += at - start;
        return false;
    }

    /** Where the next boundary chunk ends; -1 if there is none. */
    private long boundary(long start) {
        for (long i = start; i <= size - SIGNATURE.length; i++) {
            int same = 0;
            while (same < SIGNATURE.length && file.get(JAVA_BYTE, i + same) == SIGNATURE[same]) {
                same++;
            }
            if (same == SIGNATURE.length) {
                return i + SIGNATURE.length;
            }
        }
        return -1;
    }

    /** An unsigned number of 1, 4 or 8 bytes; negative if it is beyond a long. */
    static long number(MemorySegment bytes, long at, int width) {
        return switch (width) {
            case 1 -> Byte.toUnsignedInt(bytes.get(JAVA_BYTE, at));
            case 4 -> Integer.toUnsignedLong(bytes.get(INT, at));
            default -> bytes.get(LONG, at);
        };
    }

    int tag() {
        return tag;
    }

    /** Which stream the chunk belongs to, for those that do. */
    int stream() {
        return stream;
    }

    /** Where the contents begin, after the stream's number. */
    long from() {
        return from;
    }

    /** Where they end. */
    long to() {
        return to;
    }

    /** Bytes so far that belong to no chunk. */
    long damaged() {
        return damaged;
    }

    /** Whether the file ends within a chunk. */
    boolean cut() {
        return cut;
    }
}
