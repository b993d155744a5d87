package kappa.ingest.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.replay.PushedSessions.Standing;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.CheckedRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions that are handed over, on the topics of a real broker. */
class PushedSessionsTest {

    private static final int MOST_KNOWN = 3;
    private static final FitSettings FIT = FitSettings.of(1, 1);

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaConnection connection;

    private final PushedSessions sessions = new PushedSessions(connection, MOST_KNOWN);

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, Topics.DEFAULT_PARTITIONS);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @AfterEach
    void close() {
        sessions.close();
    }

    private static RecordingDescription recording(int neurons) {
        return new RecordingDescription(IntStream.range(0, neurons).mapToObj(i -> "unit " + i).toList(), 0.02,
                List.of(), List.of(), Observation.COUNTS, true, List.of(), "a test", Optional.empty());
    }

    private static List<RecordedBin> bins(int number, int neurons, long trial) {
        return IntStream.range(0, number).mapToObj(t -> {
            RecordedBin bin = new RecordedBin(neurons, 0, 0);
            Arrays.fill(bin.activity, t % 3);
            bin.trial = trial;
            return bin;
        }).toList();
    }

    /** Bins of a session as the topic has them; fails where one is missing, repeated or in the wrong place. */
    private static List<Bin> published(String session) {
        List<Bin> bins = new ArrayList<>();
        try (TopicFollower log = new TopicFollower(connection, record -> CheckedRecord
                .of(record.topic(), record.key(), record.value()).message(Activity.class)
                .filter(activity -> activity.getSession().equals(session)).ifPresent(activity -> {
                    assertThat(activity.getFirstBin()).isEqualTo(bins.size());
                    bins.addAll(activity.getBinsList());
                }))) {
            log.fromBeginning(log.partitions(Topics.ACTIVITY));
            log.readToEnd();
        }
        return bins;
    }

    @Test
    void shouldHaveEachBinOnTheTopicOnceWhenACallReturns() {
        assertThat(sessions.open(recording(3), "each", FIT)).isEqualTo(new Standing("each", 0, true, false));
        assertThat(sessions.append("each", OptionalLong.empty(), bins(70, 3, 0), false).bins()).isEqualTo(70);
        assertThat(sessions.append("each", OptionalLong.of(60), bins(20, 3, 0), false).bins())
                .as("a call whose answer was lost is repeated").isEqualTo(80);
        assertThat(published("each")).hasSize(80)
                .allSatisfy(bin -> assertThat(bin.getCountsList()).hasSize(3).doesNotContain(-1))
                .extracting(Bin::getRigTimeNs).startsWith(20_000_000L, 40_000_000L);
        assertThat(sessions.append("each", OptionalLong.empty(), bins(1, 3, 1), true))
                .isEqualTo(new Standing("each", 81, false, true));
        assertThat(sessions.append("each", OptionalLong.of(80), bins(1, 3, 1), true).bins())
                .as("and so at its end").isEqualTo(81);
        assertThat(published("each")).hasSize(81);
    }

    @Test
    void shouldSendNothingOfACallThatIsWrong() {
        sessions.open(recording(3), "wrong", FIT);
        sessions.append("wrong", OptionalLong.empty(), bins(5, 3, 4), false);
        List<RecordedBin> half = new ArrayList<>(bins(5, 3, 4));
        half.addAll(bins(1, 4, 4));
        assertThatThrownBy(() -> sessions.append("wrong", OptionalLong.empty(), half, false))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("bin 10: 4 counts, expected 3");
        assertThatThrownBy(() -> sessions.append("wrong", OptionalLong.empty(), bins(1, 3, 3), false))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("trial is 3 after 4");
        assertThatThrownBy(() -> sessions.append("wrong", OptionalLong.of(7), bins(1, 3, 4), false))
                .isInstanceOf(PushedSessions.Conflict.class).hasMessageContaining("those between are missing");
        assertThatThrownBy(() -> sessions.append("wrong", new byte[]{1, 2, 3}))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("is not a Activity");
        assertThatThrownBy(() -> sessions.append("other", Activity.newBuilder().setSchemaVersion(1)
                .setSession("wrong").build().toByteArray())).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("expected the session \"wrong\"");
        assertThat(published("wrong")).hasSize(5);
    }

    @Test
    void shouldRefuseWhatIsNoSessionAndWhatIsAnother() {
        sessions.open(recording(3), "mine", FIT);
        assertThatThrownBy(() -> sessions.open(recording(4), "mine", FIT)).isInstanceOf(PushedSessions.Conflict.class)
                .hasMessageContaining("with another header");
        assertThatThrownBy(() -> sessions.open(recording(3), "a b", FIT)).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> sessions.open(recording(0), "none", FIT)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("neurons is 0");
        assertThatThrownBy(() -> sessions.append("nobody", OptionalLong.empty(), bins(1, 3, 0), false))
                .isInstanceOf(PushedSessions.Unknown.class);
    }

    @Test
    void shouldGoOnWhereAnotherProcessStopped() {
        try (PushedSessions before = new PushedSessions(connection)) {
            before.open(recording(2), "handed-on", FIT);
            before.append("handed-on", OptionalLong.empty(), bins(10, 2, 7), false);
        }
        assertThat(sessions.open(recording(2), "handed-on", FIT))
                .isEqualTo(new Standing("handed-on", 10, false, false));
        assertThatThrownBy(() -> sessions.append("handed-on", OptionalLong.empty(), bins(1, 2, 6), false))
                .hasMessageContaining("trial is 6 after 7");
        sessions.append("handed-on", OptionalLong.empty(), bins(10, 2, 7), true);
        assertThat(published("handed-on")).hasSize(20);
        assertThatThrownBy(() -> sessions.open(recording(2), "handed-on", FIT))
                .isInstanceOf(PushedSessions.Conflict.class).hasMessageContaining("is over");
    }

    @Test
    void shouldForgetWhoIsIdleAndFindThemAgain() {
        byte[] header = SessionPublisher.begin(recording(2), "first", FIT).header().toByteArray();
        sessions.open("first", header);
        sessions.append("first", OptionalLong.empty(), bins(1, 2, 0), false);
        for (int i = 0; i < MOST_KNOWN; i++) {
            sessions.open(recording(2), "idle-" + i, FIT);
        }
        assertThat(sessions.append("first", OptionalLong.empty(), bins(1, 2, 0), false).bins()).isEqualTo(2);
    }
}
