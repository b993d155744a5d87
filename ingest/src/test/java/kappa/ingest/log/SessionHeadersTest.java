package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import kappa.ingest.Meters;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SessionHeadersTest {

    @TempDir
    private static Path directory;

    /** About 1,200 bytes. */
    private static SessionHeader header(String session, String neurons) {
        return SessionHeader.newBuilder().setSchemaVersion(1).setSession(session).setBinWidthS(0.02)
                .addAllNeurons(IntStream.range(0, 100).mapToObj(i -> neurons + "-" + (1_000_000 + i)).toList())
                .setObservation(Observation.COUNTS).setTrials(true).setFit(FitSettings.newBuilder().setRank(1)).build();
    }

    private static void send(KafkaConnection connection, SessionHeader... headers) {
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            for (SessionHeader header : headers) {
                producer.send(new ProducerRecord<>(Topics.SESSIONS, header.getSession().getBytes(UTF_8),
                        header.toByteArray()));
            }
        }
    }

    @Test
    void shouldReadAgainWhatDoesNotFitAndRejectWhatIsTooMany() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 1);
            List<SessionHeader> sent = List.of(header("a", "x"), header("b", "y"), header("c", "z"));
            send(connection, sent.toArray(SessionHeader[]::new));
            // One of them fits.
            try (Publisher publisher = new Publisher(connection, meters, failures::add);
                    SessionHeaders headers = new SessionHeaders(connection, publisher, 3, 2_000)) {
                headers.take(0, 0);
                for (SessionHeader header : List.of(sent.get(0), sent.get(2), sent.get(1), sent.get(0))) {
                    assertThat(headers.of(header.getSession())).isEqualTo(header);
                }
                send(connection, header("d", "x"), header("a", "changed"));
                headers.readToEnd();
                assertThat(headers.of("d")).isNull();
                assertThat(headers.of("a")).isEqualTo(sent.get(0));
                SessionHeader warned = sent.get(2).toBuilder().addWarnings("no spike in the session").build();
                send(connection, warned);
                headers.readToEnd();
                assertThat(headers.of("c")).isEqualTo(warned);
                assertThat(Meters.RECORDS_REJECTED.counter(meters, "BAD_HEADER").count()).isOne();
                assertThat(Meters.RECORDS_REJECTED.counter(meters, "HEADER_CHANGED").count()).isOne();
            }
        }
        assertThat(failures).isEmpty();
    }
}
