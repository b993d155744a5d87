package kappa.fitting.simulation;

import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.fitting.simulation.HandBuiltNetworks.Paradigm;

/**
 * Rank-2 networks built by hand that do delayed match-to-sample (Valente 2019, chapter 5, and the poster on it). Their inputs
 * are the stimuli A and B, which change the effective overlaps (4.14, 4.15) by saturating one of two populations of N/2
 * neurons. The readout is about 1 for a match and -1 for none. Stateless.
 */
final class MatchToSampleNetworks {

    private static final List<String> STIMULI = List.of("A", "B");
    private static final double SPREAD = 0.15;

    /** What brings each readout to about 1 at the stable fixed points. */
    private static final double STRONG_READOUT = 0.5;
    private static final double POSTER_READOUT = 0.43;
    private static final double SECOND_READOUT = 0.76;

    /** Each draw with both signs of x_3, of (x_2, x_4) together, and of the saturating input. */
    private static final int[][] POSTER_SIGNS = {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, -1, 1}, {1, 1, -1, 1},
        {1, -1, 1, -1},
        {1, -1, 1, -1}, {1, -1, -1, -1}, {1, -1, -1, -1}};
    /** Each draw with both signs of z and y', and y opposite to z in three of five. */
    private static final int SECOND_REPEATS = 20;

    private MatchToSampleNetworks() {}

    /**
     * The poster's mechanism with overlaps of kappa's own choice and one saturating input. The populations have the overlaps
     * (4, 2.5, 2.5, 2.5) and (4, 2.5, -2.5, 2.5). Without input kappa is bistable; the sign of kappa_1, about +-2 there, is
     * what is read out. The weights of the two channels are
     *
     * <pre>
     * A: 0.3 m_1
     * B: 0.2 m_2 + 12 x_5 on the first population, 0.2 m_2 on the second
     * </pre>
     *
     * <p>A brings kappa from the origin, an unstable fixed point, to the positive state and is too weak to move it from
     * either. B saturates the first population, so that the rotation in the second takes over: in the 500 ms that it is
     * shown, and until its current has decayed, kappa goes half a turn round the orbit that it then has, from either state to
     * the other, and from the origin, where its small push sets the phase, to the negative one. So the sign tells whether
     * the number of Bs was even: A-A and B-B end positive, A-B and B-A negative, whatever the delay.
     *
     * <p>The second half of each population mirrors the first but for the sign of x_5, so that chance breaks the symmetry
     * between the two states neither with nor without B. All of 24 networks of 1,024 neurons did the task without error, and
     * 21 of 24 of 512.
     */
    static HandBuilt strong(int neurons, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int half = neurons / 2;
        double[][] x = new double[5][neurons];
        GaussianVectors.mirrored(x, 0, half, random);
        GaussianVectors.mirrored(x, half, neurons, random);
        LowRankNetwork free = HandBuiltNetworks.twoPopulations(x, half, 4, 2.5, 2.5, 2.5);
        float[] w = new float[2 * neurons];
        for (int i = 0; i < neurons; i++) {
            w[i] = 0.3f * free.m()[i];
            w[neurons + i] = (float) ((i < half ? 12 : 0) * x[4][i]) + 0.2f * free.m()[neurons + i];
        }
        return built("dms", free, w, free.n(), STRONG_READOUT);
    }

    /**
     * The reconstruction of the poster on delayed match-to-sample, the first solution of the thesis: populations with the
     * overlaps (4, 6, 1, 3) and (4, 6, -1, 3), so that sigma_21 is +1 in one, -1 in the other and 0 without input; A
     * saturates population 2 and B population 1. Poster and thesis leave the other overlaps and the pushes open:
     *
     * <pre>
     * A: 0.2 m_1 + 0.1 m_2,     and +-5 more on population 2
     * B: 0.1 m_1 + 0.1 m_2,     and +-5 more on population 1
     * </pre>
     *
     * <p>Without input there are two stable states, kappa_1 > 0 and kappa_1 < 0. Under A, where sigma_21 > 0, two remain,
     * and a state keeps its sign. Under B, where sigma_21 < 0, a limit cycle takes their place: in 500 ms, and until the
     * current has decayed, it carries kappa to the other state. From the origin A leads to the positive state; B leads to
     * the negative one, its push setting the phase on the cycle. So the readout, along n_1, ends positive if the number of Bs
     * was even.
     *
     * <p>Population 2 repeats the x of population 1, so that sigma_21 cancels at any kappa, and each draw occurs with
     * several signs: independent neurons often have another phase portrait at this N. 40 of 40 networks of 1,024 and 2,048
     * neurons, in steps of NumPy, did the task and stayed in the right state for a second afterwards.
     */
    static HandBuilt poster(int neurons, long seed) {
        int half = neurons / 2;
        double[][] x = new double[4][neurons];
        GaussianVectors.withSigns(x, 0, half, POSTER_SIGNS, new SplittableRandom(seed));
        GaussianVectors.withSigns(x, half, neurons, POSTER_SIGNS, new SplittableRandom(seed));
        LowRankNetwork free = HandBuiltNetworks.twoPopulations(x, half, 4, 6, 1, 3);
        float[] m = free.m();
        float[] w = new float[2 * neurons];
        for (int i = 0; i < neurons; i++) {
            boolean first = i < half;
            double saturating = (first ? i : i - half) % 2 == 0 ? 5 : -5;
            w[i] = (float) (0.2 * m[i] + 0.1 * m[neurons + i] + (first ? 0 : saturating));
            w[neurons + i] = (float) (0.1 * m[i] + 0.1 * m[neurons + i] + (first ? saturating : 0));
        }
        return built("poster-dms", free, w, free.n(), POSTER_READOUT);
    }

    /**
     * The second solution of the thesis (figures 5.7 to 5.9), which the thesis did not manage to build by hand. In the
     * rotated coordinates a = kappa_2 - kappa_1 and b = -kappa_1 - kappa_2 two bistable populations of bimodal neurons, z =
     * +-1, each carry one of them:
     *
     * <pre>
     *                m_a                 m_b                 n_a                 n_b
     * population 1:  sqrt(5) z + x_1     x_2                 sqrt(5) z + x_3     0.36 z + x_4
     * population 2:  x_1                 sqrt(5) z + x_2     0.36 z + x_3        sqrt(5) z + x_4
     * </pre>
     *
     * <p>with x of standard deviation 0.15. The terms 0.36 z let each population drive the other's coordinate, too weakly to
     * turn it over. So without input there are four stable states, (a, b) = (+-, +-), with four saddles and a source. Where
     * a = b they lie left and right in kappa; the other two are the memory, top, (+, -), of B and bottom, (-, +), of A. The
     * inputs are
     *
     * <pre>
     * A: 5 y on population 1, 1.2 y' + 0.18 z on population 2
     * B: 1.2 y' + 0.18 z on population 1, 5 y on population 2
     * </pre>
     *
     * <p>with y' = +-1 and y = -z in three neurons of five, z in the others. A saturates population 1, so that a is no longer
     * bistable and follows b: left and right are what remains. The mean of y z pushes a down. B does the same with a and b
     * exchanged: the overlaps sigma_12 and sigma_21 have the other sign, and the flow turns along the other diagonal.
     *
     * <ul>
     * <li>Sample A from the origin pushes a down and b up. The push of b, and its growth in population 2, which is somewhat
     * saturated too, are so slow that a has not begun to follow when the stimulus ends: bottom.
     * <li>Test A: from the bottom a follows b > 0 to the left, (+, +), a match; from the top a follows b < 0 to the
     * right, (-, -), none.
     * <li>B likewise: from the top to the left, from the bottom to the right.
     * </ul>
     *
     * <p>The growth of b passes a bottleneck, where a pair of fixed points has just vanished, in some three seconds. So
     * stimuli of 300 to 1,500 ms work alike, while the thesis (section 5.4) asks whether there is any solution that needs no
     * fixed duration. The readout is along -n_1. In steps of NumPy all of 10 networks of 1,024 neurons did the task.
     */
    static HandBuilt second(int neurons, long seed) {
        double root = Math.sqrt(5);
        int half = neurons / 2;
        double[][] x = new double[4][neurons];
        SplittableRandom random = new SplittableRandom(seed);
        GaussianVectors.repeated(x, 0, half, SECOND_REPEATS, random);
        GaussianVectors.repeated(x, half, neurons, SECOND_REPEATS, random);
        float[] m = new float[2 * neurons];
        float[] n = new float[2 * neurons];
        float[] w = new float[2 * neurons];
        for (int i = 0; i < neurons; i++) {
            boolean first = i < half;
            int member = (first ? i : i - half) % SECOND_REPEATS;
            double z = member % 2 == 0 ? 1 : -1;
            double y = member / 2 % 5 < 3 ? -z : z;
            double weakY = member < SECOND_REPEATS / 2 ? 1 : -1;
            put(m, i, (first ? root * z : 0) + SPREAD * x[0][i], (first ? 0 : root * z) + SPREAD * x[1][i], 1);
            put(n, i, (first ? root : 0.36) * z + SPREAD * x[2][i], (first ? 0.36 : root) * z + SPREAD * x[3][i], 0.5);
            w[first ? i : neurons + i] = (float) (5 * y);
            w[first ? neurons + i : i] = (float) (1.2 * weakY + 0.18 * z);
        }
        float[] away = new float[neurons];
        for (int i = 0; i < neurons; i++) {
            away[i] = -n[i];
        }
        return built("dms-second",
                LowRankNetwork.withoutBias(neurons, 2, 0, HandBuiltNetworks.ALPHA, m, n, new float[0]), w, away,
                SECOND_READOUT);
    }

    /** Turns loadings on (a, b) into loadings on kappa. */
    private static void put(float[] vectors, int i, double a, double b, double scale) {
        vectors[i] = (float) (-scale * (a + b));
        vectors[vectors.length / 2 + i] = (float) (scale * (a - b));
    }

    /** @param along [>= N] of which the first N are the direction of the readout */
    private static HandBuilt built(String name, LowRankNetwork free, float[] w, float[] along, double readoutScale) {
        float[] readout = new float[free.neurons()];
        for (int i = 0; i < readout.length; i++) {
            readout[i] = (float) (readoutScale * along[i]);
        }
        LowRankNetwork network = LowRankNetwork.withoutBias(free.neurons(), 2, STIMULI.size(), free.alpha(), free.m(),
                free.n(), w);
        return new HandBuilt(name, network, STIMULI, readout, Paradigm.DMS);
    }
}
