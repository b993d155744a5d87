package kappa.analysis.populations;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.TrialRandom;
import kappa.ingest.InvalidInputException;

/**
 * The populations into which the neurons of a network fall by what they load on: a Gaussian mixture of the D = 2 K + S
 * loadings (m_1i .. m_Ki, n_1i .. n_Ki, W_1i .. W_Si) of the neurons i, each scaled to unit variance (Dubreuil et al.
 * 2022).
 *
 * <p>Of several kinds of mixture the one is taken that reaches the highest evidence at any number. The stability of a
 * number of populations is the mean adjusted Rand index over all pairs of assignments by mixtures fitted to random parts
 * of 80 % of the neurons, 1 for a single population. Chosen is the number of highest evidence among those that are
 * stable enough.
 *
 * <p>Populations say what part of the overlaps is theirs and how they are connected on average (Valente 2019, section
 * 4.2):
 *
 * <pre>
 * sigma^p_kl = (1/N) sum_{i in p} n_ki m_li                       sum_p sigma^p_kl = sigma_kl
 * J_pq = mean of J_ij over i in p, j in q = (1/N) sum_k (mean of m_k over p)(mean of n_k over q)
 * </pre>
 *
 * <p>Equal arguments give equal results.
 *
 * @param tried every number, ascending from 1
 * @param chosen the number that was chosen; a component to which no neuron belongs makes no population
 * @param assignment population of each neuron, [N]
 * @param populations the largest first
 * @param connections J_pq, from q to p, [P,P] by rows
 */
public record Populations(GaussianMixture.Options mixture, List<Tried> tried, Tried chosen, int[] assignment,
        List<Population> populations, double[] connections) {

    /**
     * A number of populations that was tried.
     *
     * @param number P
     * @param logLikelihood of all neurons, nats, of loadings scaled to unit variance
     * @param stability mean adjusted Rand index, 1 for one population
     */
    public record Tried(int number, double logLikelihood, double evidence, double stability) {}

    /**
     * One population. Moments are those of its neurons, in the network's own units, in the order m_1 .. m_K, n_1 ..
     * n_K, W_1 .. W_S.
     *
     * @param mean [D]
     * @param covariance [D,D] by rows
     * @param overlaps its part of the overlaps, [K,K] by rows
     */
    public record Population(NeuronSet neurons, double[] mean, double[] covariance, double[] overlaps) {}

    /**
     * How to look for populations.
     *
     * @param mixtures kinds of mixture to choose from, at least one
     * @param largest number tried, at least 1
     * @param subsamples on which stability rests, at least 2
     * @param stability below which a number is not chosen, 0 to 1
     * @param seed of starts and subsamples
     */
    public record Settings(List<GaussianMixture.Options> mixtures, int largest, int subsamples, double stability,
            long seed) {

        public Settings {
            mixtures = List.copyOf(mixtures);
            if (mixtures.isEmpty()) {
                throw new InvalidInputException("mixtures: none, expected at least one kind");
            }
            if (largest < 1 || largest > LARGEST_NUMBER) {
                throw new InvalidInputException(
                        "populations: " + largest + ", expected at most 1 to " + LARGEST_NUMBER);
            }
            if (subsamples < 2) {
                throw new InvalidInputException("subsamples: " + subsamples + ", expected at least 2");
            }
            if (!(stability >= 0 && stability <= 1)) {
                throw new InvalidInputException("stability: " + stability + ", expected a number from 0 to 1");
            }
        }

        /**
         * Zero or free means, up to five populations, twenty subsamples, a stability of 0.7: networks
         * without populations have less than 0.1 at any number, trained ones whose populations are known 0.8 and more.
         */
        public static Settings standard(long seed) {
            return new Settings(
                    Stream.of(GaussianMixture.Means.values())
                            .map(means -> new GaussianMixture.Options(means, 8)).toList(),
                    5, 20, 0.7, seed);
        }
    }

    private static final int LARGEST_NUMBER = 50;
    private static final double SUBSAMPLE = 0.8;

    /**
     * Finds the populations of a network.
     *
     * @throws InvalidInputException if a weight is not finite or all neurons weigh the same
     */
    public static Populations of(LowRankNetwork network, Settings settings) {
        double[][] loadings = Loadings.of(network, new float[0]);
        double[][] scaled = Loadings.scaled(loadings);
        int neurons = network.neurons();
        int part = Math.max(1, (int) Math.round(SUBSAMPLE * neurons));
        List<int[]> subsamples = new ArrayList<>();
        for (int r = 0; r < settings.subsamples; r++) {
            subsamples.add(NeuronSet.draw(neurons, part, TrialRandom.of(settings.seed, r)));
        }
        int largest = Math.min(settings.largest, part);
        List<GaussianMixture> best = List.of();
        for (GaussianMixture.Options options : settings.mixtures) {
            List<GaussianMixture> fits = IntStream.rangeClosed(1, largest)
                    .mapToObj(number -> GaussianMixture.fit(scaled, number, options, random(settings, number, 0)))
                    .toList();
            if (best.isEmpty() || evidence(fits, neurons) > evidence(best, neurons)) {
                best = fits;
            }
        }
        List<Tried> tried = new ArrayList<>();
        for (GaussianMixture mixture : best) {
            int number = mixture.number();
            tried.add(new Tried(number, mixture.logLikelihood(), mixture.evidence(neurons), number == 1
                    ? 1
                    : stability(scaled, subsamples, number, mixture.options(), settings)));
        }
        Tried chosen = tried.stream().filter(one -> one.stability >= settings.stability)
                .max(Comparator.comparingDouble(Tried::evidence)).orElseThrow();
        GaussianMixture mixture = best.get(chosen.number - 1);
        return describe(network, loadings, mixture.options(), tried, chosen, mixture.assign(scaled));
    }

    private static double evidence(List<GaussianMixture> fits, int neurons) {
        return fits.stream().mapToDouble(mixture -> mixture.evidence(neurons)).max().orElseThrow();
    }

    /** The generator of one fit; those of different numbers and subsamples are independent. */
    private static SplittableRandom random(Settings settings, int number, int fit) {
        return TrialRandom.of(~settings.seed, (long) number * (settings.subsamples + 1) + fit);
    }

    private static double stability(double[][] data, List<int[]> subsamples, int number,
            GaussianMixture.Options options, Settings settings) {
        List<int[]> assignments = new ArrayList<>();
        double sum = 0;
        for (int r = 0; r < subsamples.size(); r++) {
            int[] subsample = subsamples.get(r);
            double[][] part = Arrays.stream(data)
                    .map(column -> Arrays.stream(subsample).mapToDouble(i -> column[i]).toArray())
                    .toArray(double[][]::new);
            int[] assignment = GaussianMixture.fit(part, number, options, random(settings, number, r + 1))
                    .assign(data);
            for (int[] other : assignments) {
                sum += AdjustedRandIndex.of(assignment, other);
            }
            assignments.add(assignment);
        }
        return sum / (0.5 * subsamples.size() * (subsamples.size() - 1));
    }

    private static Populations describe(LowRankNetwork network, double[][] loadings, GaussianMixture.Options options,
            List<Tried> tried, Tried chosen, int[] component) {
        int[][] members = IntStream.range(0, chosen.number)
                .mapToObj(p -> IntStream.range(0, component.length).filter(i -> component[i] == p).toArray())
                .filter(neurons -> neurons.length > 0)
                .sorted(Comparator.comparingInt((int[] neurons) -> -neurons.length)).toArray(int[][]::new);
        int[] assignment = new int[component.length];
        List<Population> populations = new ArrayList<>();
        for (int p = 0; p < members.length; p++) {
            for (int i : members[p]) {
                assignment[i] = p;
            }
            populations.add(population("population " + (p + 1), members[p], network, loadings));
        }
        return new Populations(options, List.copyOf(tried), chosen, assignment, List.copyOf(populations),
                connections(network, populations));
    }

    private static Population population(String name, int[] neurons, LowRankNetwork network, double[][] loadings) {
        int d = loadings.length;
        double[] mean = new double[d];
        for (int c = 0; c < d; c++) {
            for (int i : neurons) {
                mean[c] += loadings[c][i];
            }
            mean[c] /= neurons.length;
        }
        double[] covariance = new double[d * d];
        for (int c = 0; c < d; c++) {
            for (int e = 0; e <= c; e++) {
                double sum = 0;
                for (int i : neurons) {
                    sum += (loadings[c][i] - mean[c]) * (loadings[e][i] - mean[e]);
                }
                covariance[c * d + e] = sum / neurons.length;
                covariance[e * d + c] = covariance[c * d + e];
            }
        }
        int rank = network.rank();
        double[] overlaps = new double[rank * rank];
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                double sum = 0;
                for (int i : neurons) {
                    sum += loadings[rank + k][i] * loadings[l][i];
                }
                overlaps[k * rank + l] = sum * LowRankNetwork.connectivityScale(network.neurons());
            }
        }
        return new Population(new NeuronSet(name, neurons), mean, covariance, overlaps);
    }

    private static double[] connections(LowRankNetwork network, List<Population> populations) {
        int count = populations.size();
        int rank = network.rank();
        double[] connections = new double[count * count];
        for (int p = 0; p < count; p++) {
            for (int q = 0; q < count; q++) {
                double sum = 0;
                for (int k = 0; k < rank; k++) {
                    sum += populations.get(p).mean[k] * populations.get(q).mean[rank + k];
                }
                connections[p * count + q] = sum * LowRankNetwork.connectivityScale(network.neurons());
            }
        }
        return connections;
    }

    /** The sets of neurons, the largest first. */
    public List<NeuronSet> sets() {
        return populations.stream().map(Population::neurons).toList();
    }

    /**
     * The neurons that load most on an input channel, by |W_si|. Where a mixture finds nothing reliable, as in fits to
     * full-rank networks, these sets still tell what silencing does (Valente, Pillow &amp; Ostojic 2022: the 100 that
     * load most on each context input).
     *
     * @param channel s
     * @param count how many, at most N
     */
    public static NeuronSet loadingMost(LowRankNetwork network, int channel, int count, String name) {
        if (channel < 0 || channel >= network.inputs()) {
            throw new InvalidInputException(
                    "input channel: " + channel + ", expected 0 to " + (network.inputs() - 1));
        }
        if (count < 1 || count > network.neurons()) {
            throw new InvalidInputException(
                    "neurons of '" + name + "': " + count + ", expected 1 to " + network.neurons());
        }
        int from = channel * network.neurons();
        int[] neurons = IntStream.range(0, network.neurons()).boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -Math.abs(network.w()[from + i]))).limit(count)
                .mapToInt(Integer::intValue).sorted().toArray();
        return new NeuronSet(name, neurons);
    }
}
