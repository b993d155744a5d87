package kappa.ingest.recording.npz;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import kappa.ingest.InvalidInputException;

/**
 * One numeric array of an {@link Npz} file. It keeps the file's own bytes, dtype and order, and converts on reading, so that
 * spike counts of one byte each take one byte each.
 *
 * <p>Whatever the order in the file, every index here counts elements in C order: the last extent runs fastest.
 *
 * <p>Immutable and thread-safe. Returned arrays are fresh and belong to the caller.
 */
public final class NpyArray {

    /** Whole numbers a double holds exactly go up to this. */
    private static final double EXACT = 0x1p63;

    private final String file;
    private final String name;
    private final NpyHeader header;
    private final int[] shape;
    private final ByteBuffer bytes;
    private final int[] stride;

    /** Takes over {@code elements}, which nobody may change afterwards. */
    NpyArray(String file, String name, NpyHeader header, byte[] elements) {
        this.file = file;
        this.name = name;
        this.header = header;
        this.shape = header.shape();
        this.bytes = ByteBuffer.wrap(elements).order(header.order());
        this.stride = new int[shape.length];
        int step = header.type().bytes;
        for (int i = 0; i < shape.length; i++) {
            int axis = header.fortran() ? i : shape.length - 1 - i;
            stride[axis] = step;
            step *= Math.max(1, shape[axis]); // an array without elements is never read
        }
    }

    /** The array's name in the file, without {@code .npy}. */
    public String name() {
        return name;
    }

    /** Extents, slowest index first; empty for a scalar. */
    public int[] shape() {
        return shape.clone();
    }

    public int dimensions() {
        return shape.length;
    }

    public int size() {
        return header.elements();
    }

    /** NumPy's name of the dtype, such as {@code uint8}. */
    public String dtype() {
        return header.type().name().toLowerCase(Locale.ROOT);
    }

    /** Whether the dtype is bool or an integer. */
    public boolean integral() {
        return header.type().integral();
    }

    /** All elements in C order. Doubles and large integers are rounded to the nearest float. */
    public float[] floats() {
        return floats(0, size());
    }

    /** Elements {@code from} to {@code from + count} in C order, rounded to the nearest float. */
    public float[] floats(int from, int count) {
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
    public double[] doubles(int from, int count) {
        double[] values = new double[count];
        doubles(from, count, values);
        return values;
    }

    /** The same into the first elements of an array of the caller's. */
    void doubles(int from, int count, double[] values) {
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
        Cursor cursor = new Cursor(0, size());
        long[] values = new long[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = whole(cursor.next(), i);
        }
        return values;
    }

    /** @throws InvalidInputException if there is not exactly one element */
    public double scalar() {
        if (size() != 1) {
            throw invalid("shape " + shapeText() + ": expected a single number");
        }
        return element(0);
    }

    /** An element's name in messages, such as {@code counts[3, 0, 5]}; {@code index} counts in C order. */
    public String at(int index) {
        int[] position = new int[shape.length];
        int rest = index;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            position[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        return shape.length == 0 ? name : name + Arrays.toString(position);
    }

    /** The shape in messages, such as {@code [800, 68, 512]}. */
    public String shapeText() {
        return Arrays.toString(shape);
    }

    /** A complaint about this array, naming file and array. */
    public InvalidInputException invalid(String complaint) {
        return new InvalidInputException(file + ": array '" + NpyHeader.printable(name) + "': " + complaint);
    }

    private double element(int offset) {
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
    }

    private static double unsigned(long value) {
        // Halving keeps the lowest bit sticky, so that the sum rounds once, to nearest even.
        return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0;
    }

    private long whole(int offset, int index) {
        if (header.type() == NpyHeader.Type.INT64) {
            return bytes.getLong(offset);
        }
        if (header.type() == NpyHeader.Type.UINT64) {
            long value = bytes.getLong(offset);
            if (value < 0) {
                throw invalid(
                        at(index) + " = " + Long.toUnsignedString(value) + ": expected at most " + Long.MAX_VALUE);
            }
            return value;
        }
        double value = element(offset);
        if (value != Math.rint(value) || Math.abs(value) >= EXACT) { // NaN is unequal to itself
            throw invalid(at(index) + " = " + value + ": expected a whole number");
        }
        return (long) value;
    }

    /** Byte offsets of consecutive elements in C order. */
    private final class Cursor {
        private int index;
        private int offset;
        private int leftInRow;

        Cursor(int from, int count) {
            if (from < 0 || count < 0 || count > size() - from) {
                throw new IndexOutOfBoundsException(
                        "elements " + from + " to " + ((long) from + count) + " of " + name + ", which has " + size());
            }
            index = from;
        }

        int next() {
            if (leftInRow > 0) {
                offset += stride[shape.length - 1];
                leftInRow--;
            } else {
                offset = 0;
                int rest = index;
                for (int axis = shape.length - 1; axis >= 0; axis--) {
                    offset += rest % shape[axis] * stride[axis];
                    rest /= shape[axis];
                }
                leftInRow = shape.length == 0 ? 0 : shape[shape.length - 1] - 1 - index % shape[shape.length - 1];
            }
            index++;
            return offset;
        }
    }
}
