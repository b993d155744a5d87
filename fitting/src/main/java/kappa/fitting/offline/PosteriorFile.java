package kappa.fitting.offline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.em.SmoothedTrial;
import kappa.fitting.particle.ParticlePosterior;
import kappa.ingest.recording.npz.NpzWriter;

/**
 * The posterior of kappa of a session as an NPZ file. With T bins, K latent variables and R trials or segments:
 *
 * <pre>
 * mean [T,K]   covariance [T,K,K]   paths [10,T,K]   effective_sample_size [T]      by particles
 * gaussian_mean [T,K]   gaussian_covariance [T,K,K]                                 by the Gaussian smoother
 * bin [T] of the session   trial [T]   log_likelihood [R]   gaussian_log_likelihood [R]
 * </pre>
 *
 * <p>Each bin is there once. The paths are draws from the posterior; a path is continuous within a trial. Not thread-safe.
 */
public final class PosteriorFile implements PosteriorCheck.Sink {

    /** Paths of each trial that are kept. */
    public static final int PATHS = 10;

    /** The bins of one trial; arrays as in the file. */
    private record Part(double[] mean, double[] covariance, double[] gaussianMean, double[] gaussianCovariance,
            float[][] paths, double[] effectiveSize, long firstBin, long trial, double logLikelihood,
            double gaussianLogLikelihood) {}

    private final int K;
    private final List<Part> parts = new ArrayList<>();
    private int bins;

    /** @param rank K */
    public PosteriorFile(int rank) {
        K = rank;
    }

    @Override
    public void add(ParticlePosterior particles, SmoothedTrial gaussian, int firstBin) {
        int T = gaussian.trial().bins();
        int row = (T + 1) * K;
        int M = particles.paths().length / row;
        float[][] paths = new float[PATHS][];
        for (int p = 0; p < PATHS; p++) {
            int from = p * M / PATHS * row;
            paths[p] = Arrays.copyOfRange(particles.paths(), from + firstBin * K, from + row);
        }
        parts.add(new Part(part(particles.mean(), firstBin, K), part(particles.covariance(), firstBin, K * K),
                part(gaussian.mean(), firstBin, K), part(gaussian.covariance(), firstBin, K * K), paths,
                part(particles.effectiveSize(), firstBin, 1), gaussian.trial().firstBin() + firstBin - 1,
                gaussian.trial().index(), particles.logLikelihood(), gaussian.logLikelihood()));
        bins += T - firstBin + 1;
    }

    private static double[] part(double[] rows, int first, int width) {
        return Arrays.copyOfRange(rows, first * width, rows.length);
    }

    /** Writes what was added; the file appears whole or not at all. */
    public void write(Path file) {
        double[] mean = new double[bins * K];
        double[] covariance = new double[bins * K * K];
        double[] gaussianMean = new double[bins * K];
        double[] gaussianCovariance = new double[bins * K * K];
        float[] paths = new float[PATHS * bins * K];
        double[] effectiveSize = new double[bins];
        long[] bin = new long[bins];
        long[] trial = new long[bins];
        double[] logLikelihood = new double[parts.size()];
        double[] gaussianLogLikelihood = new double[parts.size()];
        int at = 0;
        for (int r = 0; r < parts.size(); r++) {
            Part part = parts.get(r);
            int length = part.effectiveSize.length;
            System.arraycopy(part.mean, 0, mean, at * K, length * K);
            System.arraycopy(part.covariance, 0, covariance, at * K * K, length * K * K);
            System.arraycopy(part.gaussianMean, 0, gaussianMean, at * K, length * K);
            System.arraycopy(part.gaussianCovariance, 0, gaussianCovariance, at * K * K, length * K * K);
            System.arraycopy(part.effectiveSize, 0, effectiveSize, at, length);
            for (int p = 0; p < PATHS; p++) {
                System.arraycopy(part.paths[p], 0, paths, (p * bins + at) * K, length * K);
            }
            for (int t = 0; t < length; t++) {
                bin[at + t] = part.firstBin + t;
                trial[at + t] = part.trial;
            }
            logLikelihood[r] = part.logLikelihood;
            gaussianLogLikelihood[r] = part.gaussianLogLikelihood;
            at += length;
        }
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("mean", mean, bins, K);
            npz.put("covariance", covariance, bins, K, K);
            npz.put("paths", paths, PATHS, bins, K);
            npz.put("effective_sample_size", effectiveSize, bins);
            npz.put("gaussian_mean", gaussianMean, bins, K);
            npz.put("gaussian_covariance", gaussianCovariance, bins, K, K);
            npz.put("bin", bin, bins);
            npz.put("trial", trial, bins);
            npz.put("log_likelihood", logLikelihood, parts.size());
            npz.put("gaussian_log_likelihood", gaussianLogLikelihood, parts.size());
        }
    }
}
