package kappa.fitting.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;

class ScoreTest {

    @Test
    void shouldBeBitsPerSpikeForCounts() {
        Score score = new Score();
        score.add(10, 12, 3);
        score.add(5, 4, 2);
        // One nat gained over five spikes.
        assertThat(score.value(Observation.COUNTS)).isCloseTo(1 / (5 * Math.log(2)), within(1e-15));
        assertThat(Score.unit(Observation.COUNTS)).isEqualTo("bits/spike");
    }

    @Test
    void shouldBeRSquaredForRatesAndCurrents() {
        Score score = new Score();
        score.add(1, 6, 0);
        score.add(2, 4, 0);
        for (Observation kind : new Observation[]{Observation.RATES, Observation.CURRENTS}) {
            assertThat(score.value(kind)).isCloseTo(0.7, within(1e-15));
            assertThat(Score.unit(kind)).isEqualTo("r2");
        }
    }

    @Test
    void shouldBeNegativeForAModelThatIsWorseThanTheMean() {
        Score score = new Score();
        score.add(3, 2, 1);
        assertThat(score.value(Observation.COUNTS)).isNegative();
        assertThat(score.value(Observation.RATES)).isEqualTo(-0.5);
    }

    @Test
    void shouldBeNotANumberWhereNothingWasScored() {
        Score score = new Score();
        for (Observation kind : Observation.values()) {
            assertThat(score.value(kind)).isNaN();
        }
        score.add(1, 2, 1);
        score.clear();
        for (Observation kind : Observation.values()) {
            assertThat(score.value(kind)).isNaN();
        }
    }

    @Test
    void shouldLeaveOutOfTheMeanWhatHadNothingToScore() {
        assertThat(Score.mean(List.of(9.0, 1.0, Double.NaN, 2.0), 1)).isEqualTo(1.5);
        assertThat(Score.mean(List.of(9.0), 1)).isZero();
    }

    @Test
    void shouldBeNotANumberForATrialWithoutSpikes() {
        Score score = new Score();
        score.add(1, 2, 0);
        assertThat(score.value(Observation.COUNTS)).isNaN();
    }
}
