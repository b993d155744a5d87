package kappa.fitting.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TrialBoundariesTest {

    private static TrialBoundaries after(boolean trials, long trial, int epoch) {
        TrialBoundaries boundaries = new TrialBoundaries(trials);
        boundaries.passed(trial, epoch);
        return boundaries;
    }

    @Test
    void shouldBeginATrialWhereItsNumberChangesAndNothingIsMissing() {
        assertThat(new TrialBoundaries(true).start(7, 0, 0)).isEqualTo(Start.TRIAL);
        assertThat(after(true, 1, 0).start(2, 0, 0)).isEqualTo(Start.TRIAL);
        assertThat(after(true, 1, 0).start(2, 1, 0)).as("in a new epoch").isEqualTo(Start.TRIAL);
    }

    @Test
    void shouldNotTakeForATrialsStartWhatMayNotBeOne() {
        assertThat(after(true, 1, 0).start(1, 0, 0)).as("the rest of a trial").isEqualTo(Start.SEGMENT);
        assertThat(after(true, 1, 0).start(2, 0, 3)).as("bins are missing").isEqualTo(Start.SEGMENT);
        assertThat(new TrialBoundaries(true).start(1, 0, 3)).as("the first bins are missing").isEqualTo(Start.UNKNOWN);
        assertThat(after(true, 1, 0).start(1, 1, 0)).as("the clock jumped within a trial").isEqualTo(Start.UNKNOWN);
    }

    @Test
    void shouldCutASessionWithoutTrialsIntoSegments() {
        assertThat(new TrialBoundaries(false).start(0, 0, 0)).isEqualTo(Start.UNKNOWN);
        assertThat(after(false, 0, 0).start(5, 0, 0)).isEqualTo(Start.SEGMENT);
        assertThat(after(false, 0, 0).start(0, 1, 0)).isEqualTo(Start.UNKNOWN);
    }

    @Test
    void shouldEndARunWhereTrialEpochOrBinsBreakOff() {
        assertThat(after(true, 1, 0).continues(1, 0, 0)).isTrue();
        assertThat(after(true, 1, 0).continues(2, 0, 0)).isFalse();
        assertThat(after(false, 1, 0).continues(2, 0, 0)).as("numbers mean nothing without trials").isTrue();
        assertThat(after(true, 1, 0).continues(1, 1, 0)).isFalse();
        assertThat(after(true, 1, 0).continues(1, 0, 1)).isFalse();
        assertThat(new TrialBoundaries(true).continues(0, 0, 0)).isFalse();
        assertThat(after(true, 1, 0).endsWith(true)).isTrue();
        assertThat(after(false, 1, 0).endsWith(true)).isFalse();
    }
}
