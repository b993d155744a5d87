package kappa.fitting.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;

class SmoothedScoreTest {

    private static final int N = 10;
    private static final int T = 60;

    private final SplittableRandom random = new SplittableRandom(3);

    /** Signals about a slow wave that all neurons follow, or nothing but noise. */
    private Trial trial(int index, boolean slow) {
        float[] y = new float[T * N];
        for (int k = 0; k < y.length; k++) {
            int bin = k / N;
            double wave = slow ? Math.sin(bin / 8.0 + index) : 0;
            y[k] = (float) (wave + 0.2 * random.nextGaussian());
        }
        return new Trial(index, (long) index * T, T, 0, y, new float[0], 0);
    }

    @Test
    void shouldScoreWhatIsSlowHighAndNoiseLow() {
        SmoothedScore slow = new SmoothedScore(Observation.CURRENTS, N);
        SmoothedScore noise = new SmoothedScore(Observation.CURRENTS, N);
        for (int i = 0; i < 10; i++) {
            slow.end(trial(i, true));
            noise.end(trial(i, false));
        }
        assertThat(slow.perTrial().getFirst()).isZero();
        assertThat(slow.perTrial().subList(1, 10)).allSatisfy(score -> assertThat(score).isBetween(0.7, 1.0));
        assertThat(noise.perTrial().subList(2, 10)).allSatisfy(score -> assertThat(score).isNegative());
    }

    @Test
    void shouldHaveNothingToScoreInATrialWithoutActivity() {
        SmoothedScore score = new SmoothedScore(Observation.CURRENTS, N);
        score.next(trial(0, true));
        assertThat(score.next(trial(1, true).withoutActivity())).isNaN();
    }

    /** After a crash the means come from the checkpoint. */
    @Test
    void shouldGoOnFromTheMeansOfACheckpointAsIfItHadNeverStopped() {
        List<Trial> trials = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Trial trial = trial(i, true);
            // The first stretch of a session has a warm-up that is no part of another one.
            trials.add(new Trial(i, trial.firstBin(), T, i == 0 ? T / 4 : 0, trial.y(), trial.v(), 0));
        }
        SmoothedScore whole = new SmoothedScore(Observation.CURRENTS, N);
        trials.forEach(whole::end);
        SmoothedScore saved = new SmoothedScore(Observation.CURRENTS, N);
        trials.subList(0, 3).forEach(saved::end);
        SmoothedScore resumed = new SmoothedScore(Observation.CURRENTS, N);
        resumed.restore(saved.sums(), saved.observed());
        trials.subList(3, 6).forEach(resumed::end);
        assertThat(resumed.perTrial()).isEqualTo(whole.perTrial().subList(3, 6));
    }

    @Test
    void shouldPredictCountsAboveNothing() {
        SmoothedScore score = new SmoothedScore(Observation.COUNTS, N);
        float[] y = new float[T * N];
        Arrays.fill(y, 0, y.length / 2, 3);
        Trial trial = new Trial(0, 0, T, 0, y, new float[0], 0);
        score.next(trial);
        assertThat(score.next(trial)).as("bits per spike").isBetween(0.1, 2.0);
    }
}
