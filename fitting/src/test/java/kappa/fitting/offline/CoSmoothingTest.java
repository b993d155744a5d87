package kappa.fitting.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.SavedModel;
import kappa.ingest.InvalidInputException;
import kappa.ingest.SharedData;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CoSmoothingTest {

    private static final int N = 60;
    private static final int TRIALS = 30;
    private static final int T = 60;

    @TempDir
    Path directory;

    /** x_t = m kappa_t, where kappa wanders at random, which no free run can know; counts with mean 1 + tanh x. */
    private NpzRecording wandering(float[] m) {
        SplittableRandom random = new SplittableRandom(8);
        int[] counts = new int[TRIALS * T * N];
        for (int trial = 0; trial < TRIALS; trial++) {
            double kappa = 0;
            for (int t = 0; t < T; t++) {
                kappa = 0.98 * kappa + 0.2 * random.nextGaussian();
                for (int i = 0; i < N; i++) {
                    double product = random.nextDouble();
                    double limit = Math.exp(-(1 + LowRankNetwork.phi(m[i] * kappa)));
                    while (product > limit) {
                        product *= random.nextDouble();
                        counts[(trial * T + t) * N + i]++;
                    }
                }
            }
        }
        Path file = directory.resolve("wandering.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", counts, TRIALS, T, N);
            npz.put("inputs", new float[TRIALS * T], TRIALS, T, 1);
            npz.put("bin_width", 0.02);
        }
        return NpzRecording.open(file, null);
    }

    private static float[] loadings() {
        float[] m = new float[N];
        for (int i = 0; i < N; i++) {
            m[i] = (float) (1.4 * Math.sin(1 + 2.3 * i));
        }
        return m;
    }

    @Test
    void shouldFindInTheOthersWhatNoFreeRunKnows() {
        float[] m = loadings();
        // n = m: kappa decays slowly (overlap 1), and leaves zero for inputs that are zero too: give it some.
        LowRankNetwork network = LowRankNetwork.withoutBias(N, 1, 1, 0.2, m, m.clone(), new float[N]);
        float[] ones = new float[N];
        Arrays.fill(ones, 1);
        float[] h0 = m.clone();
        LowRankNetwork file = network.withInitialState(h0).withGain(ones);
        NpzRecording session = wandering(m);
        double coSmoothing = CoSmoothing.bitsPerSpike(file, session, CoSmoothing.draw(N, 0.25, 1));
        assertThat(coSmoothing).isGreaterThan(0.1);
        assertThat(Evaluation.of(file, session).bitsPerSpike().orElseThrow()).isLessThan(0.02);
        // A network whose loadings are somebody else's knows nothing.
        float[] shuffled = new float[N];
        for (int i = 0; i < N; i++) {
            shuffled[i] = m[(i * 7 + 3) % N];
        }
        LowRankNetwork wrong = LowRankNetwork.withoutBias(N, 1, 1, 0.2, shuffled, shuffled.clone(), new float[N])
                .withInitialState(shuffled.clone()).withGain(ones);
        assertThat(CoSmoothing.bitsPerSpike(wrong, session, CoSmoothing.draw(N, 0.25, 1)))
                .isLessThan(0.02);
    }

    @Test
    void shouldFilterWithTheNoiseThatWasFittedAndWithoutHiddenNeurons() {
        float[] m = Arrays.copyOf(loadings(), N + 1);
        LowRankNetwork network = LowRankNetwork.withoutBias(N + 1, 1, 1, 0.2, m, m.clone(), new float[N + 1]);
        float[] ones = new float[N + 1];
        Arrays.fill(ones, 1);
        PublishedModel model = new PublishedModel(1, KernelModel.of(network, Observation.COUNTS, ones,
                new float[N + 1], ones.clone()), new double[]{0.04}, new double[]{1}, new double[1],
                PublishedModel.certainStart(1), 0, 0);
        List<String> neurons = IntStream.range(0, N).mapToObj(Integer::toString).toList();
        SavedModel saved = new SavedModel(model, neurons, List.of("input 0"), 0.02, Optional.empty(), new float[0]);
        NpzRecording session = wandering(loadings());
        boolean[] heldOut = CoSmoothing.draw(N, 0.25, 1);
        double fitted = CoSmoothing.bitsPerSpike(saved, session, heldOut);
        // Without a start of its own the network alone runs at 0, and its invented noise is next to none.
        assertThat(fitted).isGreaterThan(CoSmoothing.bitsPerSpike(saved.network(), session, heldOut) + 0.1);
    }

    @Test
    void shouldScoreTheTeacherLikeItsOwnFreeRunWhereThatIsExact() {
        // Noise-free dynamics: the held-in neurons cannot add anything, only the filter's doubts cost a little.
        NpzRecording session = start(NpzRecording.open(SharedData.file("dm.npz"), null), 60);
        LowRankNetwork teacher = (LowRankNetwork) NetworkFile.read(SharedData.file("teachers/dm.npz"));
        double free = Evaluation.of(teacher, session).bitsPerSpike().orElseThrow();
        double held = CoSmoothing.bitsPerSpike(teacher, session, CoSmoothing.draw(512, 128, 1));
        // Other neurons are scored: a quarter of them at random have other rates.
        assertThat(held).isCloseTo(free, within(0.04));
    }

    /** The first trials of a session, which are quicker to score. */
    private NpzRecording start(NpzRecording session, int trials) {
        int bins = session.bins(0);
        float[] counts = new float[trials * bins * session.neurons()];
        float[] inputs = new float[trials * bins];
        for (int trial = 0; trial < trials; trial++) {
            System.arraycopy(session.activity(trial), 0, counts, trial * bins * session.neurons(),
                    bins * session.neurons());
            System.arraycopy(session.inputs(trial), 0, inputs, trial * bins, bins);
        }
        Path file = directory.resolve("start.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", counts, trials, bins, session.neurons());
            npz.put("inputs", inputs, trials, bins, 1);
            npz.put("bin_width", session.binWidthSeconds());
        }
        return NpzRecording.open(file, null);
    }

    @Test
    void shouldDrawAsManyNeuronsAsWereAskedFor() {
        boolean[] half = CoSmoothing.draw(10, 0.5, 3);
        assertThat(IntStream.range(0, 10).filter(i -> half[i]).count()).isEqualTo(5);
        boolean[] three = CoSmoothing.draw(10, 3, 3);
        assertThat(IntStream.range(0, 10).filter(i -> three[i]).count()).isEqualTo(3);
        assertThat(CoSmoothing.draw(10, 3, 3)).isEqualTo(three);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.01, 10, 3.5, -1, Double.NaN, 0.99})
    void shouldRefuseADrawThatLeavesNobodyOnOneSide(double amount) {
        assertThatThrownBy(() -> CoSmoothing.draw(10, amount, 1)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("expected a share or a whole number that leaves 1 to 9 of 10");
    }
}
