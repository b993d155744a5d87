package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kappa.dashboards.cli.Ran;
import kappa.dashboards.system.Recording.Outcome;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL in the middle, and the same command again. The tests share a broker and, as far as they can, a {@code serve}, each with
 * sessions of its own; their order saves a start.
 */
@ProcessTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KillTest {

    private static final int CHECKPOINT_BINS = 10 * Recording.CHEWIE_TRIAL_BINS;
    private static final String PARKS_SOON = "-Dkappa.park-after=1s";

    @TempDir
    private static Path directory;

    private static EmbeddedBroker broker;
    private static String servers;
    private static TopicTail<Latents> latents;
    private static TopicTail<ModelSnapshot> models;
    private static TopicTail<Checkpoint> checkpoints;
    private static KappaProcess serve;
    private static List<String> serveOptions;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(directory.resolve("data"), 0);
        servers = broker.bootstrapServers();
        Topics.createAll(KafkaConnection.to(servers), Topics.DEFAULT_PARTITIONS);
        latents = new TopicTail<>(servers, Topics.LATENTS, Latents::parseFrom);
        models = new TopicTail<>(servers, Topics.MODELS, ModelSnapshot::parseFrom);
        checkpoints = new TopicTail<>(servers, Topics.CHECKPOINTS, Checkpoint::parseFrom);
    }

    @AfterAll
    static void stopBroker() {
        // They may be null if the broker did not start.
        if (serve != null) {
            serve.close();
        }
        Stream.of(latents, models, checkpoints).filter(Objects::nonNull).forEach(TopicTail::close);
        if (broker != null) {
            broker.close();
        }
    }

    /** Takes the {@code serve} that an earlier test has left if it runs with these options, or starts one. */
    private static void serve(String... options) {
        if (serve == null || !serveOptions.equals(List.of(options))) {
            startServe(options);
        }
        serve.awaitLine("dashboard http", Recording.LIMIT);
    }

    /** Kills {@code serve} and starts it again: its successor has its name, and takes over at once, not after a time-out. */
    private static void startServe(String... options) {
        if (serve != null) {
            serve.kill();
        }
        try {
            Path config = Files.writeString(directory.resolve("client.properties"), "group.instance.id=one");
            serveOptions = List.of(options);
            serve = KappaProcess.startWith(serveOptions, directory, "serve", "--bootstrap-servers", servers,
                    "--kafka-config", config.toString(), "--port", "0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitLatents(String session, int bins) {
        serve.await(bins + " latents of " + session, Recording.LIMIT,
                () -> TopicTail.bins(latents, session).cardinality() >= bins);
    }

    private static void awaitCheckpoint(String session) {
        serve.await("a checkpoint of " + session, Recording.LIMIT, () -> !checkpoints.all(session).isEmpty());
    }

    private static void awaitCheckpoint(String session, int bin) {
        serve.await("a checkpoint of " + session + " at bin " + bin, Recording.LIMIT,
                () -> checkpoints.all(session).stream().anyMatch(checkpoint -> checkpoint.getNextBin() == bin));
    }

    /** @return the bin of the checkpoint that the new {@code serve} continues from */
    private static int awaitContinuation(String session) {
        return Integer.parseInt(serve.awaitLine("session " + session + ": .* from its checkpoint at bin ([1-9]\\d*)",
                Recording.LIMIT));
    }

    private static <T> T awaitEnd(String what, CompletableFuture<T> end) {
        serve.await(what, Recording.LIMIT, end::isDone);
        return end.join();
    }

    private static long newestVersion(String session) {
        return models.all(session).stream().mapToLong(ModelSnapshot::getVersion).max().orElse(0);
    }

    /** Chewie is killed at a random moment, a session without trials twice, and a hostile one at its worst two moments. */
    @Test
    @Order(1)
    void shouldReachTheUndisturbedModelsToTheBitWhenServeIsKilledTwice() {
        long seed = Long.getLong("kappa.seed", System.nanoTime());
        System.err.println("KillTest: moment drawn with -Dkappa.seed=" + seed);
        Random random = new Random(seed);
        Outcome chewieUndisturbed = Recording.chewieUndisturbed();
        int stretchesBins = 2_650;
        Path stretchesFile = Recording.synthetic(directory.resolve("stretches.npz"), stretchesBins, 60, 0, 0.02);
        Outcome stretchesUndisturbed = Recording.fitted(stretchesFile, directory, 1);
        serve();
        try (var rejected = new TopicTail<>(servers, Topics.REJECTED, Rejected::parseFrom)) {
            // None comes to its end before the kills that it is to survive.
            Gate hostileGate = new Gate(4_400);
            Gate stretchesGate = new Gate(1_900);
            var hostile = HostileStream.start(servers, "hostile", hostileGate);
            var stretches = GatedReplay.start(servers, stretchesFile, "stretches", Speed.MAX, stretchesGate);
            // The first of hostile's two is in the last piece of the long trial.
            awaitCheckpoint("hostile", 4_240);
            // Checkpoints come every ten stretches of 100 bins, in the middle of records of 64.
            awaitLatents("stretches", 1_200);
            awaitCheckpoint("stretches");
            Gate chewieGate = new Gate(Recording.CHEWIE_BINS - 1);
            var chewie = GatedReplay.start(servers, Recording.chewieFile(), "chewie", Speed.MAX, chewieGate);
            awaitCheckpoint("chewie");
            awaitLatents("chewie", CHECKPOINT_BINS + random.nextInt(Recording.CHEWIE_BINS - 2 * CHECKPOINT_BINS));
            serve.kill();
            shouldContinueWithTheModelAfterTheCheckpoint();
            assertThat(awaitContinuation("stretches")).isPositive();
            assertThat(awaitContinuation("hostile")).isPositive();
            chewieGate.openTo(Long.MAX_VALUE);
            hostileGate.openTo(5_100);
            stretchesGate.openTo(2_300);
            // The second of hostile's is after its long trial.
            awaitCheckpoint("hostile", 5_010);
            awaitLatents("stretches", 2_100);
            startServe();
            assertThat(awaitContinuation("hostile")).isPositive();
            assertThat(awaitContinuation("stretches")).isPositive();
            hostileGate.openTo(Long.MAX_VALUE);
            stretchesGate.openTo(Long.MAX_VALUE);
            awaitEnd("the end of chewie", chewie).shouldEqual(chewieUndisturbed);
            assertThat(TopicTail.bins(latents, "chewie").cardinality()).isEqualTo(Recording.CHEWIE_BINS);
            assertThat(chewie.join().figures().get("latents").asInt()).isEqualTo(Recording.CHEWIE_BINS);
            assertThat(chewie.join().figures().get("rejected").asInt()).isZero();
            awaitEnd("the end of stretches", stretches).shouldEqual(stretchesUndisturbed);
            assertThat(TopicTail.bins(latents, "stretches").cardinality()).isEqualTo(stretchesBins);
            awaitEnd("all records of hostile", hostile);
            awaitEnd("all records of another hostile",
                    HostileStream.start(servers, "hostile-undisturbed", Gate.open()));
            shouldBeAsUndisturbed("hostile", "hostile-undisturbed", rejected);
        }
    }

    /** The start of a new {@code serve} after the kill. */
    private static void shouldContinueWithTheModelAfterTheCheckpoint() {
        long known = models.all("chewie").size();
        long version = newestVersion("chewie");
        int records = latents.all("chewie").size();
        long started = System.nanoTime();
        startServe();
        int bin = awaitContinuation("chewie");
        assertThat(bin).as("bins before the checkpoint").isPositive();
        serve.await("the next kappa", Recording.LIMIT, () -> latents.all("chewie").size() > records);
        System.err.printf("KillTest: first kappa %.1f s after the start of a new serve%n",
                (System.nanoTime() - started) / 1e9);
        serve.await("the next model", Recording.LIMIT, () -> models.all("chewie").size() > known);
        long first = models.all("chewie").get((int) known).getVersion();
        // The first model is that of the trial after the checkpoint.
        assertThat(first).isEqualTo(bin / Recording.CHEWIE_TRIAL_BINS + 1).isBetween(version - 10, version + 1);
    }

    private static void shouldBeAsUndisturbed(String session, String undisturbed, TopicTail<Rejected> rejected) {
        serve.await("the last model of " + session, Recording.LIMIT, () -> lastModel(session).isPresent());
        serve.await("the last model of " + undisturbed, Recording.LIMIT, () -> lastModel(undisturbed).isPresent());
        assertThat(TopicTail.bins(latents, session).cardinality()).isEqualTo(HostileStream.BINS);
        ModelSnapshot expected = lastModel(undisturbed).orElseThrow();
        assertThat(lastModel(session).orElseThrow().toBuilder().setSession(expected.getSession())
                .setPublishedUnixNs(expected.getPublishedUnixNs()).build()).isEqualTo(expected);
        assertThat(reasons(rejected.all(session))).isEqualTo(reasons(rejected.all(undisturbed)))
                .containsKeys(Reason.BIN_WENT_BACK, Reason.BIN_JUMPED, Reason.TRIAL_WENT_BACK, Reason.NEURON_COUNT);
        // Nor is a record of before the restart taken for an error of the rig.
        assertThat(reasons(rejected.all(session))).doesNotContainKeys(Reason.GAP, Reason.AFTER_END);
    }

    private static Optional<ModelSnapshot> lastModel(String session) {
        return models.all(session).stream().filter(ModelSnapshot::getFinal).reduce((first, second) -> second);
    }

    /** How many records were rejected for which reason; what was rejected again after a restart counts once. */
    private static Map<Reason, Long> reasons(List<Rejected> rejected) {
        return rejected.stream()
                .collect(Collectors.toMap(Rejected::getOffset, Rejected::getReason, (first, second) -> first)).values()
                .stream().collect(Collectors.groupingBy(reason -> reason, Collectors.counting()));
    }

    @Test
    @Order(2)
    void shouldHaveKappaForEveryBinOfTwoLiveSessionsWhenServeIsKilled() {
        // Longer than anybody waits: both are live when both have a checkpoint, and end when they are told to.
        Path trials = Recording.synthetic(directory.resolve("singles.npz"), 120 * 66, 40, 120, 0.1);
        Path continuous = Recording.synthetic(directory.resolve("continuous.npz"), 40_000, 30, 0, 0.015);
        serve();
        try (var activity = new TopicTail<>(servers, Topics.ACTIVITY, Activity::parseFrom)) {
            Gate slowGate = Gate.open();
            Gate fastGate = Gate.open();
            long started = System.nanoTime();
            var slow = GatedReplay.start(servers, trials, "singles", new Speed(5), slowGate);
            var fast = GatedReplay.start(servers, continuous, "continuous", new Speed(5), fastGate);
            awaitCheckpoint("singles");
            awaitCheckpoint("continuous");
            startServe(PARKS_SOON);
            System.err.printf("KillTest: a checkpoint of both sessions %.1f s after the start of their replays%n",
                    (System.nanoTime() - started) / 1e9);
            assertThat(slow).isNotDone();
            assertThat(fast).isNotDone();
            awaitContinuation("singles");
            awaitContinuation("continuous");
            slowGate.end();
            fastGate.end();
            Outcome singles = awaitEnd("the end of singles", slow);
            Outcome stretches = awaitEnd("the end of continuous", fast);
            assertThat(serve.err()).contains("session singles: 40 neurons, rank 2, COUNTS from its checkpoint at bin")
                    .contains("session continuous: 30 neurons, rank 2, COUNTS from its checkpoint at bin");
            int bins = singles.figures().get("bins").asInt();
            assertThat(TopicTail.bins(latents, "singles").cardinality()).isEqualTo(bins);
            assertThat(TopicTail.bins(latents, "continuous").cardinality())
                    .isEqualTo(stretches.figures().get("bins").asInt());
            assertThat(singles.figures().get("rejected").asInt()).isZero();
            assertThat(stretches.figures().get("rejected").asInt()).isZero();
            // The machine may have been late now and then; then bins that are due together share a record.
            assertThat(activity.all("singles").size()).as("records of %d bins", bins).isGreaterThan(bins / 2);
        }
    }

    @Test
    @Order(3)
    void shouldContinueASessionWhoseReplayWasKilledAlsoWhenItWasPutAwayMeanwhile() throws Exception {
        Path file = Recording.chewieFile();
        serve(PARKS_SOON);
        String[] command = {"replay", file.toString(), "--bootstrap-servers", servers, "--rank", "2", "--session-id",
            "continued", "--json", "--speed"};
        // At 50 ms a bin the session lasts more than a minute, and its first checkpoint comes after a few seconds.
        try (KappaProcess replay = KappaProcess.startWith(KappaProcess.CLIENT, directory, with(command, "0.5"))) {
            replay.await("a checkpoint of a part of the session", Recording.LIMIT,
                    () -> !checkpoints.all("continued").isEmpty());
            replay.kill();
        }
        serve.awaitLine("session continued is idle", Recording.LIMIT);
        Ran replay = awaitEnd("the end of the replay", Ran.start(with(command, "40")));
        assertThat(replay.code()).as(replay.err()).isZero();
        assertThat(replay.err()).containsPattern("continued: .* continued from bin [1-9]");
        assertThat(serve.err()).contains("session continued: 71 neurons, rank 2, COUNTS from its first bin")
                .contains("session continued continues after a long silence")
                .contains("session continued: 71 neurons, rank 2, COUNTS from its checkpoint at bin");
        assertThat(replay.json().get("bins").asInt()).isEqualTo(Recording.CHEWIE_BINS);
        assertThat(replay.json().get("latents").asInt()).isEqualTo(Recording.CHEWIE_BINS);
        assertThat(replay.json().get("rejected").asInt()).isZero();
    }

    private static String[] with(String[] command, String last) {
        String[] whole = Arrays.copyOf(command, command.length + 1);
        whole[command.length] = last;
        return whole;
    }
}
