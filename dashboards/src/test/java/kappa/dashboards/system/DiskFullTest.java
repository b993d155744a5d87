package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.replay.Playback;
import kappa.ingest.replay.SessionPublisher.Speed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker's disk is a file system in memory that somebody else fills; needs root, and runs in the long form only. */
@ProcessTest
class DiskFullTest {

    private static final int TRIALS = 80;
    private static final int BINS = TRIALS * 15;
    /** What Kafka makes of eleven topics with eight partitions each, and little more. */
    private static final String SIZE = "64m";
    private static final int LEFT_BYTES = 200_000;

    @TempDir
    private Path directory;

    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        assumeTrue(Integer.getInteger("kappa.crashes", 0) >= 40, "runs with -Dkappa.crashes=40 or more");
        disk = Files.createDirectory(directory.resolve("disk"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", disk.toString()) == 0,
                "mounting a file system needs root");
    }

    @AfterEach
    void unmount() throws Exception {
        if (disk != null) {
            run("umount", "--lazy", disk.toString());
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    /** Takes all of the disk but the last of it, and says where. */
    private Path fill() throws IOException {
        Path filler = disk.resolve("filler");
        byte[] chunk = new byte[LEFT_BYTES];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (disk.toFile().getUsableSpace() > 2 * LEFT_BYTES) {
                out.write(chunk);
            }
        }
        return filler;
    }

    @Test
    void shouldGoOnWhereItWasOnceThereIsRoomAgain() throws Exception {
        Path recording = Recording.synthetic(directory.resolve("short.npz"), BINS, 30, TRIALS, 0.02);
        try (Cluster cluster = Cluster.withBrokerProcess(directory, disk.resolve("data"))) {
            cluster.serve("one", true);
            try (Replay replay = replay(cluster, recording, "undisturbed")) {
                replay.awaitSuccess();
            }
            Path filler = fill();
            try (Replay replay = replay(cluster, recording, "full")) {
                assertThat(cluster.broker().awaitLastLine(Cluster.LIMIT)).contains("the disk of ", " is full",
                        "Make room");
                System.err.println("DiskFullTest: the broker ended; kappa of "
                        + cluster.latents.known("full").size() + " records was seen before");
                Files.delete(filler);
                cluster.startBroker();
                // The last thing that a broker says before it halts may be that it cannot write, and then serve stops, too.
                if (cluster.serve("one").err().contains("the pipeline stopped")) {
                    assertThat(cluster.serve("one").awaitEnd(Cluster.LIMIT)).as("exit code of serve").isEqualTo(1);
                    assertThat(cluster.serve("one").err().lines().toList().getLast()).as("the last line is the reason")
                            .startsWith("kappa: the pipeline stopped: ");
                    cluster.serve("one", true);
                }
                assertThat(replay.awaitSuccess()).containsEntry("latents", (long) BINS);
                cluster.await("the end of the session", () -> cluster.ended("full"));
                cluster.shouldBeAsUndisturbed("full", "undisturbed", false);
            }
        }
    }

    private static Replay replay(Cluster cluster, Path recording, String session) {
        return Replay.start(cluster.servers(), new Playback(NpzRecording.open(recording, null)), session, Speed.MAX);
    }
}
