package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import kappa.ingest.UnixTime;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.replay.Playback;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.Latents;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several {@code serve} in one group share the sessions; {@link FaultTest} kills one of them. */
@ProcessTest
@Tag("soak")
class ScaleOutTest {

    private static final int TRIALS = 60;
    private static final int BINS = TRIALS * 15;
    private static final String UNDISTURBED = "undisturbed";

    @TempDir
    private Path directory;

    private Path recording;
    private Cluster cluster;

    @BeforeEach
    void start() {
        recording = Recording.synthetic(directory.resolve("shared.npz"), BINS, 30, TRIALS, 0.02);
        cluster = Cluster.withBrokerHere(directory, directory.resolve("data"));
    }

    @AfterEach
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** One in each partition, so that everybody has the same number of them. */
    private static List<String> sessions(String prefix) {
        return IntStream.range(0, Topics.DEFAULT_PARTITIONS)
                .mapToObj(partition -> Cluster.sessionIn(partition, prefix)).toList();
    }

    private Replay publish(String session, Speed speed) {
        return Replay.start(cluster.servers(), new Playback(NpzRecording.open(recording, null)), session, speed);
    }

    /** Nobody dies: who is asked for partitions gives them up in order, and goes on with the others meanwhile. */
    @Test
    void shouldHandSessionsToAProcessThatJoinsWithoutStoppingTheOthers() {
        cluster.serve("one", false);
        cluster.serve("two", false);
        cluster.awaitSharedBy(2);
        publish(UNDISTURBED, Speed.MAX).awaitSuccess();
        cluster.await("the undisturbed session", () -> cluster.ended(UNDISTURBED));
        warmUp();
        List<String> sessions = sessions("session-");
        List<Replay> replays = sessions.stream().map(session -> publish(session, new Speed(0.3))).toList();
        cluster.await("a checkpoint of each session", () -> {
            replays.forEach(Replay::shouldRunOrSucceed);
            return sessions.stream().noneMatch(session -> cluster.checkpoints.arrived(session).isEmpty());
        });
        Map<String, String> owners = new TreeMap<>();
        sessions.forEach(session -> owners.put(session, cluster.ownerOf(session).orElseThrow()));
        long joined = UnixTime.nowNs();
        cluster.serve("three", false);
        cluster.awaitSharedBy(3);
        replays.forEach(Replay::awaitSuccess);
        cluster.await("the end of all sessions", () -> sessions.stream().allMatch(cluster::ended));

        List<String> moved = sessions.stream()
                .filter(session -> cluster.begins("three", session).findAny().isPresent()).toList();
        assertThat(moved).isNotEmpty().hasSizeLessThan(sessions.size() / 2 + 1);
        for (String session : sessions) {
            cluster.shouldBeAsUndisturbed(session, UNDISTURBED, false);
            assertThat(cluster.begins(owners.get(session), session)).as("starts of %s where it was", session)
                    .hasSize(1);
            System.err.printf("ScaleOutTest: %s %s: longest time without kappa %.2f s%n", session,
                    moved.contains(session) ? "moved" : "stayed", longestGapNs(session, joined) / 1e9);
        }
    }

    /** Both have learned before time counts: on a busy machine a process that has just started falls behind. */
    private void warmUp() {
        String first = cluster.ownerOf(UNDISTURBED).orElseThrow();
        for (String session : sessions("warm-up-")) {
            publish(session, Speed.MAX).awaitSuccess();
            cluster.await("the end of " + session, () -> cluster.ended(session));
            if (!cluster.ownerOf(session).orElseThrow().equals(first)) {
                return;
            }
        }
        throw new AssertionError("all partitions are " + first + "'s");
    }

    /** Between two records of latents, from a moment on. Those that a third member took over include its start. */
    private long longestGapNs(String session, long fromNs) {
        long longest = 0;
        long before = fromNs;
        for (Latents record : cluster.latents.all(session)) {
            if (record.getPublishedUnixNs() > fromNs) {
                longest = Math.max(longest, record.getPublishedUnixNs() - before);
                before = record.getPublishedUnixNs();
            }
        }
        return longest;
    }
}
