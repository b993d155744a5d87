package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.offline.PosteriorCheck;
import kappa.fitting.offline.PosteriorFile;
import kappa.fitting.particle.ParticleSmoother;
import kappa.fitting.particle.PosteriorComparison;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import picocli.CommandLine.Option;

/** The posterior of kappa, once the model is fitted. */
@Section.In(Section.OUTPUT)
final class PosteriorOptions {

    private static final int MAX_PARTICLES = 20_000;

    @Option(names = "--posterior", paramLabel = "particles",
            description = "Posterior of kappa, given all activity of each trial, to compute after the fit. particles: with a "
                    + "particle smoother, compared with the Gaussian smoother's (default: none).")
    private String posterior;

    @Option(names = "--particles", paramLabel = "N",
            description = "Number of particles of --posterior. The Monte Carlo error falls with the root of it (default: "
                    + ParticleSmoother.DEFAULT_PARTICLES + ").")
    private Integer particles;

    @Option(names = "--posterior-out", paramLabel = "FILE.npz",
            description = "File for the posterior of --posterior: mean and covariance of kappa at each bin, by particles "
                    + "and Gaussian, and ten sampled paths (default: none).")
    private Path out;

    /**
     * Checked before the fit.
     *
     * @param network file that the fit writes, or null
     * @param inputs files that are read
     */
    void check(ForceOption force, Path network, Path... inputs) {
        if (posterior == null) {
            if (particles != null || out != null) {
                throw new InvalidInputException(
                        (particles != null ? "--particles " + particles : "--posterior-out " + out)
                                + " needs --posterior particles");
            }
            return;
        }
        Checks.require(posterior.equalsIgnoreCase("particles"), "--posterior", posterior, "particles");
        Checks.require(count() >= ParticleSmoother.LEAST_PARTICLES && count() <= MAX_PARTICLES, "--particles", count(),
                ParticleSmoother.LEAST_PARTICLES + " to " + MAX_PARTICLES);
        force.requireWritable("--posterior-out", out, inputs);
        if (out != null && network != null
                && out.toAbsolutePath().normalize().equals(network.toAbsolutePath().normalize())) {
            throw new InvalidInputException("--posterior-out " + out + ": is the file of --out, expected another one");
        }
    }

    boolean wanted() {
        return posterior != null;
    }

    private int count() {
        return particles == null ? ParticleSmoother.DEFAULT_PARTICLES : particles;
    }

    /** The figures of the posterior under a fitted model, its verdict among them; empty if the work was stopped before it. */
    Map<String, Object> figures(Recording recording, FitPlan plan, PublishedModel model, Team team, StopSignal stop) {
        PosteriorCheck check = new PosteriorCheck(plan, model, count(), plan.seed(), team);
        PosteriorFile file = new PosteriorFile(plan.rank());
        Output.Progress progress = new Output.Progress("smoothed");
        check.run(recording, plan, out == null ? (_, _, _) -> {} : file, progress::update, stop::asked);
        if (check.bins() < recording.bins()) {
            Output.note(
                    "the posterior is of " + check.bins() + " of " + recording.bins() + " bins: the work was stopped");
        }
        if (check.bins() == 0) {
            return Map.of();
        }
        if (out != null) {
            file.write(out);
            System.err.println("posterior of " + check.bins() + " bins written to " + out);
        }
        if (check.noiseRaised()) {
            Output.note(
                    "the process noise of the model is too small for particles: for the posterior, its standard deviation"
                            + " was raised to " + ParticleSmoother.LEAST_PROCESS_SD
                            + " of kappa's RMS where it was less");
        }
        return figures(check, plan.seed());
    }

    private static Map<String, Object> figures(PosteriorCheck check, long seed) {
        PosteriorComparison comparison = check.comparison();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("particles", check.particles());
        figures.put("seed", seed);
        figures.put("bins", check.bins());
        figures.put("mean_difference_median", comparison.difference(0.5));
        figures.put("mean_difference_95", comparison.difference(0.95));
        figures.put("monte_carlo_error", comparison.monteCarloError());
        figures.put("sd_ratio_median", comparison.ratio(0.5));
        figures.put("sd_ratio_5", comparison.ratio(0.05));
        figures.put("sd_ratio_95", comparison.ratio(0.95));
        figures.put("lowest_effective_sample_size", comparison.leastEffectiveSize());
        figures.put("log_likelihood", comparison.logLikelihood());
        figures.put("gaussian_log_likelihood", comparison.gaussianLogLikelihood());
        figures.put("process_noise_raised", check.noiseRaised());
        figures.put("verdict", comparison.verdict().sentence());
        return figures;
    }

    /** Prints the figures as two lines. */
    static void print(Map<?, ?> figures) {
        System.out.printf(
                "posterior by %.0f particles against the Gaussian one: means differ by %.3f s.d. (median) and %.3f (95th"
                        + " percentile), of which Monte Carlo error %.3f%n",
                number(figures, "particles"),
                number(figures, "mean_difference_median"), number(figures, "mean_difference_95"),
                number(figures, "monte_carlo_error"));
        System.out.printf(
                "ratio of the s.d.s %.3f (5th to 95th percentile %.3f to %.3f), lowest effective sample size %.0f%n",
                number(figures, "sd_ratio_median"), number(figures, "sd_ratio_5"), number(figures, "sd_ratio_95"),
                number(figures, "lowest_effective_sample_size"));
    }

    private static double number(Map<?, ?> figures, String name) {
        return ((Number) figures.get(name)).doubleValue();
    }
}
