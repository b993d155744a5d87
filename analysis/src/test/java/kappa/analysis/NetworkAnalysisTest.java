package kappa.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import kappa.analysis.NetworkAnalysis.Depth;
import kappa.analysis.connectivity.Connectivity;
import kappa.analysis.dynamics.FlowField;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import org.junit.jupiter.api.Test;

class NetworkAnalysisTest {

    private static Snapshot snapshot(String name, double... kappaStd) {
        HandBuilt built = HandBuiltNetworks.named(name, 300, 1);
        return new Snapshot(new Snapshot.Id("s", 7, 99), false, built.network(), built.inputChannels(), 0, 0, kappaStd,
                new double[built.network().rank()]);
    }

    @Test
    void shouldPublishThePortraitOfARankOneNetworkWithItsPotential() {
        NetworkAnalysis analysis = NetworkAnalysis.of(snapshot("decision"), Depth.POINTS);
        assertThat(analysis.snapshot()).isEqualTo(new Snapshot.Id("s", 7, 99));
        assertThat(analysis.overlaps()).hasSize(1);
        assertThat(analysis.jacobianAtOrigin()[0]).isCloseTo(analysis.overlaps()[0] - 1, within(1e-12));
        assertThat(analysis.portraits()).extracting(PhasePortrait::input).containsExactly("none", "coherence");
        PhasePortrait free = analysis.portraits().getFirst();
        assertThat(free.drive()).containsExactly(0.0);
        assertThat(free.fixedPoints().points()).hasSize(3);
        assertThat(free.origin().re()).containsExactly(analysis.jacobianAtOrigin());
        FlowField flow = free.flow().orElseThrow();
        assertThat(flow.velocity()).hasSameSizeAs(flow.axis()).hasSameSizeAs(flow.potential());
        assertThat(Arrays.stream(flow.potential()).boxed()).allMatch(v -> v >= 0).contains(0.0);
        double h = flow.axis()[1] - flow.axis()[0];
        for (int i = 1; i < flow.axis().length - 1; i++) {
            double slope = (flow.potential()[i + 1] - flow.potential()[i - 1]) / (2 * h);
            // Central differences on a grid of 0.005: an error of h^2 F'' / 6.
            assertThat(slope).isCloseTo(-flow.velocity()[i], within(1e-4));
        }
    }

    @Test
    void shouldPublishThePortraitOfARankTwoNetworkForEachInput() {
        NetworkAnalysis analysis = NetworkAnalysis.of(snapshot("bimodal", 0.5, 0.2), Depth.POINTS);
        assertThat(analysis.portraits()).extracting(PhasePortrait::input).containsExactly("none", "kick 1", "kick 2");
        assertThat(analysis.portraits().get(2).drive()).containsExactly(0.0, 1.0);
        assertThat(analysis.overlaps()).hasSize(4);
        PhasePortrait free = analysis.portraits().getFirst();
        assertThat(free.fixedPoints().points()).hasSize(9);
        FlowField flow = free.flow().orElseThrow();
        int count = flow.axis().length;
        assertThat(flow.velocity()).hasSize(2 * count * count);
        assertThat(flow.potential()).isEmpty();
        double reach = flow.axis()[count - 1];
        assertThat(free.fixedPoints().points())
                .allMatch(p -> Math.abs(p.kappa()[0]) < reach && Math.abs(p.kappa()[1]) < reach);
        // The first velocity is that of the corner (-reach, -reach): inwards.
        assertThat(flow.axis()[0]).isEqualTo(-reach);
        LowRankNetwork network = HandBuiltNetworks.named("bimodal", 300, 1).network();
        double[] corner = new double[2];
        ReducedDynamics.undriven(network).velocity(new double[]{flow.axis()[3], flow.axis()[5]}, corner);
        int at = 2 * (5 * count + 3);
        assertThat(flow.velocity()[at]).isEqualTo(corner[0]);
        assertThat(flow.velocity()[at + 1]).isEqualTo(corner[1]);
    }

    @Test
    void shouldRefuseASnapshotWithoutANameForEachInput() {
        Snapshot given = snapshot("bimodal");
        assertThatThrownBy(() -> new Snapshot(given.id(), false, given.network(), List.of(), 0, 0, new double[0],
                new double[0])).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("input_channels");
    }

    @Test
    void shouldFindCyclesNullclinesAndBasinsWhereAskedTo() {
        Snapshot cycling = snapshot("figure-4.1d");
        NetworkAnalysis points = NetworkAnalysis.of(cycling, Depth.POINTS);
        assertThat(points.portraits().getFirst().orbits()).isSameAs(PhasePortrait.Orbits.NONE);
        NetworkAnalysis basins = NetworkAnalysis.of(cycling, Depth.BASINS);
        PhasePortrait.Orbits orbits = basins.portraits().getFirst().orbits();
        assertThat(orbits.version()).isEqualTo(7);
        assertThat(orbits.cycles()).hasSize(1);
        assertThat(orbits.cycles().getFirst().stable()).isTrue();
        assertThat(orbits.cycles().getFirst().orbit()).hasSize(200);
        assertThat(orbits.cycles().getFirst().multipliersRe()).hasSize(1);
        assertThat(orbits.nullclines().first()).isNotEmpty();
        assertThat(orbits.nullclines().second()).isNotEmpty();
        // The cycle is the only attractor there is.
        assertThat(orbits.basins().orElseThrow().fractions()[0]).isGreaterThan(0.99);
        NetworkAnalysis both = points.withOrbitsOf(basins);
        assertThat(both.portraits().getFirst().orbits()).isSameAs(orbits);
        assertThat(both.portraits().getFirst().flow()).isSameAs(points.portraits().getFirst().flow());
    }

    @Test
    void shouldSayHowTheVectorsLieToEachOther() {
        NetworkAnalysis analysis = NetworkAnalysis.of(snapshot("bimodal"), Depth.POINTS);
        Connectivity connectivity = analysis.connectivity().orElseThrow();
        assertThat(connectivity.overlaps().names()).containsExactly("m 1", "m 2", "n 1", "n 2", "kick 1", "kick 2");
        // The kicks' weights are m itself, so that the span of m and W holds of n what the overlaps with m tell of it.
        assertThat(connectivity.overlaps().cosines()[4]).isEqualTo(1, within(1e-6));
        assertThat(connectivity.overlaps().products()[2 * 6]).isEqualTo(analysis.overlaps()[0], within(1e-9));
        assertThat(connectivity.identifiable()[0]).isBetween(0.3, 0.8);
    }
}
