package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kappa.dashboards.cli.Ran;
import kappa.ingest.Await;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.replay.Playback;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.LearnerState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What breaks around a process of kappa: it ends or goes on, with one line that names the cause and what to do. */
@ProcessTest
@Tag("soak")
class BreakdownTest {

    private static final int TRIALS = 30;
    private static final int BINS = TRIALS * 15;

    @TempDir
    private Path directory;

    private Cluster cluster() {
        return Cluster.withBrokerProcess(directory, directory.resolve("data"));
    }

    /** Publishes a session and waits for its end. */
    private static void play(Cluster cluster, Path recording, String session) {
        try (Replay replay = Replay.startPart(cluster.servers(), new Playback(NpzRecording.open(recording, null)),
                session, -1)) {
            replay.awaitSuccess();
            cluster.await("the end of " + session, () -> cluster.ended(session));
        }
    }

    private Path recording() {
        return Recording.synthetic(directory.resolve("short.npz"), BINS, 30, TRIALS, 0.02);
    }

    // ------------------------------------------------------------------ Kafka

    @Test
    void shouldSayThatTheBrokerIsGoneAndGoOnWhenItIsBack() {
        Path recording = recording();
        try (Cluster cluster = cluster()) {
            KappaProcess serve = cluster.serve("one", true);
            play(cluster, recording, "undisturbed");
            cluster.broker().kill();
            serve.awaitLine("not ready: no heartbeat to the consumer group .* Make sure that the broker runs",
                    Cluster.LIMIT);
            cluster.startBroker();
            serve.awaitLine("ready again", Cluster.LIMIT);
            serve.shouldHaveShownNoTrace();
            play(cluster, recording, "afterwards");
            cluster.shouldBeAsUndisturbed("afterwards", "undisturbed", false);
        }
    }

    /** A byte of the log has changed, and the broker finds that when it starts after a crash. */
    @Test
    void shouldSayHowManyRecordsKafkaHasCutOffItsLog() throws IOException {
        Path recording = recording();
        try (Cluster cluster = cluster()) {
            KappaProcess serve = cluster.serve("one", true);
            play(cluster, recording, "damaged");
            int partition = cluster.checkpoints.known("damaged").getLast().getPartition();
            cluster.broker().kill();
            damage(partition);
            cluster.startBroker();
            // While it runs. It has read all of the log; hence the number.
            String lost = serve.awaitLine("Kafka has lost the end of kappa.activity-" + partition
                    + ": it ends at record \\d+, and (\\d+) records after that were processed", Cluster.LIMIT);
            assertThat(Integer.parseInt(lost)).isPositive();
            // And when it starts.
            cluster.kill("one");
            serve = cluster.serve("one", true);
            serve.awaitLine("Kafka has lost the end of kappa.activity-" + partition, Cluster.LIMIT);
            serve.shouldHaveShownNoTrace();
            // New sessions of that partition are processed as ever.
            String next = Cluster.sessionIn(partition, "next-");
            play(cluster, recording, next);
            cluster.shouldBeAsUndisturbed(next, "damaged", false);
        }
    }

    private void damage(int partition) throws IOException {
        try (Stream<Path> files = Files
                .list(directory.resolve("data").resolve("kafka").resolve(Topics.ACTIVITY + "-" + partition))) {
            Path segment = files.filter(file -> file.toString().endsWith(".log")).max(Comparator.naturalOrder())
                    .orElseThrow();
            try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
                long middle = file.length() / 2;
                file.seek(middle);
                int before = file.read();
                file.seek(middle);
                file.write(before ^ 0x10);
            }
        }
    }

    // ------------------------------------------------------------------ checkpoints

    @Test
    void shouldRefuseACheckpointOfANewerKappaAndOneThatItCannotReadAndStartOnceTheyAreForgotten() {
        Path recording = recording();
        try (Cluster cluster = cluster();
                var producer = new KafkaProducer<byte[], byte[]>(KafkaConnection.to(cluster.servers()).producer())) {
            cluster.serve("one", true);
            for (String session : List.of("newer", "older")) {
                play(cluster, recording, session);
            }
            cluster.kill("one");
            replaceCheckpoint(cluster, producer, "newer", middle(cluster, "newer").setSchemaVersion(2));
            assertThat(cluster.serve("one", true).awaitLastLine(Cluster.LIMIT))
                    .startsWith("kappa: the pipeline stopped: kappa.checkpoints-")
                    .contains("schema_version is 2, expected 1", "start that one");
            forget(cluster, "newer");

            // A network of one parameter, as no kappa of this kind has it.
            replaceCheckpoint(cluster, producer, "older", middle(cluster, "older").setLearner(
                    LearnerState.newBuilder().addTheta(1).addAdamM(1).addAdamV(1).addAverage(1)));
            assertThat(cluster.serve("one", true).awaitLastLine(Cluster.LIMIT))
                    .startsWith("kappa: the pipeline stopped: session older: ")
                    .contains("the checkpoint cannot be read", "Another version of kappa", "./kappa session forget");
            forget(cluster, "older");
            cluster.serve("one", true).awaitLine("dashboard http", Cluster.LIMIT);
        }
    }

    /** One from the middle of a session. */
    private static Checkpoint.Builder middle(Cluster cluster, String session) {
        return cluster.checkpoints.all(session).stream().filter(checkpoint -> !checkpoint.getEnded()).findFirst()
                .orElseThrow().toBuilder();
    }

    private static void replaceCheckpoint(Cluster cluster, KafkaProducer<byte[], byte[]> producer, String session,
            Checkpoint.Builder by) {
        producer.send(new ProducerRecord<>(Topics.CHECKPOINTS, by.getPartition(), session.getBytes(UTF_8),
                by.build().toByteArray()));
        producer.flush();
        // It is on the topic before the next process reads it. The one before has ended, as it should.
        Await.until("the checkpoint", () -> !cluster.checkpoints.all(session).getLast().getEnded());
    }

    private static void forget(Cluster cluster, String session) {
        Ran ran = Ran.run("session", "forget", session, "--force", "--bootstrap-servers", cluster.servers());
        assertThat(ran.code()).as(ran.err()).isZero();
    }

    // ------------------------------------------------------------------ the machine

    @Test
    void shouldNotStartOnADirectoryThatCannotBeWritten() throws Exception {
        Path mounted = Files.createDirectory(directory.resolve("read-only"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", mounted.toString()) == 0,
                "mounting a file system needs root");
        try {
            for (String command : List.of("broker", "live")) {
                KappaProcess process = KappaProcess.startWith(KappaProcess.CLIENT, directory, command, "--data",
                        mounted.toString());
                assertThat(process.awaitLastLine(Cluster.LIMIT)).contains("--data " + mounted, "Read-only file system",
                        "name another directory");
            }
        } finally {
            run("umount", "--lazy", mounted.toString());
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }
}
