package kappa.ingest.recording.xdf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import kappa.ingest.rig.lsl.Lsl.Stream;

/**
 * Goes through the samples of one stream in the file's order. A chunk holds their number, then for each its stamp (8 bytes, or
 * none: then it follows the one before it at the nominal rate) and its values. What is damaged ends its chunk. One thread.
 */
final class SampleCursor {

    /** A stamp that jumps further is not the last sample's. */
    private static final double JUMP_S = 5;

    private static final int MAX_TEXT = 1 << 16;

    private final MemorySegment file;
    private final Chunks chunks;
    private final XdfStream of;
    private final int channels;
    private final double interval;
    private final double[] values;
    private long at;
    private long end;
    private long left; // samples of the chunk
    private long index = -1;
    private double stamp;
    private String text = "";
    private int segment;
    private boolean any;
    private long unusable;

    SampleCursor(XdfFile file, XdfStream of) {
        this.file = file.bytes();
        this.of = of;
        Stream stream = of.stream();
        chunks = file.chunks();
        channels = stream.channels();
        interval = stream.regular() ? 1 / stream.rate() : 0;
        values = new double[of.text() ? 0 : channels];
    }

    /** As many samples as a chunk says it holds, and at most as many as fit into it. */
    static long count(MemorySegment file, Chunks chunks, XdfStream of) {
        int width = width(file, chunks.from(), chunks.to());
        if (width == 0) {
            return 0;
        }
        long said = Chunks.number(file, chunks.from() + 1, width);
        long smallest = 1 + (of.text() ? 2L : of.valueBytes()) * of.stream().channels();
        return Math.clamp(said, 0, (chunks.to() - chunks.from() - 1 - width) / smallest);
    }

    /** Bytes of a number of variable length; 0 if there is none. */
    private static int width(MemorySegment file, long at, long end) {
        if (at >= end) {
            return 0;
        }
        int width = file.get(JAVA_BYTE, at);
        return (width == 1 || width == 4 || width == 8) && at + 1 + width <= end ? width : 0;
    }

    /** Goes to the next sample that can be used. */
    boolean next() {
        while (true) {
            while (left <= 0) {
                if (!chunk()) {
                    return false;
                }
            }
            double before = stamp;
            if (!sample()) {
                unusable++;
                left = 0;
                continue;
            }
            left--;
            index++;
            // A sender that closes its outlet may send a last sample that holds nothing (liblsl 1.16 does).
            boolean beyond = of.announced() >= 0 && index >= of.announced() && Math.abs(stamp - before) > JUMP_S;
            if (beyond || !(Math.abs(stamp) <= XdfFile.MAX_TIME_S)) {
                unusable++;
                stamp = before;
                continue;
            }
            segment = any
                    ? of.offsets().next(segment, stamp, stamp < before - JUMP_S)
                    : of.offsets().first(stamp, at);
            any = true;
            return true;
        }
    }

    private boolean chunk() {
        while (chunks.next()) {
            if (chunks.tag() == Chunks.SAMPLES && chunks.stream() == of.id()) {
                int width = width(file, chunks.from(), chunks.to());
                if (width == 0) {
                    unusable++;
                    continue;
                }
                at = chunks.from() + 1 + width;
                end = chunks.to();
                left = Chunks.number(file, chunks.from() + 1, width);
                return true;
            }
        }
        return false;
    }

    private boolean sample() {
        if (at >= end) {
            return false;
        }
        int stampBytes = file.get(JAVA_BYTE, at++);
        if (stampBytes == Double.BYTES) {
            if (end - at < Double.BYTES) {
                return false;
            }
            stamp = file.get(Chunks.DOUBLE, at);
            at += Double.BYTES;
        } else if (stampBytes == 0) {
            stamp += interval;
        } else {
            return false;
        }
        return of.text() ? texts() : numbers();
    }

    private boolean numbers() {
        int bytes = of.valueBytes();
        if (end - at < (long) bytes * channels) {
            return false;
        }
        for (int channel = 0; channel < channels; channel++) {
            values[channel] = switch (of.stream().format()) {
                case INT8 -> file.get(JAVA_BYTE, at);
                case INT16 -> file.get(Chunks.SHORT, at);
                case INT32 -> file.get(Chunks.INT, at);
                case INT64 -> file.get(Chunks.LONG, at);
                case FLOAT32 -> Float.intBitsToFloat(file.get(Chunks.INT, at));
                default -> file.get(Chunks.DOUBLE, at);
            };
            at += bytes;
        }
        return true;
    }

    /** Those of several channels with spaces between them, as the connector has them. */
    private boolean texts() {
        StringBuilder joined = new StringBuilder();
        for (int channel = 0; channel < channels; channel++) {
            int width = width(file, at, end);
            if (width == 0) {
                return false;
            }
            long length = Chunks.number(file, at + 1, width);
            at += 1 + width;
            if (length < 0 || length > end - at) {
                return false;
            }
            int shown = (int) Math.min(length, Math.max(0, MAX_TEXT - joined.length()));
            joined.append(channel == 0 ? "" : " ")
                    .append(new String(file.asSlice(at, shown).toArray(JAVA_BYTE), UTF_8));
            at += length;
        }
        text = joined.toString();
        return true;
    }

    /** Seconds on the sender's clock. */
    double stamp() {
        return stamp;
    }

    /** Which line of the stream's clock offsets it lies on. */
    int segment() {
        return segment;
    }

    /** Its values, in an array that the next sample overwrites; empty for texts. */
    double[] values() {
        return values;
    }

    /** Its text; empty for numbers. */
    String text() {
        return text;
    }

    /** Samples and chunks that could not be used so far. */
    long unusable() {
        return unusable;
    }
}
