package kappa.analysis.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.NetworkAnalysis.Depth;
import kappa.analysis.ObservedBin;
import kappa.analysis.Snapshot;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.SlowPoint;
import kappa.analysis.inactivation.ClosedLoop;
import kappa.analysis.inactivation.InactivationResult;
import kappa.analysis.inactivation.InactivationResult.CarriedOut;
import kappa.analysis.inactivation.InactivationResult.ConditionEffect;
import kappa.analysis.inactivation.InactivationResult.RandomSets;
import kappa.analysis.inactivation.InactivationResult.SetEffect;
import kappa.analysis.inactivation.InactivationResult.Shares;
import kappa.analysis.inactivation.InactivationResult.Traces;
import kappa.analysis.populations.Clustering;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Masks;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Phase;
import org.junit.jupiter.api.Test;

class AnalysisCodecTest {

    private static ModelSnapshot.Builder wire(String name) {
        HandBuilt built = HandBuiltNetworks.named(name, 300, 1);
        LowRankNetwork network = built.network();
        ModelSnapshot.Builder snapshot = ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("s").setVersion(7)
                .setBinsLearned(99).setNeurons(300).setRank(network.rank()).setInputs(network.inputs()).setAlpha(0.2)
                .addAllInputChannels(built.inputChannels()).addKappaStd(0.5).setHiddenNeurons(20)
                .setFinal(true);
        for (int i = 0; i < network.m().length; i++) {
            snapshot.addM(network.m()[i]).addN(network.n()[i]);
        }
        for (float value : network.w()) {
            snapshot.addW(value);
        }
        for (float value : network.b()) {
            snapshot.addB(value);
        }
        return snapshot;
    }

    @Test
    void shouldReadASnapshot() {
        Snapshot snapshot = AnalysisCodec.snapshot(wire("bimodal").build());
        assertThat(snapshot.id()).isEqualTo(new Snapshot.Id("s", 7, 99));
        assertThat(snapshot.last()).isTrue();
        assertThat(snapshot.recordedNeurons()).isEqualTo(280);
        assertThat(snapshot.sessionChannels()).containsExactly("kick 1", "kick 2");
        assertThat(snapshot.network().m()).containsExactly(HandBuiltNetworks.named("bimodal", 300, 1).network().m());
        assertThat(snapshot.kappaStd()).containsExactly(0.5);
        assertThat(snapshot.start()).as("of a record without a start").containsExactly(0, 0);
        assertThat(AnalysisCodec.snapshot(wire("bimodal").addStart(0.25).addStart(1).build()).start())
                .containsExactly(0.25, 1);
    }

    @Test
    void shouldRefuseASnapshotThatContradictsItself() {
        assertThatThrownBy(() -> AnalysisCodec.snapshot(wire("bimodal").clearInputChannels().build()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("input_channels");
        assertThatThrownBy(() -> AnalysisCodec.snapshot(wire("bimodal").addM(1).build()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("m has 601");
    }

    @Test
    void shouldReadTheBinsOfARecord() {
        LatentBin first = LatentBin.newBuilder().setTrial(4).setTrialStart(true).setPhase(2).addInputs(1).addBehavior(2)
                .addKappa(3).build();
        LatentBin silenced = LatentBin.newBuilder().setTrial(4).setSilenced(Masks.mask(9, List.of(2, 8)))
                .setIntervention("i-1").build();
        List<ObservedBin> bins = AnalysisCodec.bins(
                Latents.newBuilder().setFirstBin(10).setModelVersion(3).addBins(first).addBins(silenced).build(), 9);
        assertThat(bins).extracting(ObservedBin::bin).containsExactly(10L, 11L);
        assertThat(bins.get(0)).usingRecursiveComparison().isEqualTo(new ObservedBin(10, 4, true, 2, new float[]{1},
                new float[]{2}, new float[]{3}, 3, new int[0], ""));
        assertThat(bins.get(1).silenced()).containsExactly(2, 8);
        assertThat(bins.get(1).intervention()).isEqualTo("i-1");
    }

    @Test
    void shouldGiveBackAnAnalysisThatItWrote() throws Exception {
        Snapshot snapshot = AnalysisCodec.snapshot(wire("figure-4.1d").build());
        Populations populations = Populations.of(snapshot.network(),
                new Populations.Settings(Populations.Settings.standard(1).mixtures(), 2, 2, 0.7, 1));
        NetworkAnalysis analysis = NetworkAnalysis.of(snapshot, Depth.BASINS)
                .withPopulations(Clustering.of(populations, 6));
        Analysis message = Analysis.parseFrom(AnalysisCodec.message(analysis, 12).toByteArray());
        assertThat(message.getPublishedUnixNs()).isEqualTo(12);
        assertThat(AnalysisCodec.analysis(message)).usingRecursiveComparison().isEqualTo(analysis);
    }

    @Test
    void shouldGiveBackSlowPointsAndPotentialsToo() {
        NetworkAnalysis line = NetworkAnalysis.of(AnalysisCodec.snapshot(wire("decision").build()), Depth.ORBITS);
        assertThat(AnalysisCodec.analysis(AnalysisCodec.message(line, 0))).usingRecursiveComparison().isEqualTo(line);
        Phase slow = Phase.newBuilder().addSlowPoints(kappa.ingest.wire.SlowPoint.newBuilder().addKappa(1).setSpeed(2)
                .addEigenvaluesRe(3).addEigenvaluesIm(4)).build();
        NetworkAnalysis read = AnalysisCodec.analysis(Analysis.newBuilder().addConditions(slow).build());
        SlowPoint point = new SlowPoint(new double[]{1}, 2, new double[]{3}, new double[]{4});
        assertThat(read.portraits().getFirst().orbits().slowPoints().getFirst()).usingRecursiveComparison()
                .isEqualTo(point);
        assertThat(AnalysisCodec.message(read, 0).getConditions(0)).isEqualTo(slow);
    }

    @Test
    void shouldReadWhatAnOlderOrNewerVersionWrote() {
        Phase.Builder phase = Phase.newBuilder().setInput("none").addEffectiveOverlaps(0.5);
        phase.addFixedPointsBuilder().setTypeValue(99).addKappa(1);
        NetworkAnalysis read = AnalysisCodec
                .analysis(Analysis.newBuilder().setSession("s").addConditions(phase).build());
        assertThat(read.connectivity()).isEmpty();
        assertThat(read.populations()).isEmpty();
        assertThat(read.portraits().getFirst().flow()).isEmpty();
        assertThat(read.portraits().getFirst().origin().re()).isEmpty();
        assertThat(read.portraits().getFirst().fixedPoints().points()).extracting(FixedPoint::type)
                .containsExactly(FixedPoint.Type.UNKNOWN);
    }

    @Test
    void shouldGiveBackInactivationsThatItWrote() throws Exception {
        Traces intact = new Traces(new double[]{0, 1, 2}, new double[]{3, 4});
        Traces silenced = new Traces(new double[]{5, 6, 7}, new double[]{8, 9});
        NeuronSet set = new NeuronSet("population 1", new int[]{1, 5});
        ClosedLoop.Outcome outcome = new ClosedLoop.Outcome("i-1", new int[]{1, 5}, new long[]{10, 12},
                new double[]{0.1, 0.2}, new double[]{0.5, 0.6}, new double[]{0.3, 0.4}, Double.NaN, Double.NaN, 0.5);
        InactivationResult result = new InactivationResult(new Snapshot.Id("s", 7, 99), 50, "choice", 0.75,
                List.of(new SetEffect(set, List.of(new ConditionEffect("all, +", 20, intact, silenced,
                        new Shares(0.5, 0.25), new Shares(1, 0.125))), 0.7, 0.01, new RandomSets(5, 0.2, 0.02), 0.25)),
                List.of(new CarriedOut(set.name(), outcome)));
        assertThat(AnalysisCodec.inactivations(Inactivations
                .parseFrom(AnalysisCodec.message(result, 12).toByteArray()))).usingRecursiveComparison()
                .withEqualsForType(Double::equals, Double.class)
                .isEqualTo(result);
    }
}
