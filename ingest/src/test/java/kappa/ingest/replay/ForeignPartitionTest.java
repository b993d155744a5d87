package kappa.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A session that a client in another language began: librdkafka, and with it Python's confluent-kafka, puts a key into partition
 * CRC32(key) mod partitions; Kafka's own clients take murmur2.
 */
class ForeignPartitionTest {

    private static final int BINS = 40;

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaConnection connection;

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, Topics.DEFAULT_PARTITIONS);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static int crc32(String key) {
        CRC32 crc = new CRC32();
        crc.update(key.getBytes(UTF_8));
        return (int) (crc.getValue() % Topics.DEFAULT_PARTITIONS);
    }

    private static int murmur2(String key) {
        return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % Topics.DEFAULT_PARTITIONS;
    }

    private static NpzRecording recording() {
        Path file = directory.resolve("recording.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", IntStream.range(0, BINS * 3).map(i -> i % 4).toArray(), BINS, 3);
            npz.put("bin_width", 0.01);
        }
        return NpzRecording.open(file, null);
    }

    /** Header and the first bins as a foreign client sends them. */
    private static void begin(String session, BinSource source, int bins) throws Exception {
        SessionHeader header = SessionPublisher.header(source.describe(), session,
                RecordingCodec.fit(FitSettings.of(1, 1)), Optional.empty());
        Activity.Builder activity = Activity.newBuilder().setSchemaVersion(1).setSession(session);
        var bin = source.describe().newBin();
        for (int t = 0; t < bins; t++) {
            source.next(bin);
            activity.addBins(RecordingCodec.bin(bin, source.describe().observation()));
        }
        byte[] key = session.getBytes(UTF_8);
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            producer.send(new ProducerRecord<>(Topics.SESSIONS, crc32(session), key, header.toByteArray())).get();
            producer.send(new ProducerRecord<>(Topics.ACTIVITY, crc32(session), key, activity.build().toByteArray()))
                    .get();
        }
    }

    /** Bins of a session by partition. */
    private static int[] bins(String session) {
        int[] bins = new int[Topics.DEFAULT_PARTITIONS];
        try (TopicFollower log = new TopicFollower(connection, record -> CheckedRecord
                .of(record.topic(), record.key(), record.value()).message(Activity.class)
                .filter(activity -> activity.getSession().equals(session))
                .ifPresent(activity -> bins[record.partition()] += activity.getBinsCount()))) {
            log.fromBeginning(log.partitions(Topics.ACTIVITY));
            log.readToEnd();
        }
        return bins;
    }

    @Test
    void shouldFindAndContinueASessionWhereAnotherClientPutIt() throws Exception {
        String session = "python-session";
        assertThat(crc32(session)).as("the two rules disagree").isNotEqualTo(murmur2(session));
        begin(session, recording().source(), 15);
        SessionPublisher publisher = new SessionPublisher(connection);
        SessionPlace found = publisher.find(session).orElseThrow();
        assertThat(found.bins()).isEqualTo(15);
        assertThat(found.partition()).isEqualTo(crc32(session));
        try (BinSource source = recording().source()) {
            SessionPlace place = publisher.place(source, Optional.of(session), FitSettings.of(1, 1));
            assertThat(place.bins()).as("it is the same session").isEqualTo(15);
            assertThat(publisher.publish(source, place, Speed.MAX, -1, (_, _, _) -> {})).isEqualTo(BINS);
        }
        assertThat(bins(session)[crc32(session)]).as("all in one partition").isEqualTo(BINS);
        assertThat(IntStream.of(bins(session)).sum()).isEqualTo(BINS);
        assertThat(publisher.find(session).orElseThrow().complete()).isTrue();
    }

    @Test
    void shouldNotTakeItsNameForAnotherRecording() throws Exception {
        String session = "python-other";
        begin(session, recording().source(), 5);
        SessionPublisher publisher = new SessionPublisher(connection);
        try (BinSource source = recording().source()) {
            assertThatThrownBy(
                    () -> publisher.place(source, Optional.of(session), FitSettings.of(2, 1)))
                    .isInstanceOf(InvalidInputException.class).hasMessageContaining("another header");
        }
    }

    @Test
    void shouldBeginASessionWhereKafkasOwnClientsLookForIt() {
        String session = "own-session";
        SessionPublisher publisher = new SessionPublisher(connection);
        try (BinSource source = recording().source()) {
            SessionPlace place = publisher.place(source, Optional.of(session), FitSettings.of(1, 1));
            publisher.publish(source, place, Speed.MAX, -1, (_, _, _) -> {});
        }
        assertThat(bins(session)[murmur2(session)]).isEqualTo(BINS);
        assertThat(publisher.find(session).orElseThrow().partition()).isEqualTo(murmur2(session));
    }
}
