package kappa.fitting.bench;

import kappa.fitting.kernel.MatrixKernels;
import kappa.fitting.kernel.PackedMatrix;

/** One product of matrices, as one time step of a full-rank network needs it: B states times N by N weights. */
final class MatrixStep implements Step {

    private final MatrixKernels kernels;
    private final int rows;
    private final int neurons;
    private final float[] a;
    private final PackedMatrix b;
    private final float[] c;

    MatrixStep(MatrixKernels kernels, int rows, int neurons) {
        this.kernels = kernels;
        this.rows = rows;
        this.neurons = neurons;
        RandomProblem random = new RandomProblem(1);
        a = random.gaussian(rows * neurons, 1);
        b = new PackedMatrix().pack(random.gaussian(neurons * neurons, 1), 0, neurons, neurons, neurons, 1, 1f);
        c = new float[rows * neurons];
    }

    @Override
    public void run() {
        kernels.multiply(rows, a, 0, neurons, 1, b, c, 0, neurons, false);
    }
}
