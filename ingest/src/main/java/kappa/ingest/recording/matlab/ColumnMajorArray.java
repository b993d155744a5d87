package kappa.ingest.recording.matlab;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.arrays.NumericArray;

/**
 * An array as MATLAB keeps it, with the first index fastest, in the file's own type. Elements are counted with the last index
 * fastest, as {@link NumericArray} lays down. Immutable and thread-safe.
 */
final class ColumnMajorArray implements NumericArray {

    /** In which types elements are stored. */
    enum ElementType {
        INT8(1, true), UINT8(1, true), INT16(2, true), UINT16(2, true), INT32(4, true), UINT32(4, true), INT64(8,
                true), UINT64(8, true), FLOAT32(4, false), FLOAT64(8, false);

        final int bytes;
        final boolean integral;

        ElementType(int bytes, boolean integral) {
            this.bytes = bytes;
            this.integral = integral;
        }
    }

    private final String file;
    private final String name;
    private final ElementType type;
    private final int[] shape;
    private final int[] stride; // bytes
    private final ByteBuffer bytes;

    /** Takes over {@code elements}, which nobody may change afterwards. */
    ColumnMajorArray(String file, String name, ElementType type, ByteOrder order, int[] shape, byte[] elements) {
        this.file = file;
        this.name = name;
        this.type = type;
        this.shape = shape.clone();
        bytes = ByteBuffer.wrap(elements).order(order);
        stride = new int[shape.length];
        int step = type.bytes;
        for (int axis = 0; axis < shape.length; axis++) {
            stride[axis] = step;
            step *= Math.max(1, shape[axis]); // an array without elements is never read
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int[] shape() {
        return shape.clone();
    }

    @Override
    public boolean integral() {
        return type.integral;
    }

    @Override
    public void doubles(long from, int count, double[] values) {
        if (from < 0 || count < 0 || count > elements() - from) {
            throw new IndexOutOfBoundsException("elements " + from + " to " + (from + count) + " of " + name
                    + ", which has " + elements());
        }
        int last = shape.length - 1;
        int[] index = new int[shape.length];
        long rest = from;
        int offset = 0;
        for (int axis = last; axis >= 0 && count > 0; axis--) {
            index[axis] = (int) (rest % shape[axis]);
            rest /= shape[axis];
            offset += index[axis] * stride[axis];
        }
        for (int i = 0; i < count; i++) {
            values[i] = element(offset);
            int axis = last;
            while (axis >= 0 && ++index[axis] == shape[axis]) {
                offset -= (shape[axis] - 1) * stride[axis];
                index[axis--] = 0;
            }
            offset += axis >= 0 ? stride[axis] : 0;
        }
    }

    private double element(int offset) {
        return switch (type) {
            case INT8 -> bytes.get(offset);
            case UINT8 -> Byte.toUnsignedInt(bytes.get(offset));
            case INT16 -> bytes.getShort(offset);
            case UINT16 -> Short.toUnsignedInt(bytes.getShort(offset));
            case INT32 -> bytes.getInt(offset);
            case UINT32 -> Integer.toUnsignedLong(bytes.getInt(offset));
            case INT64 -> bytes.getLong(offset);
            case UINT64 -> unsigned(bytes.getLong(offset));
            case FLOAT32 -> bytes.getFloat(offset);
            case FLOAT64 -> bytes.getDouble(offset);
        };
    }

    /** Halving keeps the lowest bit sticky, so that the sum rounds once, to nearest even. */
    private static double unsigned(long value) {
        return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0;
    }

    @Override
    public InvalidInputException invalid(String complaint) {
        return new InvalidInputException(file + ": array '" + name + "': " + complaint);
    }
}
