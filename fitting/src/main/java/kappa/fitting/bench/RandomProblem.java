package kappa.fitting.bench;

import java.util.SplittableRandom;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/**
 * Random networks and activity for benchmarks. The time does not depend on their values, as long as these are finite.
 */
final class RandomProblem {

    private static final double ALPHA = 0.2;

    private final SplittableRandom random;

    RandomProblem(long seed) {
        random = new SplittableRandom(seed);
    }

    /** With the weights that a fit begins with. */
    KernelModel model(int neurons, int rank, int inputs, Observation kind) {
        return KernelModel.plain(LowRankNetwork.withoutBias(neurons, rank, inputs, ALPHA, gaussian(rank * neurons, 1),
                gaussian(rank * neurons, 0.3), gaussian(inputs * neurons, 0.5)), kind);
    }

    /** Rates and currents in [-0.5, 0.5), counts 0 to 2. */
    float[] activity(int length, Observation kind) {
        float[] y = new float[length];
        for (int i = 0; i < length; i++) {
            y[i] = kind == Observation.COUNTS ? random.nextInt(3) : random.nextFloat() - 0.5f;
        }
        return y;
    }

    float[] gaussian(int length, double sd) {
        float[] out = new float[length];
        for (int i = 0; i < length; i++) {
            out[i] = (float) (sd * random.nextGaussian());
        }
        return out;
    }
}
