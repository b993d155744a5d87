package kappa.ingest.rig.openephys;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.function.LongToDoubleFunction;
import java.util.function.Predicate;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * Sends what the plugin "ZMQ Interface" sends, byte by byte as it is written down for connectors, and can be told to misbehave.
 * Knows nothing of kappa's own sender and reader.
 */
final class PluginFixture implements AutoCloseable {

    record Spike(long sample, String electrode, int sortedId) {}

    record Edge(long sample, int line, boolean high) {}

    record Channel(int number, String name, LongToDoubleFunction value) {}

    /** How an instance of the plugin is set up. */
    record Setup(String stream, double rate, boolean timestamps, boolean channelNames, boolean cutHeaders) {
        static Setup plain() {
            return new Setup("Probe-A", 30_000, true, true, false);
        }
    }

    /** Of the GUI: a spike with its peak in a block's last samples comes with the next block. */
    static final int SPIKE_TAIL = 100;

    private final ZContext context = new ZContext();
    private final ZMQ.Socket data;
    private final int port;
    private final Thread heartbeat;
    private volatile boolean stop;
    private final List<Channel> channels = new ArrayList<>();
    private final List<Spike> held = new ArrayList<>();
    private final Random random = new Random(7);
    private Setup setup = Setup.plain();
    private IntPredicate drop = number -> false;
    private Predicate<Edge> dropEdge = edge -> false;
    private int number;
    private long word;
    private int answered;
    /** Samples of messages that were counted and not sent: of continuous channels, first and last. */
    final List<Long> dropped = new ArrayList<>();

    /** @param port 0 for a free one, with a free one after it */
    PluginFixture(int port) {
        context.setLinger(0);
        // XPUB is PUB that tells of its subscribers.
        data = context.createSocket(SocketType.XPUB);
        data.setSndHWM(0);
        ZMQ.Socket rep = context.createSocket(SocketType.REP);
        int bound = port;
        if (port == 0) {
            Random ports = new Random();
            while (true) {
                bound = 20_000 + 2 * ports.nextInt(10_000);
                try {
                    data.bind("tcp://127.0.0.1:" + bound);
                    rep.bind("tcp://127.0.0.1:" + (bound + 1));
                    break;
                } catch (org.zeromq.ZMQException taken) {
                    data.unbind("tcp://127.0.0.1:" + bound);
                }
            }
        } else {
            data.bind("tcp://127.0.0.1:" + port);
            rep.bind("tcp://127.0.0.1:" + (port + 1));
        }
        this.port = bound;
        rep.setReceiveTimeOut(50);
        heartbeat = Thread.ofPlatform().daemon(true).start(() -> {
            while (!stop) {
                byte[] question = rep.recv();
                if (question != null) {
                    answered++;
                    rep.send(new String(question, UTF_8).contains("\"type\":\"heartbeat\"")
                            ? "heartbeat received"
                            : "JSON message could not be read");
                }
            }
            rep.close();
        });
    }

    String endpoint() {
        return "tcp://127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    PluginFixture with(Setup how) {
        setup = how;
        return this;
    }

    PluginFixture with(Channel... continuous) {
        channels.clear();
        channels.addAll(List.of(continuous));
        return this;
    }

    /** @param which messages, by number, are counted and not sent */
    PluginFixture dropping(IntPredicate which) {
        drop = which;
        return this;
    }

    /** @param which edges are counted and not sent */
    PluginFixture droppingEdges(Predicate<Edge> which) {
        dropEdge = which;
        return this;
    }

    /** Waits until somebody has subscribed. */
    void awaitSubscriber() {
        byte[] subscription;
        do {
            subscription = data.recv();
        } while (subscription[0] != 1);
    }

    /** Acquisition begins. */
    void startAcquisition() {
        number = 0;
        word = 0;
        held.clear();
    }

    void numbersFrom(int next) {
        number = next - 1;
    }

    int number() {
        return number;
    }

    /** One block [from, from + samples) with what happens in it, in the plugin's order. */
    void block(long from, int samples, List<Spike> spikes, List<Edge> edges) {
        edges.stream().filter(edge -> edge.sample == from).forEach(this::edge);
        List<Spike> now = new ArrayList<>(held);
        held.clear();
        for (Spike spike : spikes) {
            (spike.sample >= from + samples - SPIKE_TAIL ? held : now).add(spike);
        }
        // Electrode by electrode, in an order of its own.
        List<String> electrodes = new ArrayList<>(now.stream().map(Spike::electrode).distinct().toList());
        Collections.shuffle(electrodes, random);
        for (String electrode : electrodes) {
            now.stream().filter(spike -> spike.electrode.equals(electrode)).forEach(this::spike);
        }
        edges.stream().filter(edge -> edge.sample > from).forEach(this::edge);
        for (Channel channel : channels) {
            data(channel, from, samples);
        }
    }

    private void data(Channel channel, long from, int samples) {
        ByteBuffer payload = ByteBuffer.allocate(4 * samples).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < samples; i++) {
            payload.putFloat((float) channel.value.applyAsDouble(from + i));
        }
        String name = setup.channelNames ? ",\r\n    \"channel_name\": \"" + channel.name + "\"" : "";
        send("DATA\0", String.format(Locale.ROOT, """
                {\r
                  "message_num": %d,\r
                  "type": "data",\r
                  "content": {\r
                    "stream": "%s",\r
                    "channel_num": %d%s,\r
                    "num_samples": %d,\r
                    "sample_num": %d,\r
                    "sample_rate": %s\r
                  },\r
                  "data_size": %d%s\r
                }""", number + 1, setup.stream, channel.number, name, samples, from, setup.rate, 4 * samples,
                timestamp()), payload.array(), from, from + samples - 1);
    }

    private void edge(Edge edge) {
        word = edge.high ? word | 1L << edge.line : word & ~(1L << edge.line);
        if (dropEdge.test(edge)) {
            number++;
            return;
        }
        byte[] payload = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).put((byte) edge.line)
                .put((byte) (edge.high ? 1 : 0)).putLong(word).array();
        send("EVENT\0", String.format("""
                {\r
                  "message_num": %d,\r
                  "type": "event",\r
                  "content": {\r
                    "stream": "%s",\r
                    "source_node": 100,\r
                    "type": 3,\r
                    "sample_num": %d\r
                  },\r
                  "data_size": 10%s\r
                }""", number + 1, setup.stream, edge.sample, timestamp()), payload, edge.sample);
    }

    private void spike(Spike spike) {
        spike(spike.electrode, Long.toString(spike.sample), spike.sortedId);
    }

    /** A spike with any number for a sample. */
    void spike(String electrode, String sample, int sortedId) {
        byte[] waveform = new byte[4 * 40];
        random.nextBytes(waveform);
        send("EVENT\0", String.format("""
                {\r
                  "message_num": %d,\r
                  "type": "spike",\r
                  "spike": {\r
                    "stream": "%s",\r
                    "source_node": 103,\r
                    "electrode": "%s",\r
                    "sample_num": %s,\r
                    "num_channels": 1,\r
                    "num_samples": 40,\r
                    "sorted_id": %d,\r
                    "threshold": [\r
                      -50.0\r
                    ]\r
                  }%s\r
                }""", number + 1, setup.stream, electrode, sample, sortedId, timestamp()), waveform,
                Long.parseLong(sample));
    }

    private String timestamp() {
        return setup.timestamps ? ",\r\n  \"timestamp\": " + System.currentTimeMillis() : "";
    }

    private void send(String topic, String json, byte[] payload, long... samples) {
        number++;
        if (drop.test(number)) {
            Arrays.stream(samples).forEach(dropped::add);
            return;
        }
        byte[] header = json.getBytes(UTF_8);
        if (setup.cutHeaders) {
            // The frame has as many bytes as the text has characters.
            header = Arrays.copyOf(header, json.codePointCount(0, json.length()));
        }
        raw(topic.getBytes(US_ASCII), header, payload);
    }

    /** Any frames at all. */
    void raw(byte[]... frames) {
        for (int i = 0; i < frames.length; i++) {
            data.send(frames[i], i < frames.length - 1 ? ZMQ.SNDMORE : 0);
        }
    }

    int heartbeats() {
        return answered;
    }

    @Override
    public void close() {
        stop = true;
        try {
            heartbeat.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        context.close();
    }
}
