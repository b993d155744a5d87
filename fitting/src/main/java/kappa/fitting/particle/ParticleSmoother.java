package kappa.fitting.particle;

import java.util.Arrays;
import java.util.SplittableRandom;
import kappa.fitting.em.SmoothedTrial;
import kappa.fitting.em.StateSpaceModel;
import kappa.fitting.filter.SmallMatrix;
import kappa.fitting.kernel.RnnKernels;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * The posterior of kappa in a trial without the assumption that it is Gaussian, for the model of {@link StateSpaceModel}: a
 * {@link ParticleFilter} forwards, then {@link BackwardSimulation} of paths. Half of the particles make one run and the
 * other half an independent one, so that their difference tells the Monte Carlo error. It falls with the root of the number
 * of particles. Each run draws a quarter as many paths as it has particles: the filter's error is the larger one. Stochastic
 * low-rank networks have been fitted with such posteriors by Pals et al. (NeurIPS 2024).
 *
 * <p>Q must have an inverse: {@link #withUsableNoise} raises what is too small. Not thread-safe; the same seed and trial
 * give the same posterior, whatever was smoothed before.
 */
public final class ParticleSmoother {

    /** Least standard deviation of the process noise in any direction, relative to kappa's RMS. */
    public static final double LEAST_PROCESS_SD = 0.001;

    /** Ten paths are drawn of as many. */
    public static final int LEAST_PARTICLES = 40;

    /** See {@code uncertainty.md} for the error that this many leave. */
    public static final int DEFAULT_PARTICLES = 2_000;

    private static final int RUNS = 2;

    private final RnnKernels kernels;
    private final int K;
    private final int paths;
    private final PrecisionFactor transition;
    private final ParticleFilter filter;
    private final BackwardSimulation backwards;
    private final ParticleHistory history;

    /** @param particles P of both runs together, at least {@link #LEAST_PARTICLES} */
    public ParticleSmoother(RnnKernels kernels, int rank, int particles) {
        this.kernels = kernels;
        K = rank;
        int each = particles / 2;
        paths = each / 4;
        transition = new PrecisionFactor(rank);
        filter = new ParticleFilter(each, rank, transition);
        backwards = new BackwardSimulation(each, rank, transition);
        history = new ParticleHistory(each, rank);
    }

    /**
     * The model itself if kappa's process noise is at least {@link #LEAST_PROCESS_SD} of its RMS in every direction; else the
     * same with Q raised to that. Particles that hardly move cannot follow the activity.
     */
    public static StateSpaceModel withUsableNoise(StateSpaceModel model) {
        int K = model.kappaStd().length;
        double[] least = new double[K];
        for (int k = 0; k < K; k++) {
            // A kappa that never moves has some scale, too.
            least[k] = LEAST_PROCESS_SD * Math.max(model.kappaStd()[k], 1e-3);
        }
        double[][] relative = new double[K][K];
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                relative[k][l] = 0.5 * (model.processNoise()[k * K + l] + model.processNoise()[l * K + k])
                        / (least[k] * least[l]);
            }
        }
        EigenDecomposition axes = new EigenDecomposition(new Array2DRowRealMatrix(relative, false));
        if (Arrays.stream(axes.getRealEigenvalues()).min().orElse(1) >= 1) {
            return model;
        }
        double[] q = new double[K * K];
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                for (int j = 0; j < K; j++) {
                    q[k * K + l] += least[k] * least[l] * Math.max(1, axes.getRealEigenvalue(j))
                            * axes.getV().getEntry(k, j) * axes.getV().getEntry(l, j);
                }
            }
        }
        return new StateSpaceModel(model.model(), q, model.start(), model.startCovariance(), model.kappaStd());
    }

    /**
     * @param model whose Q has an inverse
     * @param gaussian the trial as the Gaussian smoother sees it with the same model
     * @param random of this trial
     */
    public ParticlePosterior smooth(StateSpaceModel model, SmoothedTrial gaussian, SplittableRandom random) {
        int T = gaussian.trial().bins();
        double[] precision = new double[K * K];
        if (!SmallMatrix.invert(model.processNoise(), precision, new double[K * K], K)
                || !transition.ofPrecision(precision)) {
            throw new IllegalArgumentException("process noise " + Arrays.toString(model.processNoise())
                    + " is not positive definite");
        }
        history.makeRoom(T);
        ActivityLikelihood activity = new ActivityLikelihood(kernels, model.model(), gaussian.trial());
        int size = paths * (T + 1) * K;
        float[] drawn = new float[RUNS * size];
        double[] effectiveSize = new double[T + 1];
        double[] logLikelihood = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            logLikelihood[run] = filter.run(model, precision, activity, gaussian, history, random);
            for (int t = 0; t <= T; t++) {
                effectiveSize[t] += history.effectiveSize[t];
            }
            System.arraycopy(backwards.draw(history, T, paths, random), 0, drawn, run * size, size);
        }
        double most = Math.max(logLikelihood[0], logLikelihood[1]);
        double least = Math.min(logLikelihood[0], logLikelihood[1]);
        return ParticlePosterior.of(gaussian.trial(), drawn, K, effectiveSize,
                most + Math.log1p(Math.exp(least - most)) - Math.log(RUNS));
    }
}
