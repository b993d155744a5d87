package kappa.ingest.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class QualityTest {

    private static Quality quality(long firstTrial, double... oneStep) {
        return new Quality("bits/spike", firstTrial, oneStep, new double[0], List.of());
    }

    @Test
    void shouldLeaveTheSessionsFirstTrialOutOfItsMean() {
        assertThat(quality(0, 0, 0.5, 1).figures()).containsEntry("mean", 0.75);
        assertThat(quality(7, 0, 0.5, 1).figures()).containsEntry("mean", 0.5);
        assertThat(quality(0, 0).figures()).containsEntry("mean", 0.0);
    }

    @Test
    void shouldLeaveTrialsOutThatHadNothingToScore() {
        Quality quality = quality(0, 0, 0.5, Double.NaN, 1);
        assertThat(quality.figures()).containsEntry("mean", 0.75).containsEntry("per_trial",
                Arrays.asList(0.0, 0.5, null, 1.0));
        assertThat(quality.newestMean(2)).isEqualTo(1);
        assertThat(quality(3, Double.NaN).newestMean(20)).isNaN();
    }
}
