package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several {@code serve} in one group share the sessions. */
@Tag("slow")
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
        cluster = new Cluster(directory, directory.resolve("data"));
    }

    @AfterEach
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** One in each partition, so that everybody has the same number of them. */
    private static List<String> sessions(String prefix) {
        return IntStream.range(0, Topics.DEFAULT_PARTITIONS).mapToObj(partition -> IntStream.range(0, 10_000)
                .mapToObj(n -> prefix + partition + "-" + n)
                .filter(id -> Utils.toPositive(Utils.murmur2(id.getBytes(UTF_8)))
                        % Topics.DEFAULT_PARTITIONS == partition)
                .findFirst().orElseThrow()).toList();
    }

    /** In lockstep at any speed, so that the model does not depend on time. */
    private CompletableFuture<Void> publish(String session, Speed speed, boolean clockJumps) {
        FitSettings fit = FitSettings.newBuilder().setRank(2).setSeed(1).setStepsPerTrial(25)
                .setPacing(Pacing.LOCKSTEP).build();
        CompletableFuture<Void> published = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try (BinSource source = NpzRecording.open(recording, null).source()) {
                SessionHeader header = SessionPublisher.header(source.describe(), session, fit);
                new SessionPublisher(KafkaConnection.to(cluster.servers())).publish(
                        clockJumps ? new JumpingClock(source) : source, header, 0, null, speed, -1,
                        (done, total, status) -> {});
                published.complete(null);
            } catch (RuntimeException | Error e) {
                published.completeExceptionally(e);
            }
        });
        return published;
    }

    private boolean ended(String session) {
        return cluster.checkpoints.all(session).stream().anyMatch(Checkpoint::getEnded);
    }

    private List<Latents> since(String session, long unixNs) {
        return cluster.latents.all(session).stream().filter(record -> record.getPublishedUnixNs() > unixNs).toList();
    }

    private static long nowNs() {
        return System.currentTimeMillis() * 1_000_000;
    }

    @Test
    void shouldContinueTheSessionsOfAKilledProcessElsewhereAndDisturbNoOther() {
        cluster.serve("one", false);
        cluster.serve("two", false);
        cluster.awaitSharedBy(2);
        publish(UNDISTURBED, Speed.MAX, false).join();
        cluster.await("the undisturbed session", () -> ended(UNDISTURBED));
        warmUp();
        List<String> sessions = sessions("session-");
        List<CompletableFuture<Void>> published = new ArrayList<>();
        for (String session : sessions) {
            published.add(publish(session, new Speed(1), published.size() % 2 == 1));
        }
        cluster.await("a checkpoint of each session", () -> {
            published.stream().filter(CompletableFuture::isCompletedExceptionally).forEach(CompletableFuture::join);
            return sessions.stream().noneMatch(session -> cluster.checkpoints.all(session).isEmpty());
        });
        Map<String, String> owners = new TreeMap<>();
        sessions.forEach(session -> owners.put(session, cluster.ownerOf(session).orElseThrow()));
        assertThat(owners).containsValue("one").containsValue("two");
        Set<String> moved = sessions.stream().filter(session -> owners.get(session).equals("one"))
                .collect(Collectors.toSet());
        Map<String, Integer> known = new TreeMap<>();
        cluster.kill("one");
        long killed = nowNs();
        moved.forEach(session -> known.put(session, TopicTail.bins(cluster.latents, session).cardinality()));

        cluster.await("kappa of the moved sessions",
                () -> moved.stream().noneMatch(session -> since(session, killed).isEmpty()));
        moved.forEach(
                session -> System.err.printf("ScaleOutTest: %s: first kappa %.1f s after SIGKILL of its process%n",
                        session, (since(session, killed).getFirst().getPublishedUnixNs() - killed) / 1e9));
        // A third one takes some over, which are given up in order.
        cluster.serve("three", false);
        cluster.awaitSharedBy(2);
        published.forEach(CompletableFuture::join);
        cluster.await("the end of all sessions", () -> sessions.stream().allMatch(this::ended));

        for (String session : moved) {
            long replayed = since(session, killed).stream().mapToLong(record -> Math.clamp(
                    known.get(session) - record.getFirstBin(), 0, record.getBinsCount())).sum();
            System.err.printf("ScaleOutTest: %s: %d bins filtered again of %d known when it was killed%n", session,
                    replayed, known.get(session));
        }
        for (String session : sessions) {
            cluster.shouldBeAsUndisturbed(session, UNDISTURBED, false);
            if (!moved.contains(session)) {
                assertThat(cluster.begins("two", session)).as("starts of %s on two", session).hasSize(1);
                System.err.printf("ScaleOutTest: %s stayed: longest time without kappa %.2f s in %d records since%n",
                        session, longestGapNs(session, killed) / 1e9, since(session, killed).size());
            }
        }
        System.err.printf("ScaleOutTest: three took over %d sessions%n",
                sessions.stream().filter(session -> cluster.begins("three", session).findAny().isPresent()).count());
    }

    /** Nobody dies: who is asked for partitions gives them up in order, and goes on with the others meanwhile. */
    @Test
    void shouldHandSessionsToAProcessThatJoinsWithoutStoppingTheOthers() {
        assumeTrue(Boolean.getBoolean("kappa.joins"), "runs with -Dkappa.joins=true");
        cluster.serve("one", false);
        cluster.serve("two", false);
        cluster.awaitSharedBy(2);
        publish(UNDISTURBED, Speed.MAX, false).join();
        cluster.await("the undisturbed session", () -> ended(UNDISTURBED));
        warmUp();
        List<String> sessions = sessions("session-");
        List<CompletableFuture<Void>> published = sessions.stream()
                .map(session -> publish(session, new Speed(0.3), false)).toList();
        cluster.await("a checkpoint of each session", () -> sessions.stream()
                .noneMatch(session -> cluster.checkpoints.all(session).isEmpty()));
        Map<String, String> owners = new TreeMap<>();
        sessions.forEach(session -> owners.put(session, cluster.ownerOf(session).orElseThrow()));
        long joined = nowNs();
        cluster.serve("three", false);
        cluster.awaitSharedBy(3);
        published.forEach(CompletableFuture::join);
        cluster.await("the end of all sessions", () -> sessions.stream().allMatch(this::ended));

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
            publish(session, Speed.MAX, false).join();
            cluster.await("the end of " + session, () -> ended(session));
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
