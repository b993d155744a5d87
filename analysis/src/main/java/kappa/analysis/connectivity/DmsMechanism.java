package kappa.analysis.connectivity;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.FixedPoints;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.InvalidInputException;

/**
 * How a rank-2 network does delayed match-to-sample (Valente 2019, chapter 5): by the stable states without input and under
 * each stimulus held at 1. An input that saturates neurons changes the effective overlaps (4.14 and 4.15), and with them
 * which states there are. What becomes of each state is {@link StateFates}'s to say.
 *
 * @param underInputs under A and under B
 */
public record DmsMechanism(Portrait free, List<Portrait> underInputs) {

    /** Which of the solutions that Valente (2019, chapter 5) found a network uses, by what becomes of its stable states. */
    public enum Solution {
        /** Two states without input; one stimulus keeps two, the other takes them away and carries the state across. */
        FIRST,
        /** Four states without input; two under either stimulus. */
        SECOND,
        /** Four states without input, two under one stimulus, fewer under the other. */
        HYBRID,
        /** None of these. */
        NEITHER
    }

    /**
     * The dynamics under one input held.
     *
     * @param input {@code none}, {@code A} or {@code B}
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

    private static final int STABLE_STATES_OF_A_MEMORY = 2;
    private static final List<String> INPUTS = List.of("A", "B");

    /** Whether a network is one of those that chapter 5 is about: rank 2, two stimuli. */
    public static boolean applies(LowRankNetwork network) {
        return network.rank() == 2 && network.inputs() == INPUTS.size();
    }

    /**
     * Looks at a network; takes a few searches for fixed points.
     *
     * @param network rank 2, the inputs A and B of the task
     * @throws InvalidInputException for another rank or number of inputs
     */
    public static DmsMechanism of(LowRankNetwork network) {
        if (!applies(network)) {
            throw new InvalidInputException("network: rank " + network.rank() + " and " + network.inputs()
                    + " inputs, expected rank 2 and the inputs A and B of delayed match-to-sample");
        }
        Portrait free = portrait(network, "none", new double[2]);
        List<Portrait> held = List.of(portrait(network, "A", new double[]{1, 0}),
                portrait(network, "B", new double[]{0, 1}));
        return new DmsMechanism(free, held);
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

    /** The solution of the thesis, by the numbers of stable states. */
    public Solution solution() {
        int a = underInputs.get(0).stable;
        int b = underInputs.get(1).stable;
        boolean oneKeeps = Math.max(a, b) == STABLE_STATES_OF_A_MEMORY && Math.min(a, b) < STABLE_STATES_OF_A_MEMORY;
        if (free.stable == STABLE_STATES_OF_A_MEMORY && oneKeeps) {
            return Solution.FIRST;
        }
        if (free.stable == 2 * STABLE_STATES_OF_A_MEMORY) {
            return a == STABLE_STATES_OF_A_MEMORY && b == STABLE_STATES_OF_A_MEMORY
                    ? Solution.SECOND
                    : oneKeeps ? Solution.HYBRID : Solution.NEITHER;
        }
        return Solution.NEITHER;
    }

    /** One line for people. */
    public String summary() {
        StringBuilder text = new StringBuilder(switch (solution()) {
            case FIRST -> "first solution of the thesis";
            case SECOND -> "second solution of the thesis";
            case HYBRID -> "hybrid of the thesis's solutions";
            case NEITHER -> "neither solution of the thesis";
        });
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
