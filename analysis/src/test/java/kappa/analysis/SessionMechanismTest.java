package kappa.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.ClosedLoop;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.SimulatedSession;
import kappa.ingest.recording.Intervention;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import org.junit.jupiter.api.Test;

/** The rig hides the rank-one decision network of the thesis, and the snapshot is that network itself. */
class SessionMechanismTest {

    private static final int N = 200;
    private static final HandBuiltNetworks.HandBuilt NETWORK = HandBuiltNetworks.named("decision", N, 3);
    private static final List<Integer> SILENCED = IntStream.range(0, N / 2).boxed().toList();

    private final SimulatedSession rig = new SimulatedSession(NETWORK,
            new SimulatedSession.Settings(Observation.RATES, 1, 0, 0, 4));
    private final List<ObservedTrial> intact = new ArrayList<>();
    private final List<ObservedTrial> perturbed = new ArrayList<>();
    private long now;
    private final SessionMechanism mechanism = new SessionMechanism(List.of("readout"), () -> now);

    private Snapshot snapshot(long version) {
        return snapshot(version, false, NETWORK.network());
    }

    private Snapshot snapshot(long version, boolean last, LowRankNetwork network) {
        return new Snapshot(new Snapshot.Id("s", version, version * rig.trialBins()), last, network,
                List.of("coherence"), 0, 0, new double[0], new double[1]);
    }

    private void record(int trials) {
        int bins = rig.trialBins();
        RecordedBin bin = rig.describe().newBin();
        for (int i = 0; i < trials; i++) {
            float[] inputs = new float[bins];
            float[] behavior = new float[bins];
            int[] phases = new int[bins];
            boolean silent = false;
            long trial = 0;
            for (int t = 0; t < bins; t++) {
                rig.next(bin);
                inputs[t] = bin.inputs[0];
                behavior[t] = bin.behavior[0];
                phases[t] = bin.phase;
                silent |= bin.silenced.get(0);
                trial = bin.trial;
            }
            (silent ? perturbed : intact).add(new ObservedTrial(trial, trial * bins, bins, inputs, behavior,
                    new float[bins], phases, 1, silent
                            ? new ObservedTrial.Perturbation("i-1", IntStream.range(0, N / 2).toArray(), 0, bins)
                            : null));
        }
    }

    private void update(SessionMechanism mechanism, Snapshot snapshot) {
        mechanism.update(snapshot);
        mechanism.predict(snapshot, intact, perturbed);
    }

    @Test
    void shouldHoldWhatAnInterventionDidAgainstThePrediction() {
        record(100);
        rig.obey(new Intervention("i-1", SILENCED, 20, 0, 0, 0));
        record(40);
        update(mechanism, snapshot(100));
        assertThat(perturbed).hasSize(20);
        assertThat(mechanism.inactivations()).hasValueSatisfying(found -> {
            assertThat(found.readout()).isEqualTo("readout");
            // The network is the rig's own; the regressed readout differs from it by its prior.
            assertThat(found.readoutR2()).isGreaterThan(0.95);
            ClosedLoop.Outcome carried = found.carriedOut().getFirst().outcome();
            assertThat(carried.intervention()).isEqualTo("i-1");
            assertThat(carried.neurons()).containsExactly(SILENCED.stream().mapToInt(i -> i).toArray());
            assertThat(carried.trials()).hasSize(20);
            assertThat(carried.correlation()).isGreaterThan(0.95);
            assertThat(carried.r2()).isGreaterThan(0.8);
        });
    }

    @Test
    void shouldLookForPopulationsAndOrbitsAgainAfterTenSecondsOnly() {
        update(mechanism, snapshot(1));
        now += 9_000_000_000L;
        update(mechanism, snapshot(2));
        assertThat(mechanism.analysis().snapshot().version()).isEqualTo(2);
        assertThat(mechanism.analysis().portraits().getFirst().orbits().version()).isEqualTo(1);
        assertThat(populationsVersion()).isEqualTo(1);
        now += 1_000_000_000L;
        update(mechanism, snapshot(3));
        assertThat(populationsVersion()).isEqualTo(3);
        update(mechanism, snapshot(4, true, NETWORK.network()));
        assertThat(populationsVersion()).isEqualTo(4);
    }

    @Test
    void shouldPredictNothingBeforeTheFirstModelOrWithTooFewTrials() {
        update(mechanism, snapshot(0));
        assertThat(mechanism.analysis().populations()).isEmpty();
        record(9);
        update(mechanism, snapshot(9));
        assertThat(mechanism.analysis().populations()).isPresent();
        assertThat(mechanism.inactivations()).isEmpty();
    }

    @Test
    void shouldTellTheDynamicsOfNeuronsThatAreAllAlike() {
        float[] ones = new float[N];
        float[] twos = new float[N];
        Arrays.fill(ones, 1);
        Arrays.fill(twos, 2);
        LowRankNetwork net = NETWORK.network();
        Snapshot alike = snapshot(5, false,
                new LowRankNetwork(N, 1, 1, net.alpha(), ones, twos, ones, new float[N]));
        assertThatThrownBy(() -> update(mechanism, alike)).hasMessageContaining("same weights");
        assertThat(mechanism.knows(5)).isTrue();
        assertThat(mechanism.analysis().portraits().getFirst().fixedPoints().points()).hasSize(3);
        assertThat(mechanism.knows(6)).isFalse();
    }

    private long populationsVersion() {
        return mechanism.analysis().populations().orElseThrow().snapshotVersion();
    }

    @Test
    void shouldSayHowMuchTheChangesThatSnapshotsPredictDiffer() {
        NeuronSet set = new NeuronSet("a", new int[]{0});
        RecentPredictions recent = new RecentPredictions();
        recent.keep(1, Map.of(set, 0.4));
        assertThat(recent.deviation(set)).isZero();
        recent.keep(1, Map.of(set, 0.5));
        assertThat(recent.deviation(set)).as("the same snapshot, over more trials").isZero();
        recent.keep(2, Map.of(set, 0.7));
        assertThat(recent.deviation(set)).isCloseTo(Math.sqrt(0.02), within(1e-12));
        NeuronSet other = new NeuronSet("a", new int[]{1});
        recent.keep(3, Map.of(other, 0.9));
        assertThat(recent.deviation(other)).as("other neurons of the same name").isCloseTo(0.2, within(1e-12));
        assertThat(recent.deviation(9, 1, 0.1)).isZero();
        assertThat(recent.deviation(9, 2, 0.3)).isCloseTo(Math.sqrt(0.02), within(1e-12));
    }

    @Test
    void shouldDrawEnoughRandomSetsAtOnceAndOneMoreWithEachSnapshot() {
        RecentPredictions recent = new RecentPredictions();
        assertThat(recent.random(3).sets()).isZero();
        int drawn = recent.draws(3, 1);
        for (int i = 0; i < drawn; i++) {
            recent.drew(3, 1, 0.25);
        }
        assertThat(recent.random(3).sets()).isEqualTo(drawn).isGreaterThan(1);
        assertThat(recent.random(3).deviation()).isZero();
        assertThat(recent.draws(3, 1)).as("again with the same snapshot").isZero();
        assertThat(recent.draws(3, 2)).isOne();
    }
}
