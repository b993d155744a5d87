package kappa.fitting.simulation;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.InvalidInputException;

/**
 * The networks that Valente's thesis (2019) builds by hand, and networks for delayed match-to-sample in its manner
 * ({@link MatchToSampleNetworks}): sums of independent standard Gaussian vectors x, whose shared terms give the overlaps
 * sigma_kl = n_k' m_l / N in the limit of many neurons. At finite N they differ from it by terms of order 1/sqrt(N), and so
 * does the phase portrait.
 *
 * <p>All have time constant 100 ms at 20 ms bins, alpha = 0.2, and no biases. Equal arguments give equal networks. Stateless.
 */
public final class HandBuiltNetworks {

    /** Bin width over time constant of every network built here: 20 ms over 100 ms. */
    public static final double ALPHA = 0.2;

    /** What a rig does with a network in each trial: see {@link SimulatedSession}. */
    public enum Paradigm {
        /** Random-dots decision: one input channel, the coherence. */
        DECISION,
        /** A short pulse along m_1 and m_2 in a random direction, then free relaxation. */
        RELAXATION,
        /** The same pulse, then the drive of section 4.3.1 switched on and off again. */
        DRIVE,
        /** Delayed match-to-sample: two input channels, A and B. */
        DMS
    }

    /**
     * A network with what a session needs to know of it.
     *
     * @param network the network; its inputs are in the order of {@code inputChannels}
     * @param inputChannels S names
     * @param readout [O,N] with O = 1, or empty: z = readout phi(x) / N
     * @param paradigm the experiment that shows its dynamics
     */
    public record HandBuilt(String name, LowRankNetwork network, List<String> inputChannels, float[] readout,
            Paradigm paradigm) {

        /** The network with its readout, as a network file holds it. */
        public LowRankNetwork withReadout() {
            return network.withReadout(readout);
        }
    }

    private static final List<String> NAMES = List.of("decision", "figure-4.1a", "figure-4.1b", "figure-4.1c",
            "figure-4.1d", "bimodal", "two-population", "dms", "poster-dms", "dms-second");

    /** Five orthogonal vectors need a population of more than five; of mirrored neurons, four need more than four pairs. */
    private static final int FEWEST_NEURONS = 12;
    private static final int FEWEST_MIRRORED_NEURONS = 20;
    private static final int THESIS_NEURONS = 512;

    private HandBuiltNetworks() {}

    /** The names that {@link #named} knows. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Neurons that show what the thesis shows: 512; 2,000 for {@code two-population}, which is not bistable without its drive
     * in a quarter of the networks of 512 neurons; and 1,024 for those that do delayed match-to-sample. (The ring of figure
     * 4.1 c is broken at any number.)
     */
    public static int defaultNeurons(String name) {
        return switch (name) {
            case "two-population" -> 2_000;
            case "dms", "poster-dms", "dms-second" -> 1_024;
            default -> THESIS_NEURONS;
        };
    }

    /** A network by its name, with its default number of neurons. */
    public static HandBuilt named(String name, long seed) {
        return named(name, defaultNeurons(name), seed);
    }

    /**
     * A network by its name, with input channels and experiment. The rank-2 networks stay at the origin, an unstable fixed
     * point, unless they are pushed: their input channels {@code kick 1} and {@code kick 2} have the weights m_1 and m_2.
     *
     * @throws InvalidInputException if there is no such network, or with fewer than 12 neurons (20 for those that do delayed
     *         match-to-sample)
     */
    public static HandBuilt named(String name, int neurons, long seed) {
        int fewest = name.contains("dms") ? FEWEST_MIRRORED_NEURONS : FEWEST_NEURONS;
        if (neurons < fewest) {
            throw new InvalidInputException("neurons: " + neurons + ", expected at least " + fewest);
        }
        return switch (name) {
            case "decision" -> decision(neurons, seed);
            case "figure-4.1a" -> kicked(name, rankTwo(neurons, seed, 2.5, 0, 0.5, 0.5));
            case "figure-4.1b" -> kicked(name, rankTwo(neurons, seed, 2.5, 0, 0.5, 1.5));
            case "figure-4.1c" -> kicked(name, rankTwo(neurons, seed, 2, 0, 0, 2));
            case "figure-4.1d" -> kicked(name, rankTwo(neurons, seed, 2.5, -1, 1, 2));
            case "bimodal" -> kicked(name, bimodal(neurons, seed, 3));
            case "two-population" -> twoPopulation(neurons, seed);
            case "dms" -> MatchToSampleNetworks.strong(neurons, seed);
            case "poster-dms" -> MatchToSampleNetworks.poster(neurons, seed);
            case "dms-second" -> MatchToSampleNetworks.second(neurons, seed);
            default -> throw new InvalidInputException(
                    "network: '" + name + "', expected one of " + String.join(", ", NAMES));
        };
    }

    /**
     * The decision network with rho = 1.2, alpha_n = alpha_m = sigma_n = 1 and sigma_m = 0: rho slightly above 1 gives two
     * stable states of kappa about +-0.34, and an input that overlaps n by alpha_n sigma_n = 1 decides between them.
     */
    private static HandBuilt decision(int neurons, long seed) {
        LowRankNetwork network = rankOneDecision(neurons, seed, 1.2, 1, 1, 1, 0);
        return new HandBuilt("decision", network, List.of("coherence"), network.m().clone(), Paradigm.DECISION);
    }

    /**
     * Rank-1 decision network, equations 3.1 to 3.4 (readout: proportional to m):
     *
     * <pre>
     * n = sqrt(rho) x_1 + alphaN x_2       m = sqrt(rho) x_1 + alphaM x_3       W = x_4 + sigmaN x_2 + sigmaM x_3
     * </pre>
     */
    public static LowRankNetwork rankOneDecision(int neurons, long seed, double rho, double alphaN, double alphaM,
            double sigmaN, double sigmaM) {
        double[][] x = GaussianVectors.independent(4, neurons, new SplittableRandom(seed));
        double root = Math.sqrt(rho);
        float[] m = new float[neurons];
        float[] n = new float[neurons];
        float[] w = new float[neurons];
        for (int i = 0; i < neurons; i++) {
            n[i] = (float) (root * x[0][i] + alphaN * x[1][i]);
            m[i] = (float) (root * x[0][i] + alphaM * x[2][i]);
            w[i] = (float) (x[3][i] + sigmaN * x[1][i] + sigmaM * x[2][i]);
        }
        return LowRankNetwork.withoutBias(neurons, 1, 1, ALPHA, m, n, w);
    }

    /**
     * Rank-2 network with given overlaps and no input (figure 4.1):
     *
     * <pre>
     * m_1 = x_1 + x_3     n_1 = sigma_11 x_1 + sigma_12 x_2     m_2 = x_2 + x_4     n_2 = sigma_21 x_3 + sigma_22 x_4
     * </pre>
     */
    public static LowRankNetwork rankTwo(int neurons, long seed, double sigma11, double sigma12, double sigma21,
            double sigma22) {
        return twoPopulations(GaussianVectors.independent(4, neurons, new SplittableRandom(seed)), neurons, sigma11,
                sigma12, sigma21,
                sigma22);
    }

    /**
     * Rank-2 network with bimodal loadings, equations 4.5 to 4.8, z = +-1 with equal chance, and no input:
     *
     * <pre>
     * m_k = sqrt(s) z_k + x       n_k = sqrt(s) z_k + x'       (x, x' anew for each of the four)
     * </pre>
     *
     * <p>At s = 3 four stable fixed points and four saddles surround a source.
     */
    public static LowRankNetwork bimodal(int neurons, long seed, double s) {
        SplittableRandom random = new SplittableRandom(seed);
        double root = Math.sqrt(s);
        float[] m = new float[2 * neurons];
        float[] n = new float[2 * neurons];
        for (int i = 0; i < neurons; i++) {
            for (int k = 0; k < 2; k++) {
                double mode = random.nextBoolean() ? root : -root;
                m[k * neurons + i] = (float) (mode + random.nextGaussian());
                n[k * neurons + i] = (float) (mode + random.nextGaussian());
            }
        }
        return LowRankNetwork.withoutBias(neurons, 2, 0, ALPHA, m, n, new float[0]);
    }

    /**
     * Section 4.3.1: two populations of N/2 neurons with overlaps (3, 1, 1, 2.5) and (3, 1, -1, 2.5). The channel
     * {@code drive} has the weights 10 x on the first and 0.1 x on the second: held at 1 it saturates the first population,
     * and the rotation in the second takes over.
     *
     * <p>The five Gaussian vectors are made orthogonal and of unit variance within each population, so that the overlaps are
     * exact. The bistable state lies so close to its end that chance overlaps of 1/sqrt(N) would abolish it in a third of the
     * networks of 2,000 neurons.
     */
    private static HandBuilt twoPopulation(int neurons, long seed) {
        double[][] x = GaussianVectors.independent(5, neurons, new SplittableRandom(seed));
        int half = neurons / 2;
        GaussianVectors.orthonormalise(x, 0, half);
        GaussianVectors.orthonormalise(x, half, neurons);
        LowRankNetwork free = twoPopulations(x, half, 3, 1, 1, 2.5);
        float[] w = Arrays.copyOf(free.m(), 3 * neurons);
        for (int i = 0; i < neurons; i++) {
            w[2 * neurons + i] = (float) ((i < half ? 10 : 0.1) * x[4][i]);
        }
        return new HandBuilt("two-population", LowRankNetwork.withoutBias(neurons, 2, 3, ALPHA, free.m(), free.n(), w),
                List.of("kick 1", "kick 2", "drive"), new float[0], Paradigm.DRIVE);
    }

    /**
     * A network without input of two populations, which differ in the sign of one overlap:
     *
     * <pre>
     * m_1 = x_1 + x_3    n_1 = sigma_11 x_1 + sigma_12 x_2    m_2 = x_2 + x_4    n_2 = +-sigma_21 x_3 + sigma_22 x_4
     * </pre>
     *
     * @param x at least four vectors [N]
     * @param first neurons of the first population; the others are the second
     */
    static LowRankNetwork twoPopulations(double[][] x, int first, double sigma11, double sigma12,
            double sigma21, double sigma22) {
        int neurons = x[0].length;
        float[] m = new float[2 * neurons];
        float[] n = new float[2 * neurons];
        for (int i = 0; i < neurons; i++) {
            double turn = i < first ? sigma21 : -sigma21;
            m[i] = (float) (x[0][i] + x[2][i]);
            m[neurons + i] = (float) (x[1][i] + x[3][i]);
            n[i] = (float) (sigma11 * x[0][i] + sigma12 * x[1][i]);
            n[neurons + i] = (float) (turn * x[2][i] + sigma22 * x[3][i]);
        }
        return LowRankNetwork.withoutBias(neurons, 2, 0, ALPHA, m, n, new float[0]);
    }

    private static HandBuilt kicked(String name, LowRankNetwork free) {
        LowRankNetwork network = LowRankNetwork.withoutBias(free.neurons(), 2, 2, free.alpha(), free.m(), free.n(),
                free.m().clone());
        return new HandBuilt(name, network, List.of("kick 1", "kick 2"), new float[0], Paradigm.RELAXATION);
    }
}
