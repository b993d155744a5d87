package kappa.analysis.actor;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Scheduler;
import akka.actor.typed.javadsl.AskPattern;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.kafka.Topics;
import kappa.ingest.stream.WireChecks;
import kappa.ingest.wire.ModelSnapshot;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that reads kappa.models in a consumer group and gives the {@link Analyst} the newest snapshot of each session;
 * the newest supersedes the rest, and at most four a second are analysed, so that a fast replay leaves the processor to the
 * fit. A session's last snapshot is always among them. Offsets are committed after the analysis, so a restart misses none.
 */
public final class AnalysisReader implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AnalysisReader.class);

    private static final long EVERY_NS = 250_000_000L;
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final KafkaConnection connection;
    private final String group;
    private final ActorRef<Analyst.Command> analyst;
    private final Scheduler scheduler;
    private final Consumer<Throwable> onFailure;
    private final Thread thread = new Thread(this::run, "kappa-analysis-reader");
    private volatile boolean stopping;

    private record Newest(ModelSnapshot snapshot, int partition) {}

    public AnalysisReader(KafkaConnection connection, String group, ActorRef<Analyst.Command> analyst,
            Scheduler scheduler,
            Consumer<Throwable> onFailure) {
        this.connection = connection;
        this.group = group;
        this.analyst = analyst;
        this.scheduler = scheduler;
        this.onFailure = onFailure;
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer(group + "-analysis"))) {
            consumer.subscribe(List.of(Topics.MODELS));
            Map<String, Newest> newest = new HashMap<>();
            long last = System.nanoTime() - EVERY_NS;
            while (!stopping) {
                boolean hurry = false;
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    ModelSnapshot snapshot = WireChecks.parse(ModelSnapshot.parser(), record.value(), "ModelSnapshot")
                            .message();
                    if (snapshot == null) {
                        LOG.warn("{}-{}@{} is no model snapshot", record.topic(), record.partition(), record.offset());
                        continue;
                    }
                    newest.put(snapshot.getSession(), new Newest(snapshot, record.partition()));
                    hurry |= snapshot.getFinal();
                }
                long now = System.nanoTime();
                if (!newest.isEmpty() && (hurry || now - last >= EVERY_NS)) {
                    last = now;
                    newest.values().forEach(this::analyse);
                    newest.clear();
                    commit(consumer);
                }
            }
        } catch (RuntimeException | Error e) {
            if (!stopping) {
                LOG.error("reading {} failed", Topics.MODELS, e);
                onFailure.accept(e);
            }
        }
    }

    private static void commit(KafkaConsumer<byte[], byte[]> consumer) {
        try {
            consumer.commitSync();
        } catch (KafkaException e) {
            LOG.info("the group is being rebalanced, some snapshots will be analysed again: {}", e.toString());
        }
    }

    private void analyse(Newest newest) {
        AskPattern.<Analyst.Command, Analyst.Done>ask(analyst,
                replyTo -> new Analyst.Analyse(newest.snapshot(), newest.partition(), replyTo),
                PATIENCE,
                scheduler).toCompletableFuture().join();
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join(Duration.ofSeconds(10).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
