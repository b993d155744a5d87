package kappa.fitting.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import kappa.fitting.model.Trial;
import kappa.ingest.SharedData;
import kappa.ingest.recording.npz.NpzRecording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverlapDetectorTest {

    /** Sums over {@code width} bins, one every {@code step} bins. */
    private static float[] sums(float[] y, int bins, int neurons, int width, int step) {
        int out = (bins - width) / step + 1;
        float[] sums = new float[out * neurons];
        for (int t = 0; t < out; t++) {
            for (int i = 0; i < neurons; i++) {
                for (int j = 0; j < width; j++) {
                    sums[t * neurons + i] += y[(t * step + j) * neurons + i];
                }
            }
        }
        return sums;
    }

    private static OverlapDetector over(String name, int width, int step) {
        NpzRecording session = NpzRecording.open(SharedData.file(name), null);
        OverlapDetector detector = new OverlapDetector(session.neurons());
        int trials = Math.min(40, session.trials());
        for (int trial = 0; trial < trials; trial++) {
            float[] y = sums(session.activity(trial), session.bins(trial), session.neurons(), width, step);
            detector.add(new Trial(trial, 0, y.length / session.neurons(), 0, y, new float[0], 0));
        }
        return detector;
    }

    @ParameterizedTest
    @CsvSource({"chewie.npz,2", "chewie.npz,4", "chewie.npz,8", "cdm.npz,4", "cdm.npz,8", "dm.npz,4", "dm.npz,8"})
    void shouldRecogniseSumsOverOverlappingBins(String name, int width) {
        OverlapDetector detector = over(name, width, 1);
        // The correlations are known to a few hundredths, a shift of some tenths between two lags.
        assertThat(detector.window().orElseThrow()).isCloseTo(width, within(0.35));
        assertThat(detector.warning().orElseThrow()).contains("overlap", "publish counts of bins that do not overlap")
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource({"chewie.npz,1", "chewie.npz,2", "chewie.npz,4", "chewie.npz,8", "cdm.npz,1", "cdm.npz,2", "cdm.npz,4",
        "cdm.npz,8", "dm.npz,1", "dm.npz,2", "dm.npz,4", "dm.npz,8", "cdm_full.npz,1", "cdm_full.npz,4"})
    void shouldNotMistakeBinsThatDoNotOverlap(String name, int width) {
        assertThat(over(name, width, width).warning()).isEmpty();
    }

    @Test
    void shouldRecogniseAWindowThatIsNoMultipleOfItsStep() {
        // 5 bins every 2: 2.5 steps.
        assertThat(over("cdm.npz", 5, 2).window().orElseThrow()).isCloseTo(2.5, within(0.35));
    }

    /** Poisson counts of 30 neurons, 3,000 bins, about a slow wave of 5 to 35 spikes a bin. */
    private static float[] slowWave() {
        SplittableRandom random = new SplittableRandom(3);
        float[] y = new float[3_000 * 30];
        for (int t = 0; t < 3_000; t++) {
            for (int i = 0; i < 30; i++) {
                double rate = 20 + 15 * Math.sin(t / 40.0 + i);
                // Normal with the variance of a Poisson count: these are large.
                y[t * 30 + i] = (float) Math.max(0, Math.rint(rate + Math.sqrt(rate) * random.nextGaussian()));
            }
        }
        return y;
    }

    @Test
    void shouldNotMistakeRatesThatChangeSlowly() {
        // Neighbouring bins are correlated by .85 here, which alone would look like a window of seven.
        OverlapDetector detector = new OverlapDetector(30);
        detector.add(new Trial(0, 0, 3_000, 0, slowWave(), new float[0], 0));
        assertThat(detector.window()).isEmpty();
    }

    @Test
    void shouldRecogniseOverlapUnderRatesThatChangeSlowly() {
        float[] y = sums(slowWave(), 3_000, 30, 6, 1);
        OverlapDetector detector = new OverlapDetector(30);
        detector.add(new Trial(0, 0, y.length / 30, 0, y, new float[0], 0));
        assertThat(detector.window().orElseThrow()).isCloseTo(6, within(0.35));
    }

    @Test
    void shouldSayNothingOfSilenceOrOfWhatWasNotObserved() {
        float[] y = new float[200 * 40];
        Arrays.fill(y, 0, 4_000, Float.NaN);
        OverlapDetector detector = new OverlapDetector(40);
        detector.add(new Trial(0, 0, 200, 0, y, new float[0], 0));
        assertThat(detector.warning()).isEmpty();
    }
}
