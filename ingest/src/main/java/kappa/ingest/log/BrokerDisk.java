package kappa.ingest.log;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import kappa.ingest.Meters;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much room is left where the brokers keep their logs, as they tell it themselves, wherever they run. A broker whose disk
 * is full halts, and nothing goes on without it; so this is said in the log and in two meters, while there is still time.
 *
 * <p>Where the cluster does not tell (it must let us describe it), the meters are NaN, which is said once. Thread-safe.
 */
public final class BrokerDisk implements AutoCloseable {

    /** Below this, bytes, there is a warning: of the largest rig (1,024 neurons at 1,000 bins/s) an hour. */
    public static final long LOW_BYTES = 5L << 30;

    private static final Duration EVERY = Duration.ofSeconds(30);
    private static final long ANSWER_WITHIN_SECONDS = 20;
    private static final Logger LOG = LoggerFactory.getLogger(BrokerDisk.class);

    private final Admin admin;
    private final ScheduledExecutorService asking = Executors
            .newSingleThreadScheduledExecutor(Thread.ofPlatform().name("kappa-broker-disk").daemon(true).factory());
    private volatile double usable = Double.NaN;
    private volatile double topics = Double.NaN;
    private boolean low;
    private boolean untold;

    public BrokerDisk(KafkaConnection connection, MeterRegistry meters) {
        admin = Admin.create(connection.admin());
        Meters.BROKER_DISK.gauge(meters, () -> usable);
        Meters.BROKER_LOG.gauge(meters, () -> topics);
        asking.scheduleWithFixedDelay(this::ask, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void ask() {
        try {
            Collection<Node> brokers = admin.describeCluster().nodes().get(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS);
            told(admin.describeLogDirs(brokers.stream().map(Node::id).toList()).allDescriptions()
                    .get(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            usable = Double.NaN;
            topics = Double.NaN;
            if (!untold) {
                untold = true;
                LOG.info("the disk usage of the brokers is unknown: {}", e.toString());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    /** @param told by each broker of each of its log directories */
    void told(Map<Integer, Map<String, LogDirDescription>> told) {
        untold = false;
        usable = directories(told).map(LogDirDescription::usableBytes).filter(OptionalLong::isPresent)
                .mapToDouble(OptionalLong::getAsLong).min().orElse(Double.NaN);
        topics = directories(told).flatMap(directory -> directory.replicaInfos().entrySet().stream())
                .filter(replica -> Topics.ALL.contains(replica.getKey().topic()))
                .mapToDouble(replica -> replica.getValue().size()).sum();
        boolean now = usable < LOW_BYTES;
        if (now && !low) {
            LOG.warn("the disk of a broker has {} left, kappa's topics take {}; a broker with a full disk halts. Lower"
                    + " --retention-gib of broker and live, or retention.bytes of kappa.activity and kappa.latents",
                    Retention.gib((long) usable), Retention.gib((long) topics));
        }
        low = now;
    }

    private static Stream<LogDirDescription> directories(Map<Integer, Map<String, LogDirDescription>> told) {
        return told.values().stream().flatMap(directories -> directories.values().stream());
    }

    @Override
    public void close() {
        asking.shutdownNow();
        admin.close(Duration.ZERO);
    }
}
