package kappa.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.SimulatedSession;
import kappa.ingest.recording.Intervention;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.wire.Carried;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.Test;

/** The rig hides the rank-one decision network of the thesis, and the snapshot is that network itself. */
class SessionMechanismTest {

    private static final int N = 200;
    private static final HandBuiltNetworks.HandBuilt NETWORK = HandBuiltNetworks.named("decision", N, 3);
    private static final List<Integer> SILENCED = IntStream.range(0, N / 2).boxed().toList();

    private final SimulatedSession rig = new SimulatedSession(NETWORK,
            new SimulatedSession.Settings(Observation.RATES, 1, 0, 0, 4));
    private final SessionHeader header = RecordingCodec.header(rig.describe()).setSession("s").build();
    private final List<ObservedTrial> intact = new ArrayList<>();
    private final List<ObservedTrial> perturbed = new ArrayList<>();
    private long now;
    private final SessionMechanism mechanism = new SessionMechanism(header, () -> now);

    private ModelSnapshot snapshot(long version) {
        LowRankNetwork net = NETWORK.network();
        ModelSnapshot.Builder snapshot = ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("s")
                .setVersion(version).setNeurons(N).setRank(1).setInputs(1).setAlpha(net.alpha())
                .addInputChannels("coherence").setBinsLearned(version * rig.trialBins());
        for (int i = 0; i < N; i++) {
            snapshot.addM(net.m()[i]).addN(net.n()[i]).addW(net.w()[i]).addB(0);
        }
        return snapshot.build();
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

    @Test
    void shouldHoldWhatAnInterventionDidAgainstThePrediction() {
        record(100);
        rig.obey(new Intervention("i-1", SILENCED, 20, 0, 0, 0));
        record(40);
        mechanism.update(snapshot(100), intact, perturbed);
        assertThat(perturbed).hasSize(20);
        assertThat(mechanism.inactivations()).hasValueSatisfying(found -> {
            assertThat(found.getReadout()).isEqualTo("readout");
            // The network is the rig's own; the regressed readout differs from it by its prior.
            assertThat(found.getReadoutR2()).isGreaterThan(0.95);
            Carried carried = found.getCarried(0);
            assertThat(carried.getIntervention()).isEqualTo("i-1");
            assertThat(carried.getNeuronsList()).isEqualTo(SILENCED);
            assertThat(carried.getTrialsList()).hasSize(20);
            assertThat(carried.getCorrelation()).isGreaterThan(0.95);
            assertThat(carried.getR2()).isGreaterThan(0.8);
        });
    }

    @Test
    void shouldLookForPopulationsAndOrbitsAgainAfterTenSecondsOnly() {
        mechanism.update(snapshot(1), intact, perturbed);
        now += 9_000_000_000L;
        mechanism.update(snapshot(2), intact, perturbed);
        assertThat(mechanism.analysis().getModelVersion()).isEqualTo(2);
        assertThat(mechanism.analysis().getConditions(0).getOrbitsVersion()).isEqualTo(1);
        assertThat(mechanism.analysis().getPopulations().getModelVersion()).isEqualTo(1);
        now += 1_000_000_000L;
        mechanism.update(snapshot(3), intact, perturbed);
        assertThat(mechanism.analysis().getPopulations().getModelVersion()).isEqualTo(3);
        mechanism.update(snapshot(4).toBuilder().setFinal(true).build(), intact, perturbed);
        assertThat(mechanism.analysis().getPopulations().getModelVersion()).isEqualTo(4);
    }

    @Test
    void shouldPredictNothingBeforeTheFirstModelOrWithTooFewTrials() {
        mechanism.update(snapshot(0), intact, perturbed);
        assertThat(mechanism.analysis().hasPopulations()).isFalse();
        record(9);
        mechanism.update(snapshot(9), intact, perturbed);
        assertThat(mechanism.analysis().hasPopulations()).isTrue();
        assertThat(mechanism.inactivations()).isEmpty();
    }

    @Test
    void shouldTellTheDynamicsOfNeuronsThatAreAllAlike() {
        ModelSnapshot.Builder alike = snapshot(5).toBuilder();
        for (int i = 0; i < N; i++) {
            alike.setM(i, 1).setN(i, 2).setW(i, 1);
        }
        assertThatThrownBy(() -> mechanism.update(alike.build(), intact, perturbed))
                .hasMessageContaining("same weights");
        assertThat(mechanism.knows(alike.build())).isTrue();
        assertThat(mechanism.analysis().getConditions(0).getFixedPointsList()).hasSize(3);
        assertThat(mechanism.knows(snapshot(6))).isFalse();
    }
}
