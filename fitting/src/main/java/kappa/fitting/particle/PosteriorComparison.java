package kappa.fitting.particle;

import java.util.Arrays;
import kappa.fitting.em.SmoothedTrial;

/**
 * How far the Gaussian posterior of kappa is from the one by particles, over the bins and latent dimensions of many trials. A
 * difference of means is measured in the Gaussian standard deviation of its bin and dimension. Not thread-safe.
 */
public final class PosteriorComparison {

    /** A 90 % interval that is off by so many standard deviations covers .887. */
    private static final double SMALL_DIFFERENCE = 0.25;
    private static final double LEAST_RATIO = 0.9;
    private static final double MOST_RATIO = 1.1;

    /** What the comparison says. */
    public enum Verdict {
        GOOD_ENOUGH("The Gaussian posterior of kappa is good enough."), NOT_GOOD_ENOUGH(
                "The Gaussian posterior of kappa is not good enough: use the one of --posterior-out."), TOO_FEW_PARTICLES(
                        "The particles are too few to judge the Gaussian posterior of kappa: raise --particles.");

        private final String sentence;

        Verdict(String sentence) {
            this.sentence = sentence;
        }

        /** The verdict in words, one sentence. */
        public String sentence() {
            return sentence;
        }
    }

    private int count;
    private float[] differences = new float[1 << 10];
    private float[] ratios = new float[1 << 10];
    private double squares;
    private double monteCarloSquares;
    private double leastEffectiveSize = Double.POSITIVE_INFINITY;
    private double logLikelihood;
    private double gaussianLogLikelihood;

    /**
     * Adds a trial.
     *
     * @param firstBin the first of its bins, from 1, that is compared
     */
    public void add(ParticlePosterior particles, SmoothedTrial gaussian, int firstBin) {
        int T = gaussian.trial().bins();
        int K = gaussian.mean().length / (T + 1);
        for (int t = firstBin; t <= T; t++) {
            leastEffectiveSize = Math.min(leastEffectiveSize, particles.effectiveSize()[t]);
            for (int k = 0; k < K; k++) {
                int at = t * K + k;
                double sd = Math.sqrt(gaussian.covariance()[at * K + k]);
                double difference = (particles.mean()[at] - gaussian.mean()[at]) / sd;
                double error = particles.monteCarloError()[at] / sd;
                squares += difference * difference;
                monteCarloSquares += error * error;
                add(Math.abs(difference), Math.sqrt(particles.covariance()[at * K + k]) / sd);
            }
        }
        logLikelihood += particles.logLikelihood();
        gaussianLogLikelihood += gaussian.logLikelihood();
    }

    private void add(double difference, double ratio) {
        if (count == differences.length) {
            differences = Arrays.copyOf(differences, 2 * count);
            ratios = Arrays.copyOf(ratios, 2 * count);
        }
        differences[count] = (float) difference;
        ratios[count++] = (float) ratio;
    }

    /** Bins times latent dimensions that were compared. */
    public int count() {
        return count;
    }

    /** A quantile, such as .5, of |difference of means|. */
    public double difference(double quantile) {
        return quantile(differences, quantile);
    }

    /** A quantile of the standard deviation by particles over the Gaussian one. */
    public double ratio(double quantile) {
        return quantile(ratios, quantile);
    }

    /** The part of a root mean square difference of means that comes from the number of particles. */
    public double monteCarloError() {
        return Math.sqrt(monteCarloSquares / count);
    }

    /** Root mean square difference of means without the Monte Carlo error. */
    public double systematicDifference() {
        return Math.sqrt(Math.max(0, squares - monteCarloSquares) / count);
    }

    /** The lowest effective sample size of a bin. */
    public double leastEffectiveSize() {
        return leastEffectiveSize;
    }

    /** Of all trials, by particles; nats. */
    public double logLikelihood() {
        return logLikelihood;
    }

    /** Of all trials, by Laplace's approximation of each bin; nats. */
    public double gaussianLogLikelihood() {
        return gaussianLogLikelihood;
    }

    /** Whether the Gaussian posterior will do. */
    public Verdict verdict() {
        if (!(monteCarloError() <= SMALL_DIFFERENCE)) {
            return Verdict.TOO_FEW_PARTICLES;
        }
        boolean agrees = systematicDifference() <= SMALL_DIFFERENCE && ratio(0.5) >= LEAST_RATIO
                && ratio(0.5) <= MOST_RATIO;
        return agrees ? Verdict.GOOD_ENOUGH : Verdict.NOT_GOOD_ENOUGH;
    }

    private double quantile(float[] values, double quantile) {
        if (count == 0) {
            return Double.NaN;
        }
        float[] sorted = Arrays.copyOf(values, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1L, (long) (quantile * count))];
    }
}
