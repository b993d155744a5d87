package kappa.ingest.recording.npz;

import java.nio.ByteBuffer;
import java.util.Locale;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.arrays.NumericArray;

/**
 * One numeric array of an {@link Npz} or {@link NpyFile}. It keeps the file's own bytes, dtype and order, and converts on
 * reading, so that spike counts of one byte each take one byte each.
 *
 * <p>Whatever the order in the file, every index here counts elements in C order: the last extent runs fastest.
 *
 * <p>Immutable and thread-safe. Returned arrays are fresh and belong to the caller.
 */
public final class NpyArray implements NumericArray {

    /** Elements lie in pieces of 1 GiB, because no buffer holds more than 2 GiB. */
    static final int PIECE_BITS = 30;

    private static final long WITHIN_PIECE = (1L << PIECE_BITS) - 1;

    private final String file;
    private final String name;
    private final NpyHeader header;
    private final int[] shape;
    private final ByteBuffer[] pieces;
    private final long[] stride;

    /** Takes over {@code elements}, which nobody may change afterwards. */
    NpyArray(String file, String name, NpyHeader header, byte[] elements) {
        this(file, name, header, pieces(elements));
    }

    /** @param pieces the elements' bytes, 1 GiB in each but the last */
    NpyArray(String file, String name, NpyHeader header, ByteBuffer[] pieces) {
        this.file = file;
        this.name = name;
        this.header = header;
        this.shape = header.shape();
        this.pieces = pieces.clone();
        for (int i = 0; i < pieces.length; i++) {
            this.pieces[i] = pieces[i].order(header.order());
        }
        this.stride = new long[shape.length];
        long step = header.type().bytes;
        for (int i = 0; i < shape.length; i++) {
            int axis = header.fortran() ? i : shape.length - 1 - i;
            stride[axis] = step;
            step *= Math.max(1, shape[axis]); // an array without elements is never read
        }
    }

    private static ByteBuffer[] pieces(byte[] elements) {
        ByteBuffer all = ByteBuffer.wrap(elements);
        int piece = 1 << PIECE_BITS;
        ByteBuffer[] pieces = new ByteBuffer[Math.ceilDiv(elements.length, piece)];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = all.slice(i * piece, Math.min(piece, elements.length - i * piece));
        }
        return pieces;
    }

    /** The array's name in the file, without {@code .npy}. */
    @Override
    public String name() {
        return name;
    }

    @Override
    public int[] shape() {
        return shape.clone();
    }

    @Override
    public long elements() {
        return header.elements();
    }

    /** Number of elements of an array that lies in memory. */
    public int size() {
        return Math.toIntExact(header.elements());
    }

    /** NumPy's name of the dtype, such as {@code uint8}. */
    public String dtype() {
        return header.type().name().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean integral() {
        return header.type().integral();
    }

    /** All elements in C order. Doubles and large integers are rounded to the nearest float. */
    public float[] floats() {
        return floats(0, size());
    }

    @Override
    public float[] floats(long from, int count) {
        Cursor cursor = new Cursor(from, count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) element(cursor.next());
        }
        return values;
    }

    /** All elements in C order. 64-bit integers are rounded to the nearest double. */
    public double[] doubles() {
        return doubles(0, size());
    }

    /** Elements {@code from} to {@code from + count} in C order. 64-bit integers are rounded to the nearest double. */
    public double[] doubles(long from, int count) {
        double[] values = new double[count];
        doubles(from, count, values);
        return values;
    }

    @Override
    public void doubles(long from, int count, double[] values) {
        Cursor cursor = new Cursor(from, count);
        for (int i = 0; i < count; i++) {
            values[i] = element(cursor.next());
        }
    }

    /**
     * All elements in C order. A floating-point dtype will do if it holds whole numbers.
     *
     * @throws InvalidInputException if an element is not a whole number within the range of a long
     */
    public long[] longs() {
        return longs(0, size());
    }

    @Override
    public long[] longs(long from, int count) {
        Cursor cursor = new Cursor(from, count);
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = whole(cursor.next(), from + i);
        }
        return values;
    }

    @Override
    public InvalidInputException invalid(String complaint) {
        return new InvalidInputException(file + ": array '" + NpyHeader.printable(name) + "': " + complaint);
    }

    private double element(long place) {
        ByteBuffer bytes = pieces[(int) (place >>> PIECE_BITS)];
        int offset = (int) (place & WITHIN_PIECE);
        try {
            return switch (header.type()) {
                case BOOL -> bytes.get(offset) == 0 ? 0 : 1;
                case INT8 -> bytes.get(offset);
                case UINT8 -> Byte.toUnsignedInt(bytes.get(offset));
                case INT16 -> bytes.getShort(offset);
                case UINT16 -> Short.toUnsignedInt(bytes.getShort(offset));
                case INT32 -> bytes.getInt(offset);
                case UINT32 -> Integer.toUnsignedLong(bytes.getInt(offset));
                case INT64 -> bytes.getLong(offset);
                case UINT64 -> unsigned(bytes.getLong(offset));
                case FLOAT16 -> Float.float16ToFloat(bytes.getShort(offset));
                case FLOAT32 -> bytes.getFloat(offset);
                case FLOAT64 -> bytes.getDouble(offset);
            };
        } catch (InternalError e) {
            // What the JVM makes of a mapped page that is gone.
            throw gone(e);
        }
    }

    private InvalidInputException gone(InternalError e) {
        return new InvalidInputException(file + ": cannot be read any more: it has become shorter, or its disk fails",
                e);
    }

    private static double unsigned(long value) {
        // Halving keeps the lowest bit sticky, so that the sum rounds once, to nearest even.
        return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0;
    }

    private long whole(long place, long index) {
        if (header.type() == NpyHeader.Type.INT64 || header.type() == NpyHeader.Type.UINT64) {
            long value;
            try {
                value = pieces[(int) (place >>> PIECE_BITS)].getLong((int) (place & WITHIN_PIECE));
            } catch (InternalError e) {
                throw gone(e);
            }
            if (value < 0 && header.type() == NpyHeader.Type.UINT64) {
                throw invalid(
                        at(index) + " = " + Long.toUnsignedString(value) + ": expected at most " + Long.MAX_VALUE);
            }
            return value;
        }
        double value = element(place);
        if (value != Math.rint(value) || Math.abs(value) >= LARGEST_LONG) { // NaN is unequal to itself
            throw invalid(at(index) + " = " + value + ": expected a whole number");
        }
        return (long) value;
    }

    /** Byte offsets of consecutive elements in C order. */
    private final class Cursor {
        private long index;
        private long offset;
        private int leftInRow;

        Cursor(long from, int count) {
            if (from < 0 || count < 0 || count > elements() - from) {
                throw new IndexOutOfBoundsException(
                        "elements " + from + " to " + (from + count) + " of " + name + ", which has " + elements());
            }
            index = from;
        }

        long next() {
            if (leftInRow > 0) {
                offset += stride[shape.length - 1];
                leftInRow--;
            } else {
                offset = 0;
                long rest = index;
                for (int axis = shape.length - 1; axis >= 0; axis--) {
                    offset += rest % shape[axis] * stride[axis];
                    rest /= shape[axis];
                }
                leftInRow = shape.length == 0
                        ? 0
                        : shape[shape.length - 1] - 1 - (int) (index % shape[shape.length - 1]);
            }
            index++;
            return offset;
        }
    }
}
