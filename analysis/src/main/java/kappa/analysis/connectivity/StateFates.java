package kappa.analysis.connectivity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.FixedPoints;
import kappa.analysis.dynamics.LatentTrajectory;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.fitting.model.LowRankNetwork;

/**
 * What becomes of the stable states that a network has without input when an input is shown for a while, and when it is held
 * (Valente 2019, chapter 5: how a stimulus acts on what is remembered). By simulation without noise from each state.
 *
 * @param states stable fixed points without input, [K] each
 * @param inputs one for each channel
 */
public record StateFates(List<double[]> states, List<OfInput> inputs) {

    /** Where a state ends up under an input that stays. */
    public enum Ending {
        /** At a stable node. */
        STATE,
        /** At a stable focus, round which it spirals. */
        SPIRAL,
        /** It does not come to rest. */
        CYCLE
    }

    /**
     * The fates under one channel at 1.
     *
     * @param reached for each state the number of the one where it is after the input was shown and is gone
     * @param held where each state ends under the input held
     * @param turn (sigma_21 - sigma_12) / 2 of the effective overlaps at kappa = 0, the rate of rotation per time constant,
     *        positive from kappa_1 to kappa_2; 0 for K other than 2
     */
    public record OfInput(String input, int[] reached, Ending[] held, double turn) {

        /** Whether each state is where it was. */
        public boolean keepsAll() {
            return IntStream.range(0, reached.length).allMatch(i -> reached[i] == i);
        }

        /** Whether each state is where another one was. */
        public boolean exchanges() {
            return IntStream.range(0, reached.length).allMatch(i -> reached[i] != i)
                    && Arrays.stream(reached).distinct().count() == reached.length;
        }
    }

    private static final int REST_BINS = 1_000;
    private static final int WATCHED_BINS = 300;
    /** Relative to the outermost state: what moves more than this has not come to rest. */
    private static final double AT_REST = 1e-3;

    /**
     * Simulates each state under each input.
     *
     * @param names of the channels
     * @param shownBins for how long an input is shown
     */
    public static StateFates of(LowRankNetwork network, List<String> names, int shownBins) {
        List<double[]> states = FixedPoints.of(ReducedDynamics.undriven(network)).points().stream()
                .filter(point -> point.type() == FixedPoint.Type.STABLE_NODE
                        || point.type() == FixedPoint.Type.STABLE_FOCUS)
                .map(FixedPoint::kappa).toList();
        List<OfInput> inputs = new ArrayList<>();
        for (int s = 0; s < network.inputs(); s++) {
            int channel = s;
            double[] drive = new double[network.inputs()];
            drive[s] = 1;
            double[] overlaps = Linearisation.of(network, drive, new double[network.rank()]).effectiveOverlaps();
            inputs.add(new OfInput(names.get(s),
                    states.stream().mapToInt(state -> nearest(states, shown(network, channel, state, shownBins)))
                            .toArray(),
                    states.stream().map(state -> held(network, channel, drive, state)).toArray(Ending[]::new),
                    network.rank() == 2 ? (overlaps[2] - overlaps[1]) / 2 : 0));
        }
        return new StateFates(states, inputs);
    }

    /** kappa long after an input. */
    private static double[] shown(LowRankNetwork network, int channel, double[] state, int shownBins) {
        return last(run(network, channel, state, shownBins, shownBins + REST_BINS), network.rank(), 0);
    }

    private static Ending held(LowRankNetwork network, int channel, double[] drive, double[] state) {
        int rank = network.rank();
        LatentTrajectory run = run(network, channel, state, REST_BINS, REST_BINS);
        double[] end = last(run, rank, 0);
        double moved = IntStream.range(1, WATCHED_BINS).mapToDouble(back -> distance(end, last(run, rank, back))).max()
                .orElseThrow();
        if (moved > AT_REST * Math.sqrt(Arrays.stream(state).map(value -> value * value).sum())) {
            return Ending.CYCLE;
        }
        double[] im = ReducedDynamics.eigenvalues(new ReducedDynamics(network, drive).jacobian(end))[1];
        return Arrays.stream(im).anyMatch(value -> value != 0) ? Ending.SPIRAL : Ending.STATE;
    }

    private static LatentTrajectory run(LowRankNetwork network, int channel, double[] state, int shownBins, int bins) {
        float[] inputs = new float[bins * network.inputs()];
        for (int t = 0; t < shownBins; t++) {
            inputs[t * network.inputs() + channel] = 1;
        }
        return LatentTrajectory.of(network, inputs, state, new double[network.inputs()]);
    }

    private static double[] last(LatentTrajectory run, int rank, int back) {
        int end = run.kappa().length - back * rank;
        return Arrays.copyOfRange(run.kappa(), end - rank, end);
    }

    private static int nearest(List<double[]> states, double[] kappa) {
        int nearest = 0;
        for (int i = 1; i < states.size(); i++) {
            nearest = distance(states.get(i), kappa) < distance(states.get(nearest), kappa) ? i : nearest;
        }
        return nearest;
    }

    private static double distance(double[] a, double[] b) {
        return Math.sqrt(IntStream.range(0, a.length).mapToDouble(k -> (a[k] - b[k]) * (a[k] - b[k])).sum());
    }

    /** Whether two inputs turn the flow opposite ways, for K = 2. */
    public boolean turnsOpposite() {
        return inputs.size() > 1 && inputs.get(0).turn * inputs.get(1).turn < 0;
    }

    /** One line for people, states by number from 1. */
    public String summary() {
        return inputs.stream().map(StateFates::summary).collect(Collectors.joining("; "));
    }

    /** Such as "B: 1 to 2, 2 to 1; held: cycle". */
    public static String summary(OfInput of) {
        String moves = of.reached.length == 0
                ? "no stable state"
                : of.keepsAll()
                        ? "all states stay"
                        : moves(of.reached);
        String ends = Arrays.stream(of.held).distinct().sorted().map(end -> end.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" or "));
        return of.input + ": " + moves + (ends.isEmpty() ? "" : ", held: " + ends);
    }

    private static String moves(int[] reached) {
        return IntStream.range(0, reached.length)
                .mapToObj(i -> reached[i] == i ? (i + 1) + " stays" : (i + 1) + " to " + (reached[i] + 1))
                .collect(Collectors.joining(", "));
    }
}
