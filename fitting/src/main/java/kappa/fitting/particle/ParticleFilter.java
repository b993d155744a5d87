package kappa.fitting.particle;

import java.util.Arrays;
import java.util.SplittableRandom;
import kappa.fitting.em.SmoothedTrial;
import kappa.fitting.em.StateSpaceModel;
import kappa.fitting.model.Trial;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * The particle filter (Gordon, Salmond &amp; Smith 1993) of one trial. Each particle moves by a proposal of its own: the update
 * of an extended Kalman filter whose prediction is that particle's (Doucet, Godsill &amp; Andrieu 2000),
 *
 * <pre>
 * f = f(kappa_{t-1}, v_{t-1})    A = Q^-1 + m' diag(info) m at f    proposal  N(f + A^-1 m' score, A^-1)
 * weight *= p(y_t | kappa_t) N(kappa_t; f, Q) / q(kappa_t)
 * q = (1-e) proposal + e N(f, Q),  e = {@value #SHARE_OF_TRANSITION}
 * </pre>
 *
 * <p>The share e of the transition bounds the ratio in the weight by p(y_t | kappa_t) / e (Hesterberg 1995). Particles are
 * resampled systematically where the effective sample size has fallen below half of them. The first state is drawn from the
 * model's start; where that start is broad, half of the draws come from the Gaussian smoother's first state, four times as
 * wide in variance, and are weighted. O(T P (N K^2 + K^3)). Not thread-safe.
 */
final class ParticleFilter {

    private static final double SHARE_OF_TRANSITION = 0.1;
    private static final double WIDENED = 4;

    private final int P;
    private final int K;
    private final PrecisionFactor transition;
    private final PrecisionFactor proposal;
    private final double[] precision;
    private final double[] slope;
    private final double[] step;
    private final double[] deviation;
    private final double[] logWeight;
    private final double[] logIncrement;
    private final float[] pair;
    private final float[] mean;
    /** [P,K] f of the particles of the bin before. */
    private final float[] predicted;

    /** @param transition factor of Q^-1, set by whoever calls */
    ParticleFilter(int particles, int K, PrecisionFactor transition) {
        P = particles;
        this.K = K;
        this.transition = transition;
        proposal = new PrecisionFactor(K);
        precision = new double[K * K];
        slope = new double[K];
        step = new double[K];
        deviation = new double[K];
        logWeight = new double[P];
        logIncrement = new double[P];
        pair = new float[2 * K];
        mean = new float[K];
        predicted = new float[P * K];
    }

    /**
     * Leaves the particles of a trial in {@code out}.
     *
     * @param transitionPrecision Q^-1, [K,K]
     * @return an estimate of the log-likelihood of the activity after the warm-up, as that of {@link SmoothedTrial}
     */
    double run(StateSpaceModel model, double[] transitionPrecision, ActivityLikelihood activity, SmoothedTrial gaussian,
            ParticleHistory out, SplittableRandom random) {
        Trial trial = gaussian.trial();
        begin(model, gaussian, out, random);
        double logLikelihood = 0;
        for (int t = 1; t <= trial.bins(); t++) {
            predict(activity, t - 1, out);
            boolean resampled = out.effectiveSize[t - 1] < 0.5 * P;
            double offset = random.nextDouble();
            int before = -1;
            for (int j = 0; j < P; j++) {
                int ancestor = resampled ? out.firstAbove(t - 1, (j + offset) / P) : j;
                if (ancestor != before) {
                    propose(activity, t, ancestor, transitionPrecision);
                    before = ancestor;
                }
                int at = out.at(t, j);
                double ratio = move(ancestor, out.kappa, at, random);
                double log = activity.log(t, out.kappa, at) + ratio;
                logIncrement[j] = Double.isNaN(log) ? Double.NEGATIVE_INFINITY : log;
            }
            for (int j = 0; j < P; j++) {
                logWeight[j] = (resampled ? -Math.log(P) : logWeight[j]) + logIncrement[j];
            }
            double logSum = out.weigh(t, logWeight);
            if (t > trial.warmUp() && Double.isFinite(logSum)) {
                logLikelihood += logSum;
            }
        }
        return logLikelihood;
    }

    /** f of every particle of bin t. */
    private void predict(ActivityLikelihood activity, int t, ParticleHistory out) {
        for (int j = 0; j < P; j++) {
            System.arraycopy(out.kappa, out.at(t, j), pair, 0, K);
            activity.advance(t, pair);
            System.arraycopy(pair, K, predicted, j * K, K);
            transition.whiten(predicted, j * K, out.whitened, out.at(t, j));
        }
    }

    /** Makes the proposal of all who descend from a particle. */
    private void propose(ActivityLikelihood activity, int t, int ancestor, double[] transitionPrecision) {
        System.arraycopy(predicted, ancestor * K, mean, 0, K);
        activity.expand(t, mean, slope, precision);
        for (int i = 0; i < precision.length; i++) {
            precision[i] += transitionPrecision[i];
        }
        if (proposal.ofPrecision(precision)) {
            proposal.solve(slope, step);
        } else {
            proposal.ofPrecision(transitionPrecision);
            Arrays.fill(step, 0);
        }
    }

    /** Draws one of those who descend from a particle; returns log N(kappa; f, Q) / q(kappa). */
    private double move(int ancestor, float[] kappa, int at, SplittableRandom random) {
        boolean byTransition = random.nextDouble() < SHARE_OF_TRANSITION;
        (byTransition ? transition : proposal).draw(random, deviation);
        for (int k = 0; k < K; k++) {
            deviation[k] += byTransition ? 0 : step[k];
            kappa[at + k] = (float) (predicted[ancestor * K + k] + deviation[k]);
        }
        double logTransition = transition.logDensity(deviation);
        for (int k = 0; k < K; k++) {
            deviation[k] -= step[k];
        }
        return -mixed(proposal.logDensity(deviation) - logTransition, SHARE_OF_TRANSITION);
    }

    /** log((1-e) a/b + e) for log a/b. */
    private static double mixed(double logRatio, double e) {
        double guided = logRatio + Math.log1p(-e);
        double plain = Math.log(e);
        return Math.max(guided, plain) + Math.log1p(Math.exp(-Math.abs(guided - plain)));
    }

    /** Draws the states before the first bin. */
    private void begin(StateSpaceModel model, SmoothedTrial gaussian, ParticleHistory out, SplittableRandom random) {
        boolean segment = gaussian.trial().warmUp() > 0;
        double[] centre = segment ? new double[K] : model.start();
        double[] covariance = segment ? new double[K * K] : model.startCovariance();
        for (int k = 0; k < K && segment; k++) {
            covariance[k * K + k] = model.kappaStd()[k] * model.kappaStd()[k];
        }
        EigenDecomposition root = new EigenDecomposition(matrix(covariance));
        double[] wide = new double[K * K];
        double[] shift = new double[K];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = WIDENED * gaussian.covariance()[i];
        }
        for (int k = 0; k < K; k++) {
            shift[k] = gaussian.mean()[k] - centre[k];
        }
        PrecisionFactor prior = new PrecisionFactor(K);
        boolean guided = prior.ofCovariance(covariance) && proposal.ofCovariance(wide);
        for (int j = 0; j < P; j++) {
            if (guided && j % 2 == 1) {
                proposal.draw(random, deviation);
                for (int k = 0; k < K; k++) {
                    deviation[k] += shift[k];
                }
            } else {
                drawFrom(root, random);
            }
            for (int k = 0; k < K; k++) {
                out.kappa[out.at(0, j) + k] = (float) (centre[k] + deviation[k]);
            }
            logWeight[j] = 0;
            if (guided) {
                double logPrior = prior.logDensity(deviation);
                for (int k = 0; k < K; k++) {
                    deviation[k] -= shift[k];
                }
                logWeight[j] = -mixed(proposal.logDensity(deviation) - logPrior, 0.5);
            }
        }
        out.weigh(0, logWeight);
    }

    /** A draw of a Gaussian whose covariance may be singular. */
    private void drawFrom(EigenDecomposition covariance, SplittableRandom random) {
        Arrays.fill(deviation, 0);
        for (int l = 0; l < K; l++) {
            double length = Math.sqrt(Math.max(0, covariance.getRealEigenvalue(l))) * random.nextGaussian();
            for (int k = 0; k < K; k++) {
                deviation[k] += length * covariance.getV().getEntry(k, l);
            }
        }
    }

    private Array2DRowRealMatrix matrix(double[] flat) {
        double[][] rows = new double[K][K];
        for (int k = 0; k < K; k++) {
            System.arraycopy(flat, k * K, rows[k], 0, K);
        }
        return new Array2DRowRealMatrix(rows, false);
    }
}
