package kappa.fitting.particle;

import java.util.Arrays;
import kappa.fitting.em.StateSpaceModel;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.Trial;

/** The posterior of a single latent variable by brute force: sums over an even grid of its values, forwards and backwards. */
record GridPosterior(double[] mean, double[] sd, double logLikelihood) {

    private static final int POINTS = 250;
    private static final double REACH = 3;

    static GridPosterior of(StateSpaceModel model, Trial trial) {
        RnnKernels kernels = KernelProvider.kernels();
        float[] scratch = new float[RnnKernels.SCRATCH];
        int T = trial.bins();
        int N = model.model().network().neurons();
        int S = model.model().network().inputs();
        double[] x = new double[POINTS];
        Arrays.setAll(x, i -> REACH * (2.0 * i / (POINTS - 1) - 1));
        double[][] forwards = new double[T + 1][POINTS];
        double[][][] transition = new double[T][POINTS][POINTS];
        double[][] likelihood = new double[T + 1][POINTS];
        for (int i = 0; i < POINTS; i++) {
            forwards[0][i] = Math.exp(-0.5 * square(x[i] - model.start()[0]) / model.startCovariance()[0]);
        }
        normalise(forwards[0]);
        double logLikelihood = 0;
        for (int t = 0; t < T; t++) {
            for (int i = 0; i < POINTS; i++) {
                float[] pair = {(float) x[i], 0};
                kernels.rollout(model.model(), trial.v(), t * S, 1, pair, 0, scratch);
                for (int j = 0; j < POINTS; j++) {
                    transition[t][i][j] = Math.exp(-0.5 * square(x[j] - pair[1]) / model.processNoise()[0]);
                }
                normalise(transition[t][i]);
            }
            for (int j = 0; j < POINTS; j++) {
                likelihood[t + 1][j] = Math
                        .exp(-kernels.loss(model.model(), trial.y(), t * N, new float[]{(float) x[j]}, 0,
                                trial.v(), (t + 1) * S, scratch));
                for (int i = 0; i < POINTS; i++) {
                    forwards[t + 1][j] += forwards[t][i] * transition[t][i][j] * likelihood[t + 1][j];
                }
            }
            logLikelihood += Math.log(normalise(forwards[t + 1]));
        }
        double[] backwards = new double[POINTS];
        Arrays.fill(backwards, 1);
        double[] mean = new double[T + 1];
        double[] sd = new double[T + 1];
        for (int t = T; t >= 0; t--) {
            double[] smoothed = new double[POINTS];
            for (int i = 0; i < POINTS; i++) {
                smoothed[i] = forwards[t][i] * backwards[i];
            }
            normalise(smoothed);
            for (int i = 0; i < POINTS; i++) {
                mean[t] += smoothed[i] * x[i];
            }
            for (int i = 0; i < POINTS; i++) {
                sd[t] += smoothed[i] * square(x[i] - mean[t]);
            }
            sd[t] = Math.sqrt(sd[t]);
            double[] earlier = new double[POINTS];
            for (int i = 0; i < POINTS && t > 0; i++) {
                for (int j = 0; j < POINTS; j++) {
                    earlier[i] += transition[t - 1][i][j] * likelihood[t][j] * backwards[j];
                }
            }
            normalise(earlier);
            backwards = earlier;
        }
        return new GridPosterior(mean, sd, logLikelihood);
    }

    private static double square(double x) {
        return x * x;
    }

    private static double normalise(double[] weights) {
        double sum = Arrays.stream(weights).sum();
        for (int i = 0; i < weights.length && sum > 0; i++) {
            weights[i] /= sum;
        }
        return sum;
    }
}
