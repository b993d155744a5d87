package kappa.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.analysis.connectivity.Linearisation;
import kappa.analysis.dynamics.Basins;
import kappa.analysis.dynamics.FixedPoints;
import kappa.analysis.dynamics.FlowFields;
import kappa.analysis.dynamics.LimitCycles;
import kappa.analysis.dynamics.Nullclines;
import kappa.analysis.dynamics.PlaneFlow;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.analysis.dynamics.SlowPoints;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.FixedPoint;
import kappa.ingest.wire.LimitCycle;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Polyline;
import kappa.ingest.wire.SlowPoint;

/**
 * What is published about a model snapshot: overlaps, the Jacobian at the origin, and a phase portrait without input and, for
 * K <= 2, with each input channel held at 1.
 *
 * <p>All portraits share one axis: 1.5 times the outermost fixed point or four standard deviations of kappa, whichever is
 * more, and no further than kappa can ever get. Stateless; a call takes as long as it takes, on the caller's thread, and is
 * bounded.
 */
public final class NetworkAnalysis {

    /** The name of the condition without input. */
    public static final String NO_INPUT = "none";

    private static final int LARGEST_RANK_WITH_PORTRAIT = 2;
    private static final double HELD_INPUT = 1;

    private NetworkAnalysis() {}

    /**
     * Inputs held constant.
     *
     * @param name for people; {@link #NO_INPUT} without any
     * @param drive u [S]
     */
    public record Held(String name, double[] drive) {}

    /** How much is looked for. */
    public enum Depth {
        /** Fixed points and flow: some milliseconds an input. */
        POINTS,
        /** Limit cycles, nullclines and slow points as well: some hundred. */
        ORBITS,
        /** And basins of attraction. */
        BASINS
    }

    /**
     * Analyses a snapshot without input and, for K <= 2, with each channel alone held at 1; for larger ranks only the first,
     * since each search is long. Time of publication is the publisher's to add.
     *
     * @throws IllegalArgumentException if the snapshot contradicts itself or a weight is not finite
     */
    public static Analysis of(ModelSnapshot snapshot, Depth depth) {
        int channels = InputBasis.channels(snapshot.getInputs(), snapshot.getInputBasis().getBumps());
        boolean small = network(snapshot).rank() <= LARGEST_RANK_WITH_PORTRAIT;
        return of(snapshot, eachInput(snapshot.getInputChannelsList(), small ? channels : 0), depth);
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
     * @throws IllegalArgumentException if the snapshot contradicts itself or a number is not finite
     */
    public static Analysis of(ModelSnapshot snapshot, List<Held> inputs, Depth depth) {
        LowRankNetwork network = network(snapshot);
        int rank = network.rank();
        List<double[]> drives = inputs.stream().map(Held::drive).toList();
        List<ReducedDynamics> systems = new ArrayList<>();
        List<FixedPoints> found = new ArrayList<>();
        double furthest = 0;
        for (double[] drive : drives) {
            ReducedDynamics system = new ReducedDynamics(network, drive);
            FixedPoints points = FixedPoints.of(system);
            for (FixedPoints.Point point : points.points()) {
                furthest = Math.max(furthest, largest(point.kappa()));
            }
            systems.add(system);
            found.add(points);
        }
        double reach = reach(snapshot, systems.getFirst(), furthest);
        Analysis.Builder analysis = Analysis.newBuilder().setSchemaVersion(1).setSession(snapshot.getSession())
                .setModelVersion(snapshot.getVersion()).setBinsLearned(snapshot.getBinsLearned());
        for (double overlap : network.overlaps()) {
            analysis.addOverlaps(overlap);
        }
        for (double entry : systems.getFirst().jacobian(new double[rank])) {
            analysis.addJacobianAtOrigin(entry);
        }
        for (int c = 0; c < drives.size(); c++) {
            Phase.Builder phase = analysis.addConditionsBuilder()
                    .setInput(inputs.get(c).name());
            for (double u : drives.get(c)) {
                phase.addDrive(u);
            }
            for (FixedPoints.Point point : found.get(c).points()) {
                phase.addFixedPoints(message(point));
            }
            Linearisation origin = Linearisation.of(network, drives.get(c), new double[rank]);
            phase.setComplete(found.get(c).complete()).setSaturation(origin.saturation())
                    .addAllEffectiveOverlaps(AnalysisMessages.list(origin.effectiveOverlaps()))
                    .addAllOriginEigenvaluesRe(AnalysisMessages.list(origin.re()))
                    .addAllOriginEigenvaluesIm(AnalysisMessages.list(origin.im()));
            if (rank <= LARGEST_RANK_WITH_PORTRAIT) {
                phase.setFlow(FlowFields.of(systems.get(c), reach));
            }
            if (depth != Depth.POINTS) {
                addOrbits(phase.setOrbitsVersion(snapshot.getVersion()), systems.get(c), found.get(c), reach, depth);
            }
        }
        return analysis.setConnectivity(AnalysisMessages.connectivity(network, snapshot.getInputChannelsList(),
                new float[0], List.of()))
                .build();
    }

    private static double reach(ModelSnapshot snapshot, ReducedDynamics system, double furthest) {
        double wanted = 1.5 * furthest;
        for (int k = 0; k < snapshot.getKappaStdCount(); k++) {
            wanted = Math.max(wanted, 4 * snapshot.getKappaStd(k));
        }
        double limit = largest(system.bounds());
        double reach = wanted > 0 ? Math.min(wanted, limit) : limit;
        // A network without connectivity has nowhere to go; its portrait is drawn on the unit interval.
        return reach > 0 ? reach : 1;
    }

    private static double largest(double[] vector) {
        double largest = 0;
        for (double value : vector) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    private static void addOrbits(Phase.Builder phase, ReducedDynamics system, FixedPoints points, double reach,
            Depth depth) {
        if (system.rank() > 1) {
            LimitCycles cycles = LimitCycles.of(system, points);
            cycles.cycles().forEach(cycle -> phase.addLimitCycles(message(cycle)));
            if (system.rank() == 2) {
                PlaneFlow plane = new PlaneFlow(system, reach);
                Nullclines nullclines = Nullclines.of(plane);
                nullclines.first().forEach(line -> phase.addNullclines(polyline(0, line)));
                nullclines.second().forEach(line -> phase.addNullclines(polyline(1, line)));
                if (depth == Depth.BASINS) {
                    phase.setBasins(message(Basins.of(plane, points, cycles)));
                }
            }
        }
        if (system.rank() > 2) {
            SlowPoints.of(system).points().forEach(point -> phase.addSlowPoints(SlowPoint.newBuilder()
                    .addAllKappa(AnalysisMessages.list(point.kappa())).setSpeed(point.speed())));
        }
    }

    private static kappa.ingest.wire.Basins message(Basins basins) {
        return kappa.ingest.wire.Basins.newBuilder().addAllAxis(AnalysisMessages.list(basins.axis()))
                .addAllAttractor(Arrays.stream(basins.attractor()).boxed().toList())
                .addAllFractions(AnalysisMessages.list(basins.fractions())).build();
    }

    /** The orbits of an analysis in another of the same inputs, of a snapshot close to it. */
    static Analysis.Builder withOrbits(Analysis analysis, Analysis orbits) {
        Analysis.Builder both = analysis.toBuilder();
        for (int c = 0; c < Math.min(both.getConditionsCount(), orbits.getConditionsCount()); c++) {
            Phase from = orbits.getConditions(c);
            both.getConditionsBuilder(c).clearLimitCycles().addAllLimitCycles(from.getLimitCyclesList())
                    .clearNullclines().addAllNullclines(from.getNullclinesList()).clearSlowPoints()
                    .addAllSlowPoints(from.getSlowPointsList()).setOrbitsVersion(from.getOrbitsVersion());
        }
        return both;
    }

    private static LimitCycle message(LimitCycles.Cycle cycle) {
        return LimitCycle.newBuilder().setPeriod(cycle.period()).setStable(cycle.stable())
                .addAllOrbit(AnalysisMessages.list(cycle.orbit()))
                .addAllMultipliersRe(AnalysisMessages.list(cycle.multipliersRe()))
                .addAllMultipliersIm(AnalysisMessages.list(cycle.multipliersIm())).build();
    }

    private static Polyline polyline(int dimension, double[] points) {
        return Polyline.newBuilder().setDimension(dimension).addAllPoints(AnalysisMessages.list(points)).build();
    }

    private static FixedPoint message(FixedPoints.Point point) {
        FixedPoint.Builder message = FixedPoint.newBuilder().setType(point.type());
        for (int k = 0; k < point.kappa().length; k++) {
            message.addKappa(point.kappa()[k]).addEigenvaluesRe(point.re()[k]).addEigenvaluesIm(point.im()[k]);
        }
        return message.build();
    }

    /** The network of a snapshot. */
    static LowRankNetwork network(ModelSnapshot snapshot) {
        if (snapshot.getInputChannelsCount() != snapshot.getInputs()) {
            throw new IllegalArgumentException("input_channels has " + snapshot.getInputChannelsCount()
                    + " names, expected one for each of " + snapshot.getInputs() + " inputs");
        }
        return new LowRankNetwork(snapshot.getNeurons(), snapshot.getRank(), snapshot.getInputs(), snapshot.getAlpha(),
                array(snapshot.getMList()), array(snapshot.getNList()), array(snapshot.getWList()),
                array(snapshot.getBList()));
    }

    private static float[] array(List<Float> values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }
}
