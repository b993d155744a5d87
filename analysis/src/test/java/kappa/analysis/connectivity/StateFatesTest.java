package kappa.analysis.connectivity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.junit.jupiter.api.Test;

class StateFatesTest {

    private static final int SHOWN_BINS = 25;

    private static StateFates of(String name) {
        return StateFates.of(HandBuiltNetworks.named(name, 1).network(), List.of("A", "B"), SHOWN_BINS);
    }

    @Test
    void shouldCarryTheStateAcrossOnACycleInThePostersNetwork() {
        StateFates fates = of("poster-dms");
        assertThat(fates.states()).hasSize(2);
        assertThat(fates.inputs().get(0).keepsAll()).isTrue();
        assertThat(fates.inputs().get(0).held()).doesNotContain(StateFates.Ending.CYCLE);
        assertThat(fates.inputs().get(1).reached()).containsExactly(1, 0);
        assertThat(fates.inputs().get(1).held()).containsOnly(StateFates.Ending.CYCLE);
        assertThat(fates.summary()).contains("A: all states stay", "B: 1 to 2, 2 to 1, held: cycle");
    }

    @Test
    void shouldTurnOppositeWaysInTheSecondSolution() {
        StateFates fates = of("dms-second");
        assertThat(fates.states()).hasSize(4);
        assertThat(fates.turnsOpposite()).isTrue();
        // Both inputs leave the left and the right state, in which the readout is of one sign each.
        assertThat(fates.inputs())
                .allSatisfy(input -> assertThat(input.held()).doesNotContain(StateFates.Ending.CYCLE));
        // The memories are at the top and at the bottom: the stimuli bring them to opposite sides.
        int top = highest(fates);
        assertThat(side(fates, 0, top)).isEqualTo(-side(fates, 1, top));
    }

    private static int highest(StateFates fates) {
        int highest = 0;
        for (int i = 1; i < fates.states().size(); i++) {
            highest = fates.states().get(i)[1] > fates.states().get(highest)[1] ? i : highest;
        }
        return highest;
    }

    private static double side(StateFates fates, int input, int from) {
        return Math.signum(fates.states().get(fates.inputs().get(input).reached()[from])[0]);
    }
}
