package kappa.analysis.connectivity;

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
 * How a rank-2 network does delayed match-to-sample (Valente 2019, chapter 5): by the stable states without input and under
 * each stimulus held at 1. An input that saturates neurons changes the effective overlaps (4.14 and 4.15), and with them
 * which states there are. What becomes of each state is {@link StateFates}'s to say.
 *
 * @param underInputs under A and under B
 * @param fates after stimuli of the task's usual duration
 */
public record DmsMechanism(Portrait free, List<Portrait> underInputs, StateFates fates) {

    /**
     * Which of the solutions that Valente (2019, chapter 5) found a network uses, by what becomes of its stable states. The
     * thesis's own networks leave two states under A and a cycle under B (first), or two under either (second); trained
     * networks do the same with other numbers, so that these do not count.
     */
    public enum Solution {
        /** Two states; one stimulus leaves each where it is, the other exchanges them. */
        FIRST,
        /** As the first, but for a slow limit cycle in place of the two states, whose remnants it passes. */
        FIRST_ON_A_SLOW_CYCLE,
        /** Four states, and stimuli that turn the flow opposite ways. */
        SECOND,
        /** Four states, and stimuli that turn the flow the same way, one of which leaves none stable. */
        HYBRID,
        /** None of these. */
        NEITHER;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
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
        return new DmsMechanism(free, held,
                StateFates.of(network, INPUTS, Task.of(Task.Name.DMS).stimulus().longest()));
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

    /** The solution of the thesis. */
    public Solution solution() {
        if (free.stable == 0 && free.limitCycle) {
            return Solution.FIRST_ON_A_SLOW_CYCLE;
        }
        if (free.stable == STABLE_STATES_OF_A_MEMORY) {
            StateFates.OfInput a = fates.inputs().get(0);
            StateFates.OfInput b = fates.inputs().get(1);
            return (a.keepsAll() && b.exchanges()) || (b.keepsAll() && a.exchanges())
                    ? Solution.FIRST
                    : Solution.NEITHER;
        }
        if (free.stable == 2 * STABLE_STATES_OF_A_MEMORY) {
            boolean noneStable = underInputs.stream().anyMatch(portrait -> portrait.stable == 0);
            return fates.turnsOpposite() ? Solution.SECOND : noneStable ? Solution.HYBRID : Solution.NEITHER;
        }
        return Solution.NEITHER;
    }

    /** One line for people. */
    public String summary() {
        StringBuilder text = new StringBuilder(switch (solution()) {
            case FIRST -> "first solution of the thesis";
            case FIRST_ON_A_SLOW_CYCLE -> "first solution of the thesis with a slow cycle in place of its two states";
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
