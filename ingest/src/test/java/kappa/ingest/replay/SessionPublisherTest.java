package kappa.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import kappa.ingest.Await;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.CheckedStream;
import kappa.ingest.recording.MinuteOfBins;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Plausibility;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.rig.BinAssembler;
import kappa.ingest.rig.Connector;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.RigStatus;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Author;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Note;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay that is told what to do while it runs, on a real broker. */
class SessionPublisherTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final double WIDTH_S = 0.01;
    private static final int BINS = 1_000;

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaConnection connection;
    private static KafkaProducer<byte[], byte[]> producer;

    /** 10 trials of a second each. */
    private static Recording recording;

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, 1);
        producer = new KafkaProducer<>(connection.producer());
        Path file = directory.resolve("recording.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", new int[BINS * 3], 10, BINS / 10, 3);
            npz.put("bin_width", WIDTH_S);
        }
        recording = NpzRecording.open(file, null);
    }

    @AfterAll
    static void stop() {
        producer.close();
        broker.close();
    }

    /** A later kappa may find other words; the session is the same. */
    @Test
    void shouldCarryWarningsInTheHeaderAndGoOnWhateverTheyWere() {
        SessionPublisher publisher = new SessionPublisher(connection);
        kappa.ingest.recording.FitSettings fit = kappa.ingest.recording.FitSettings.of(1, 1);
        Playback silent = new Playback(Plausibility.checked(recording, true, _ -> {}));
        SessionPlace place = publisher.place(silent, Optional.of("questioned"), fit);
        assertThat(place.description().warnings()).containsExactly(
                "no spike in the session; check which units, trials and times were chosen [no-spike]");
        publisher.publish(silent, place, Speed.MAX, 100, (_, _, _) -> {});
        SessionPlace unquestioned = publisher.place(new Playback(recording), Optional.of("questioned"), fit);
        assertThat(unquestioned.bins()).isEqualTo(100);
        assertThat(unquestioned.description().warnings()).isEqualTo(place.description().warnings());
    }

    @Test
    void shouldPutIntoTheHeaderWhatLooksWrongWithALiveStream() {
        CheckedStream source = new CheckedStream(new MinuteOfBins(true, MinuteOfBins.BINS + 10L), _ -> {});
        SessionPublisher publisher = new SessionPublisher(connection);
        SessionPlace place = publisher.place(source, Optional.of("watched"),
                kappa.ingest.recording.FitSettings.of(1, 1));
        assertThat(place.description().warnings()).as("nothing was seen yet").isEmpty();
        publisher.publish(source, place, new Speed(1), -1, (_, _, _) -> {});
        SessionPlace after = publisher.find("watched").orElseThrow();
        assertThat(after.description().warnings())
                .containsExactly("after 60 s: no spike in the session; check which units,"
                        + " trials and times were chosen [no-spike]");
        assertThat(after.description().createdUnixNs()).isEqualTo(place.description().createdUnixNs());
        assertThat(after.bins()).isEqualTo(MinuteOfBins.BINS + 10L);
    }

    @Test
    void shouldNoteWhatTheRigSaysOfItselfAlsoWhileNoBinComes() {
        CountDownLatch told = new CountDownLatch(1);
        RigLayout layout = new RigLayout("rig", "a test", List.of("a"), List.of(), List.of(), Observation.COUNTS, 0.02,
                30_000, false, false);
        try (RigSource source = new RigSource(layout, null, new Connector() {
            @Override
            public void run(BinAssembler bins, RigStatus status) throws InterruptedException {
                status.state("acquiring");
                bins.start(0);
                bins.complete(1_200);
                told.await();
                status.state("acquisition is stopped");
                Await.until("the note", () -> all(Topics.NOTES, "stopping", Note::parseFrom).size() > 1);
            }

            @Override
            public void close() {}
        }, Double.POSITIVE_INFINITY)) {
            SessionPublisher publisher = new SessionPublisher(connection);
            SessionPlace place = publisher.place(source, Optional.of("stopping"),
                    kappa.ingest.recording.FitSettings.of(1, 1));
            publisher.publish(source, place, new Speed(1), -1, (bins, _, _) -> {
                if (bins == 2) {
                    told.countDown();
                }
            });
        }
        List<Note> notes = all(Topics.NOTES, "stopping", Note::parseFrom);
        assertThat(notes).extracting(Note::getText).endsWith("acquiring", "acquisition is stopped");
        assertThat(notes).allMatch(note -> note.getAuthor() == Author.RIG && note.getSession().equals("stopping"));
        assertThat(notes.getLast().getBin()).as("the newest bin").isEqualTo(1);
    }

    // ------------------------------------------------------------------------------------------------------- running

    /** A replay on a thread of its own. */
    private static final class Running {
        final CompletableFuture<Long> done = new CompletableFuture<>();
        final Thread thread;
        volatile long published;
        volatile String status = "";

        Running(String session, Playback playback, Speed speed) {
            SessionPublisher publisher = new SessionPublisher(connection);
            SessionPlace place = publisher.find(session)
                    .orElseGet(() -> SessionPlace.fresh(SessionPublisher.header(playback.describe(), session,
                            FitSettings.newBuilder().setRank(1).build(), Optional.empty())));
            thread = Thread.ofPlatform().start(() -> {
                try {
                    done.complete(
                            publisher.publish(playback, place, speed, -1, (bins, total, said) -> {
                                published = bins;
                                status = said;
                            }));
                } catch (RuntimeException | Error e) {
                    done.completeExceptionally(e);
                }
            });
        }

        long end() throws Exception {
            return done.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }

        long interrupt() throws Exception {
            thread.interrupt();
            return end();
        }
    }

    private static void send(String topic, String session, byte[] value) {
        try {
            producer.send(new ProducerRecord<>(topic, session.getBytes(UTF_8), value)).get(LIMIT.toSeconds(),
                    TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static PlaybackControl.Builder ask(String session) {
        return PlaybackControl.newBuilder().setSchemaVersion(1).setSession(session);
    }

    private static void send(PlaybackControl.Builder wish) {
        send(Topics.CONTROLS, wish.getSession(), wish.build().toByteArray());
    }

    private interface Parser<M extends MessageLite> {
        M parse(byte[] value) throws InvalidProtocolBufferException;
    }

    private static <M extends MessageLite> List<M> all(String topic, String session, Parser<M> parser) {
        List<M> messages = new ArrayList<>();
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (var record : consumer.poll(Duration.ofMillis(50))) {
                    if (new String(record.key(), UTF_8).equals(session)) {
                        messages.add(parser.parse(record.value()));
                    }
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
        return messages;
    }

    private static PlaybackState state(String session) {
        List<PlaybackState> states = all(Topics.PLAYBACKS, session, PlaybackState::parseFrom);
        return states.isEmpty() ? PlaybackState.getDefaultInstance() : states.getLast();
    }

    private static List<Activity> records(String session) {
        return all(Topics.ACTIVITY, session, Activity::parseFrom);
    }

    private static List<Bin> bins(String session) {
        List<Bin> bins = new ArrayList<>();
        for (Activity record : records(session)) {
            assertThat(record.getFirstBin()).as("the session's bin index has neither gap nor repetition")
                    .isEqualTo(bins.size());
            bins.addAll(record.getBinsList());
        }
        return bins;
    }

    // --------------------------------------------------------------------------------------------------------- tests

    @Test
    void shouldHoldSeekAndGoOnAtTheRecordingsOwnPace() throws Exception {
        String session = "held";
        Running running = new Running(session, new Playback(recording, 0, recording.bins(), false), new Speed(1));
        Await.until("bins", () -> records(session).size() >= 3);
        send(ask(session).setPause(true));
        Await.until("the pause", () -> state(session).getPaused());
        int held = bins(session).size();
        assertThat(state(session).getPosition()).isEqualTo(held);
        send(ask(session).setSeekS(9.5));
        Await.until("the jump", () -> state(session).getEpoch() == 1);
        assertThat(state(session).getPosition()).as("the beginning of the trial").isEqualTo(900);
        assertThat(bins(session)).as("nothing is sent while it is held").hasSize(held);
        long before = System.nanoTime();
        send(ask(session).setPause(false));
        assertThat(running.end()).isEqualTo(held + 100);
        double took = (System.nanoTime() - before) / 1e9;
        List<Bin> bins = bins(session);
        assertThat(bins.get(held - 1).getClock().getEpoch()).isZero();
        assertThat(bins.get(held).getClock().getEpoch()).isEqualTo(1);
        assertThat(bins.get(held).getClock().getSample()).isEqualTo(901);
        assertThat(bins.get(held).getTrial()).isEqualTo(9);
        assertThat(bins.get(held).getRigTimeNs()).isEqualTo(9_010_000_000L);
        // 100 bins of 10 ms: the pause is not caught up on.
        assertThat(took).isGreaterThan(1.0);
        assertThat(records(session).getLast().getEndOfSession()).isTrue();
    }

    @Test
    void shouldChangeItsSpeedWhileItRuns() throws Exception {
        String session = "sped";
        Running running = new Running(session, new Playback(recording, 0, recording.bins(), false), new Speed(0.001));
        Await.until("its state", () -> state(session).getSpeed() == 0.001);
        assertThat(records(session)).as("the first bin is over after 10 s").isEmpty();
        send(ask(session).setSpeed(Double.POSITIVE_INFINITY));
        assertThat(running.end()).isEqualTo(BINS);
        assertThat(bins(session)).hasSize(BINS);
        assertThat(state(session)).satisfies(state -> {
            assertThat(state.getSpeed()).isInfinite();
            assertThat(state.getBins()).isEqualTo(BINS);
            assertThat(state.getUntil()).isEqualTo(BINS);
            assertThat(state.getLoop()).isFalse();
        });
    }

    @Test
    void shouldRejectWhatItCannotFollowAndGoOn() throws Exception {
        String session = "rejecting";
        Running running = new Running(session, new Playback(recording, 100, 300, true), new Speed(1));
        Await.until("its state", () -> state(session).getUntil() == 300);
        send(Topics.CONTROLS, session, "no control".getBytes(UTF_8));
        send(ask(session));
        send(ask(session).setSeekS(3));
        send(ask(session).setSpeed(0));
        send(ask(session).setSeekS(2));
        Await.until("the jump", () -> state(session).getEpoch() >= 1);
        assertThat(running.interrupt()).isEqualTo(bins(session).size());
        assertThat(all(Topics.REJECTED, session, Rejected::parseFrom)).extracting(Rejected::getReason).containsExactly(
                Reason.MALFORMED, Reason.BAD_CONTROL, Reason.BAD_CONTROL, Reason.BAD_CONTROL);
    }

    @Test
    void shouldGoOnWhereItWasStoppedAfterJumpsAndRounds() throws Exception {
        String session = "stopped";
        Running first = new Running(session, new Playback(recording, 100, 300, true), Speed.MAX);
        Await.until("three rounds", () -> bins(session).size() > 600);
        send(ask(session).setSpeed(1).setSeekS(2));
        Await.until("the jump", () -> state(session).getSpeed() == 1);
        long stopped = first.interrupt();
        Bin last = bins(session).getLast();
        Running second = new Running(session, new Playback(recording, 100, 300, true), new Speed(1));
        Await.until("more bins", () -> bins(session).size() > stopped + 5);
        assertThat(second.interrupt()).isGreaterThan(stopped);
        List<Bin> bins = bins(session);
        assertThat(bins.get((int) stopped - 1)).isEqualTo(last);
        for (int t = 1; t < bins.size(); t++) {
            Bin before = bins.get(t - 1);
            Bin bin = bins.get(t);
            boolean jump = bin.getClock().getEpoch() != before.getClock().getEpoch();
            assertThat(bin.getClock().getEpoch()).isEqualTo(before.getClock().getEpoch() + (jump ? 1 : 0));
            assertThat(bin.getTrial()).isEqualTo(before.getTrial() + (jump || before.getTrialEnd() ? 1 : 0));
            if (!jump) {
                assertThat(bin.getClock().getSample()).isEqualTo(before.getClock().getSample() + 1);
            }
        }
    }

    @Test
    void shouldHoldAReplayAtFullSpeedBackOnceThereIsAPipelineThatFollowsIt() throws Exception {
        Path file = directory.resolve("wide.npz");
        int neurons = 4_000;
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", new int[100 * neurons], 100, neurons);
            npz.put("bin_width", WIDTH_S);
        }
        String session = "ahead";
        Running running = new Running(session, new Playback(NpzRecording.open(file, null), 0, 100, true), Speed.MAX);
        // There is one byte a count.
        long most = Backlog.MOST_BYTES / neurons;
        Await.until("it to run ahead, for nobody follows", () -> running.published > 2 * most);
        // Somebody else's kappa changes nothing.
        sendLatents("another", 0, 1_000_000);
        Await.until("it to run ahead further", () -> running.published > 3 * most);
        sendLatents(session, 0, 1);
        Await.until("the replay to wait", () -> running.status.contains("waiting for the pipeline"));
        long ahead = running.published;
        assertThat(running.status).contains((ahead - 1) + " bins have no kappa yet");
        sendLatents(session, 1, (int) ahead - 101);
        long next = ahead - 100 + most;
        Await.until("it to go on", () -> running.published > next - most / 4);
        Await.until("it to wait again",
                () -> running.status.contains((running.published - ahead + 100) + " bins have no kappa yet"));
        assertThat(running.published).isBetween(next - most / 4, next + (1 << 20) / neurons);
        assertThat(running.interrupt()).isEqualTo(running.published);
    }

    private static void sendLatents(String session, long first, int bins) {
        send(Topics.LATENTS, session, Latents.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(first)
                .addAllBins(Collections.nCopies(bins, LatentBin.getDefaultInstance())).build().toByteArray());
    }
}
