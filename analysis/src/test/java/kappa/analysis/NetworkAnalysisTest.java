package kappa.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import kappa.analysis.NetworkAnalysis.Depth;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.FlowField;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Phase;
import org.junit.jupiter.api.Test;

class NetworkAnalysisTest {

    private static ModelSnapshot.Builder snapshot(String name) {
        HandBuilt built = HandBuiltNetworks.named(name, 300, 1);
        LowRankNetwork network = built.network();
        ModelSnapshot.Builder snapshot = ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("s").setVersion(7)
                .setBinsLearned(99).setNeurons(300).setRank(network.rank()).setInputs(network.inputs()).setAlpha(0.2)
                .addAllInputChannels(built.inputChannels());
        for (float value : network.m()) {
            snapshot.addM(value);
        }
        for (float value : network.n()) {
            snapshot.addN(value);
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
    void shouldPublishThePortraitOfARankOneNetworkWithItsPotential() {
        Analysis analysis = NetworkAnalysis.of(snapshot("decision").build(), Depth.POINTS);
        assertThat(analysis.getSession()).isEqualTo("s");
        assertThat(analysis.getModelVersion()).isEqualTo(7);
        assertThat(analysis.getBinsLearned()).isEqualTo(99);
        assertThat(analysis.getOverlapsList()).hasSize(1);
        assertThat(analysis.getJacobianAtOrigin(0)).isCloseTo(analysis.getOverlaps(0) - 1, within(1e-12));
        assertThat(analysis.getConditions(0).getOriginEigenvaluesRe(0)).as("of rank 1, the Jacobian itself")
                .isCloseTo(analysis.getJacobianAtOrigin(0), within(1e-12));
        assertThat(analysis.getConditionsList()).extracting(Phase::getInput).containsExactly("none", "coherence");
        Phase free = analysis.getConditions(0);
        assertThat(free.getDriveList()).containsExactly(0.0);
        assertThat(free.getFixedPointsCount()).isEqualTo(3);
        FlowField flow = free.getFlow();
        assertThat(flow.getVelocityCount()).isEqualTo(flow.getAxisCount()).isEqualTo(flow.getPotentialCount());
        assertThat(flow.getPotentialList()).allMatch(v -> v >= 0).contains(0.0);
        double h = flow.getAxis(1) - flow.getAxis(0);
        for (int i = 1; i < flow.getAxisCount() - 1; i++) {
            double slope = (flow.getPotential(i + 1) - flow.getPotential(i - 1)) / (2 * h);
            // Central differences on a grid of 0.005: an error of h^2 F'' / 6.
            assertThat(slope).isCloseTo(-flow.getVelocity(i), within(1e-4));
        }
    }

    @Test
    void shouldPublishThePortraitOfARankTwoNetworkForEachInput() {
        Analysis analysis = NetworkAnalysis.of(snapshot("bimodal").addKappaStd(0.5f).addKappaStd(0.2f).build(),
                Depth.POINTS);
        assertThat(analysis.getConditionsList()).extracting(Phase::getInput).containsExactly("none", "kick 1",
                "kick 2");
        assertThat(analysis.getConditions(2).getDriveList()).containsExactly(0.0, 1.0);
        assertThat(analysis.getOverlapsList()).hasSize(4);
        Phase free = analysis.getConditions(0);
        assertThat(free.getFixedPointsCount()).isEqualTo(9);
        FlowField flow = free.getFlow();
        assertThat(flow.getVelocityCount()).isEqualTo(2 * flow.getAxisCount() * flow.getAxisCount());
        assertThat(flow.getPotentialCount()).isZero();
        double reach = flow.getAxis(flow.getAxisCount() - 1);
        assertThat(free.getFixedPointsList())
                .allMatch(p -> Math.abs(p.getKappa(0)) < reach && Math.abs(p.getKappa(1)) < reach);
        // The first velocity is that of the corner (-reach, -reach): inwards.
        assertThat(flow.getAxis(0)).isEqualTo(-reach);
        LowRankNetwork network = HandBuiltNetworks.named("bimodal", 300, 1).network();
        double[] corner = new double[2];
        ReducedDynamics.undriven(network).velocity(new double[]{flow.getAxis(3), flow.getAxis(5)}, corner);
        int at = 2 * (5 * flow.getAxisCount() + 3);
        assertThat(flow.getVelocity(at)).isEqualTo(corner[0]);
        assertThat(flow.getVelocity(at + 1)).isEqualTo(corner[1]);
    }

    @Test
    void shouldRefuseASnapshotThatContradictsItself() {
        assertThatThrownBy(() -> NetworkAnalysis.of(snapshot("bimodal").clearInputChannels().build(), Depth.POINTS))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("input_channels");
        assertThatThrownBy(() -> NetworkAnalysis.of(snapshot("bimodal").addM(1).build(), Depth.POINTS))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("m has 601");
    }

    @Test
    void shouldPublishCyclesNullclinesAndBasinsWhereAskedTo() {
        ModelSnapshot cycling = snapshot("figure-4.1d").build();
        Analysis points = NetworkAnalysis.of(cycling, Depth.POINTS);
        assertThat(points.getConditions(0).getLimitCyclesList()).isEmpty();
        Analysis basins = NetworkAnalysis.of(cycling, Depth.BASINS);
        Phase phase = basins.getConditions(0);
        assertThat(phase.getLimitCyclesList()).hasSize(1);
        assertThat(phase.getLimitCycles(0).getStable()).isTrue();
        assertThat(phase.getLimitCycles(0).getOrbitCount()).isEqualTo(200);
        assertThat(phase.getLimitCycles(0).getMultipliersReList()).hasSize(1);
        assertThat(phase.getNullclinesList()).extracting(line -> line.getDimension()).contains(0, 1);
        // The cycle is the only attractor there is.
        assertThat(phase.getBasins().getFractions(0)).isGreaterThan(0.99);
        Analysis both = NetworkAnalysis.withOrbits(points, basins).build();
        assertThat(both.getConditions(0).getLimitCyclesList()).isEqualTo(phase.getLimitCyclesList());
        assertThat(both.getConditions(0).getFlow()).isEqualTo(points.getConditions(0).getFlow());
    }

    @Test
    void shouldSayHowTheVectorsLieToEachOther() {
        Analysis analysis = NetworkAnalysis.of(snapshot("bimodal").build(), Depth.POINTS);
        assertThat(analysis.getConnectivity().getVectorsList()).containsExactly("m 1", "m 2", "n 1", "n 2", "kick 1",
                "kick 2");
        // The kicks' weights are m itself, so that the span of m and W holds of n what the overlaps with m tell of it.
        assertThat(analysis.getConnectivity().getCosines(4)).isEqualTo(1, within(1e-6));
        assertThat(analysis.getConnectivity().getProducts(2 * 6)).isEqualTo(analysis.getOverlaps(0), within(1e-9));
        assertThat(analysis.getConnectivity().getIdentifiable(0)).isBetween(0.3, 0.8);
    }
}
