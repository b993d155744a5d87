package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import kappa.ingest.UnixTime;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code watch} off a terminal, on a real broker, of a session that has come to its end: then it ends by itself. */
class WatchCommandTest {

    private static final int BINS = 1_500;

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void publish() {
        broker = EmbeddedBroker.start(directory, 0);
        KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, 1);
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            send(producer, Topics.SESSIONS, SessionHeader.newBuilder().setSchemaVersion(1).setSession("mouse-7")
                    .setBinWidthS(0.02).addNeurons("a").addNeurons("b").setObservation(Observation.COUNTS)
                    .setTrials(true).setFit(FitSettings.newBuilder().setRank(1)).build().toByteArray());
            for (int t = 0; t < BINS; t++) {
                send(producer, Topics.LATENTS, Latents.newBuilder().setSchemaVersion(1).setSession("mouse-7")
                        .setFirstBin(t).setModelVersion(9).setActivityUnixNs(UnixTime.nowNs())
                        .addBins(LatentBin.newBuilder().addKappa(t / 1000f).addCovariance(0.04f).setTrial(t / 100))
                        .build().toByteArray());
            }
            send(producer, Topics.MODELS, ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("mouse-7")
                    .setVersion(10).setFinal(true).setNeurons(1).setRank(1).addM(1).addN(1).addB(0).addGain(1)
                    .setQuality(FitQuality.newBuilder().setUnit("bits/spike").addOneStep(0.25)).build()
                    .toByteArray());
        }
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, byte[] value) {
        producer.send(new ProducerRecord<>(topic, "mouse-7".getBytes(UTF_8), value));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void shouldBeginNearTheEndOfTheTopicAndTellTheNewestBin() throws Exception {
        Ran ran = Ran.run("watch", "--session", "mouse-7", "--json", "--bootstrap-servers", broker.bootstrapServers());
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode last = new ObjectMapper().readTree(ran.out().lines().toList().getLast());
        assertThat(last.get("bin").asInt()).isEqualTo(BINS - 1);
        assertThat(last.get("latents").asInt()).as("bins that it looked at").isEqualTo(1_000);
        assertThat(last.get("kappa").get(0).floatValue()).isEqualTo(1.499f);
        assertThat(last.get("sd").get(0).doubleValue()).isEqualTo(Math.sqrt(0.04f));
        assertThat(last.get("model_version").asInt()).isEqualTo(10);
        assertThat(last.get("quality").asDouble()).isEqualTo(0.25);
        assertThat(last.get("trial").asInt()).isEqualTo(14);
        assertThat(last.get("gaps").asInt()).isZero();
        assertThat(last.get("ended").asBoolean()).isTrue();
    }

    @Test
    void shouldFindTheBrokerOfALiveThatRunsByItsDirectory() {
        Ran ran = Ran.run("watch", "--session", "mouse-7", "--data", directory.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        List<String> lines = ran.out().lines().toList();
        assertThat(lines.getLast()).startsWith("mouse-7  bin 1499  kappa +1.499 +- 0.200  trial 14").contains("ended",
                "0.250 bits/spike");
        assertThat(ran.lines()).as("the session ended with one trial").singleElement().asString()
                .startsWith("mouse-7: warning: one trial: nothing was scored");
    }
}
