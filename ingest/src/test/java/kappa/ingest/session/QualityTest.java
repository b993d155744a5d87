package kappa.ingest.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class QualityTest {

    private static Quality quality(long firstTrial, double... oneStep) {
        return new Quality("bits/spike", firstTrial, oneStep, new double[0], new double[0], List.of());
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

    private static Quality scored(double[] oneStep, double[] freeRun, double[] smoothed) {
        return new Quality("r2", 0, oneStep, freeRun, smoothed, List.of());
    }

    @Test
    void shouldSayWhenScoresMeanNothing() {
        assertThat(Quality.NONE.doubts(0)).isEmpty();
        assertThat(quality(0, 0).doubts(0)).containsExactly(
                "one trial: nothing was scored, because a trial is scored by what was learned of those before it");
        assertThat(quality(0, 0, Double.NaN, Double.NaN).doubts(0))
                .containsExactly("no spike in the session: nothing was scored");
        assertThat(quality(0, 0, 0.5, Double.NaN, 1).doubts(0)).isEmpty();
        assertThat(quality(0, 0, 0.5, -0.25, -0.25).doubts(0)).containsExactly(
                "the one-step score of the second half, -0.250 bits/spike, is below that of the mean rate: do not trust"
                        + " kappa yet");
    }

    @Test
    void shouldCompareWithTheSmoothedRateInTheSecondHalf() {
        double[] oneStep = {0, 0.1, 0.5, 0.6};
        double[] freeRun = {0, 0, -0.5, -0.5};
        assertThat(scored(oneStep, freeRun, new double[]{0, 0.4, 0.5, 0.5}).doubts(1)).isEmpty();
        assertThat(scored(oneStep, freeRun, new double[]{0, 0, 0.75, 0.85}).doubts(1)).containsExactly(
                "the one-step score of the second half, 0.550 r2, is below that of the smoothed rate by 0.250: do not"
                        + " trust kappa yet");
        assertThat(scored(oneStep, freeRun, new double[]{0, 0.9, Double.NaN, 0.5}).doubts(1)).as("not scored")
                .isEmpty();
    }

    @Test
    void shouldSayThatAFreeRunWithoutInputsExplainsLessThanTheMean() {
        double[] oneStep = {0, 0.1, 0.5, 0.6};
        double[] freeRun = {0, 0, -0.5, -0.5};
        assertThat(scored(oneStep, freeRun, new double[0]).doubts(0))
                .containsExactly("the session has no inputs, and the free run explains less than the mean");
        assertThat(Quality.doubtsOfFreeRun(-0.1, 0, true)).hasSize(1);
        assertThat(Quality.doubtsOfFreeRun(0.1, 0, true)).isEmpty();
    }
}
