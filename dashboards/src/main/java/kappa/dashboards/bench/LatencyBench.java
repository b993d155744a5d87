package kappa.dashboards.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micrometer.core.instrument.Counter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import kappa.dashboards.app.Processing;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.SimulatedSession;
import kappa.ingest.Meters;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.Observation;
import kappa.ingest.replay.SessionPlace;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.session.PublishedBins;
import kappa.ingest.session.TopicRecord;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * How long a bin takes to become kappa, learning on, beside a bare Kafka echo in the same run: a thread that copies records
 * of the same size from one topic to another at the same rate, half a bin out of step. Both are two hops. Of one session,
 * analyses are held every other ten seconds, so that what they cost shows in the same run; of several, they never are.
 *
 * <p>Whether a load can be carried shows in the minutes: their percentiles, and how many bins were under way at most.
 *
 * <p>Two measures: from the sender's call to the receiver's poll, in microseconds; and from the broker's append to the broker's
 * append, which Kafka stamps in milliseconds.
 */
public final class LatencyBench {

    /**
     * @param sessions at a time
     * @param neurons N of each
     * @param rank K of the fits
     * @param binsPerSecond how fast the bins of each session come
     * @param seconds measured, after the warm-up
     * @param warmUpSeconds not measured: the virtual machine compiles
     */
    public record Load(int sessions, int neurons, int rank, double binsPerSecond, int seconds, int warmUpSeconds,
            int threads) {

        int bins() {
            return (int) ((warmUpSeconds + seconds) * binsPerSecond);
        }

        int windows() {
            return Math.ceilDiv(seconds, WINDOW_S);
        }
    }

    private static final String SESSION = "bench-";
    private static final String PING = "kappa.bench.ping";
    private static final String ECHO = "kappa.bench.echo";
    private static final Duration POLL = Duration.ofMillis(5);
    private static final long HIGHEST_US = 60_000_000L;
    private static final double BLOCK_S = 10;
    private static final double SETTLING_S = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int WINDOW_S = 60;
    private static final long WATCH_EVERY_NS = 50_000_000L;

    private final KafkaConnection connection;
    private final Load load;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean over;

    /** Times of one path, of all sessions; written by its reader only. */
    private static final class Times {
        final Histogram sentToReceivedUs = new Histogram(HIGHEST_US, 3);
        final Histogram appendToAppendMs = new Histogram(HIGHEST_US / 1_000, 3);
        /** The same with analyses going on, and held. */
        final Histogram analysingUs = new Histogram(HIGHEST_US, 3);
        final Histogram heldUs = new Histogram(HIGHEST_US, 3);
        /** By the minute. */
        final Histogram[] windowsUs;
        /** Per session, of each bin. */
        final AtomicLongArray[] sentNs;
        final long first;
        final double binsPerSecond;
        volatile long received;

        Times(Load load) {
            binsPerSecond = load.binsPerSecond();
            sentNs = new AtomicLongArray[load.sessions()];
            Arrays.setAll(sentNs, session -> new AtomicLongArray(load.bins()));
            windowsUs = new Histogram[load.windows()];
            Arrays.setAll(windowsUs, window -> new Histogram(HIGHEST_US, 3));
            first = (int) (load.warmUpSeconds() * binsPerSecond);
        }

        void sent(int session, long index) {
            sentNs[session].set((int) index, System.nanoTime());
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
        void receive(int session, long index, long nowNs, long appendMs) {
            received++;
            long sent = index < sentNs[session].length() ? sentNs[session].get((int) index) : 0;
            if (index >= first && sent != 0) {
                long us = Math.clamp((nowNs - sent) / 1_000, 0, HIGHEST_US);
                sentToReceivedUs.recordValue(us);
                windowsUs[(int) ((index - first) / binsPerSecond / WINDOW_S)].recordValue(us);
                if (settled(index, binsPerSecond)) {
                    (held(index, binsPerSecond) ? heldUs : analysingUs).recordValue(us);
                }
                appendToAppendMs.recordValue(Math.clamp(appendMs, 0, HIGHEST_US / 1_000));
            }
        }

        Map<String, Object> figures(boolean withHeld) {
            Map<String, Object> out = new LinkedHashMap<>();
            for (var p : Map.of("p50", 50.0, "p99", 99.0, "p999", 99.9).entrySet()) {
                out.put(p.getKey(), sentToReceivedUs.getValueAtPercentile(p.getValue()) / 1e3);
                out.put(p.getKey() + "_append", appendToAppendMs.getValueAtPercentile(p.getValue()));
            }
            if (withHeld) {
                out.put("p99_analysing", analysingUs.getValueAtPercentile(99) / 1e3);
                out.put("p99_held", heldUs.getValueAtPercentile(99) / 1e3);
            }
            out.put("count", sentToReceivedUs.getTotalCount());
            return out;
        }
    }

    /** Whether analyses of a single session are held while a bin is sent. */
    private static boolean held(long bin, double binsPerSecond) {
        return (long) (bin / binsPerSecond / BLOCK_S) % 2 == 1;
    }

    /** An analysis that was begun goes on for a while after the next one is held. */
    private static boolean settled(long bin, double binsPerSecond) {
        return bin / binsPerSecond % BLOCK_S >= SETTLING_S;
    }

    public LatencyBench(KafkaConnection connection, Load load) {
        this.connection = connection;
        this.load = load;
    }

    /** Runs, and returns the figures in milliseconds: {@code kappa}, {@code echo}, minute by minute, and what was run. */
    public Map<String, Object> run() throws InterruptedException {
        Topics.createAll(connection, Math.min(load.sessions(), Topics.DEFAULT_PARTITIONS));
        createEchoTopics();
        Times kappa = new Times(load);
        Times echo = new Times(load);
        long bins = (long) load.sessions() * load.bins();
        long[] mostUnderWay = new long[load.windows()];
        double steps;
        double shed;
        double rejected;
        try (Processing processing = new Processing(connection, "kappa-bench", load.threads(), failure::set)) {
            List<Thread> threads = new ArrayList<>(List.of(daemon("echo", this::echo),
                    daemon("echo-reader", () -> readEcho(echo, bins)), daemon("pinger", () -> ping(echo)),
                    daemon("kappa-reader", () -> readKappa(kappa, bins))));
            for (int session = 0; session < load.sessions(); session++) {
                int index = session;
                threads.add(daemon("rig-" + session, () -> publish(index, kappa, processing)));
            }
            // As a rig is started once the page is there: what piles up until the group has its partitions is nobody's delay.
            while (processing.readinessProblem() != null && failure.get() == null) {
                LockSupport.parkNanos(WATCH_EVERY_NS);
            }
            threads.forEach(Thread::start);
            long start = System.nanoTime();
            double longest = load.warmUpSeconds() + load.seconds() + PATIENCE.toSeconds();
            while ((kappa.received < bins || echo.received < bins) && failure.get() == null) {
                double now = (System.nanoTime() - start) / 1e9;
                if (now > longest) {
                    break;
                }
                int window = (int) Math.floor((now - load.warmUpSeconds()) / WINDOW_S);
                if (window >= 0) {
                    int w = Math.min(window, mostUnderWay.length - 1);
                    mostUnderWay[w] = Math.max(mostUnderWay[w],
                            (long) processing.meters().get(Meters.LAG_BINS.meterName()).gauge().value());
                }
                LockSupport.parkNanos(WATCH_EVERY_NS);
            }
            over = true;
            for (Thread thread : threads) {
                thread.join();
            }
            steps = count(processing, Meters.FIT_STEPS);
            shed = count(processing, Meters.FIT_STEPS_SHED);
            rejected = count(processing, Meters.RECORDS_REJECTED);
        }
        if (failure.get() != null) {
            throw new IllegalStateException("the benchmark failed", failure.get());
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("sessions", load.sessions());
        out.put("neurons", load.neurons());
        out.put("rank", load.rank());
        out.put("bins_per_second", load.binsPerSecond());
        out.put("bins", bins);
        out.put("bins_received", kappa.received);
        out.put("records_rejected", rejected);
        out.put("fit_steps", steps);
        out.put("fit_steps_shed", shed);
        out.put("kappa", kappa.figures(load.sessions() == 1));
        out.put("echo", echo.figures(load.sessions() == 1));
        for (int w = 0; w < mostUnderWay.length; w++) {
            out.put("minute_" + (w + 1), Map.of("kappa_p50", kappa.windowsUs[w].getValueAtPercentile(50) / 1e3,
                    "kappa_p99", kappa.windowsUs[w].getValueAtPercentile(99) / 1e3,
                    "echo_p99", echo.windowsUs[w].getValueAtPercentile(99) / 1e3,
                    "most_bins_under_way", mostUnderWay[w]));
        }
        return out;
    }

    private static double count(Processing processing, Meters meter) {
        return processing.meters().get(meter.meterName()).counters().stream().mapToDouble(Counter::count).sum();
    }

    /** A rig of its own network, from its first bin to the last that is measured. */
    private void publish(int session, Times times, Processing processing) {
        HandBuiltNetworks.HandBuilt network = HandBuiltNetworks.named("figure-4.1b", load.neurons(), 1 + session);
        try (BinSource source = new SimulatedSession(network,
                new SimulatedSession.Settings(Observation.COUNTS, 0.4, 0.05, 0, 1 + session))) {
            SessionPlace place = SessionPublisher.begin(source.describe(), SESSION + session,
                    FitSettings.of(load.rank(), 1));
            new SessionPublisher(connection).publish(source, place,
                    new SessionPublisher.Speed(load.binsPerSecond() * place.description().binWidthS()), load.bins(),
                    (published, total, status) -> {
                        times.sent(session, published - 1);
                        if (load.sessions() == 1) {
                            processing.holdAnalyses(held(published, load.binsPerSecond()));
                        }
                    });
        }
    }

    private void createEchoTopics() throws InterruptedException {
        try (Admin admin = Admin.create(connection.admin())) {
            admin.createTopics(
                    List.of(PING, ECHO).stream().map(name -> new NewTopic(name, Optional.of(1), Optional.empty())
                            .configs(Map.of("message.timestamp.type", "LogAppendTime"))).toList())
                    .all().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the echo's topics could not be created", e.getCause());
        }
    }

    private Thread daemon(String name, Runnable body) {
        return Thread.ofPlatform().name("kappa-bench-" + name).daemon(true).unstarted(() -> {
            try {
                body.run();
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            }
        });
    }

    /** Follows a topic from its beginning on, as long as it is wanted. */
    private void follow(String topic, BooleanSupplier wanted, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        try (var follower = new TopicFollower(connection, each, TopicFollower.FAIL)) {
            follower.fromBeginning(follower.partitions(topic));
            while (wanted.getAsBoolean()) {
                follower.poll(POLL);
            }
        }
    }

    /** The bare echo: what was appended to one topic is appended to another, with the time of its first append. */
    private void echo() {
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            follow(PING, () -> !over, record -> {
                ByteBuffer.wrap(record.value()).putLong(16, record.timestamp());
                producer.send(new ProducerRecord<>(ECHO, record.key(), record.value()));
            });
        }
    }

    private void ping(Times times) {
        double periodNs = 1e9 / load.binsPerSecond() / load.sessions();
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            long start = System.nanoTime() + (long) (periodNs / 2);
            for (int bin = 0; bin < load.bins(); bin++) {
                for (int session = 0; session < load.sessions() && !over; session++) {
                    long due = start + (long) (((long) bin * load.sessions() + session + 1) * periodNs);
                    long left = due - System.nanoTime();
                    if (left > 0) {
                        LockSupport.parkNanos(left);
                    }
                    byte[] value = new byte[Math.max(24, 2 * load.neurons())];
                    ByteBuffer.wrap(value).putLong(bin).putLong(session);
                    producer.send(new ProducerRecord<>(PING, SESSION.getBytes(UTF_8), value));
                    times.sent(session, bin);
                }
            }
        }
    }

    private void readEcho(Times times, long count) {
        follow(ECHO, () -> times.received < count && !over, record -> {
            ByteBuffer value = ByteBuffer.wrap(record.value());
            times.receive((int) value.getLong(8), value.getLong(0), System.nanoTime(),
                    record.timestamp() - value.getLong(16));
        });
    }

    private void readKappa(Times times, long count) {
        follow(Topics.LATENTS, () -> times.received < count && !over, record -> {
            long now = System.nanoTime();
            PublishedBins latents = PublishedBins.of(TopicRecord.of(record))
                    .orElseThrow(() -> new IllegalStateException(TopicFollower.place(record) + " is not Latents"));
            int session = Integer.parseInt(latents.session().substring(SESSION.length()));
            for (int t = 0; t < latents.bins(); t++) {
                times.receive(session, latents.firstBin() + t, now,
                        record.timestamp() - latents.activityUnixNs() / 1_000_000);
            }
        });
    }
}
