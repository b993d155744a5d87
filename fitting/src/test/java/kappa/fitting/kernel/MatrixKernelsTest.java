package kappa.fitting.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixKernelsTest {

    private final MatrixKernels scalar = new ScalarMatrixKernels();
    private final MatrixKernels vector = new VectorMatrixKernels();

    private static float[] gaussian(int length, long seed) {
        Random random = new Random(seed);
        float[] a = new float[length];
        for (int i = 0; i < length; i++) {
            a[i] = (float) random.nextGaussian();
        }
        return a;
    }

    static Stream<Arguments> sizes() {
        return Stream.of(new int[]{1, 1, 1}, new int[]{8, 512, 512}, new int[]{7, 13, 33}, new int[]{8, 1, 31},
                new int[]{9, 65, 32}, new int[]{12, 40, 64}, new int[]{13, 3, 65}, new int[]{3, 544, 127},
                new int[]{17, 100, 1}, new int[]{8, 64, 2}, new int[]{20, 5, 16}, new int[]{5, 17, 4098})
                .map(size -> Arguments.of(size[0], size[1], size[2]));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void shouldMatchTheScalarProductAtOddSizes(int rows, int inner, int columns) {
        float[] a = gaussian(rows * inner + 3, 1);
        float[] b = gaussian(inner * columns + 2, 2);
        PackedMatrix packed = new PackedMatrix().pack(b, 2, inner, columns, columns, 1, 0.5f);
        for (boolean add : new boolean[]{false, true}) {
            float[] expected = gaussian(rows * columns + 1, 3);
            float[] actual = expected.clone();
            scalar.multiply(rows, a, 3, inner, 1, packed, expected, 1, columns, add);
            vector.multiply(rows, a, 3, inner, 1, packed, actual, 1, columns, add);
            // A float sum of n terms of order one errs by about sqrt(n) rounding errors of the running sum, itself sqrt(n).
            assertThat(actual).usingComparatorWithPrecision(2e-7f * (inner + 4)).containsExactly(expected);
        }
    }

    @Test
    void shouldMultiplyByHand() {
        float[] a = {1, 2, 3, 4, 5, 6}; // [2,3]
        float[] b = {1, 0, 2, 1, 0, 3}; // [3,2]
        PackedMatrix packed = new PackedMatrix().pack(b, 0, 3, 2, 2, 1, 1);
        for (MatrixKernels kernels : new MatrixKernels[]{scalar, vector}) {
            float[] c = new float[4];
            kernels.multiply(2, a, 0, 3, 1, packed, c, 0, 2, false);
            assertThat(c).containsExactly(5, 11, 14, 23);
        }
    }

    @Test
    void shouldTakeEitherFactorTransposed() {
        int rows = 11;
        int inner = 37;
        int columns = 50;
        float[] a = gaussian(rows * inner, 4);
        float[] b = gaussian(inner * columns, 5);
        float[] at = new float[a.length];
        float[] bt = new float[b.length];
        for (int k = 0; k < inner; k++) {
            for (int i = 0; i < rows; i++) {
                at[k * rows + i] = a[i * inner + k];
            }
            for (int j = 0; j < columns; j++) {
                bt[j * inner + k] = b[k * columns + j];
            }
        }
        float[] plain = new float[rows * columns];
        float[] transposed = new float[rows * columns];
        vector.multiply(rows, a, 0, inner, 1, new PackedMatrix().pack(b, 0, inner, columns, columns, 1, 1), plain, 0,
                columns, false);
        vector.multiply(rows, at, 0, 1, rows, new PackedMatrix().pack(bt, 0, inner, columns, 1, inner, 1), transposed,
                0, columns, false);
        assertThat(transposed).as("same sums in the same order").containsExactly(plain);
    }

    @Test
    void shouldGiveARowTheSameBitsInAnyBlockOfRows() {
        int inner = 301;
        int columns = 45;
        float[] a = gaussian(13 * inner, 6);
        PackedMatrix packed = new PackedMatrix().pack(gaussian(inner * columns, 7), 0, inner, columns, columns, 1, 1);
        float[] together = new float[13 * columns];
        float[] alone = new float[13 * columns];
        vector.multiply(13, a, 0, inner, 1, packed, together, 0, columns, false);
        for (int i = 0; i < 13; i++) {
            vector.multiply(1, a, i * inner, inner, 1, packed, alone, i * columns, columns, false);
        }
        assertThat(alone).containsExactly(together);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 64, 127, 512, 1000, 4098})
    void shouldAdvanceAndGoBackLikeTheScalarReference(int neurons) {
        float[] drive = gaussian(neurons, 8);
        float[] b = gaussian(neurons, 9);
        float[] later = gaussian(neurons, 10);
        float[] back = gaussian(neurons, 11);
        float[][] x = {gaussian(neurons, 12), gaussian(neurons, 12)};
        float[][] rates = new float[2][neurons];
        float[][] now = new float[2][neurons];
        float[][] slopes = new float[2][neurons];
        MatrixKernels[] kernels = {scalar, vector};
        for (int k = 0; k < 2; k++) {
            kernels[k].advance(neurons, 0.8f, x[k], 0, drive, 0, b, rates[k], 0);
            kernels[k].adjoint(neurons, 0.8f, rates[k], 0, back, 0, later, 0, now[k], 0, slopes[k]);
        }
        for (int i = 0; i < neurons; i++) {
            // phi errs by 4e-7 (VectorKernels), the rest by rounding of numbers up to about 5.
            assertThat(x[1][i]).isCloseTo(x[0][i], within(1e-6f));
            assertThat(rates[1][i]).isCloseTo(rates[0][i], within(1e-6f));
            assertThat(now[1][i]).isCloseTo(now[0][i], within(5e-6f));
            assertThat(slopes[1][i]).isCloseTo(slopes[0][i], within(5e-6f));
        }
    }
}
