package kappa.analysis.populations;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;
import kappa.fitting.training.MixtureNetwork;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.InvalidInputException;

/**
 * Whether the population structure of a network is enough for its task (Dubreuil et al. 2022; Valente 2019, chapter 5):
 * a mixture of P Gaussians is fitted to the loadings (m_i, n_i, W_i, wo_i), new networks are drawn from it, in which
 * nothing is left of the old one but means and covariances of P populations, and they do the task or do not.
 *
 * <p>A random draw of N' neurons has overlaps that differ from the mixture's by terms of order 1/sqrt(N'); an exact draw,
 * from which these terms have been taken out, does what the mixture itself does.
 *
 * @param number P
 * @param mixture zero or free means, whichever has the higher evidence
 * @param evidence see {@link GaussianMixture#evidence}, of the loadings with the readout
 * @param exactAccuracies of draws with exactly the mixture's means and covariances
 */
public record ResampledNetwork(int number, GaussianMixture.Options mixture, double evidence, double[] accuracies,
        double[] exactAccuracies) {

    private static final int STARTS = 30;
    private static final long DRAW = 0x64726177L;

    /**
     * How to draw and how to judge.
     *
     * @param neurons N' of each draw
     * @param trials of the task for each of them
     * @param noise standard deviation of the noise on each current in each bin
     */
    public record Settings(int neurons, int draws, int trials, double noise, long seed) {

        public Settings {
            if (neurons < 1 || draws < 1 || trials < 1) {
                throw new InvalidInputException("resampling: " + neurons + " neurons, " + draws + " draws, " + trials
                        + " trials, expected at least 1 of each");
            }
        }
    }

    /**
     * The mixture of P populations from which networks like this one can be drawn. It can be trained on, too.
     *
     * @param network low rank, without biases and initial state
     * @param number P
     * @param neurons of the networks that are drawn while the mixture is trained
     * @throws InvalidInputException if the network has biases or an initial state, or its neurons are all the same
     */
    public static MixtureNetwork mixture(LowRankNetwork network, int number, GaussianMixture.Options options,
            int neurons, long seed) {
        double[][] scaled = Loadings.scaled(Loadings.of(network, network.readout()));
        return mixture(network, scaled, GaussianMixture.fit(scaled, number, options, TrialRandom.of(seed, number)),
                neurons);
    }

    private static MixtureNetwork mixture(LowRankNetwork network, double[][] scaled, GaussianMixture fit, int neurons) {
        double[][] shares = Arrays.stream(fit.responsibilities(scaled)).filter(r -> Arrays.stream(r).sum() > 0)
                .toArray(double[][]::new);
        return MixtureNetwork.ofShares(network, shares, fit.options().means() == GaussianMixture.Means.FREE,
                MixtureNetwork.Draw.EXACT, neurons);
    }

    /**
     * Tries the numbers 1 to {@code largest}.
     *
     * @throws InvalidInputException if the network has biases or an initial state, or does not fit the task, or N' is
     *        too small for a population
     */
    public static List<ResampledNetwork> upTo(int largest, LowRankNetwork network, Task task, Settings settings,
            TrialRunner runner) {
        double[][] scaled = Loadings.scaled(Loadings.of(network, network.readout()));
        return IntStream.rangeClosed(1, largest)
                .mapToObj(number -> of(number, scaled, network, task, settings, runner)).toList();
    }

    /**
     * Tries ascending numbers until the exact draws of one do the task well enough.
     *
     * @param enough mean accuracy of the exact draws
     * @throws InvalidInputException as {@link #upTo}
     */
    public static List<ResampledNetwork> untilEnough(List<Integer> numbers, double enough, LowRankNetwork network,
            Task task, Settings settings, TrialRunner runner) {
        double[][] scaled = Loadings.scaled(Loadings.of(network, network.readout()));
        List<ResampledNetwork> tried = new ArrayList<>();
        for (int number : numbers) {
            tried.add(of(number, scaled, network, task, settings, runner));
            if (tried.getLast().exactAccuracy() >= enough) {
                break;
            }
        }
        return tried;
    }

    private static ResampledNetwork of(int number, double[][] scaled, LowRankNetwork network, Task task,
            Settings settings, TrialRunner runner) {
        GaussianMixture fit = Arrays.stream(GaussianMixture.Means.values())
                .map(means -> new GaussianMixture.Options(means, STARTS))
                .map(options -> GaussianMixture.fit(scaled, number, options, TrialRandom.of(settings.seed, number)))
                .max(Comparator.comparingDouble(one -> one.evidence(network.neurons()))).orElseThrow();
        MixtureNetwork mixture = mixture(network, scaled, fit, network.neurons());
        return new ResampledNetwork(number, fit.options(), fit.evidence(network.neurons()),
                accuracies(mixture, MixtureNetwork.Draw.RANDOM, task, settings, runner),
                accuracies(mixture, MixtureNetwork.Draw.EXACT, task, settings, runner));
    }

    /** Fraction of right choices of each network drawn from a mixture. */
    public static double[] accuracies(MixtureNetwork mixture, MixtureNetwork.Draw draw, Task task,
            Settings settings, TrialRunner runner) {
        ToDoubleFunction<LowRankNetwork> accuracy = drawn -> Performance
                .of(drawn, task, settings.trials, settings.noise, settings.seed, runner).accuracy();
        return IntStream.range(0, settings.draws)
                .mapToObj(i -> mixture.sample(settings.neurons, draw, TrialRandom.of(settings.seed ^ DRAW, i)))
                .mapToDouble(accuracy).toArray();
    }

    /** Mean accuracy of random draws. */
    public double accuracy() {
        return Arrays.stream(accuracies).average().orElseThrow();
    }

    /** Mean accuracy of exact draws. */
    public double exactAccuracy() {
        return Arrays.stream(exactAccuracies).average().orElseThrow();
    }
}
