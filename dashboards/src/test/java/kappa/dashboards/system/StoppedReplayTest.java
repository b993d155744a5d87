package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import kappa.dashboards.app.Processing;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.PlaybackControl;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay of its own process: sought from outside, stopped, continued as it says, killed, and continued again. */
@ProcessTest
class StoppedReplayTest {

    private static final String SESSION = "it-s-a-session";
    private static final int FROM = 400;
    private static final int UNTIL = 1_600;

    @TempDir
    private Path directory;

    private EmbeddedBroker broker;
    private Processing pipeline;

    @BeforeEach
    void start() {
        broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, 1);
        pipeline = new Processing(connection, "kappa", 1, failure -> {});
    }

    @AfterEach
    void stop() {
        pipeline.close();
        broker.close();
    }

    @Test
    void shouldSayHowToGoOnAndGoOnWithoutLosingOrRepeatingABin() throws Exception {
        Path file = Recording.synthetic(directory.resolve("it's a session.npz"), 2_000, 12, 0, 0.01);
        String servers = broker.bootstrapServers();
        try (var latents = new TopicTail<>(servers, Topics.LATENTS, Latents::parseFrom);
                var activity = new TopicTail<>(servers, Topics.ACTIVITY, Activity::parseFrom)) {
            String said;
            long stopped;
            try (KappaProcess replay = KappaProcess.startWith(KappaProcess.CLIENT, directory, "replay", file.toString(),
                    "--from", "4",
                    "--until",
                    "80%", "--loop", "--speed", "2", "--rank", "1", "--session-id", SESSION, "--bootstrap-servers",
                    servers)) {
                replay.await("a first model", Recording.LIMIT,
                        () -> latents.all(SESSION).stream().anyMatch(message -> message.getModelVersion() > 0));
                seek(12.5);
                replay.await("the jump", Recording.LIMIT, () -> jump(latents.all(SESSION)) > 0);
                stateIsNotKnownAfterAJump(latents.all(SESSION));
                replay.stop(Recording.LIMIT);
                List<String> lines = replay.err().lines().filter(line -> line.contains("stopped after")).toList();
                assertThat(lines).singleElement().asString().startsWith("session " + SESSION + " stopped after ");
                stopped = Long.parseLong(lines.getFirst().replaceFirst(".*after (\\d+) bins.*", "$1"));
                said = lines.getFirst().replaceFirst(".*to go on: +", "");
                assertThat(said).startsWith("./kappa replay '").contains("it'\\''s a session.npz' --from 4");
            }
            String[] again = words(said);
            try (KappaProcess replay = KappaProcess.startWith(KappaProcess.CLIENT, directory, again)) {
                assertThat(replay.awaitLine("continued from bin (\\d+)", Recording.LIMIT))
                        .isEqualTo(String.valueOf(stopped));
                replay.await("more", Recording.LIMIT,
                        () -> TopicTail.bins(latents, SESSION).cardinality() > stopped + 50);
                replay.kill();
            }
            try (KappaProcess replay = KappaProcess.startWith(KappaProcess.CLIENT, directory, again)) {
                long killed = Long.parseLong(replay.awaitLine("continued from bin (\\d+)", Recording.LIMIT));
                assertThat(killed).isGreaterThan(stopped);
                replay.await("kappa of all that was published before and more", Recording.LIMIT,
                        () -> TopicTail.bins(latents, SESSION).nextClearBit(0) > killed + 50);
            }
            bothClocksGoOn(activity.all(SESSION));
        }
    }

    private void seek(double seconds) throws Exception {
        try (var producer = new KafkaProducer<byte[], byte[]>(
                KafkaConnection.to(broker.bootstrapServers()).producer())) {
            producer.send(new ProducerRecord<>(Topics.CONTROLS, SESSION.getBytes(UTF_8),
                    PlaybackControl.newBuilder().setSchemaVersion(1).setSession(SESSION).setSeekS(seconds).build()
                            .toByteArray()))
                    .get();
        }
    }

    private static List<LatentBin> bins(List<Latents> latents) {
        return latents.stream().flatMap(message -> message.getBinsList().stream()).toList();
    }

    /** The first bin after the jump to 12.5 s, which the loop comes by, too; or -1. */
    private static int jump(List<Latents> latents) {
        List<LatentBin> bins = bins(latents);
        for (int t = 1; t < bins.size(); t++) {
            if (bins.get(t).getClock().getSample() == 1_251 && bins.get(t - 1).getClock().getSample() != 1_250) {
                return t;
            }
        }
        return -1;
    }

    private static void stateIsNotKnownAfterAJump(List<Latents> latents) {
        List<LatentBin> bins = bins(latents);
        int t = jump(latents);
        assertThat(bins.get(t).getClock().getEpoch()).isEqualTo(bins.get(t - 1).getClock().getEpoch() + 1);
        assertThat(bins.get(t).getCovariance(0)).as("variance of kappa just after the jump")
                .isGreaterThan(bins.get(t - 1).getCovariance(0));
    }

    private static void bothClocksGoOn(List<Activity> records) {
        Bin last = null;
        long next = 0;
        for (Activity record : records) {
            assertThat(record.getFirstBin()).as("the session's own index").isEqualTo(next);
            next += record.getBinsCount();
            for (Bin bin : record.getBinsList()) {
                long sample = bin.getClock().getSample();
                assertThat(sample).isBetween(FROM + 1L, (long) UNTIL);
                assertThat(bin.getRigTimeNs()).as("the recording's own time").isEqualTo(sample * 10_000_000);
                if (last != null && bin.getClock().getEpoch() == last.getClock().getEpoch()) {
                    assertThat(sample).as("nothing is left out or repeated").isEqualTo(last.getClock().getSample() + 1);
                }
                last = bin;
            }
        }
    }

    /** The arguments that a shell makes of a command line. */
    private static String[] words(String line) throws IOException, InterruptedException {
        Process shell = new ProcessBuilder("sh", "-c", line.replaceFirst("^\\S+", "printf '%s\\\\n'")).start();
        List<String> words = new String(shell.getInputStream().readAllBytes(), UTF_8)
                .lines().toList();
        assertThat(shell.waitFor()).isZero();
        return words.toArray(String[]::new);
    }
}
