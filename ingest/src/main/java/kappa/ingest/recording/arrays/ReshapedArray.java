package kappa.ingest.recording.arrays;

import java.util.Arrays;
import kappa.ingest.InvalidInputException;

/** An array with extents of 1 more or fewer than it has in its file. Immutable. */
public final class ReshapedArray implements NumericArray {

    private final NumericArray array;
    private final int[] shape;

    private ReshapedArray(NumericArray array, int... shape) {
        this.array = array;
        this.shape = shape;
    }

    /** A row or a column as an array of one extent; anything else as it is. */
    public static NumericArray vector(NumericArray array) {
        int[] shape = array.shape();
        return shape.length == 2 && (shape[0] == 1 || shape[1] == 1)
                ? new ReshapedArray(array, shape[0] == 1 ? shape[1] : shape[0])
                : array;
    }

    /** With a last extent of 1. */
    public static NumericArray oneChannel(NumericArray array) {
        int[] shape = Arrays.copyOf(array.shape(), array.dimensions() + 1);
        shape[shape.length - 1] = 1;
        return new ReshapedArray(array, shape);
    }

    @Override
    public String name() {
        return array.name();
    }

    @Override
    public int[] shape() {
        return shape.clone();
    }

    @Override
    public boolean integral() {
        return array.integral();
    }

    @Override
    public void doubles(long from, int count, double[] values) {
        array.doubles(from, count, values);
    }

    @Override
    public InvalidInputException invalid(String complaint) {
        return array.invalid(complaint);
    }
}
