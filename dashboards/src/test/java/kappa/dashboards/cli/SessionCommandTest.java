package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code session} on a real broker that asks for a password, and that holds a session that is over, an open one, and a checkpoint
 * that nobody can read.
 */
class SessionCommandTest {

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void publish() {
        broker = EmbeddedBroker.start(directory, 0, EmbeddedBroker.Door.CLOSED);
        KafkaConnection connection = broker.connection();
        Topics.createAll(connection, 2);
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            for (String session : new String[]{"over", "open", "new"}) {
                send(producer, Topics.SESSIONS, session, header(session).toByteArray());
            }
            send(producer, Topics.CHECKPOINTS, "over", checkpoint("over", 900, true));
            send(producer, Topics.CHECKPOINTS, "open", checkpoint("open", 100, false));
            send(producer, Topics.CHECKPOINTS, "open", checkpoint("open", 300, false));
            send(producer, Topics.CHECKPOINTS, "torn", new byte[]{1, 2, 3});
        }
    }

    private static SessionHeader header(String session) {
        return SessionHeader.newBuilder().setSchemaVersion(1).setSession(session).setBinWidthS(0.02).addNeurons("a")
                .addNeurons("b").setObservation(Observation.COUNTS).setTrials(true)
                .setFit(FitSettings.newBuilder().setRank(2)).build();
    }

    private static byte[] checkpoint(String session, long nextBin, boolean ended) {
        return Checkpoint.newBuilder().setSchemaVersion(1).setHeader(header(session)).setNextBin(nextBin)
                .setEnded(ended).build().toByteArray();
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, String session, byte[] value) {
        producer.send(new ProducerRecord<>(topic, session.getBytes(UTF_8), value));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Ran session(String command) {
        return Ran.run(directory, "session " + command + " --data " + directory);
    }

    @Test
    void shouldListShowAndRemoveSessions() throws Exception {
        Ran list = session("list");
        assertThat(list.code()).as(list.err()).isZero();
        assertThat(list.out().lines()).hasSize(5)
                .anySatisfy(line -> assertThat(line).matches("new +announced +2 +2 +0"))
                .anySatisfy(line -> assertThat(line).matches("open +open +2 +2 +300 +\\S+Z"))
                .anySatisfy(line -> assertThat(line).matches("over +ended +2 +2 +900 +\\S+Z"))
                .anySatisfy(line -> assertThat(line).matches("torn +open +0 +0 +0 +\\S+Z +checkpoint: .*"));

        JsonNode open = session("show open --json").json();
        assertThat(open.get("state").asText()).isEqualTo("open");
        assertThat(open.get("bins").asLong()).isEqualTo(300);
        assertThat(open.get("observation").asText()).isEqualTo("counts");
        assertThat(open.get("checkpoint_bytes").asLong()).isEqualTo(checkpoint("open", 300, false).length);

        Ran missing = session("show nobody");
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.lines().getLast()).isEqualTo(
                "kappa: session nobody: is not on the topics; there are new, open, over, torn");

        Ran refused = session("forget open");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.lines().getLast()).contains("session open is open", "--force");

        assertThat(session("forget over").code()).isZero();
        assertThat(session("forget torn --force").lines().getLast()).isEqualTo("session torn is removed");
        assertThat(session("list --json").json().get("sessions").findValuesAsText("session"))
                .containsExactly("new", "open");
    }

    @Test
    void shouldNameItsSubcommands() {
        Ran ran = Ran.run("session");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.lines().getLast()).contains("list, show, forget");
    }
}
