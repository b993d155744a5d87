package kappa.ingest.rig.intan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import kappa.ingest.Await;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.RecordingCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The connector against a sender that does on real sockets what RHX's source does. */
class IntanConnectorTest {

    private static final int RATE = 30_000;
    private static final int PER_BIN = 600;
    private static final double WIDTH_S = 0.02;
    private static final double LATENESS_S = 0.3;

    @TempDir
    Path directory;

    private record Spike(String channel, long sample, int id) {}

    /** RHX: serves one reader of spikes, and listens for another one only when it is told. */
    private static final class Rhx implements AutoCloseable {
        private final ServerSocket commandServer;
        private final int spikePort;
        private final List<String> commands = new CopyOnWriteArrayList<>();
        private volatile ServerSocket spikeServer;
        private volatile Socket reader;

        Rhx() throws IOException {
            commandServer = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                spikePort = free.getLocalPort();
            }
            Thread.ofPlatform().daemon(true).start(this::serve);
        }

        private void serve() {
            try (Socket client = commandServer.accept()) {
                byte[] bytes = new byte[1000];
                for (int n; (n = client.getInputStream().read(bytes)) > 0;) {
                    StringBuilder answer = new StringBuilder();
                    for (String command : new String(bytes, 0, n, StandardCharsets.ISO_8859_1).split(";")) {
                        commands.add(command);
                        switch (command.toLowerCase(Locale.ROOT)) {
                            case "get sampleratehertz" -> answer.append("Return: SampleRateHertz " + RATE);
                            case "get runmode" -> answer.append("Return: RunMode Run");
                            case "execute connecttcpspikedataoutput" -> listen();
                            default -> assertThat(command).startsWith("set ");
                        }
                    }
                    client.getOutputStream().write(answer.toString().getBytes(StandardCharsets.ISO_8859_1));
                }
            } catch (IOException e) {
                // The test is over.
            }
        }

        private void listen() throws IOException {
            ServerSocket server = new ServerSocket();
            server.setReuseAddress(true);
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), spikePort));
            spikeServer = server;
            Thread.ofPlatform().daemon(true).start(() -> {
                try {
                    reader = server.accept();
                    server.close();
                } catch (IOException e) {
                    // The test is over.
                }
            });
        }

        void send(byte[] bytes) throws IOException {
            Await.until("the rig", () -> reader != null);
            reader.getOutputStream().write(bytes);
            reader.getOutputStream().flush();
        }

        void disconnect() throws IOException {
            Socket old = reader;
            reader = null;
            old.close();
        }

        @Override
        public void close() {
            try {
                commandServer.close();
                if (spikeServer != null) {
                    spikeServer.close();
                }
                if (reader != null) {
                    reader.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static byte[] record(Spike spike) {
        return ByteBuffer.allocate(14).order(ByteOrder.LITTLE_ENDIAN).putInt(0x3ae2710f)
                .put(spike.channel.getBytes(StandardCharsets.US_ASCII)).putInt((int) spike.sample).put((byte) spike.id)
                .array();
    }

    private static void untilNs(long nanoTime) {
        Await.until("the next spike's time", () -> System.nanoTime() >= nanoTime);
    }

    /** Spikes of 4 channels with 2 units each, RHX's order: by sample. */
    private static List<Spike> spikes(Random random, long from, long to) {
        List<Spike> spikes = new ArrayList<>();
        for (long s = from; s < to; s += 1 + random.nextInt(60)) {
            spikes.add(new Spike("B-00" + random.nextInt(4), s, 1 << random.nextInt(2)));
        }
        return spikes;
    }

    private static final List<String> UNITS = List.of("B-000/1", "B-000/2", "B-001/1", "B-001/2", "B-002/1", "B-002/2",
            "B-003/1", "B-003/2");

    private static int neuron(Spike spike) {
        return UNITS.indexOf(spike.channel + "/" + spike.id);
    }

    private static RigSource source(IntanConnector connector, UnitTable units) {
        return new RigSource(
                new RigLayout("intan-test", "test", units.names(), List.of(), List.of(), Observation.COUNTS,
                        WIDTH_S, connector.sampleRate(), false, false),
                units, connector, 30);
    }

    private IntanConnector connected(Rhx rhx) {
        IntanConnector connector = new IntanConnector(new IntanConnector.Settings("127.0.0.1", rhx.spikePort,
                rhx.commandServer.getLocalPort(), List.of("B-000", "B-003"), 0, LATENESS_S));
        connector.connect();
        return connector;
    }

    private static List<Bin> read(RigSource source, int bins) {
        List<Bin> read = new ArrayList<>();
        RecordedBin bin = source.describe().newBin();
        while (read.size() < bins && source.next(bin)) {
            read.add(RecordingCodec.bin(bin, Observation.COUNTS));
        }
        return read;
    }

    private static void assertTruth(List<Bin> bins, List<Spike> sent, long origin) {
        int[][] truth = new int[bins.size()][UNITS.size()];
        for (Spike spike : sent) {
            int bin = (int) Math.floorDiv(spike.sample - origin, PER_BIN);
            if (bin >= 0 && bin < truth.length) {
                truth[bin][neuron(spike)]++;
            }
        }
        for (int b = 0; b < truth.length; b++) {
            if (bins.get(b).getClock().getLost() == 0) {
                for (int i = 0; i < UNITS.size(); i++) {
                    assertThat(bins.get(b).getCounts(i)).as("bin " + b + " unit " + UNITS.get(i))
                            .isEqualTo(truth[b][i]);
                }
            }
        }
    }

    @Test
    void shouldFindUnitsAndCountWhatComesBetweenGarbageAndInPieces() throws IOException {
        Random random = new Random(3);
        try (Rhx rhx = new Rhx()) {
            IntanConnector connector = connected(rhx);
            assertThat(connector.sampleRate()).isEqualTo(RATE);
            assertThat(rhx.commands).contains("set B-000.TCPDataOutputEnabledSpike true",
                    "set B-003.TCPDataOutputEnabledSpike true");
            ByteArrayOutputStream first = new ByteArrayOutputStream();
            for (Spike spike : spikes(random, 1000, 8000)) {
                first.write(record(spike));
            }
            rhx.send(first.toByteArray());
            assertThat(connector.discover(0.2)).containsExactlyElementsOf(UNITS);

            // Two seconds at once, in pieces that end anywhere, with bytes between records that look almost like one.
            List<Spike> sent = spikes(random, 9000, 69_000);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (Spike spike : sent) {
                if (random.nextInt(20) == 0) {
                    byte[] garbage = new byte[random.nextInt(30)];
                    random.nextBytes(garbage);
                    bytes.write(garbage);
                    bytes.write(record(spike), 0, 4 + random.nextInt(5));
                }
                bytes.write(record(spike));
                if (random.nextInt(50) == 0) {
                    bytes.write(record(new Spike("B-002", spike.sample, 128)));
                }
            }
            UnitTable units = UnitTable.begin(UNITS, 0, directory.resolve("units"));
            try (RigSource source = source(connector, units)) {
                byte[] all = bytes.toByteArray();
                for (int at = 0; at < all.length;) {
                    int count = Math.min(all.length - at, 1 + random.nextInt(500));
                    rhx.send(Arrays.copyOfRange(all, at, at + count));
                    at += count;
                }
                List<Bin> bins = read(source, 95);
                assertThat(bins.getFirst().getClock().getSample()).isEqualTo(sent.getFirst().sample + PER_BIN);
                assertTruth(bins, sent, sent.getFirst().sample);
                assertThat(bins).allMatch(bin -> bin.getClock().getLost() == 0 && bin.getClock().getHostUnixNs() > 0);
                assertThat(source.status()).contains("unusable").doesNotContain("late");
            }
        }
    }

    @Test
    void shouldMarkWhatAnOutageLostAndBeginAnEpochWhenTheCounterBeginsAgain() throws IOException {
        Random random = new Random(4);
        // The counter's 32 bits end during the first second.
        long start = 0xffffffffL - 10_000;
        try (Rhx rhx = new Rhx()) {
            UnitTable units = UnitTable.begin(UNITS, 0, directory.resolve("units"));
            try (RigSource source = source(connected(rhx), units)) {
                List<Bin> bins = new CopyOnWriteArrayList<>();
                Thread reader = Thread.ofPlatform().start(() -> {
                    RecordedBin bin = source.describe().newBin();
                    while (source.next(bin)) {
                        bins.add(RecordingCodec.bin(bin, Observation.COUNTS));
                    }
                });
                long began = System.nanoTime();
                List<Spike> sent = new ArrayList<>(play(rhx, random, start, start, start + 24_000, began));
                rhx.disconnect();
                Await.until("the rig", () -> source.status().contains("not connected") || rhx.reader != null);
                Await.until("the rig", () -> rhx.reader != null);
                // RHX went on meanwhile; what it sends now is of now.
                long now = start + (System.nanoTime() - began) * RATE / 1_000_000_000L;
                List<Spike> after = play(rhx, random, start, now, now + 15_000, began);
                sent.addAll(after);
                // Stopped, and started again: the counter is at its beginning.
                long restarted = System.nanoTime();
                List<Spike> again = play(rhx, random, 50, 50, 15_050, restarted);
                long end = again.getLast().sample;
                Await.until("the rig", () -> bins.stream().anyMatch(bin -> bin.getClock().getEpoch() == 1
                        && bin.getClock().getSample() > end - PER_BIN));
                List<Bin> all = List.copyOf(bins);
                reader.interrupt();

                List<Bin> first = all.stream().filter(bin -> bin.getClock().getEpoch() == 0).toList();
                long origin = sent.getFirst().sample;
                assertTruth(first, sent, origin);
                long lostFrom = first.stream().filter(bin -> bin.getClock().getLost() > 0).findFirst().orElseThrow()
                        .getClock().getSample() - PER_BIN;
                assertThat(lostFrom).isLessThanOrEqualTo(start + 24_000);
                for (Bin bin : first) {
                    long to = bin.getClock().getSample();
                    boolean outage = to > lostFrom && to - PER_BIN < after.getFirst().sample;
                    // The last bin under way when the counter began again was never complete.
                    boolean last = to == first.getLast().getClock().getSample();
                    assertThat(bin.getClock().getLost() > 0).as("bin to " + to).isEqualTo(outage || last);
                }
                assertTruth(all.stream().filter(bin -> bin.getClock().getEpoch() == 1).toList(), again,
                        again.getFirst().sample);
                assertThat(source.status()).doesNotContain("late");
            }
        }
    }

    /** Sends in portions of 1280 samples, each when it is over, with a clock that was at {@code zero} when it began. */
    private static List<Spike> play(Rhx rhx, Random random, long zero, long from, long to, long began)
            throws IOException {
        List<Spike> sent = new ArrayList<>();
        for (long portion = from; portion < to; portion += 1280) {
            untilNs(began + (portion + 1280 - zero) * 1_000_000_000L / RATE);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (Spike spike : spikes(random, portion, Math.min(to, portion + 1280))) {
                sent.add(spike);
                bytes.write(record(spike));
            }
            rhx.send(bytes.toByteArray());
        }
        return sent;
    }

    @Test
    void shouldSayWhatIsMissingWhereNobodyListens() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        IntanConnector commands = new IntanConnector(
                new IntanConnector.Settings("127.0.0.1", port, port, List.of(), 0, LATENESS_S));
        assertThatThrownBy(commands::connect).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("command port")
                .hasMessageNotContaining("\n");
        IntanConnector spikes = new IntanConnector(
                new IntanConnector.Settings("127.0.0.1", port, 0, List.of(), RATE, LATENESS_S));
        assertThatThrownBy(spikes::connect).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("spike port");
    }
}
