package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.replay.Playback;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at any moment, a hundred times: two {@code serve} beside a broker, sessions in lockstep one after another, and a page
 * that is open all the while. What they published is judged by {@link PlainChecker}, which has nothing of kappa's.
 *
 * <p>{@code -Dkappa.kills=N} is another number, {@code -Dkappa.seed=N} draws other moments.
 */
@ProcessTest
@Tag("soak")
class ManyKillsTest {

    private static final int KILLS = Integer.getInteger("kappa.kills", 100);
    /** Then it is left alone, so that it comes to its end. */
    private static final int KILLS_OF_A_SESSION = 6;
    /** Of a process that is killed at a moment of its start. */
    private static final int LONGEST_START_MS = 6_000;

    private static final int TRIALS = 80;
    private static final int BINS = TRIALS * 15;
    private static final int NEURONS = 30;
    /** Between two kills: a process is killed while it works, takes over, or stores a checkpoint. */
    private static final int MOST_BINS = BINS / 4;

    private static final Pattern LINK = Pattern.compile("dashboard http://(localhost:\\d+)/");
    private static final List<String> SERVES = List.of("one", "two");

    @TempDir
    private Path directory;

    private Cluster cluster;
    private Path recording;

    @Test
    void shouldGiveEveryBinTheKappaAndEverySessionTheModelOfAnUndisturbedOne() {
        recording = Recording.synthetic(directory.resolve("short.npz"), BINS, NEURONS, TRIALS, 0.02);
        long seed = Long.getLong("kappa.seed", System.nanoTime());
        System.err.println("ManyKillsTest: moments drawn with -Dkappa.seed=" + seed);
        Random random = new Random(seed);
        long started = System.nanoTime();
        int kills = 0;
        int sessions = 0;
        long copies = 0;
        try (Cluster made = Cluster.withBrokerProcess(directory, directory.resolve("data"))) {
            cluster = made;
            SERVES.forEach(this::start);
            try (PlainChecker checker = new PlainChecker(cluster.servers());
                    OpenPage page = new OpenPage(() -> link(ThreadLocalRandom.current().nextBoolean()))) {
                replay("undisturbed").awaitSuccess();
                cluster.await("the end of the undisturbed session", () -> cluster.ended("undisturbed"));
                while (kills < KILLS) {
                    String session = "session-" + sessions++;
                    int inSession = 0;
                    Replay replay = replay(session);
                    while (!cluster.ended(session) && inSession < KILLS_OF_A_SESSION && kills < KILLS) {
                        awaitMoment(session, random);
                        int killed = kill(session, random);
                        inSession += killed;
                        kills += killed;
                    }
                    replay.awaitSuccess();
                    cluster.await("the end of " + session, () -> cluster.ended(session));
                    copies += checker.shouldBeWholeAndEqual(session, "undisturbed");
                    System.err.printf("ManyKillsTest: %s whole and equal after %d kills; %d kills, %.0f s%n", session,
                            inSession, kills, (System.nanoTime() - started) / 1e9);
                }
                assertThat(page.frames()).as("frames of the page").isPositive();
                System.err.printf(
                        "ManyKillsTest: %d kills in %d sessions, %.0f s; %d bins were published again, equal to"
                                + " the bit; the page was opened %d times and had %d frames%n",
                        kills, sessions,
                        (System.nanoTime() - started) / 1e9, copies, page.openings(), page.frames());
            }
        }
    }

    private void awaitMoment(String session, Random random) {
        if (random.nextInt(4) == 0) {
            LockSupport.parkNanos(Duration.ofMillis(random.nextInt(LONGEST_START_MS)).toNanos());
            return;
        }
        int bins = Math.min(BINS, kappa(session) + random.nextInt(MOST_BINS));
        cluster.await("kappa of " + bins + " bins", () -> kappa(session) >= bins);
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(30)).toNanos());
    }

    private int kappa(String session) {
        return TopicTail.bins(cluster.latents.arrived(session)).cardinality();
    }

    /** The one that works on the session more often than the other; now and then both. */
    private int kill(String session, Random random) {
        String owner = cluster.ownerOf(session).orElse(SERVES.getFirst());
        String other = SERVES.get(1 - SERVES.indexOf(owner));
        List<String> victims = switch (random.nextInt(6)) {
            case 0 -> SERVES;
            case 1 -> List.of(other);
            default -> List.of(owner);
        };
        victims.forEach(name -> cluster.serve(name).kill());
        victims.forEach(this::start);
        return victims.size();
    }

    /** One keeps its place in the group for its successor; the other's partitions go to whoever is left. */
    private void start(String name) {
        cluster.serve(name, name.equals(SERVES.getFirst()));
    }

    /** In lockstep, as fast as it can be read. */
    private Replay replay(String session) {
        return Replay.startPart(cluster.servers(), new Playback(NpzRecording.open(recording, null)), session, -1);
    }

    private Optional<String> link(boolean first) {
        Matcher link = LINK.matcher(cluster.serve(SERVES.get(first ? 0 : 1)).err());
        return link.find() ? Optional.of(link.group(1)) : Optional.empty();
    }
}
