package kappa.analysis.connectivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.PhasePortrait;
import kappa.analysis.Snapshot;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.LatentTrajectory;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.task.Task;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TrialRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The two solutions of delayed match-to-sample (Valente 2019, chapter 5), built by hand. */
class MatchToSampleMechanismsTest {

    private static final int TRIALS = 200;
    private static final double STATE_NOISE = 0.05;

    private static LowRankNetwork built(String name, long seed) {
        return HandBuiltNetworks.named(name, seed).withReadout();
    }

    private static List<PhasePortrait> portraits(LowRankNetwork network) {
        List<String> channels = List.of("A", "B");
        Snapshot snapshot = new Snapshot(new Snapshot.Id("built", 1, 0), true, network, channels, 0, 0,
                new double[]{1, 1}, new double[2]);
        return NetworkAnalysis.of(snapshot, NetworkAnalysis.eachInput(channels, 2), NetworkAnalysis.Depth.ORBITS)
                .portraits();
    }

    private static List<FixedPoint> stable(PhasePortrait portrait) {
        return portrait.fixedPoints().points().stream()
                .filter(point -> point.type() == FixedPoint.Type.STABLE_NODE
                        || point.type() == FixedPoint.Type.STABLE_FOCUS)
                .toList();
    }

    private static long count(PhasePortrait portrait, FixedPoint.Type type) {
        return portrait.fixedPoints().points().stream().filter(point -> point.type() == type).count();
    }

    @ParameterizedTest
    @CsvSource({"poster-dms,1", "poster-dms,2", "poster-dms,3", "poster-dms,4", "dms-second,1", "dms-second,2",
        "dms-second,3", "dms-second,4"})
    void shouldDoTheTaskInEachDraw(String name, long seed) {
        try (TrialRunner runner = new TrialRunner(2)) {
            Performance performance = Performance.of(built(name, seed), Task.of(Task.Name.DMS), TRIALS, STATE_NOISE,
                    seed, runner);
            assertThat(performance.accuracy()).isGreaterThanOrEqualTo(0.99);
            // The readout is near its targets of +-1, not only on their side.
            assertThat(performance.loss()).isLessThan(0.2);
        }
    }

    /** The thesis asks whether there is a solution that needs no stimuli of a fixed duration (section 5.4). */
    @ParameterizedTest
    @ValueSource(ints = {15, 25, 50, 75})
    void shouldNeedNoFixedDurationOfStimuliInTheSecondSolution(int shownBins) {
        LowRankNetwork network = built("dms-second", 1);
        int delay = 75;
        for (int pair = 0; pair < 4; pair++) {
            float[] inputs = new float[2 * (5 + 2 * shownBins + delay + 100)];
            for (int t = 0; t < shownBins; t++) {
                inputs[2 * (5 + t) + pair / 2] = 1;
                inputs[2 * (5 + shownBins + delay + t) + pair % 2] = 1;
            }
            double[] readout = LatentTrajectory.of(network, inputs, new double[2], new double[2]).readout();
            // Two seconds after the test the state has come to rest.
            assertThat(readout[readout.length - 1]).as("pair %d", pair)
                    .isCloseTo(pair / 2 == pair % 2 ? 1 : -1, within(0.1));
        }
    }

    @Test
    void shouldTellWhichSolutionEachNetworkIs() {
        assertThat(DmsMechanism.of(built("poster-dms", 1)).solution()).isEqualTo(DmsMechanism.Solution.FIRST);
        assertThat(DmsMechanism.of(built("dms-second", 1)).solution()).isEqualTo(DmsMechanism.Solution.SECOND);
        // The stimuli of neither only push.
        LowRankNetwork bistable = HandBuiltNetworks.rankTwo(512, 1, 2.5, 0, 0.5, 0.5);
        LowRankNetwork pushed = LowRankNetwork.withoutBias(512, 2, 2, 0.2, bistable.m(), bistable.n(),
                new float[1_024]);
        assertThat(DmsMechanism.of(pushed).solution()).isEqualTo(DmsMechanism.Solution.NEITHER);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldReplaceTwoStableStatesByACycleUnderBAndKeepThemUnderAInThePostersNetwork(long seed) {
        LowRankNetwork network = built("poster-dms", seed);
        List<PhasePortrait> portraits = portraits(network);
        assertThat(portraits).allSatisfy(portrait -> assertThat(portrait.fixedPoints().complete()).isTrue());
        PhasePortrait free = portraits.get(0);
        assertThat(stable(free)).hasSize(2);
        assertThat(count(free, FixedPoint.Type.SADDLE)).isEqualTo(2);
        assertThat(stable(portraits.get(1))).hasSize(2).extracting(point -> Math.signum(point.kappa()[0]))
                .containsExactlyInAnyOrder(-1.0, 1.0);
        PhasePortrait underB = portraits.get(2);
        assertThat(underB.fixedPoints().points()).extracting(FixedPoint::type)
                .containsExactly(FixedPoint.Type.UNSTABLE_FOCUS);
        assertThat(underB.orbits().cycles()).singleElement().satisfies(cycle -> assertThat(cycle.stable()).isTrue());
        // sigma_21: +1 in one population and -1 in the other leave 0 without input; saturation brings out one of them.
        assertThat(free.origin().effectiveOverlaps()[2]).isCloseTo(0, within(1e-4));
        assertThat(portraits.get(1).origin().effectiveOverlaps()[2]).isGreaterThan(0.1);
        assertThat(underB.origin().effectiveOverlaps()[2]).isLessThan(-0.1);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldLeaveLeftAndRightOfFourStatesUnderEitherInputInTheSecondSolution(long seed) {
        List<PhasePortrait> portraits = portraits(built("dms-second", seed));
        assertThat(portraits).allSatisfy(portrait -> assertThat(portrait.fixedPoints().complete()).isTrue());
        PhasePortrait free = portraits.get(0);
        assertThat(stable(free)).hasSize(4);
        assertThat(count(free, FixedPoint.Type.SADDLE)).isEqualTo(4);
        assertThat(count(free, FixedPoint.Type.UNSTABLE_NODE)).isEqualTo(1);
        // Left, top, bottom and right: one coordinate is 0 but for the finite number of neurons.
        assertThat(stable(free))
                .allSatisfy(point -> assertThat(Math.min(Math.abs(point.kappa()[0]), Math.abs(point.kappa()[1])))
                        .isLessThan(0.05));
        for (PhasePortrait held : portraits.subList(1, 3)) {
            assertThat(stable(held)).hasSize(2).extracting(point -> Math.signum(point.kappa()[0]))
                    .containsExactlyInAnyOrder(-1.0, 1.0);
            assertThat(count(held, FixedPoint.Type.SADDLE)).isEqualTo(1);
        }
        // The inputs turn the flow along opposite diagonals.
        double[] underA = portraits.get(1).origin().effectiveOverlaps();
        double[] underB = portraits.get(2).origin().effectiveOverlaps();
        assertThat(underA[1]).isGreaterThan(underA[2]);
        assertThat(underB[1]).isLessThan(underB[2]);
    }
}
