package kappa.analysis.populations;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.task.Task;
import kappa.fitting.training.TrialRunner;
import org.junit.jupiter.api.Test;

class TunedPopulationsTest {

    private static final long SEED = 9;
    private static final ResampledNetwork.Settings SETTINGS = new ResampledNetwork.Settings(256, 2, 64, 0.05, SEED);

    private static LowRankNetwork decision() {
        return HandBuiltNetworks.named("decision", 96, SEED).withReadout();
    }

    @Test
    void shouldEndWithTheFirstNumberThatIsEnough() {
        try (TrialRunner runner = new TrialRunner(1)) {
            List<TunedPopulations> tried = TunedPopulations.untilEnough(3, 0.9, 25, decision(), Task.of(Task.Name.DM),
                    SETTINGS, runner);
            assertThat(tried).singleElement().satisfies(one -> {
                assertThat(one.number()).isEqualTo(1);
                assertThat(one.accuracy()).isGreaterThanOrEqualTo(0.9);
                assertThat(one.steps()).isEqualTo(25);
            });
        }
    }

    @Test
    void shouldTryAllNumbersWhereNoneIsEnough() {
        try (TrialRunner runner = new TrialRunner(1)) {
            assertThat(TunedPopulations.untilEnough(2, 1.01, 2, decision(), Task.of(Task.Name.DM), SETTINGS, runner))
                    .extracting(TunedPopulations::number).containsExactly(1, 2);
            assertThat(ResampledNetwork.untilEnough(List.of(1, 2), 0.9, decision(), Task.of(Task.Name.DM), SETTINGS,
                    runner)).extracting(ResampledNetwork::number).containsExactly(1);
        }
    }
}
