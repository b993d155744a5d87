package kappa.fitting.particle;

import java.util.SplittableRandom;

/**
 * Draws of whole paths of kappa given all activity of a trial (Godsill, Doucet &amp; West, JASA 2004): the last state by the
 * filter's weights, then backwards
 *
 * <pre>
 * kappa_t = particle j of bin t with probability  w_t^j N(kappa_{t+1}; f(kappa_t^j, v_t), Q)
 * </pre>
 *
 * <p>A particle is drawn by w and kept with probability N / max N, which costs no sum over particles (Douc, Garivier, Moulines
 * &amp; Olsson 2011); when that has cost as much as the sum, the sum is made. Either way the draw is exact. Not thread-safe.
 */
final class BackwardSimulation {

    /** The sum costs about as much as one try for so many particles. */
    private static final int PARTICLES_PER_TRY = 6;
    /** Of the sum's terms, those that a double still sees beside the largest one. */
    private static final double LARGEST_EXPONENT = 40;

    private final int K;
    private final int tries;
    private final PrecisionFactor transition;
    private final float[] target;
    private final double[] sums;

    /** @param transition factor of Q^-1, set by whoever calls */
    BackwardSimulation(int particles, int K, PrecisionFactor transition) {
        this.K = K;
        tries = Math.ceilDiv(particles, PARTICLES_PER_TRY);
        this.transition = transition;
        target = new float[K];
        sums = new double[particles];
    }

    /**
     * @param bins T
     * @param paths how many, at even distances of the last bin's cumulative weight
     * @return [paths,T + 1,K]
     */
    float[] draw(ParticleHistory history, int bins, int paths, SplittableRandom random) {
        float[] out = new float[paths * (bins + 1) * K];
        double offset = random.nextDouble();
        for (int path = 0; path < paths; path++) {
            int chosen = history.firstAbove(bins, (path + offset) / paths);
            for (int t = bins;; t--) {
                int at = history.at(t, chosen);
                System.arraycopy(history.kappa, at, out, (path * (bins + 1) + t) * K, K);
                if (t == 0) {
                    break;
                }
                transition.whiten(history.kappa, at, target, 0);
                chosen = before(history, t - 1, random);
            }
        }
        return out;
    }

    /** A particle of bin t that may have led to the target. */
    private int before(ParticleHistory history, int t, SplittableRandom random) {
        for (int attempt = 0; attempt < tries; attempt++) {
            int j = history.draw(t, random);
            double level = random.nextDouble();
            double half = 0.5 * squaredDistance(history, t, j);
            // exp(-x) is at most 1 / (1 + x), which refuses most without a power.
            if (level * (1 + half) < 1 && level < Math.exp(-half)) {
                return j;
            }
        }
        double nearest = Double.POSITIVE_INFINITY;
        for (int j = 0; j < history.particles; j++) {
            sums[j] = squaredDistance(history, t, j);
            nearest = history.weight(t, j) > 0 ? Math.min(nearest, sums[j]) : nearest;
        }
        double sum = 0;
        for (int j = 0; j < history.particles; j++) {
            double beyond = 0.5 * (sums[j] - nearest);
            sum += beyond > LARGEST_EXPONENT ? 0 : history.weight(t, j) * Math.exp(-beyond);
            sums[j] = sum;
        }
        double level = random.nextDouble() * sum;
        int j = 0;
        while (j < history.particles - 1 && !(sums[j] > level)) {
            j++;
        }
        return j;
    }

    private double squaredDistance(ParticleHistory history, int t, int j) {
        int at = history.at(t, j);
        double square = 0;
        for (int k = 0; k < K; k++) {
            double difference = target[k] - history.whitened[at + k];
            square += difference * difference;
        }
        return square;
    }
}
