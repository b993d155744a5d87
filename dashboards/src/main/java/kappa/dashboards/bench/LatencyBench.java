package kappa.dashboards.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import kappa.dashboards.app.Processing;
import kappa.fitting.network.HandBuiltNetworks;
import kappa.fitting.network.SimulatedSession;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.kafka.Topics;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.session.SessionSource;
import kappa.ingest.stream.WireChecks;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.SessionHeader;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * How long a bin takes to become kappa, learning on, beside a bare Kafka echo in the same run: a thread that copies records
 * of the same size from one topic to another at the same rate, half a bin out of step. Both are two hops. Analyses are held
 * every other ten seconds, so that what they cost shows in the same run.
 *
 * <p>Two measures: from the sender's call to the receiver's poll, in microseconds; and from the broker's append to the broker's
 * append, which Kafka stamps in milliseconds.
 */
public final class LatencyBench {

    /**
     * @param neurons N
     * @param rank K of the fit
     * @param binsPerSecond how fast bins come
     * @param seconds measured, after the warm-up
     * @param warmUpSeconds not measured: the virtual machine compiles
     * @param threads threads that learn
     */
    public record Load(int neurons, int rank, double binsPerSecond, int seconds, int warmUpSeconds, int threads) {}

    private static final String PING = "kappa.bench.ping";
    private static final String ECHO = "kappa.bench.echo";
    private static final Duration POLL = Duration.ofMillis(5);
    private static final long HIGHEST_US = 60_000_000L;
    private static final double BLOCK_S = 10;
    private static final double SETTLING_S = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final KafkaConnection connection;
    private final Load load;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean over;

    /** Times of one path. */
    private static final class Times {
        final Histogram sentToReceivedUs = new Histogram(HIGHEST_US, 3);
        final Histogram appendToAppendMs = new Histogram(HIGHEST_US / 1_000, 3);
        /** The same with analyses going on, and held. */
        final Histogram analysingUs = new Histogram(HIGHEST_US, 3);
        final Histogram heldUs = new Histogram(HIGHEST_US, 3);
        final AtomicLongArray sentNs;
        final long first;
        final double binsPerSecond;
        volatile long received;

        Times(int count, long first, double binsPerSecond) {
            this.binsPerSecond = binsPerSecond;
            sentNs = new AtomicLongArray(count);
            this.first = first;
        }

        void receive(long index, long nowNs, long appendMs) {
            received = index + 1;
            long sent = index < sentNs.length() ? sentNs.get((int) index) : 0;
            if (index >= first && sent != 0) {
                long us = Math.clamp((nowNs - sent) / 1_000, 0, HIGHEST_US);
                sentToReceivedUs.recordValue(us);
                if (settled(index, binsPerSecond)) {
                    (held(index, binsPerSecond) ? heldUs : analysingUs).recordValue(us);
                }
                appendToAppendMs.recordValue(Math.clamp(appendMs, 0, HIGHEST_US / 1_000));
            }
        }

        Map<String, Object> figures() {
            Map<String, Object> out = new LinkedHashMap<>();
            for (var p : Map.of("p50", 50.0, "p99", 99.0, "p999", 99.9).entrySet()) {
                out.put(p.getKey(), sentToReceivedUs.getValueAtPercentile(p.getValue()) / 1e3);
                out.put(p.getKey() + "_append", appendToAppendMs.getValueAtPercentile(p.getValue()));
            }
            out.put("p99_analysing", analysingUs.getValueAtPercentile(99) / 1e3);
            out.put("p99_held", heldUs.getValueAtPercentile(99) / 1e3);
            out.put("count", sentToReceivedUs.getTotalCount());
            return out;
        }
    }

    /** Whether analyses are held while a bin is sent. */
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

    /** Runs, and returns the figures in milliseconds: {@code kappa}, {@code echo} and what was run. */
    public Map<String, Object> run() throws InterruptedException {
        Topics.createAll(connection, 1);
        createEchoTopics();
        int bins = (int) ((load.warmUpSeconds() + load.seconds()) * load.binsPerSecond());
        int first = (int) (load.warmUpSeconds() * load.binsPerSecond());
        Times kappa = new Times(bins, first, load.binsPerSecond());
        Times echo = new Times(bins, first, load.binsPerSecond());
        HandBuiltNetworks.HandBuilt network = HandBuiltNetworks.named("figure-4.1b", load.neurons(), 1);
        double steps;
        try (Processing processing = new Processing(connection, "kappa-bench", load.threads(), failure::set);
                SessionSource source = new SimulatedSession(network,
                        new SimulatedSession.Settings(Observation.COUNTS, 0.4, 0.05, 0, 1))) {
            SessionHeader header = SessionPublisher.header(source, "bench",
                    FitSettings.newBuilder().setRank(load.rank()).setSeed(1).setPacing(Pacing.LIVE).build());
            int recordBytes = 2 * load.neurons();
            List<Thread> threads = List.of(daemon("echo", this::echo),
                    daemon("echo-reader", () -> readEcho(echo, bins)),
                    daemon("pinger", () -> ping(echo, bins, recordBytes)),
                    daemon("kappa-reader", () -> readKappa(kappa, bins)));
            threads.forEach(Thread::start);
            double speed = load.binsPerSecond() * header.getBinWidthS();
            new SessionPublisher(connection).publish(source, header, 0, null, new SessionPublisher.Speed(speed), bins,
                    (published, total, status) -> {
                        kappa.sentNs.set((int) published - 1, System.nanoTime());
                        processing.holdAnalyses(held(published, load.binsPerSecond()));
                    });
            long giveUp = System.nanoTime() + PATIENCE.toNanos();
            while ((kappa.received < bins || echo.received < bins) && failure.get() == null
                    && System.nanoTime() < giveUp) {
                Thread.onSpinWait();
            }
            over = true;
            for (Thread thread : threads) {
                thread.join();
            }
            steps = processing.meters().get("kappa.fit.steps").counter().count();
        }
        if (failure.get() != null) {
            throw new IllegalStateException("the benchmark failed", failure.get());
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("neurons", load.neurons());
        out.put("rank", load.rank());
        out.put("bins_per_second", load.binsPerSecond());
        out.put("fit_steps", steps);
        out.put("kappa", kappa.figures());
        out.put("echo", echo.figures());
        return out;
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

    private KafkaConsumer<byte[], byte[]> reader(String topic) {
        var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer());
        List<TopicPartition> all = new ArrayList<>();
        consumer.partitionsFor(topic).forEach(info -> all.add(new TopicPartition(topic, info.partition())));
        consumer.assign(all);
        return consumer;
    }

    /** The bare echo: what was appended to one topic is appended to another, with the time of its first append. */
    private void echo() {
        try (var consumer = reader(PING); var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            while (!over) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    ByteBuffer.wrap(record.value()).putLong(8, record.timestamp());
                    producer.send(new ProducerRecord<>(ECHO, record.key(), record.value()));
                }
            }
        }
    }

    private void ping(Times times, int count, int bytes) {
        long periodNs = (long) (1e9 / load.binsPerSecond());
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            long start = System.nanoTime() + periodNs / 2;
            for (int i = 0; i < count && !over; i++) {
                long left = start + (i + 1) * periodNs - System.nanoTime();
                if (left > 0) {
                    LockSupport.parkNanos(left);
                }
                byte[] value = new byte[Math.max(16, bytes)];
                ByteBuffer.wrap(value).putLong(0, i);
                producer.send(new ProducerRecord<>(PING, "bench".getBytes(UTF_8), value));
                times.sentNs.set(i, System.nanoTime());
            }
        }
    }

    private void readEcho(Times times, int count) {
        try (var consumer = reader(ECHO)) {
            while (times.received < count && !over) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    ByteBuffer value = ByteBuffer.wrap(record.value());
                    times.receive(value.getLong(0), System.nanoTime(), record.timestamp() - value.getLong(8));
                }
            }
        }
    }

    private void readKappa(Times times, int count) {
        try (var consumer = reader(Topics.LATENTS)) {
            while (times.received < count && !over) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    long now = System.nanoTime();
                    Latents latents = WireChecks.parse(Latents.parser(), record.value(), "Latents").message();
                    if (latents == null) {
                        throw new IllegalStateException("a record of " + Topics.LATENTS + " is not Latents");
                    }
                    for (int t = 0; t < latents.getBinsCount(); t++) {
                        times.receive(latents.getFirstBin() + t, now,
                                record.timestamp() - latents.getActivityUnixNs() / 1_000_000);
                    }
                }
            }
        }
    }
}
