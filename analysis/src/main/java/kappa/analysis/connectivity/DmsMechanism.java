package kappa.analysis.connectivity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.FixedPoints;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;
import kappa.ingest.InvalidInputException;

/**
 * How a rank-2 network does delayed match-to-sample (Valente 2019, chapter 5). The response to the test must depend on
 * what is remembered, which an input can bring about in two ways, told apart by the number of stable states under each
 * input held at 1 (section 4.3):
 *
 * <ul>
 * <li>two or more remain under both inputs: the dynamics keep their basins, and inputs push the state from one to
 * another;
 * <li>fewer than two remain under at least one of them: that input changes the dynamics themselves, by saturating
 * neurons (effective overlaps, 4.14 and 4.15), and with bistability gone the state is rotated if the eigenvalues of the
 * effective Jacobian at the origin are complex, as in section 4.3.1, or brought to one place, whatever it was.
 * </ul>
 *
 * <p>Arrays are the receiver's and never changed.
 *
 * @param verdict which of the two
 * @param free without input
 * @param underInputs under A and under B
 * @param trials the four sequences of sample and test, A-A, A-B, B-A, B-B, without noise
 */
public record DmsMechanism(Verdict verdict, Portrait free, List<Portrait> underInputs, List<Sequence> trials) {

    /** What inputs do. */
    public enum Verdict {
        /** Two or more stable states remain under either input. */
        STATE_PUSHED_BETWEEN_BASINS,
        /** Under at least one input fewer than two remain. */
        DYNAMICS_CHANGED_BY_INPUT
    }

    /**
     * The dynamics under one input held.
     *
     * @param input {@code none}, {@code A} or {@code B}
     * @param fixedPoints with types and eigenvalues
     * @param stable how many of them are stable
     * @param limitCycle whether there must be one: no fixed point is stable and all repel in every direction, so that
     *        trajectories, which stay in a bounded part of the plane, can only end on a cycle (Poincar&eacute; and
     *        Bendixson)
     * @param origin effective overlaps and Jacobian at kappa = 0
     */
    public record Portrait(String input, FixedPoints fixedPoints, int stable, boolean limitCycle,
            Linearisation origin) {

        /** Whether the effective Jacobian at the origin has complex eigenvalues. */
        public boolean rotates() {
            return origin.im()[0] != 0;
        }
    }

    /**
     * kappa in the course of one trial, [K] each.
     *
     * @param name such as {@code A-B}
     * @param match whether sample and test are the same
     */
    public record Sequence(String name, boolean match, double[] afterSample, double[] afterDelay, double[] afterTest,
            double[] afterDecision) {}

    private static final int STABLE_STATES_OF_A_MEMORY = 2;
    private static final double STIMULUS_MS = 500;
    private static final double DECISION_MS = 1000;
    private static final List<String> INPUTS = List.of("A", "B");

    /**
     * Looks at a network; takes a few searches for fixed points.
     *
     * @param network rank 2, the inputs A and B of the task
     * @param delay bins between sample and test of the four trials
     * @throws InvalidInputException for another rank or number of inputs
     */
    public static DmsMechanism of(LowRankNetwork network, int delay) {
        if (network.rank() != 2 || network.inputs() != INPUTS.size()) {
            throw new InvalidInputException("network: rank " + network.rank() + " and " + network.inputs()
                    + " inputs, expected rank 2 and the inputs A and B of delayed match-to-sample");
        }
        Portrait free = portrait(network, "none", new double[2]);
        List<Portrait> held = List.of(portrait(network, "A", new double[]{1, 0}),
                portrait(network, "B", new double[]{0, 1}));
        boolean kept = held.stream().allMatch(portrait -> portrait.stable >= STABLE_STATES_OF_A_MEMORY);
        List<Sequence> trials = new ArrayList<>();
        for (int sample = 0; sample < 2; sample++) {
            for (int test = 0; test < 2; test++) {
                trials.add(trial(network, sample, test, delay));
            }
        }
        return new DmsMechanism(
                kept ? Verdict.STATE_PUSHED_BETWEEN_BASINS : Verdict.DYNAMICS_CHANGED_BY_INPUT, free, held,
                List.copyOf(trials));
    }

    private static Portrait portrait(LowRankNetwork network, String input, double[] drive) {
        FixedPoints points = FixedPoints.of(new ReducedDynamics(network, drive));
        int stable = 0;
        boolean repelled = points.complete();
        for (FixedPoint point : points.points()) {
            stable += Arrays.stream(point.re()).allMatch(re -> re < 0) ? 1 : 0;
            repelled &= Arrays.stream(point.re()).allMatch(re -> re > 0);
        }
        return new Portrait(input, points, stable, repelled, Linearisation.of(network, drive, new double[2]));
    }

    /** kappa_t = kappa_{t-1} + alpha F(kappa_{t-1}, W' v_{t-1} + b), with the task's epochs. */
    private static Sequence trial(LowRankNetwork network, int sample, int test, int delay) {
        int stimulus = Task.bins(STIMULUS_MS);
        int[] lengths = {stimulus, delay, stimulus, Task.bins(DECISION_MS)};
        int[] shown = {sample, -1, test, -1};
        double[] kappa = new double[2];
        double[] velocity = new double[2];
        double[] v = new double[2];
        List<double[]> ends = new ArrayList<>();
        for (int epoch = 0; epoch < lengths.length; epoch++) {
            for (int t = 0; t < lengths[epoch]; t++) {
                new ReducedDynamics(network, v).velocity(kappa, velocity);
                for (int k = 0; k < 2; k++) {
                    kappa[k] += network.alpha() * velocity[k];
                    v[k] += network.alpha() * ((shown[epoch] == k ? 1 : 0) - v[k]);
                }
            }
            ends.add(kappa.clone());
        }
        return new Sequence(INPUTS.get(sample) + "-" + INPUTS.get(test), sample == test, ends.get(0), ends.get(1),
                ends.get(2), ends.get(3));
    }

    /** One line for people: what remains of the stable states under each input, and what turns. */
    public String summary() {
        StringBuilder text = new StringBuilder(verdict == Verdict.STATE_PUSHED_BETWEEN_BASINS
                ? "inputs push the state between basins that remain"
                : "inputs change the dynamics");
        text.append(": ").append(describe("without input", free));
        for (Portrait portrait : underInputs) {
            text.append("; ").append(describe("under " + portrait.input, portrait));
        }
        return text.toString();
    }

    private static String describe(String when, Portrait portrait) {
        String states = portrait.stable + (portrait.stable == 1 ? " stable state" : " stable states")
                + (portrait.limitCycle ? " and a limit cycle" : "");
        return when + " " + states + (portrait.rotates()
                ? String.format(Locale.ROOT, ", rotation about the origin %.2f per time constant",
                        Math.abs(portrait.origin.im()[0]))
                : "");
    }
}
