package kappa.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.analysis.connectivity.Connectivity;
import kappa.analysis.connectivity.Linearisation;
import kappa.analysis.dynamics.Basins;
import kappa.analysis.dynamics.FixedPoints;
import kappa.analysis.dynamics.FlowField;
import kappa.analysis.dynamics.LimitCycles;
import kappa.analysis.dynamics.Nullclines;
import kappa.analysis.dynamics.PlaneFlow;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.analysis.dynamics.SlowPoint;
import kappa.analysis.populations.Clustering;
import kappa.fitting.model.LowRankNetwork;

/**
 * What the connectivity of one snapshot means: overlaps, the Jacobian at the origin, and a phase portrait without input and
 * under each of some inputs held constant.
 *
 * <p>All portraits share one axis: 1.5 times the outermost fixed point or four standard deviations of kappa, whichever is
 * more, and no further than kappa can ever get.
 *
 * @param overlaps [K,K] sigma_kl = n_k' m_l / N
 * @param jacobianAtOrigin [K,K] of F at kappa = 0 without input
 * @param portraits the first without input
 * @param connectivity the geometry of the connectivity vectors; absent only in results of other versions
 * @param populations the neurons' populations, once they were looked for
 */
public record NetworkAnalysis(Snapshot.Id snapshot, double[] overlaps, double[] jacobianAtOrigin,
        List<PhasePortrait> portraits, Optional<Connectivity> connectivity, Optional<Clustering> populations) {

    /** The name of the condition without input. */
    public static final String NO_INPUT = "none";

    private static final int LARGEST_RANK_WITH_PORTRAIT = 2;
    private static final double HELD_INPUT = 1;

    /**
     * Inputs held constant.
     *
     * @param name for people; {@link #NO_INPUT} without any
     * @param drive u [S]
     */
    public record Held(String name, double[] drive) {}

    /** How much is looked for. */
    public enum Depth {
        /** Fixed points and flow: some milliseconds for each input. */
        POINTS,
        /** Limit cycles, nullclines and slow points as well: some hundred milliseconds for each input. */
        ORBITS,
        /** Basins of attraction as well. */
        BASINS
    }

    /**
     * Analyses a snapshot without input and, for K <= 2, with each of the session's channels alone held at 1. For larger
     * ranks each search takes long, so that only the condition without input is analysed.
     *
     * @throws IllegalArgumentException if a weight is not finite
     */
    public static NetworkAnalysis of(Snapshot snapshot, Depth depth) {
        boolean small = snapshot.network().rank() <= LARGEST_RANK_WITH_PORTRAIT;
        return of(snapshot, eachInput(snapshot.inputChannels(), small ? snapshot.sessionChannels().size() : 0), depth);
    }

    /** No input, and each of the first {@code count} channels alone. */
    public static List<Held> eachInput(List<String> channels, int count) {
        List<Held> inputs = new ArrayList<>();
        inputs.add(new Held(NO_INPUT, new double[channels.size()]));
        for (int s = 0; s < count; s++) {
            double[] drive = new double[channels.size()];
            drive[s] = HELD_INPUT;
            inputs.add(new Held(channels.get(s), drive));
        }
        return inputs;
    }

    /**
     * Analyses a snapshot under inputs of choice.
     *
     * @param inputs the first without any
     * @throws IllegalArgumentException if a number is not finite
     */
    public static NetworkAnalysis of(Snapshot snapshot, List<Held> inputs, Depth depth) {
        LowRankNetwork network = snapshot.network();
        List<ReducedDynamics> systems = inputs.stream().map(input -> new ReducedDynamics(network, input.drive()))
                .toList();
        List<FixedPoints> points = systems.stream().map(FixedPoints::of).toList();
        double furthest = points.stream().flatMap(found -> found.points().stream())
                .mapToDouble(point -> largest(point.kappa())).max().orElse(0);
        double reach = reach(snapshot, systems.getFirst(), furthest);
        List<PhasePortrait> portraits = new ArrayList<>();
        for (int c = 0; c < inputs.size(); c++) {
            Held input = inputs.get(c);
            ReducedDynamics system = systems.get(c);
            portraits.add(new PhasePortrait(input.name(), input.drive(), points.get(c),
                    Linearisation.of(network, input.drive(), new double[network.rank()]),
                    network.rank() <= LARGEST_RANK_WITH_PORTRAIT
                            ? Optional.of(FlowField.of(system, reach))
                            : Optional.empty(),
                    depth == Depth.POINTS
                            ? PhasePortrait.Orbits.NONE
                            : orbits(snapshot.id().version(), system, points.get(c), reach, depth)));
        }
        return new NetworkAnalysis(snapshot.id(), network.overlaps(),
                systems.getFirst().jacobian(new double[network.rank()]), portraits,
                Optional.of(Connectivity.of(network, snapshot.inputChannels(), new float[0], List.of())),
                Optional.empty());
    }

    private static double reach(Snapshot snapshot, ReducedDynamics system, double furthest) {
        double wanted = 1.5 * furthest;
        for (double std : snapshot.kappaStd()) {
            wanted = Math.max(wanted, 4 * std);
        }
        double limit = largest(system.bounds());
        double reach = wanted > 0 ? Math.min(wanted, limit) : limit;
        // A network without connectivity has nowhere to go; its portrait is drawn on the unit interval.
        return reach > 0 ? reach : 1;
    }

    private static double largest(double[] vector) {
        return Arrays.stream(vector).map(Math::abs).max().orElse(0);
    }

    private static PhasePortrait.Orbits orbits(long version, ReducedDynamics system, FixedPoints points, double reach,
            Depth depth) {
        LimitCycles cycles = LimitCycles.of(system, points);
        Nullclines nullclines = Nullclines.NONE;
        Optional<Basins> basins = Optional.empty();
        if (system.rank() == 2) {
            PlaneFlow plane = new PlaneFlow(system, reach);
            nullclines = Nullclines.of(plane);
            if (depth == Depth.BASINS) {
                basins = Optional.of(Basins.of(plane, points, cycles));
            }
        }
        List<SlowPoint> slow = system.rank() > 2 ? SlowPoint.search(system) : List.of();
        return new PhasePortrait.Orbits(version, cycles.cycles(), nullclines, slow, basins);
    }

    /** With the orbits of another analysis of the same inputs, of a snapshot close to this one. */
    public NetworkAnalysis withOrbitsOf(NetworkAnalysis other) {
        List<PhasePortrait> both = IntStream.range(0, portraits.size()).mapToObj(c -> c < other.portraits.size()
                ? portraits.get(c).withOrbits(other.portraits.get(c).orbits())
                : portraits.get(c)).toList();
        return new NetworkAnalysis(snapshot, overlaps, jacobianAtOrigin, both, connectivity, populations);
    }

    public NetworkAnalysis withPopulations(Clustering found) {
        return new NetworkAnalysis(snapshot, overlaps, jacobianAtOrigin, portraits, connectivity, Optional.of(found));
    }

    public NetworkAnalysis withConnectivity(Connectivity other) {
        return new NetworkAnalysis(snapshot, overlaps, jacobianAtOrigin, portraits, Optional.of(other), populations);
    }
}
