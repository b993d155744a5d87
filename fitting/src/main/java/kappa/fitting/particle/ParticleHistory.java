package kappa.fitting.particle;

import java.util.SplittableRandom;

/**
 * What the filter leaves of a trial for the smoother: P weighted particles at each bin. Room is kept from trial to trial. Not
 * thread-safe.
 */
final class ParticleHistory {

    final int particles;
    final int K;
    /** [T + 1,P,K] kappa_t. */
    float[] kappa = {};
    /** [T,P,K] R' f(kappa_t, v_t), with Q^-1 = R R'. */
    float[] whitened = {};
    /** [T + 1,P] sums of the weights up to and with each particle; the last one of a bin is 1. */
    double[] cumulative = {};
    /** [T + 1,P] the particle at which the search for a level of i / P, or up to 1 / P above it, begins. */
    private int[] guide = {};
    /** [T + 1] 1 / sum of squared weights. */
    double[] effectiveSize = {};

    ParticleHistory(int particles, int K) {
        this.particles = particles;
        this.K = K;
    }

    /** Room for a trial of T bins; what was here may be lost. */
    void makeRoom(int bins) {
        if (effectiveSize.length <= bins) {
            kappa = new float[(bins + 1) * particles * K];
            whitened = new float[bins * particles * K];
            cumulative = new double[(bins + 1) * particles];
            guide = new int[(bins + 1) * particles];
            effectiveSize = new double[bins + 1];
        }
    }

    /** Where particle j of bin t begins. */
    int at(int t, int j) {
        return (t * particles + j) * K;
    }

    double weight(int t, int j) {
        return cumulative[t * particles + j] - (j == 0 ? 0 : cumulative[t * particles + j - 1]);
    }

    /**
     * Keeps the weights of a bin, and normalises them.
     *
     * @param logWeight [P] read and written
     * @return log of the sum of the weights before; not finite, with equal weights kept, if none was usable
     */
    double weigh(int t, double[] logWeight) {
        double most = Double.NEGATIVE_INFINITY;
        for (double log : logWeight) {
            most = Math.max(most, log);
        }
        boolean usable = Double.isFinite(most);
        double sum = 0;
        for (int j = 0; j < particles; j++) {
            sum += usable ? Math.exp(logWeight[j] - most) : 1;
            cumulative[t * particles + j] = sum;
        }
        double logSum = usable ? most + Math.log(sum) : Double.NaN;
        double squares = 0;
        int level = 0;
        for (int j = 0; j < particles; j++) {
            cumulative[t * particles + j] = j == particles - 1 ? 1 : cumulative[t * particles + j] / sum;
            logWeight[j] = usable ? logWeight[j] - logSum : -Math.log(particles);
            squares += weight(t, j) * weight(t, j);
            for (; level < particles && level < cumulative[t * particles + j] * particles; level++) {
                guide[t * particles + level] = j;
            }
        }
        effectiveSize[t] = 1 / squares;
        return logSum;
    }

    /** A particle of bin t, drawn by its weight. */
    int draw(int t, SplittableRandom random) {
        return firstAbove(t, random.nextDouble());
    }

    /** The first particle of bin t whose cumulative weight is above {@code level}, a number in [0, 1). */
    int firstAbove(int t, double level) {
        int row = t * particles;
        int j = guide[row + (int) (level * particles)];
        while (j < particles - 1 && cumulative[row + j] <= level) {
            j++;
        }
        return j;
    }
}
