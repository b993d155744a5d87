package kappa.ingest.rig.openephys;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/**
 * Sends a session of spike counts as the plugin "ZMQ Interface" would, at its own pace: a rig to try the connector on.
 * Neuron i is unit 1 of "Electrode i + 1"; the spikes of a bin lie in it uniformly; digital line {@value #TRIAL_LINE}
 * is high during trials, but for a millisecond at the end of each; inputs and behaviour are continuous channels with
 * their names, constant within a bin. The stream has {@value #RATE} samples a second, and bins begin at multiples of
 * their width.
 *
 * <p>Blocks are as long as the GUI's ({@value #SOUND_BLOCK} samples of a sound card at {@value #SOUND_RATE} Hz), and
 * messages have the plugin's order within them. For a reader that is slow {@value #WAITING} messages wait, a hundred times
 * as many as the plugin lets wait, so that a busy machine does not make losses of the rig's: what is beyond that is dropped.
 */
public final class PluginSimulator implements AutoCloseable {

    public static final String STREAM = "simulated";
    public static final int RATE = 30_000;
    public static final int TRIAL_LINE = 0;

    private static final int SOUND_BLOCK = 1_024;
    private static final int SOUND_RATE = 44_100;
    private static final int WAITING = 100_000;
    private static final int TRIAL_GAP = RATE / 1_000;
    private static final int EVENT_NODE = 100;
    private static final int SPIKE_NODE = 101;
    private static final int WAVEFORM = 40;
    private static final int PEAK = 8;
    private static final int SAMPLE_BITS = 40;
    private static final byte[] DATA = "DATA\0".getBytes(UTF_8);
    private static final byte[] EVENT = "EVENT\0".getBytes(UTF_8);

    private record Edge(long sample, boolean high) {}

    private final BinSource source;
    private final RecordingDescription recording;
    private final int samplesPerBin;
    private final String[] channels;
    private final SplittableRandom random;
    private final ZContext context = new ZContext();
    private final ZMQ.Socket data;
    private final ZMQ.Socket heartbeat;
    private final byte[] waveform;
    private final StringBuilder json = new StringBuilder(512);
    private volatile boolean stop;

    private int number;
    private long[] spikes = new long[1_024]; // unit, then sample: sorted, they lie electrode by electrode
    private int waiting;
    private final ArrayDeque<Edge> edges = new ArrayDeque<>();
    private final ArrayDeque<float[]> values = new ArrayDeque<>(); // of the channels, bin by bin
    private long firstValueBin;
    private long bins;
    private long trial = Long.MIN_VALUE;
    private boolean over;
    private final RecordedBin bin;

    /**
     * Opens the sockets.
     *
     * @param endpoint tcp://HOST:PORT to bind to; heartbeats are answered on the next port
     * @param seed of the spikes' places within their bins
     */
    public PluginSimulator(BinSource source, String endpoint, long seed) {
        OpenEphysSettings.requireEndpoint(endpoint);
        this.source = source;
        recording = source.describe();
        bin = recording.newBin();
        if (recording.observation() != Observation.COUNTS) {
            throw new InvalidInputException("--observe is " + recording.observation().name().toLowerCase(Locale.ROOT)
                    + ", expected counts: Open Ephys sends spikes");
        }
        samplesPerBin = (int) Math.round(recording.binWidthSeconds() * RATE);
        channels = recording.inputs().size() + recording.behaviors().size() == 0
                ? new String[]{"CH1"}
                : Stream.concat(recording.inputs().stream(), recording.behaviors().stream()).toArray(String[]::new);
        random = new SplittableRandom(seed);
        waveform = waveform();
        context.setLinger(0);
        data = context.createSocket(SocketType.PUB);
        data.setSndHWM(WAITING);
        heartbeat = context.createSocket(SocketType.REP);
        try {
            data.bind(endpoint);
            heartbeat.bind(OpenEphysSettings.heartbeat(endpoint));
        } catch (ZMQException e) {
            context.close();
            throw new InvalidInputException(
                    "--endpoint is " + endpoint + ", expected two free ports from there on (" + e.getMessage() + ")",
                    e);
        }
    }

    private static byte[] waveform() {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * WAVEFORM).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < WAVEFORM; i++) {
            double t = (i - PEAK) / 4.0;
            bytes.putFloat((float) (-80 * Math.exp(-t * t) + 25 * Math.exp(-(t - 3) * (t - 3) / 4)));
        }
        return bytes.array();
    }

    /** Sends until the session is over or {@link #stop} is called. */
    public void run() {
        long startNs = System.nanoTime();
        long from = 0;
        for (long block = 1; !stop; block++) {
            long to = block * SOUND_BLOCK * RATE / SOUND_RATE;
            record(to);
            if (over && to > bins * samplesPerBin) {
                return;
            }
            long due = startNs + (long) (to * (1e9 / RATE));
            for (long left = due - System.nanoTime(); left > 0 && !stop; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            send(from, to);
            if (heartbeat.recv(ZMQ.DONTWAIT) != null) {
                heartbeat.send("heartbeat received");
            }
            from = to;
        }
    }

    /** Takes bins from the session until they reach a sample. */
    private void record(long to) {
        while (!over && bins * samplesPerBin < to) {
            if (!source.next(bin)) {
                over = true;
                if (trial != Long.MIN_VALUE) {
                    edges.add(new Edge(bins * samplesPerBin, false));
                }
                return;
            }
            long start = bins++ * samplesPerBin;
            if (recording.trials() && bin.trial != trial) {
                if (trial != Long.MIN_VALUE) {
                    edges.add(new Edge(start - TRIAL_GAP, false));
                }
                trial = bin.trial;
                edges.add(new Edge(start, true));
            }
            for (int unit = 0; unit < bin.activity.length; unit++) {
                for (int i = 0; i < bin.activity[unit]; i++) {
                    if (waiting == spikes.length) {
                        spikes = Arrays.copyOf(spikes, 2 * waiting);
                    }
                    spikes[waiting++] = ((long) unit << SAMPLE_BITS) | (start + random.nextInt(samplesPerBin));
                }
            }
            float[] now = new float[channels.length];
            System.arraycopy(bin.inputs, 0, now, 0, bin.inputs.length);
            System.arraycopy(bin.behavior, 0, now, bin.inputs.length, bin.behavior.length);
            values.add(now);
        }
    }

    private void send(long from, long to) {
        while (!edges.isEmpty() && edges.peekFirst().sample <= from) {
            edge(edges.removeFirst());
        }
        // A spike that peaks in the block's last samples is found in the next one.
        long until = to - PluginStream.SPIKE_TAIL;
        Arrays.sort(spikes, 0, waiting);
        int kept = 0;
        for (int i = 0; i < waiting; i++) {
            long sample = spikes[i] & ((1L << SAMPLE_BITS) - 1);
            if (sample < until) {
                spike((int) (spikes[i] >>> SAMPLE_BITS), sample);
            } else {
                spikes[kept++] = spikes[i];
            }
        }
        waiting = kept;
        while (!edges.isEmpty() && edges.peekFirst().sample < to) {
            edge(edges.removeFirst());
        }
        for (int channel = 0; channel < channels.length; channel++) {
            continuous(channel, from, to);
        }
        while (values.size() > 1 && (firstValueBin + 1) * samplesPerBin <= to) {
            values.removeFirst();
            firstValueBin++;
        }
    }

    private void edge(Edge edge) {
        begin("event", "content").append(",\r\n    \"source_node\": ").append(EVENT_NODE)
                .append(",\r\n    \"type\": 3,\r\n    \"sample_num\": ").append(edge.sample);
        end(10);
        byte[] payload = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).put((byte) TRIAL_LINE)
                .put((byte) (edge.high ? 1 : 0)).putLong(edge.high ? 1L << TRIAL_LINE : 0).array();
        send(EVENT, payload);
    }

    private void spike(int unit, long sample) {
        begin("spike", "spike").append(",\r\n    \"source_node\": ").append(SPIKE_NODE)
                .append(",\r\n    \"electrode\": \"Electrode ").append(unit + 1).append("\",\r\n    \"sample_num\": ")
                .append(sample).append(",\r\n    \"num_channels\": 1,\r\n    \"num_samples\": ").append(WAVEFORM)
                .append(",\r\n    \"sorted_id\": 1,\r\n    \"threshold\": [\r\n      -50.0\r\n    ]");
        end(-1);
        send(EVENT, waveform);
    }

    private void continuous(int channel, long from, long to) {
        int samples = (int) (to - from);
        begin("data", "content").append(",\r\n    \"channel_num\": ").append(channel)
                .append(",\r\n    \"channel_name\": \"");
        JsonStringEncoder.getInstance().quoteAsString(channels[channel], json);
        json.append("\",\r\n    \"num_samples\": ").append(samples).append(",\r\n    \"sample_num\": ").append(from)
                .append(",\r\n    \"sample_rate\": ").append((double) RATE);
        end(Float.BYTES * samples);
        ByteBuffer payload = ByteBuffer.allocate(Float.BYTES * samples).order(ByteOrder.LITTLE_ENDIAN);
        long bin = firstValueBin;
        var each = values.iterator();
        float[] now = each.hasNext() ? each.next() : new float[channels.length];
        for (long sample = from; sample < to; sample++) {
            while (sample >= (bin + 1) * samplesPerBin && each.hasNext()) {
                now = each.next();
                bin++;
            }
            payload.putFloat(now[channel]);
        }
        send(DATA, payload.array());
    }

    private StringBuilder begin(String type, String object) {
        json.setLength(0);
        return json.append("{\r\n  \"message_num\": ").append(++number).append(",\r\n  \"type\": \"").append(type)
                .append("\",\r\n  \"").append(object).append("\": {\r\n    \"stream\": \"").append(STREAM).append('"');
    }

    private void end(int dataSize) {
        json.append("\r\n  }");
        if (dataSize >= 0) {
            json.append(",\r\n  \"data_size\": ").append(dataSize);
        }
        json.append(",\r\n  \"timestamp\": ").append(System.currentTimeMillis()).append("\r\n}");
    }

    private void send(byte[] topic, byte[] payload) {
        data.sendMore(topic);
        data.sendMore(json.toString().getBytes(UTF_8));
        data.send(payload);
    }

    /** May be called from any thread; the sockets are closed once {@link #run} has returned. */
    public void stop() {
        stop = true;
    }

    /** Closes the sockets. For the thread that ran it. */
    @Override
    public void close() {
        context.close();
    }
}
