package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.replay.Playback;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.ModelSnapshot;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Faults in the real processes while short sessions go through them in lockstep: a broker and two {@code serve} that share the
 * sessions. After each session its kappa and its model must be those of the undisturbed one. The broker has a process of its own
 * from the first fault on that kills or stops it.
 *
 * <p>The night inflicts every fault, and then draws faults from a seed until there were {@code -Dkappa.crashes}. Each session has
 * a seed, which is printed. {@code -Dkappa.seed=N -Dkappa.crashes=1} draws the same faults for one session again (when exactly
 * they fall is up to the machine). The build kills processes in {@link KillTest} and {@link KilledLiveTest}.
 */
@ProcessTest
@Tag("soak")
class FaultTest {

    private static final int CRASHES = Integer.getInteger("kappa.crashes", 1);

    private static final int TRIALS = 80;
    private static final int BINS = TRIALS * 15;
    private static final int NEURONS = 30;
    /** Six in eight partitions, so that a new member, which is given four of them, has at least two of the sessions. */
    private static final int SESSIONS_PER_MEMBER = 3;

    /** Longer than the 6 s after which the group gives a member up. */
    private static final Duration GIVEN_UP = Duration.ofSeconds(8);

    private static final String UNDISTURBED = "undisturbed";

    /** Keeps its place in the group while it is killed and started again. */
    private static final String ONE = "one";
    /** Is a new member of the group each time that it is started. */
    private static final String TWO = "two";

    /** What can happen, and how often beside the others. */
    private enum Fault {
        /** SIGKILL, and the same command again. */
        KILL_OWNER(12), KILL_BOTH(4), KILL_BROKER(6), KILL_ALL(3),
        /** All are killed, and of the newest checkpoint only a part had been written. */
        TEAR_CHECKPOINT(4),
        /** The connections between the pipeline and its broker break, or nothing passes for a while. */
        CUT(4), HOLD(2),
        /** Longer than the group waits: a member that is taken for dead and comes back. */
        STOP_OWNER(2), STOP_BROKER(1), LOSE_NETWORK(1),
        /** The owner gets on only every now and then: a consumer of activity that is slower than its producer. */
        SLOW_OWNER(2),
        /** A page that asks on and on and takes no answer; a consumer of kappa that does not go on. */
        SLOW_BROWSER(1), SLOW_CONSUMER(1);

        final int weight;

        Fault(int weight) {
            this.weight = weight;
        }

        boolean hitsBroker() {
            return this == KILL_BROKER || this == KILL_ALL || this == TEAR_CHECKPOINT || this == STOP_BROKER;
        }

        static Fault draw(Random random) {
            int left = random.nextInt(Stream.of(values()).mapToInt(fault -> fault.weight).sum());
            for (Fault fault : values()) {
                left -= fault.weight;
                if (left < 0) {
                    return fault;
                }
            }
            throw new AssertionError(left);
        }
    }

    /** Which topic tells when. */
    private enum Sign {
        LATENTS, MODELS, CHECKPOINTS;

        static Sign draw(Random random) {
            return List.of(values()).get(random.nextInt(values().length));
        }
    }

    /** @param fraction of what the topic will hold of the session in the end */
    private record Crash(Fault fault, Sign sign, double fraction, int delayMs) {

        static Crash draw(Random random) {
            Fault fault = Fault.draw(random);
            Sign sign = Sign.draw(random);
            // Ends are where it is easiest to go wrong.
            double fraction = random.nextInt(8) == 0 ? 1 : random.nextDouble();
            return new Crash(fault, sign, fraction, random.nextBoolean() ? 0 : random.nextInt(30));
        }

        @Override
        public String toString() {
            return String.format("%s at %.2f of %s + %d ms", fault, fraction, sign, delayMs);
        }
    }

    @TempDir
    private static Path directory;

    private static Path recording;
    private static Cluster cluster;
    private static WebSocket slowBrowser;
    private static final List<AutoCloseable> slowReaders = new ArrayList<>();

    @BeforeAll
    static void start() {
        recording = Recording.synthetic(directory.resolve("short.npz"), BINS, NEURONS, TRIALS, 0.02);
        cluster = Cluster.withBrokerHere(directory, directory.resolve("data"));
        KappaProcess one = startServe(ONE);
        startServe(TWO);
        slowBrowser = browserThatNeverReads(one);
        try (Replay replay = replay(UNDISTURBED, false)) {
            replay.awaitSuccess();
        }
    }

    @AfterAll
    static void stop() {
        // They are null where the start failed.
        if (slowBrowser != null) {
            slowBrowser.abort();
        }
        closeSlowReaders();
        if (cluster != null) {
            cluster.close();
        }
    }

    /** It asks on and on and takes no answer. */
    private static WebSocket browserThatNeverReads(KappaProcess serve) {
        String page = serve.awaitLine("dashboard http://(localhost:\\d+)/", Cluster.LIMIT);
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder()
                .buildAsync(URI.create("ws://" + page + "/ws"), new WebSocket.Listener() {
                    @Override
                    public void onOpen(WebSocket opened) {
                        // Nothing is requested, so nothing is read.
                    }
                }).join();
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    socket.sendText("{\"session\":\"" + UNDISTURBED + "\",\"resync\":true,\"window\":600}", true)
                            .join();
                }
            } catch (CompletionException e) {
                // Its process was killed.
            }
        });
        return socket;
    }

    private static void closeSlowReaders() {
        for (AutoCloseable reader : slowReaders) {
            try {
                reader.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
        slowReaders.clear();
    }

    /** It has fetched and does not go on. */
    private static void startSlowConsumer() {
        var consumer = new KafkaConsumer<byte[], byte[]>(KafkaConnection.to(cluster.servers()).consumer());
        slowReaders.add(consumer);
        consumer.assign(
                Stream.of(Topics.ACTIVITY, Topics.LATENTS).flatMap(topic -> consumer.partitionsFor(topic).stream())
                        .map(info -> new TopicPartition(info.topic(), info.partition())).toList());
        consumer.seekToBeginning(consumer.assignment());
        consumer.poll(Duration.ofMillis(100));
    }

    private static KappaProcess startServe(String name) {
        return cluster.serve(name, name.equals(ONE));
    }

    private static Replay replay(String session, boolean clockJumps) {
        return Replay.start(cluster.servers(), source(clockJumps), session, Speed.MAX);
    }

    private static BinSource source(boolean clockJumps) {
        BinSource source = new Playback(NpzRecording.open(recording, null));
        return clockJumps ? new JumpingClock(source) : source;
    }

    @Test
    void shouldGiveEveryBinItsKappaAndTheUndisturbedModelWhateverDiesAndWhenever() {
        long seed = Long.getLong("kappa.seed", 8887);
        Map<Fault, Integer> tally = new EnumMap<>(Fault.class);
        int crashes = 0;
        int tornReplays = 0;
        int jumpingClocks = 0;
        int sessions = 0;
        long started = System.nanoTime();
        while (crashes < CRASHES) {
            Random random = new Random(seed);
            boolean replayDies = random.nextInt(3) == 0;
            // Where, in what it sends: before its header, between records, or within one.
            int bytes = random.nextInt(60_000);
            boolean clockJumps = !replayDies && random.nextInt(4) == 0;
            List<Crash> plan = new ArrayList<>();
            for (int left = 1 + random.nextInt(4); left > 0; left--) {
                plan.add(Crash.draw(random));
            }
            plan.sort(Comparator.comparingDouble(Crash::fraction));
            String drawn = "-Dkappa.seed=" + seed + (replayDies
                    ? ": replay dies after " + bytes + " bytes, "
                    : clockJumps ? ": the rig's clock jumps, " : ": ") + plan;
            System.err.println("FaultTest: " + drawn);
            try {
                long begun = System.nanoTime();
                disturb("run-" + seed, replayDies ? bytes : -1, clockJumps, plan, random);
                System.err.printf("FaultTest: %.1f s%n", (System.nanoTime() - begun) / 1e9);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("again with -Dkappa.crashes=1 " + drawn, e);
            }
            crashes += plan.size() + (replayDies ? 1 : 0);
            tornReplays += replayDies ? 1 : 0;
            jumpingClocks += clockJumps ? 1 : 0;
            plan.forEach(crash -> tally.merge(crash.fault(), 1, Integer::sum));
            sessions++;
            seed++;
        }
        System.err.printf(
                "FaultTest: %d crashes in %d sessions, %.0f s: replay in a record %d, %s; clocks that jumped: %d%n",
                crashes, sessions, (System.nanoTime() - started) / 1e9, tornReplays, tally, jumpingClocks);
    }

    /** Each fault once, alone and half way. */
    @ParameterizedTest
    @EnumSource(Fault.class)
    void shouldGiveEveryBinItsKappaAndTheUndisturbedModelWhen(Fault fault) {
        Crash crash = new Crash(fault, Sign.LATENTS, 0.5, 0);
        disturb("only-" + fault, -1, false, List.of(crash), new Random(1));
    }

    private static void disturb(String session, int replayDiesAfter, boolean clockJumps, List<Crash> plan,
            Random random) {
        if (plan.stream().anyMatch(crash -> crash.fault().hitsBroker())) {
            cluster.giveBrokerAProcess();
        }
        if (replayDiesAfter >= 0) {
            publishInPart(session, replayDiesAfter);
        }
        try (Replay replay = replay(session, clockJumps)) {
            boolean torn = false;
            for (Crash crash : plan) {
                cluster.await(crash.toString(), () -> {
                    replay.shouldRunOrSucceed();
                    return reached(session, crash);
                });
                LockSupport.parkNanos(Duration.ofMillis(crash.delayMs()).toNanos());
                inflict(crash.fault(), session, random);
                torn |= crash.fault() == Fault.TEAR_CHECKPOINT;
            }
            Map<String, Object> figures = replay.awaitSuccess();
            cluster.await("the end of " + session, () -> cluster.ended(session));
            cluster.shouldRun();
            assertThat(figures).containsEntry("bins", (long) BINS).containsEntry("latents", (long) BINS)
                    .containsEntry("rejected", 0L);
            cluster.shouldBeAsUndisturbed(session, UNDISTURBED, torn);
        } finally {
            closeSlowReaders();
        }
    }

    /** A replay that dies with a part of its session sent, the last of it perhaps half a record. */
    private static void publishInPart(String session, int bytes) {
        try (CutProxy network = new CutProxy(cluster.brokerPort())) {
            network.holdAfter(bytes);
            try (KappaProcess replay = KappaProcess.startWith(KappaProcess.CLIENT, directory, "replay",
                    recording.toString(), "--bootstrap-servers", network.servers(), "--rank", "2", "--speed", "max",
                    "--steps-per-trial", Integer.toString(Replay.STEPS_PER_TRIAL), "--session-id", session)) {
                cluster.await("replay to be cut off, or done", () -> {
                    replay.shouldRunOrSucceed();
                    return network.holding() || cluster.ended(session);
                });
            }
        }
    }

    private static boolean reached(String session, Crash crash) {
        return switch (crash.sign()) {
            case LATENTS -> TopicTail.bins(cluster.latents.arrived(session)).cardinality() >= crash.fraction() * BINS;
            case MODELS -> cluster.models.arrived(session).stream().mapToLong(ModelSnapshot::getVersion)
                    .max().orElse(0) >= crash.fraction() * TRIALS;
            case CHECKPOINTS -> cluster.checkpoints.arrived(session).stream().mapToLong(Checkpoint::getNextBin)
                    .max().orElse(0) >= crash.fraction() * BINS;
        };
    }

    private static void inflict(Fault fault, String session, Random random) {
        String owner = cluster.ownerOf(session).orElse(random.nextBoolean() ? ONE : TWO);
        switch (fault) {
            case KILL_OWNER -> {
                cluster.serve(owner).kill();
                startServe(owner);
            }
            case KILL_BOTH -> {
                killServes();
                startServes();
            }
            case KILL_BROKER -> {
                cluster.broker().kill();
                cluster.startBroker();
            }
            case KILL_ALL -> {
                cluster.broker().kill();
                killServes();
                cluster.startBroker();
                startServes();
            }
            case TEAR_CHECKPOINT -> {
                cluster.broker().kill();
                killServes();
                tearNewestCheckpoint(session, random);
                cluster.startBroker();
                startServes();
            }
            case CUT -> cluster.network().cut();
            case HOLD -> {
                cluster.network().hold();
                LockSupport.parkNanos(Duration.ofMillis(200 + random.nextInt(1_500)).toNanos());
                cluster.network().pass();
            }
            case STOP_OWNER -> {
                KappaProcess process = cluster.serve(owner);
                process.stop();
                LockSupport.parkNanos(GIVEN_UP.toNanos());
                process.goOn();
            }
            case SLOW_OWNER -> {
                KappaProcess process = cluster.serve(owner);
                for (int turn = 0; turn < 10; turn++) {
                    process.stop();
                    LockSupport.parkNanos(Duration.ofMillis(150 + random.nextInt(150)).toNanos());
                    process.goOn();
                    LockSupport.parkNanos(Duration.ofMillis(random.nextInt(30)).toNanos());
                }
            }
            case SLOW_BROWSER -> {
                WebSocket page = browserThatNeverReads(cluster.serve(owner));
                slowReaders.add(page::abort);
            }
            case SLOW_CONSUMER -> startSlowConsumer();
            case STOP_BROKER -> {
                cluster.broker().stop();
                LockSupport.parkNanos(GIVEN_UP.toNanos());
                cluster.broker().goOn();
            }
            case LOSE_NETWORK -> {
                cluster.network().swallow();
                LockSupport.parkNanos(GIVEN_UP.toNanos());
                cluster.network().pass();
            }
        }
    }

    private static void killServes() {
        cluster.serve(ONE).kill();
        cluster.serve(TWO).kill();
    }

    private static void startServes() {
        startServe(ONE);
        startServe(TWO);
    }

    /** The end of what the dead broker wrote last of the session's checkpoints is cut off, or not what was meant. */
    private static void tearNewestCheckpoint(String session, Random random) {
        int cut = 1 + random.nextInt(2_000);
        boolean garbled = random.nextBoolean();
        List<Checkpoint> stored = cluster.checkpoints.known(session);
        if (stored.isEmpty()) {
            return;
        }
        Path log = directory.resolve("data").resolve("kafka")
                .resolve(Topics.CHECKPOINTS + "-" + stored.getLast().getPartition());
        try (Stream<Path> files = Files.list(log)) {
            Path newest = files.filter(file -> file.toString().endsWith(".log")).max(Comparator.naturalOrder())
                    .orElseThrow();
            try (RandomAccessFile file = new RandomAccessFile(newest.toFile(), "rw")) {
                long from = Math.max(0, file.length() - cut);
                if (garbled) {
                    byte[] noise = new byte[(int) (file.length() - from)];
                    random.nextBytes(noise);
                    file.seek(from);
                    file.write(noise);
                } else {
                    file.setLength(from);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGSTOP for longer than the group waits, then SIGCONT: the process has bins to filter and trials to learn from. */
    @Test
    void shouldNotLetAProcessThatCameBackFromTheDeadTouchWhatIsItsSuccessors() {
        try (Replay replay = replay("zombie", false)) {
            cluster.await("a checkpoint", () -> !cluster.checkpoints.arrived("zombie").isEmpty());
            String owner = cluster.ownerOf("zombie").orElseThrow();
            String other = owner.equals(ONE) ? TWO : ONE;
            cluster.serve(owner).stop();
            long stopped = System.nanoTime();
            int before = cluster.checkpoints.all("zombie").size();
            cluster.await("the session to go on elsewhere",
                    () -> cluster.checkpoints.arrived("zombie").size() > before);
            System.err.printf("FaultTest: elsewhere, the first checkpoint came %.1f s after SIGSTOP%n",
                    (System.nanoTime() - stopped) / 1e9);
            assertThat(cluster.begins(other, "zombie")).singleElement().asString().contains("from its checkpoint");
            cluster.serve(owner).goOn();
            replay.awaitSuccess();
            cluster.await("the end of the session", () -> cluster.ended("zombie"));
            cluster.shouldBeAsUndisturbed("zombie", UNDISTURBED, false);
        }
    }

    /** The sessions stand still where the processes change, so that they are sure to be under way then. */
    @Test
    void shouldContinueTheSessionsOfAKilledProcessElsewhereAndDisturbNoOther() {
        List<String> sessions = cluster.awaitSharedBy(2).stream()
                .flatMap(share -> share.stream().limit(SESSIONS_PER_MEMBER))
                .map(partition -> Cluster.sessionIn(partition, "shared-")).toList();
        publish(sessions, BINS / 3);
        cluster.await("a checkpoint of each session", () -> sessions.stream()
                .noneMatch(session -> cluster.checkpoints.arrived(session).isEmpty()));
        Map<String, String> owners = new TreeMap<>();
        sessions.forEach(session -> owners.put(session, cluster.ownerOf(session).orElseThrow()));
        assertThat(owners).containsValue(ONE).containsValue(TWO);
        Set<String> moved = sessions.stream().filter(session -> owners.get(session).equals(TWO))
                .collect(Collectors.toSet());
        cluster.kill(TWO);
        long killed = UnixTime.nowNs();
        Map<String, Integer> known = new TreeMap<>();
        moved.forEach(session -> known.put(session, TopicTail.bins(cluster.latents, session).cardinality()));

        publish(sessions, 2 * BINS / 3);
        cluster.await("kappa of the moved sessions",
                () -> moved.stream().noneMatch(session -> cluster.since(session, killed).isEmpty()));
        moved.forEach(session -> System.err.printf(
                "FaultTest: %s: first kappa %.1f s after SIGKILL of its process%n", session,
                (cluster.since(session, killed).getFirst().getPublishedUnixNs() - killed) / 1e9));
        // A new member takes some over, which are given up in order.
        startServe(TWO);
        cluster.awaitSharedBy(2);
        publish(sessions, -1);
        cluster.await("the end of all sessions", () -> sessions.stream().allMatch(cluster::ended));

        for (String session : moved) {
            long replayed = cluster.since(session, killed).stream().mapToLong(record -> Math.clamp(
                    known.get(session) - record.getFirstBin(), 0, record.getBinsCount())).sum();
            System.err.printf("FaultTest: %s: %d bins filtered again of %d known when its process was killed%n",
                    session, replayed, known.get(session));
        }
        for (String session : sessions) {
            cluster.shouldBeAsUndisturbed(session, UNDISTURBED, false);
            if (!moved.contains(session)) {
                assertThat(cluster.begins(ONE, session)).as("starts of %s on one", session).hasSize(1);
            }
        }
        assertThat(sessions).as("sessions that the new member took over")
                .anySatisfy(session -> assertThat(cluster.begins(TWO, session)).isNotEmpty());
    }

    /** All of them up to a bin, or to their end; every other one with a clock that jumps. */
    private static void publish(List<String> sessions, long bins) {
        List<Replay> replays = new ArrayList<>();
        for (String session : sessions) {
            replays.add(Replay.startPart(cluster.servers(), source(replays.size() % 2 == 1), session, bins));
        }
        replays.forEach(Replay::awaitSuccess);
    }
}
