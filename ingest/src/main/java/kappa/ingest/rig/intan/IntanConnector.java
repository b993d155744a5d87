package kappa.ingest.rig.intan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.rig.BinAssembler;
import kappa.ingest.rig.ClockEnvelope;
import kappa.ingest.rig.Connector;
import kappa.ingest.rig.RigStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bins the spikes of Intan's RHX software. A tick is a sample of its acquisition clock, whose 32 bits are carried on beyond
 * their end. What is known and what is not is laid down in the package's description.
 *
 * <p>{@link #connect} and {@link #discover} belong to one thread, {@link #run} to another one after it: RHX would not take a
 * second connection, so that they share theirs.
 */
public final class IntanConnector implements Connector {

    /**
     * @param commandPort     0 to leave RHX's settings alone
     * @param channels        native names of channels whose spikes RHX is told to send, may be none
     * @param sampleRate      samples in a second, or 0 to ask RHX
     * @param latenessSeconds no spike comes later than this, of the earliest that one of its sample could; at least RHX's portion
     */
    public record Settings(String host, int spikePort, int commandPort, List<String> channels, double sampleRate,
            double latenessSeconds) {
        public Settings {
            channels = List.copyOf(channels);
        }

        private String address() {
            return host + ":" + spikePort;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(IntanConnector.class);

    private static final int ARTIFACT = 128;
    private static final int CONNECT_MS = 2000;
    private static final int READ_MS = 5;
    private static final long RETRY_MS = 300;

    /** Room for what comes between discovery and the session's first bin. */
    private static final int SOCKET_BYTES = 4 << 20;

    /**
     * When nothing has come for so many times the usual interval, or at most so long, nobody can say any more whether neurons are
     * silent, the network is, or acquisition has stopped: bins wait for the next spike to tell.
     */
    private static final double SILENT_INTERVALS = 10;
    private static final double SILENT_S = 2;
    private static final long TELL_EVERY_NS = 1_000_000_000L;
    private static final double INTERVAL_MEMORY = 0.05;

    /** How far a spike may be from where the host's clock expects it, before it is of another acquisition. */
    private static final double JUMP_S = 2;

    /** The least delayed spike of the last two windows tells where the rig's clock is. */
    private static final long WINDOW_NS = 10_000_000_000L;

    private final Settings settings;
    private final SpikeRecords records = new SpikeRecords();
    private double sampleRate;
    private IntanCommands commands;
    private Socket socket;
    private BinAssembler bins;
    private RigStatus status;
    private ClockEnvelope clock; // knows a tick once a spike has come
    private boolean broken; // the connection was, since the last spike
    private long newest; // tick of the newest spike
    private long newestNs; // when it came
    private long skippedUntold;
    private long toldNs;
    private double interval = SILENT_S / SILENT_INTERVALS; // usual time between portions that hold a spike, s
    private boolean behind; // what came last was delayed: more of its time is on the way
    private boolean toldArtifacts;

    public IntanConnector(Settings settings) {
        this.settings = settings;
        sampleRate = settings.sampleRate();
    }

    /** @throws InvalidInputException if there is no RHX that listens */
    public void connect() {
        try {
            prepare();
        } catch (IOException e) {
            throw new InvalidInputException("RHX command port " + settings.host() + ":" + settings.commandPort() + ": "
                    + e.getMessage() + "; expected it to listen (Network, Remote TCP Control, Commands, Connect), or"
                    + " --command-port 0 with --sample-rate", e);
        }
        try {
            socket = open();
        } catch (IOException e) {
            throw new InvalidInputException("RHX spike port " + settings.address() + ": " + e.getMessage()
                    + "; expected it to listen (Network, Remote TCP Control, Data Output, Connect)", e);
        }
    }

    /** Samples in a second, known once connected. */
    public double sampleRate() {
        return sampleRate;
    }

    private void prepare() throws IOException {
        if (settings.commandPort() == 0) {
            return;
        }
        if (commands == null) {
            commands = new IntanCommands(settings.host(), settings.commandPort());
        }
        commands.sendSpikesOf(settings.channels());
        commands.listenForSpikeReader();
        double told = commands.sampleRate();
        if (sampleRate != 0 && sampleRate != told) {
            throw new IOException("RHX samples at " + told + " Hz, not at " + sampleRate);
        }
        sampleRate = told;
    }

    private Socket open() throws IOException {
        Socket fresh = new Socket();
        try {
            fresh.setReceiveBufferSize(SOCKET_BYTES);
            fresh.connect(new InetSocketAddress(settings.host(), settings.spikePort()), CONNECT_MS);
            fresh.setSoTimeout(READ_MS);
            fresh.setKeepAlive(true);
            return fresh;
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
    }

    /** Listens for {@code seconds}: the units that fire, by channel and id. */
    public List<String> discover(double seconds) {
        TreeSet<String> found = new TreeSet<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        try {
            while (System.nanoTime() < end) {
                if (read(socket.getInputStream())) {
                    records.take((channel, sample, id) -> {
                        if (id != ARTIFACT) {
                            found.add(unit(channel, id));
                        }
                    });
                }
            }
        } catch (IOException e) {
            throw new InvalidInputException("RHX spike port " + settings.address() + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return List.copyOf(found);
    }

    private static String unit(String channel, int id) {
        return channel + "/" + id;
    }

    /** @return false if nothing came for a few milliseconds */
    private boolean read(InputStream in) throws IOException {
        try {
            if (!records.read(in)) {
                throw new IOException("RHX closed the connection");
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    @Override
    public void run(BinAssembler assembler, RigStatus rigStatus) throws InterruptedException {
        begin(assembler, rigStatus);
        while (true) {
            try {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                receive(socket.getInputStream());
                closeByClock();
            } catch (IOException e) {
                reconnect(e);
            }
        }
    }

    void begin(BinAssembler assembler, RigStatus rigStatus) {
        bins = assembler;
        status = rigStatus;
        clock = new ClockEnvelope(sampleRate, WINDOW_NS);
        status.state("listening");
    }

    /** What is no spike may come as fast as spikes do: the status counts all of it, the log has a line a second. */
    private void told(int skipped) {
        skippedUntold += skipped;
        long now = System.nanoTime();
        if (toldNs == 0 || now - toldNs >= TELL_EVERY_NS) {
            LOG.warn("{} bytes from RHX between spikes were skipped", skippedUntold);
            skippedUntold = 0;
            toldNs = now;
        }
    }

    /** @return bytes that belong to no spike */
    int receive(InputStream in) throws IOException, InterruptedException {
        if (!read(in)) {
            return 0;
        }
        long before = newestNs;
        int skipped = records.take(this::spike);
        if (skipped > 0) {
            status.unusable();
            told(skipped);
        }
        if (newestNs != before) {
            if (before != 0) {
                interval += INTERVAL_MEMORY * (Math.min((newestNs - before) * 1e-9, SILENT_S) - interval);
            }
            behind = clock.newest(newestNs) - newest > settings.latenessSeconds() * sampleRate;
            bins.complete(newest);
        }
        return skipped;
    }

    private void reconnect(IOException cause) throws InterruptedException {
        LOG.warn("RHX spike port {}: {}; connecting again", settings.address(), cause.getMessage());
        status.state("not connected");
        broken = true;
        records.restart();
        while (true) {
            try {
                socket.close();
                prepare();
                socket = open();
                LOG.info("RHX spike port {}: connected again", settings.address());
                status.state("listening");
                return;
            } catch (IOException e) {
                if (commands != null) {
                    commands.close();
                    commands = null;
                }
            }
            TimeUnit.MILLISECONDS.sleep(RETRY_MS);
        }
    }

    private void spike(String channel, int sample, int id) throws InterruptedException {
        long now = System.nanoTime();
        boolean any = clock.any();
        long tick = any ? newest + (sample - (int) newest) : Integer.toUnsignedLong(sample);
        // Only the least delayed spike is where the clock expects it; others come later, one from the future is none of this run.
        boolean back = any && tick < newest - settings.latenessSeconds() * sampleRate;
        boolean ahead = any && tick > clock.newest(now) + JUMP_S * sampleRate;
        boolean stopped = broken && any && tick < clock.newest(now) - JUMP_S * sampleRate;
        if (!any || back || ahead || stopped) {
            tick = Integer.toUnsignedLong(sample);
            bins.start(tick);
            newest = tick;
            clock.restart();
        } else if (broken) {
            bins.lost(bins.openFrom(), tick, 1);
        }
        broken = false;
        newest = Math.max(newest, tick);
        newestNs = now;
        clock.arrived(tick, now);
        bins.arrived(tick, UnixTime.nowNs());
        status.heard();
        if (id == ARTIFACT) {
            if (!toldArtifacts) {
                toldArtifacts = true;
                LOG.info("spikes that RHX marks as artifacts (id {}) are left out", ARTIFACT);
            }
            return;
        }
        bins.spike(tick, unit(channel, id));
    }

    private boolean silent(long nowNs) {
        double most = Math.max(2 * settings.latenessSeconds(), Math.min(SILENT_INTERVALS * interval, SILENT_S));
        return nowNs - newestNs > most * 1e9;
    }

    /** While no neuron fires, the host's clock says which bins are over. */
    private void closeByClock() throws InterruptedException {
        long now = System.nanoTime();
        if (!clock.any() || broken) {
            return;
        }
        boolean silent = silent(now);
        status.state(silent ? "no spikes: whether acquisition runs is not known" : "listening");
        if (silent || behind) {
            return;
        }
        bins.complete((long) (clock.newest(now) - settings.latenessSeconds() * sampleRate));
    }

    @Override
    public void close() {
        try {
            if (socket != null) {
                socket.close();
            }
            if (commands != null) {
                commands.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
