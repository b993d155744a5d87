package kappa.ingest.outlet;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Latent states from the topic of a real broker to a plain reader of UDP packets. */
@Tag("slow")
class LatentSenderTest {

    private static final String SESSION = "rig-1";

    @TempDir
    Path directory;

    /** What a program would take a packet apart into. */
    private record Message(String path, String types, List<Object> arguments) {

        static Message read(DatagramSocket socket) throws IOException {
            DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
            socket.receive(packet);
            assertThat(packet.getLength() % 4).isZero();
            ByteBuffer bytes = ByteBuffer.wrap(packet.getData(), 0, packet.getLength());
            String path = text(bytes);
            String types = text(bytes);
            List<Object> arguments = new ArrayList<>();
            for (char type : types.substring(1).toCharArray()) {
                arguments.add(switch (type) {
                    case 'i' -> bytes.getInt();
                    case 'f' -> bytes.getFloat();
                    case 's' -> text(bytes);
                    default -> throw new AssertionError("type " + type);
                });
            }
            assertThat(bytes.remaining()).isZero();
            return new Message(path, types, arguments);
        }

        private static String text(ByteBuffer bytes) {
            int start = bytes.position();
            int end = start;
            while (bytes.get(end) != 0) {
                end++;
            }
            byte[] text = new byte[end - start];
            bytes.get(text);
            bytes.position(start + (text.length / 4 + 1) * 4);
            return new String(text, US_ASCII);
        }
    }

    private static DatagramSocket listen() throws IOException {
        DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static OscOutlet to(DatagramSocket socket) {
        return new OscOutlet("127.0.0.1:" + socket.getLocalPort());
    }

    private static Latents latents(String session, long firstBin, float... first) {
        Latents.Builder latents = Latents.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(firstBin);
        for (float value : first) {
            latents.addBins(LatentBin.newBuilder().addKappa(value).addKappa(-value).addCovariance(1).addCovariance(0)
                    .addCovariance(1));
        }
        return latents.build();
    }

    @Test
    void shouldSendEachBinOnceAndACrossingWhereItHappens() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
                DatagramSocket socket = listen()) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 2);
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer());
                    LatentSender sender = new LatentSender(connection, SESSION,
                            List.of(Threshold.parse("1>0.5"), Threshold.parse("2<-2"), Threshold.parse("7>0")),
                            List.of(to(socket)))) {
                sender.start();
                send(producer, latents(SESSION, 0, 0.25f, 0.75f, 0.875f));
                send(producer, latents("another", 0, 9));
                send(producer, latents(SESSION, 1, 0.75f, 0.875f, 0.125f)); // in part once more, as after a crash
                send(producer, latents(SESSION, 4, 3f));
                List<Message> messages = new ArrayList<>();
                while (messages.size() < 8) {
                    messages.add(Message.read(socket));
                }
                assertThat(messages).containsExactly(kappa(0, 0.25f), kappa(1, 0.75f), crossing("1>0.5", 1, 0.75f),
                        kappa(2, 0.875f), kappa(3, 0.125f), kappa(4, 3f), crossing("1>0.5", 4, 3f),
                        crossing("2<-2", 4, -3f));
            }
        }
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, Latents latents) throws Exception {
        producer.send(new ProducerRecord<>(Topics.LATENTS, latents.getSession().getBytes(UTF_8),
                latents.toByteArray())).get(1, TimeUnit.MINUTES);
    }

    private static Message kappa(int bin, float first) {
        return new Message("/kappa", ",iff", List.of(bin, first, -first));
    }

    private static Message crossing(String text, int bin, float value) {
        return new Message("/kappa/crossing", ",sif", List.of(text, bin, value));
    }

    @Test
    void shouldPadTextsAsOscDoes() throws IOException {
        try (DatagramSocket socket = listen();
                OscOutlet osc = to(socket)) {
            for (String text : List.of("1>1", "1>10", "1>100", "1>1000")) {
                osc.crossing(Threshold.parse(text), 5, 2, 0);
                assertThat(Message.read(socket)).isEqualTo(crossing(text, 5, 2));
            }
        }
    }

    @Test
    void shouldSayWhatIsNoThresholdOrAddress() {
        assertThat(Threshold.parse("2 < -1.5e-1")).isEqualTo(new Threshold(1, false, -0.15f, "2<-1.5e-1"));
        for (String text : List.of("0>1", "1=2", "x>1", "1>", ">1", "1>1>1")) {
            assertThatThrownBy(() -> Threshold.parse(text)).isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("--threshold is " + text + ", expected LATENT>LEVEL");
        }
        for (String text : List.of("localhost", "localhost:0", "localhost:70000", ":9000", "a:b")) {
            assertThatThrownBy(() -> new OscOutlet(text)).isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("--osc is " + text + ", expected HOST:PORT");
        }
    }
}
