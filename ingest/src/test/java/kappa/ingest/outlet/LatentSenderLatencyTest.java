package kappa.ingest.outlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import kappa.ingest.UnixTime;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long kappa takes from the pipeline's producer to a reader of the topic, and to a program that listens for OSC. It prints
 * figures.
 */
@Tag("soak")
class LatentSenderLatencyTest {

    private static final int WARM_UP = 500;
    private static final int BINS = 3_000;
    private static final long EVERY_NS = 5_000_000;
    private static final int OSC_BIN_AT = 12;

    @TempDir
    Path directory;

    private static String percentiles(long[] sent, long[] came) {
        double[] ms = new double[BINS - WARM_UP];
        Arrays.setAll(ms, k -> (came[WARM_UP + k] - sent[WARM_UP + k]) / 1e6);
        Arrays.sort(ms);
        return String.format(Locale.ROOT, "p50 %.2f ms, p99 %.2f ms", ms[ms.length / 2], ms[ms.length * 99 / 100]);
    }

    @SuppressWarnings("try") // the socket is closed to end the thread that waits for it
    @Test
    void shouldReachOscAndReadersOfTheTopicWithEveryBin() throws Exception {
        long[] sent = new long[BINS];
        long[] onTopic = new long[BINS];
        long[] byOsc = new long[BINS];
        CountDownLatch arrived = new CountDownLatch(2 * BINS);
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
                DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 1);
            Thread osc = Thread.ofPlatform().daemon(true).start(() -> {
                DatagramPacket packet = new DatagramPacket(new byte[256], 256);
                for (int came = 0; came < BINS; came++) {
                    try {
                        socket.receive(packet);
                    } catch (IOException e) {
                        return; // a test that failed has closed it
                    }
                    byOsc[ByteBuffer.wrap(packet.getData()).getInt(OSC_BIN_AT)] = System.nanoTime();
                    arrived.countDown();
                }
            });
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer());
                    LatentSender sender = new LatentSender(connection, "rig", List.of(),
                            List.of(new OscOutlet("127.0.0.1:" + socket.getLocalPort())));
                    TopicFollower topic = new TopicFollower(connection, record -> {
                        onTopic[(int) CheckedRecord.of(record.topic(), record.key(), record.value())
                                .message(Latents.class)
                                .orElseThrow().getFirstBin()] = System.nanoTime();
                        arrived.countDown();
                    })) {
                sender.start();
                topic.fromTime(topic.partitions(Topics.LATENTS), UnixTime.nowNs() / 1_000_000);
                Thread reader = Thread.ofPlatform().daemon(true).start(() -> {
                    while (arrived.getCount() > 0) {
                        topic.poll(Duration.ofMillis(100));
                    }
                });
                long begun = System.nanoTime();
                for (int bin = 0; bin < BINS; bin++) {
                    LockSupport.parkNanos(begun + bin * EVERY_NS - System.nanoTime());
                    Latents record = Latents.newBuilder().setSchemaVersion(1).setSession("rig").setFirstBin(bin)
                            .addBins(LatentBin.newBuilder().addKappa(bin).addCovariance(1)).build();
                    sent[bin] = System.nanoTime();
                    producer.send(new ProducerRecord<>(Topics.LATENTS, "rig".getBytes(UTF_8), record.toByteArray()));
                }
                assertThat(arrived.await(2, TimeUnit.MINUTES)).as("every bin came both ways").isTrue();
                reader.join();
            }
            osc.join();
        }
        System.err.printf("LatentSenderLatencyTest: to a reader of the topic %s; to a program by OSC %s%n",
                percentiles(sent, onTopic), percentiles(sent, byOsc));
    }
}
