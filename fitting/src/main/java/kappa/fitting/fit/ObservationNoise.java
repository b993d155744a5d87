package kappa.fitting.fit;

import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;

/** The noise variance of each neuron's rates or currents, from the errors along the newest trials. Not thread-safe. */
final class ObservationNoise {

    private static final double FORGETTING = 0.9;
    private static final double MIN_NOISE = 1e-4;
    /** One bin of the largest numbers that are taken must not leave a variance that no float holds, and that never fades. */
    private static final double MAX_NOISE = 1e36;

    private final RnnKernels kernels;
    private final double[] squares;
    private double weight;

    ObservationNoise(RnnKernels kernels, int neurons) {
        this.kernels = kernels;
        squares = new double[neurons];
    }

    /** Goes on from the variances of an earlier session, [N]. */
    void begin(float[] variances) {
        weight = 1;
        for (int i = 0; i < squares.length; i++) {
            squares[i] = variances[i];
        }
    }

    /** Learns from a trial along its start states and writes the variances to the model. */
    void learn(PreparedTrial prepared, KernelModel model) {
        Trial trial = prepared.trial();
        int N = squares.length;
        int K = model.network().rank();
        int S = model.network().inputs();
        double[] errors = new double[N];
        double[] observed = new double[N];
        float[] scratch = new float[RnnKernels.SCRATCH];
        for (int t = trial.warmUp() + 1; t <= trial.bins(); t++) {
            kernels.squaredErrors(model, trial.y(), (t - 1) * N, prepared.states(), t * K, trial.v(), t * S, errors,
                    observed, scratch);
        }
        weight = FORGETTING * weight + 1 - FORGETTING;
        for (int i = 0; i < N; i++) {
            double now = observed[i] > 0 ? Math.min(MAX_NOISE, errors[i] / observed[i]) : model.noise()[i];
            squares[i] = FORGETTING * squares[i] + (1 - FORGETTING) * now;
            model.noise()[i] = (float) Math.clamp(squares[i] / weight, MIN_NOISE, MAX_NOISE);
        }
    }

    /** The variance of a neuron that is observed for the first time, about its mean in a trial; counts have none. */
    void begin(int neuron, Trial trial, double mean, KernelModel model) {
        if (model.kind() == Observation.COUNTS) {
            return;
        }
        double square = 0;
        long observed = 0;
        for (int at = neuron; at < trial.y().length; at += squares.length) {
            double error = trial.y()[at] - mean;
            if (!Double.isNaN(error)) {
                square += error * error;
                observed++;
            }
        }
        model.noise()[neuron] = (float) Math.clamp(square / observed, MIN_NOISE, MAX_NOISE);
    }

    /** A neuron's unit has changed, so that its squares are so many times as large. */
    void multiply(int neuron, double factor) {
        squares[neuron] *= factor;
    }

    FitState.RunningSquares save() {
        return new FitState.RunningSquares(squares.clone(), weight);
    }

    void restore(FitState.RunningSquares saved) {
        System.arraycopy(saved.sums(), 0, squares, 0, squares.length);
        weight = saved.weight();
    }
}
