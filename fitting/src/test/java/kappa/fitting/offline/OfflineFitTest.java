package kappa.fitting.offline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import kappa.fitting.fit.FittingAlgorithm;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.fitting.pipeline.SessionPlan;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.RecordingCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfflineFitTest {

    private static final int N = 2;

    @TempDir
    Path directory;

    /** Counts that name their bin: neuron 0 of bin t fires t times. */
    private NpzRecording session(int bins, int... trialLengths) {
        Path file = directory.resolve("session.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            int[] counts = new int[bins * N];
            float[] inputs = new float[bins];
            for (int t = 0; t < bins; t++) {
                counts[t * N] = t;
                inputs[t] = 1;
            }
            npz.put("counts", counts, bins, N);
            npz.put("inputs", inputs, bins, 1);
            npz.put("bin_width", 0.02);
            if (trialLengths.length > 0) {
                npz.put("trial_length", trialLengths, trialLengths.length);
            }
        }
        return NpzRecording.open(file, null);
    }

    private static SessionPlan plan(NpzRecording session) {
        return SessionPlan.of(RecordingCodec.header(session.describe()).setSession("test")
                .setFit(FitSettings.newBuilder().setRank(1)).build());
    }

    /** What somebody who follows was told. */
    private static final class Diary implements SessionReader.Follower, FittingAlgorithm {
        final List<String> lines = new ArrayList<>();
        final List<Trial> trials = new ArrayList<>();
        final List<Start> starts = new ArrayList<>();

        @Override
        public void begin(Start start) {
            starts.add(start);
        }

        @Override
        public void end(Trial trial) {
            trials.add(trial);
        }

        @Override
        public void learn(Trial trial) {
            lines.add("learn " + trial.index());
        }

        @Override
        public void endPass() {
            lines.add("end of pass");
        }

        @Override
        public PublishedModel publish(PublishedModel previous) {
            lines.add("publish");
            long version = previous == null ? 0 : previous.version() + 1;
            LowRankNetwork network = LowRankNetwork.withoutBias(N, 1, 1, 0.2, new float[]{1, 1}, new float[N],
                    new float[N]);
            return new PublishedModel(version, KernelModel.plain(network, Observation.COUNTS),
                    new double[]{1}, new double[]{1}, new double[1], PublishedModel.certainStart(1), 0, 0);
        }
    }

    private static Diary read(NpzRecording session) {
        Diary diary = new Diary();
        try (BinSource source = session.source()) {
            SessionReader.read(source, plan(session).fit(), List.of(diary), bins -> {});
        }
        return diary;
    }

    @Test
    void shouldCutTrialsOfUnequalLength() {
        Diary diary = read(session(60, 10, 1, 49));
        assertThat(diary.trials).extracting(Trial::bins).containsExactly(10, 1, 49);
        assertThat(diary.trials).extracting(Trial::firstBin).containsExactly(0L, 10L, 11L);
        assertThat(diary.trials).extracting(Trial::warmUp).containsOnly(0);
        assertThat(diary.starts).containsOnly(Start.TRIAL);
        // v starts from 0 in each trial: .2 after one bin of u = 1.
        assertThat(diary.trials).allSatisfy(trial -> assertThat(trial.v()[0]).isZero())
                .allSatisfy(trial -> assertThat(trial.v()[1]).isEqualTo(0.2f));
    }

    @Test
    void shouldCutASessionWithoutTrialsIntoSegmentsThatOverlapByTheirWarmUp() {
        Diary diary = read(session(260));
        assertThat(diary.starts).containsExactly(Start.UNKNOWN, Start.SEGMENT, Start.SEGMENT);
        assertThat(diary.trials).extracting(Trial::firstBin).containsExactly(0L, 100L, 200L);
        assertThat(diary.trials).extracting(Trial::bins).containsExactly(125, 125, 60);
        assertThat(diary.trials).extracting(Trial::warmUp).containsOnly(25);
        // Each bin is new exactly once, after the first warm-up.
        assertThat(diary.trials.stream().flatMap(trial -> IntStream.range(trial.warmUp(), trial.bins())
                .mapToObj(t -> (long) trial.y()[t * N])).toList())
                .containsExactlyElementsOf(LongStream.range(25, 260).boxed().toList());
        // v goes on.
        assertThat(diary.trials.get(1).v()[0]).isEqualTo(diary.trials.getFirst().v()[100]);
    }

    @Test
    void shouldCutATrialThatIsVeryLongIntoPieces() {
        Diary diary = read(session(2_500, 2_100, 400));
        assertThat(diary.starts).containsExactly(Start.TRIAL, Start.SEGMENT, Start.TRIAL);
        assertThat(diary.trials).extracting(Trial::bins).containsExactly(2_000, 125, 400);
    }

    @Test
    void shouldScoreTheFirstPassOnlyAndPublishWhatTheLastOneTaught() {
        NpzRecording session = session(60, 10, 1, 49);
        Diary diary = new Diary();
        PrequentialFit fit = new PrequentialFit(plan(session).fit(), KernelProvider.kernels(), diary);
        List<Long> progress = new ArrayList<>();
        long bins = OfflineFit.run(session, plan(session).fit(), List.of(fit), List.of(), 3,
                (done, total) -> {
                    assertThat(total).isEqualTo(180);
                    progress.add(done);
                });
        assertThat(bins).isEqualTo(60);
        assertThat(progress).containsExactly(10L, 11L, 60L, 70L, 71L, 120L, 130L, 131L, 180L);
        assertThat(diary.lines).containsExactly("publish", "learn 0", "publish", "learn 1", "publish", "learn 2",
                "publish", "end of pass", "learn 0", "learn 1", "learn 2", "end of pass", "learn 0", "learn 1",
                "learn 2",
                "end of pass", "publish");
        assertThat(fit.oneStep()).hasSize(3);
        assertThat(fit.latents()).isEqualTo(60);
        assertThat(fit.model().version()).isEqualTo(4);
    }
}
