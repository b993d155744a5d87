package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kappa.dashboards.system.Recording.Outcome;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL in the middle, and the same command again. */
@Tag("slow")
class KillTest {

    private static final int CHECKPOINT_BINS = 10 * 38;

    @TempDir
    private static Path directory;

    /** One for all tests; each has sessions of its own. */
    private static KappaProcess broker;
    private static String servers;
    private static TopicTail<Latents> latents;
    private static TopicTail<ModelSnapshot> models;
    private static TopicTail<Checkpoint> checkpoints;

    @BeforeAll
    static void startBroker() {
        broker = KappaProcess.start(directory, "broker", "--port", "0", "--data", directory.resolve("data").toString());
        servers = broker.awaitLine("Kafka (\\S+)", Recording.LIMIT);
        latents = new TopicTail<>(servers, Topics.LATENTS, Latents::parseFrom);
        models = new TopicTail<>(servers, Topics.MODELS, ModelSnapshot::parseFrom);
        checkpoints = new TopicTail<>(servers, Topics.CHECKPOINTS, Checkpoint::parseFrom);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
        // After the broker, whose end they notice; and they may be null if it did not start.
        Stream.of(latents, models, checkpoints).filter(Objects::nonNull).forEach(TopicTail::close);
    }

    /** @param instance names the process, so that its successor takes over at once and not after a time-out; or null */
    private KappaProcess serve(String instance, String... options) {
        try {
            Path config = Files.writeString(directory.resolve("client.properties"),
                    instance == null ? "" : "group.instance.id=" + instance);
            return KappaProcess.startWith(List.of(options), directory, "serve", "--bootstrap-servers", servers,
                    "--kafka-config",
                    config.toString(), "--port", "0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private KappaProcess replay(Path file, String speed, Path network, String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("replay", file.toString(), "--bootstrap-servers", servers, "--rank", "2", "--speed", speed,
                        "--until-end", "--json", "--out", network.toString()));
        arguments.addAll(List.of(more));
        return KappaProcess.start(directory, arguments.toArray(String[]::new));
    }

    private void awaitLatents(KappaProcess serve, String session, int bins) {
        serve.await(bins + " latents of " + session, Recording.LIMIT,
                () -> TopicTail.bins(latents, session).cardinality() >= bins);
    }

    private long newestVersion(String session) {
        return models.all(session).stream().mapToLong(ModelSnapshot::getVersion).max().orElse(0);
    }

    @Test
    void shouldReachTheUndisturbedModelToTheBitWhenServeIsKilledAtARandomMoment() {
        long seed = Long.getLong("kappa.seed", System.nanoTime());
        System.err.println("KillTest: moment drawn with -Dkappa.seed=" + seed);
        Random random = new Random(seed);
        Path network = directory.resolve("net.npz");
        Path file = Recording.chewieFile();
        KappaProcess serve = serve(null);
        try (KappaProcess replay = replay(file, "max", network)) {
            // Not before the first checkpoint.
            awaitLatents(serve, "chewie",
                    2 * CHECKPOINT_BINS + random.nextInt(Recording.CHEWIE_BINS - 3 * CHECKPOINT_BINS));
            serve.kill();
            long known = models.all("chewie").size();
            long version = newestVersion("chewie");
            int records = latents.all("chewie").size();
            long started = System.nanoTime();
            serve = serve(null);
            int bin = Integer.parseInt(serve.awaitLine("from its checkpoint at bin (\\d+)", Recording.LIMIT));
            assertThat(bin).as("bins before the checkpoint").isPositive();
            serve.await("the next kappa", Recording.LIMIT, () -> latents.all("chewie").size() > records);
            System.err.printf("KillTest: first kappa %.1f s after the start of a new serve%n",
                    (System.nanoTime() - started) / 1e9);
            serve.await("the next model", Recording.LIMIT, () -> models.all("chewie").size() > known);
            long first = models.all("chewie").get((int) known).getVersion();
            // Chewie's trials are 38 bins each: the first model is that of the trial after the checkpoint.
            assertThat(first).isEqualTo(bin / 38 + 1).isBetween(version - 10, version + 1);
            replay.awaitSuccess(Recording.LIMIT);
            Outcome outcome = Outcome.of(replay, network);
            assertThat(TopicTail.bins(latents, "chewie").cardinality()).isEqualTo(Recording.CHEWIE_BINS);
            assertThat(outcome.figures().get("latents").asInt()).isEqualTo(Recording.CHEWIE_BINS);
            assertThat(outcome.figures().get("rejected").asInt()).isZero();
            outcome.shouldEqual(Recording.chewieUndisturbed());
        } finally {
            serve.close();
        }
    }

    @Test
    void shouldReachTheUndisturbedModelToTheBitInASessionWithoutTrials() {
        int bins = 4_050;
        Path file = Recording.synthetic(directory.resolve("stretches.npz"), bins, 60, 0, 0.02);
        Path network = directory.resolve("net.npz");
        KappaProcess serve = serve("one");
        try {
            Outcome undisturbed;
            try (KappaProcess replay = replay(file, "max", network, "--session-id", "stretches-undisturbed")) {
                replay.awaitSuccess(Recording.LIMIT);
                undisturbed = Outcome.of(replay, network);
            }
            try (KappaProcess replay = replay(file, "max", network, "--session-id", "stretches")) {
                // Checkpoints come every ten stretches of 100 bins, in the middle of records of 64.
                awaitLatents(serve, "stretches", 1_500);
                serve.kill();
                serve = serve("one");
                serve.awaitLine("from its checkpoint at bin [1-9]", Recording.LIMIT);
                awaitLatents(serve, "stretches", 3_300);
                serve.kill();
                serve = serve("one");
                serve.awaitLine("from its checkpoint at bin [1-9]", Recording.LIMIT);
                replay.awaitSuccess(Recording.LIMIT);
                assertThat(TopicTail.bins(latents, "stretches").cardinality()).isEqualTo(bins);
                Outcome.of(replay, network).shouldEqual(undisturbed);
            }
        } finally {
            serve.close();
        }
    }

    @Test
    void shouldReachTheUndisturbedModelToTheBitOnAHostileStream() {
        KappaProcess serve = serve("one");
        try (var rejected = new TopicTail<>(servers, Topics.REJECTED, Rejected::parseFrom)) {
            HostileStream.publish(servers, "hostile-undisturbed");
            serve.await("the last model", Recording.LIMIT, () -> lastModel("hostile-undisturbed").isPresent());
            HostileStream.publish(servers, "hostile");
            // In the last piece of the long trial, and after it.
            for (int bins : new int[]{4_240, 5_010}) {
                serve.await("a checkpoint at bin " + bins, Recording.LIMIT, () -> checkpoints.all("hostile").stream()
                        .anyMatch(checkpoint -> checkpoint.getNextBin() == bins));
                serve.kill();
                serve = serve("one");
                serve.awaitLine("from its checkpoint at bin [1-9]", Recording.LIMIT);
            }
            serve.await("the last model", Recording.LIMIT, () -> lastModel("hostile").isPresent());
            assertThat(TopicTail.bins(latents, "hostile").cardinality()).isEqualTo(HostileStream.BINS);
            ModelSnapshot expected = lastModel("hostile-undisturbed").orElseThrow();
            assertThat(lastModel("hostile").orElseThrow().toBuilder().setSession(expected.getSession())
                    .setPublishedUnixNs(expected.getPublishedUnixNs()).build()).isEqualTo(expected);
            assertThat(reasons(rejected.all("hostile"))).isEqualTo(reasons(rejected.all("hostile-undisturbed")))
                    .containsKeys(Reason.BIN_WENT_BACK, Reason.BIN_JUMPED, Reason.TRIAL_WENT_BACK, Reason.NEURON_COUNT);
            // Nor is a record of before the restart taken for an error of the rig.
            assertThat(reasons(rejected.all("hostile"))).doesNotContainKeys(Reason.GAP, Reason.AFTER_END);
        } finally {
            serve.close();
        }
    }

    private Optional<ModelSnapshot> lastModel(String session) {
        return models.all(session).stream().filter(ModelSnapshot::getFinal).reduce((first, second) -> second);
    }

    /** How many records were rejected for which reason; what was rejected again after a restart counts once. */
    private static Map<Reason, Long> reasons(List<Rejected> rejected) {
        return rejected.stream()
                .collect(Collectors.toMap(Rejected::getOffset, Rejected::getReason, (first, second) -> first)).values()
                .stream().collect(Collectors.groupingBy(reason -> reason, Collectors.counting()));
    }

    @Test
    void shouldContinueASessionWhoseReplayWasKilledAlsoWhenItWasPutAwayMeanwhile() {
        Path file = Recording.chewieFile();
        Path network = directory.resolve("net.npz");
        try (KappaProcess serve = serve("one", "-Dkappa.park-after=1s")) {
            serve.awaitLine("dashboard http", Recording.LIMIT);
            // 25 ms a bin: 8 times as fast lasts 11 s, and its first checkpoint comes after 1 to 3.
            try (KappaProcess replay = replay(file, "8", network, "--session-id", "continued")) {
                replay.await("a checkpoint of a part of the session", Recording.LIMIT,
                        () -> !checkpoints.all("continued").isEmpty());
                replay.kill();
            }
            serve.awaitLine("session continued is idle", Recording.LIMIT);
            try (KappaProcess replay = replay(file, "40", network, "--session-id", "continued")) {
                replay.awaitLine("continued: .* continued from bin [1-9]", Recording.LIMIT);
                replay.awaitSuccess(Recording.LIMIT);
                assertThat(serve.err()).contains("session continued: 71 neurons, rank 2, COUNTS from its first bin")
                        .contains("session continued continues after a long silence")
                        .contains("session continued: 71 neurons, rank 2, COUNTS from its checkpoint at bin");
                assertThat(replay.figures().get("bins").asInt()).isEqualTo(Recording.CHEWIE_BINS);
                assertThat(replay.figures().get("latents").asInt()).isEqualTo(Recording.CHEWIE_BINS);
                assertThat(replay.figures().get("rejected").asInt()).isZero();
            }
        }
    }

    @Test
    void shouldHaveKappaForEveryBinOfTwoLiveSessionsWhenServeIsKilled() {
        // 20 s each: both are to be live when both have a checkpoint, which takes its time where the machine is busy.
        int singles = 1_980;
        int stretches = 13_000;
        Path trials = Recording.synthetic(directory.resolve("singles.npz"), singles, 40, 30, 0.1);
        Path continuous = Recording.synthetic(directory.resolve("continuous.npz"), stretches, 30, 0, 0.015);
        KappaProcess serve = serve("one");
        serve.awaitLine("dashboard http", Recording.LIMIT);
        try (KappaProcess slow = replay(trials, "10", directory.resolve("a.npz"));
                KappaProcess fast = replay(continuous, "10", directory.resolve("b.npz"));
                var activity = new TopicTail<>(servers, Topics.ACTIVITY, Activity::parseFrom)) {
            long started = System.nanoTime();
            serve.await("a checkpoint of both sessions", Recording.LIMIT,
                    () -> !checkpoints.all("singles").isEmpty() && !checkpoints.all("continuous").isEmpty());
            serve.kill();
            System.err.printf("KillTest: a checkpoint of both sessions %.1f s after the start of their replays%n",
                    (System.nanoTime() - started) / 1e9);
            serve = serve("one");
            slow.awaitSuccess(Recording.LIMIT);
            fast.awaitSuccess(Recording.LIMIT);
            assertThat(serve.err()).contains("session singles: 40 neurons, rank 2, COUNTS from its checkpoint at bin")
                    .contains("session continuous: 30 neurons, rank 2, COUNTS from its checkpoint at bin");
            assertThat(TopicTail.bins(latents, "singles").cardinality()).isEqualTo(singles);
            assertThat(TopicTail.bins(latents, "continuous").cardinality()).isEqualTo(stretches);
            assertThat(slow.figures().get("rejected").asInt()).isZero();
            assertThat(fast.figures().get("rejected").asInt()).isZero();
            // The machine may have been late now and then; then bins that are due together share a record.
            assertThat(activity.all("singles").size()).as("records of %d bins", singles).isGreaterThan(singles / 2);
        } finally {
            serve.close();
        }
    }
}
