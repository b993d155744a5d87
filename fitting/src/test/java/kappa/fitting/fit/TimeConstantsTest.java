package kappa.fitting.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;

class TimeConstantsTest {

    private static final int N = 20;
    private static final int T = 100;
    private static final double ALPHA = 1 / 3.0;

    private static FitPlan plan(boolean chooses) {
        FitPlan.Settings defaults = FitPlan.Settings.DEFAULT;
        return new FitPlan(N, 1, 0, ALPHA, Observation.CURRENTS, 1, 10, FitPlan.DEFAULT_BUFFER_BYTES,
                new FitPlan.Settings(defaults.biases(), defaults.filterLoss(), defaults.prior(),
                        defaults.halfLifeTrials(), defaults.trackerBins(), false, chooses));
    }

    /** Segments of one slow course that all neurons share, much larger than where phi is linear. */
    private static List<Trial> slow(int count) {
        Random random = new Random(9);
        double[] loading = random.doubles(N, 1, 3).toArray();
        double level = 0;
        List<Trial> trials = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            float[] y = new float[T * N];
            for (int t = 0; t < T; t++) {
                level = 0.995 * level + 0.1 * random.nextGaussian();
                for (int i = 0; i < N; i++) {
                    y[t * N + i] = (float) (loading[i] * level + 0.3 * random.nextGaussian());
                }
            }
            trials.add(new Trial(index, (long) index * T, T, 25, y, new float[0], 0));
        }
        return trials;
    }

    @Test
    void shouldMoveToAnotherTimeConstantWithoutChangingLinearDynamics() {
        SplittableRandom random = new SplittableRandom(1);
        LowRankNetwork before = LowRankNetwork.initial(N, 2, 0, 0.2, random);
        float[] n = before.n().clone();
        TimeConstants.moveTo(0.05, before, n);
        LowRankNetwork after = new LowRankNetwork(N, 2, 0, 0.05, before.m(), n, before.w(), before.b());
        float[] expected = {1, -0.5f, 0, 0, 0, 0, 0, 0, 0, 0};
        float[] moved = expected.clone();
        for (var run : List.of(List.of(before, expected), List.of(after, moved))) {
            KernelModel model = KernelModel.plain((LowRankNetwork) run.get(0), Observation.CURRENTS)
                    .withLinearDynamics();
            KernelProvider.kernels().rollout(model, new float[0], 0, 4, (float[]) run.get(1), 0,
                    new float[RnnKernels.SCRATCH]);
        }
        for (int at = 0; at < expected.length; at++) {
            assertThat(moved[at]).isCloseTo(expected[at], within(1e-4f));
        }
    }

    @Test
    void shouldFindThatASlowCourseHasALongTimeConstant() {
        OnlineFitter fitter = new OnlineFitter(plan(true), KernelProvider.kernels(), Team.ALONE);
        PublishedModel model = fitter.publish(null);
        for (Trial trial : slow(40)) {
            fitter.learn(trial);
            model = fitter.publish(model);
        }
        assertThat(model.model().network().alpha()).isLessThan(ALPHA / 2);
        assertThat(fitter.notes()).anyMatch(note -> note.startsWith("time constant: ")
                && note.endsWith(" bins, which predicted better than 3.000"));
    }

    @Test
    void shouldKeepATimeConstantThatIsGiven() {
        OnlineFitter fitter = new OnlineFitter(plan(false), KernelProvider.kernels(), Team.ALONE);
        slow(12).forEach(fitter::learn);
        assertThat(fitter.publish(null).model().network().alpha()).isEqualTo(ALPHA);
    }

    @Test
    void shouldGoOnFromACheckpointWithTheTimeConstantThatItHasChosen() {
        List<Trial> trials = slow(30);
        OnlineFitter uninterrupted = new OnlineFitter(plan(true), KernelProvider.kernels(), Team.ALONE);
        trials.subList(0, 20).forEach(uninterrupted::learn);
        OnlineFitter restarted = new OnlineFitter(plan(true), KernelProvider.kernels(), Team.ALONE);
        restarted.restore(uninterrupted.save());
        restarted.refill(List.copyOf(uninterrupted.buffer()));
        for (Trial trial : trials.subList(20, 30)) {
            uninterrupted.learn(trial);
            restarted.learn(trial);
        }
        assertThat(restarted.publish(null).model().network()).isEqualTo(uninterrupted.publish(null).model().network());
    }
}
