package kappa.ingest.recording.arrays;

import java.util.Arrays;
import kappa.ingest.InvalidInputException;

/**
 * An array of numbers in a file. Elements are counted in C order, whatever their order in the file: the last index runs fastest.
 * Returned arrays are fresh and belong to the caller.
 */
public interface NumericArray {

    /** Whole numbers that a double holds exactly and a long holds at all go up to this. */
    double LARGEST_LONG = 0x1p63;

    /** The array's name in messages. */
    String name();

    /** Extents, slowest index first; empty for a scalar. */
    int[] shape();

    /** Whether the elements are whole numbers or truth values by their type. */
    boolean integral();

    /**
     * Elements {@code from} to {@code from + count} as doubles, into the first elements of an array of the caller's. 64-bit
     * integers are rounded to the nearest double.
     *
     * @throws InvalidInputException if the file is damaged there, or has become shorter
     */
    void doubles(long from, int count, double[] values);

    /** A complaint about this array, which names file and array. */
    InvalidInputException invalid(String complaint);

    /** Number of elements. */
    default long elements() {
        long product = 1;
        for (int extent : shape()) {
            product = Math.multiplyExact(product, (long) extent);
        }
        return product;
    }

    default int dimensions() {
        return shape().length;
    }

    /** Elements {@code from} to {@code from + count}, rounded to the nearest float. */
    default float[] floats(long from, int count) {
        double[] values = new double[count];
        doubles(from, count, values);
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /**
     * Elements {@code from} to {@code from + count} as whole numbers. A floating-point type will do if it holds whole numbers.
     *
     * @throws InvalidInputException if an element is no whole number within the range of a long
     */
    default long[] longs(long from, int count) {
        double[] values = new double[count];
        doubles(from, count, values);
        long[] longs = new long[count];
        for (int i = 0; i < count; i++) {
            double value = values[i];
            if (value != Math.rint(value) || Math.abs(value) >= LARGEST_LONG) { // NaN is unequal to itself
                throw invalid(at(from + i) + " = " + value + ": expected a whole number");
            }
            longs[i] = (long) value;
        }
        return longs;
    }

    /** @throws InvalidInputException if there is not exactly one element */
    default double scalar() {
        if (elements() != 1) {
            throw invalid("shape " + shapeText() + ": expected a single number");
        }
        double[] value = new double[1];
        doubles(0, 1, value);
        return value[0];
    }

    /** An element's name in messages, such as {@code counts[3, 0, 5]}. */
    default String at(long element) {
        int[] shape = shape();
        int[] position = new int[shape.length];
        long rest = element;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            position[axis] = (int) (rest % shape[axis]);
            rest /= shape[axis];
        }
        return shape.length == 0 ? name() : name() + Arrays.toString(position);
    }

    /** The shape in messages, such as {@code [800, 68, 512]}. */
    default String shapeText() {
        return Arrays.toString(shape());
    }
}
