package kappa.fitting.offline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.fitting.file.MatchedModel;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.SavedModel;
import kappa.fitting.model.Trial;
import kappa.fitting.pipeline.SessionPlan;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.fitting.simulation.SimulatedSession;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two days with one circuit: the second day's electrodes see its neurons in another order, a tenth of them others. */
class StartFromTest {

    private static final int N = 100;
    private static final int REPLACED = N / 10;
    private static final int TRIALS = 60;
    /** Without tracking, which every session begins anew: the model itself is compared. */
    private static final FitSettings SETTINGS = new FitSettings(1, 0, 0.1, 1, true, 25, true, false, 1, 0, 0);
    private static final HandBuilt CIRCUIT = HandBuiltNetworks.named("decision", N + REPLACED, 5);

    @TempDir
    Path directory;

    private static BinSource day(Observation kind, int trials, long seed, int... neurons) {
        return SecondDay.of(new SimulatedSession(CIRCUIT,
                new SimulatedSession.Settings(kind, 0.6, 0.05, trials, seed)), neurons);
    }

    private static BinSource first(Observation kind) {
        return day(kind, TRIALS, 11, IntStream.range(0, N).toArray());
    }

    /** All but the first neurons of the first day, and as many new ones, in a random order. */
    private static BinSource second(Observation kind, int trials) {
        int[] neurons = IntStream.range(REPLACED, N + REPLACED).toArray();
        SplittableRandom random = new SplittableRandom(3);
        for (int i = neurons.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int swapped = neurons[i];
            neurons[i] = neurons[other];
            neurons[other] = swapped;
        }
        return day(kind, trials, 12, neurons);
    }

    private static PrequentialFit fit(BinSource source, SessionPlan plan) {
        PrequentialFit fit = new PrequentialFit(plan.fit(), KernelProvider.kernels(),
                new OnlineFitter(plan.fit(), KernelProvider.kernels(), Team.ALONE));
        SessionReader.read(source, plan.fit(), List.of(fit), _ -> {});
        return fit;
    }

    private static SessionPlan startingFrom(Path file, BinSource source) {
        MatchedModel matched = MatchedModel.of(file, NetworkFile.model(file), source.describe(), SETTINGS);
        return SessionPlan.of(source.describe(), "second", matched.settings(),
                Optional.of(SnapshotCodec.toWire(matched.model(), file.toString())));
    }

    /** Fitted once for all tests. */
    private record Day(SessionPlan plan, PrequentialFit fit) {
        private static final Map<Observation, Day> FIRST = new EnumMap<>(Observation.class);

        static Day first(Observation kind) {
            return FIRST.computeIfAbsent(kind, _ -> {
                BinSource source = StartFromTest.first(kind);
                SessionPlan plan = SessionPlan.of(source.describe(), "first", SETTINGS);
                return new Day(plan, StartFromTest.fit(source, plan));
            });
        }
    }

    private Path saved(Day day) {
        Path file = directory.resolve("first.npz");
        NetworkFile.write(file, SnapshotCodec.saved(day.plan, day.fit.model(), day.fit.mean()));
        return file;
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldPredictTheFirstTrialOfTheSecondDayAsWellAsTheLastOnesOfTheFirst(Observation kind) {
        Day first = Day.first(kind);
        BinSource source = second(kind, 20);
        SessionPlan plan = startingFrom(saved(first), source);
        PrequentialFit second = fit(source, plan);
        double end = mean(first.fit.oneStep(), TRIALS - TRIALS / 10, TRIALS);
        assertThat(plan.fit().neurons()).as("with those that are gone as hidden ones").isEqualTo(N + REPLACED);
        assertThat(second.oneStep().getFirst()).isGreaterThanOrEqualTo(end);
        assertThat(mean(second.oneStep(), 10, 20)).as("it is not forgotten again").isGreaterThan(0.95 * end);
        assertThat(second.model().version()).isEqualTo(20);
    }

    private static double mean(List<Double> scores, int from, int to) {
        return scores.subList(from, to).stream().mapToDouble(x -> x).average().orElseThrow();
    }

    @Test
    void shouldReadBackAModelBitForBit() {
        Day first = Day.first(Observation.COUNTS);
        SavedModel read = NetworkFile.model(saved(first));
        PublishedModel model = first.fit.model();
        assertThat(read.model()).usingRecursiveComparison().isEqualTo(model);
        assertThat(read.mean()).isEqualTo(first.fit.mean());
        assertThat(read.neurons()).containsExactlyElementsOf(first(Observation.COUNTS).describe().neurons());
        assertThat(read.network()).isEqualTo(NetworkFile.read(directory.resolve("first.npz")));
    }

    @Test
    void shouldBeginWithTheSavedModelItselfAndGoOnFromAnyCheckpointBitForBit() {
        Path file = saved(Day.first(Observation.COUNTS));
        BinSource source = first(Observation.COUNTS);
        SessionPlan plan = startingFrom(file, source);
        PublishedModel saved = NetworkFile.model(file).model();
        OnlineFitter whole = new OnlineFitter(plan.fit(), KernelProvider.kernels(), Team.ALONE);
        PublishedModel begun = whole.publish(null);
        assertThat(begun.version()).isZero();
        assertThat(begun.model()).usingRecursiveComparison().isEqualTo(saved.model());
        assertThat(begun.processNoise()).isEqualTo(saved.processNoise());
        assertThat(begun.startCovariance()).isEqualTo(saved.startCovariance());

        Kept trials = new Kept();
        SessionReader.read(day(Observation.COUNTS, 6, 12, IntStream.range(0, N).toArray()), plan.fit(),
                List.of(trials), _ -> {});
        PublishedModel uninterrupted = begun;
        OnlineFitter restored = null;
        PublishedModel interrupted = null;
        for (int t = 0; t < 6; t++) {
            whole.learn(trials.all.get(t));
            uninterrupted = whole.publish(uninterrupted);
            if (t == 2) {
                restored = new OnlineFitter(plan.fit(), KernelProvider.kernels(), Team.ALONE);
                restored.restore(SnapshotCodec.fromWire(SnapshotCodec.toWire(whole.save()), restored.save()));
                restored.refill(List.copyOf(whole.buffer()));
                interrupted = uninterrupted;
            } else if (restored != null) {
                restored.learn(trials.all.get(t));
                interrupted = restored.publish(interrupted);
            }
        }
        assertThat(interrupted).usingRecursiveComparison().isEqualTo(uninterrupted);
        // The axes are the saved ones: nothing flips or rotates between two days.
        float[] before = saved.model().network().m();
        float[] after = uninterrupted.model().network().m();
        double product = IntStream.range(0, N).mapToDouble(i -> (double) before[i] * after[i]).sum() / N;
        assertThat(product).isGreaterThan(0.9);
    }

    /** Trials as a fitter is given them. */
    private static final class Kept implements SessionReader.Follower {
        private final List<Trial> all = new ArrayList<>();

        @Override
        public void end(Trial trial) {
            all.add(trial);
        }
    }
}
