package kappa.analysis.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Scheduler;
import akka.actor.typed.javadsl.AskPattern;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import kappa.analysis.RecentTrials;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that reads headers, latents and snapshots in a consumer group, keeps the recent trials of each session, and gives
 * the {@link Analyst} the newest snapshot with them. The newest supersedes the rest, and the next analysis waits for as long as
 * the last one took, at least a quarter of a second, so that at most half of one processor is used, and that only where
 * nothing else wants it ({@link ThreadPriority}). A session's last snapshot is always analysed, and at once.
 *
 * <p>Offsets of snapshots are committed after the analysis, so a restart misses none. Headers are read again from the start,
 * and latents as far back as recent trials may reach.
 */
public final class AnalysisReader implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AnalysisReader.class);

    private static final long AT_LEAST_NS = 250_000_000L;
    private static final int REST = 1;
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration PATIENCE = Duration.ofHours(1);
    /** Records of latents, of one bin or more each, that are read again after a restart. */
    private static final long LATENTS_BACK = 50_000;
    private static final int MAX_SESSIONS = 64;
    private static final int MAX_HEADERS = 10_000;

    private final KafkaConnection connection;
    private final String group;
    private final ActorRef<Analyst.Command> analyst;
    private final Scheduler scheduler;
    private final Consumer<Throwable> onFailure;
    private final Thread thread = new Thread(this::run, "kappa-analysis-reader");
    /** The sessions of this member, active last at the end. */
    private final Map<String, Followed> sessions = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, SessionHeader> headers = new LinkedHashMap<>();
    private volatile boolean stopping;
    private volatile boolean held;

    private static final class Followed {
        final SessionHeader header;
        final int partition;
        final RecentTrials trials;
        ModelSnapshot newest;
        long analysedVersion = -1;
        long analysedTrials = -1;

        Followed(SessionHeader header, int partition) {
            this.header = header;
            this.partition = partition;
            trials = new RecentTrials(header.getNeuronsCount());
        }

        /** A snapshot that was not analysed, or trials since. */
        boolean due() {
            return newest != null
                    && (newest.getVersion() != analysedVersion || newest.getFinal()
                            || trials.version() != analysedTrials);
        }
    }

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

    /** Analyses nothing as long as it is held; what is newest by then is analysed afterwards. */
    public void hold(boolean hold) {
        held = hold;
    }

    private void run() {
        // Closed in the opposite order: as it leaves its group, the second tells the first.
        try (var bins = new KafkaConsumer<byte[], byte[]>(connection.consumer());
                var models = new KafkaConsumer<byte[], byte[]>(connection.consumer(group + "-analysis"))) {
            models.subscribe(List.of(Topics.MODELS), new Owned(bins));
            long next = System.nanoTime();
            while (!stopping) {
                if (!bins.assignment().isEmpty()) {
                    bins.poll(Duration.ZERO).forEach(this::read);
                }
                models.poll(POLL).forEach(this::read);
                long now = System.nanoTime();
                List<Followed> due = sessions.values().stream().filter(Followed::due).toList();
                boolean hurry = due.stream().anyMatch(session -> session.newest.getFinal());
                if (hurry) {
                    catchUp(bins);
                }
                if (!due.isEmpty() && !held && (hurry || now >= next)) {
                    due.forEach(session -> analyse(session, models));
                    if (!stopping) {
                        commit(models);
                    }
                    long took = System.nanoTime() - now;
                    next = now + took + Math.max(AT_LEAST_NS, REST * took);
                }
            }
        } catch (RuntimeException | Error e) {
            if (!stopping) {
                LOG.error("reading {} failed", Topics.MODELS, e);
                onFailure.accept(e);
            }
        }
    }

    /** Reads what is there now: all latents, say, that were published before a session's last snapshot. */
    private void catchUp(KafkaConsumer<byte[], byte[]> bins) {
        Map<TopicPartition, Long> ends = bins.endOffsets(bins.assignment());
        while (!stopping && ends.entrySet().stream().anyMatch(end -> bins.position(end.getKey()) < end.getValue())) {
            bins.poll(POLL).forEach(this::read);
        }
    }

    /** Headers and latents are read of the partitions whose snapshots are this member's. */
    private final class Owned implements ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> bins;

        Owned(KafkaConsumer<byte[], byte[]> bins) {
            this.bins = bins;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> added) {
            List<TopicPartition> all = new ArrayList<>(bins.assignment());
            List<TopicPartition> headers = of(Topics.SESSIONS, added);
            List<TopicPartition> latents = of(Topics.LATENTS, added);
            all.addAll(headers);
            all.addAll(latents);
            bins.assign(all);
            bins.seekToBeginning(headers);
            Map<TopicPartition, Long> begin = bins.beginningOffsets(latents);
            bins.endOffsets(latents).forEach(
                    (partition, end) -> bins.seek(partition, Math.max(begin.get(partition), end - LATENTS_BACK)));
            // A snapshot without its session's header would be of no use.
            catchUp(bins);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> gone) {
            List<TopicPartition> all = new ArrayList<>(bins.assignment());
            all.removeAll(of(Topics.SESSIONS, gone));
            all.removeAll(of(Topics.LATENTS, gone));
            bins.assign(all);
            sessions.values().removeIf(
                    session -> gone.contains(new TopicPartition(Topics.MODELS, session.partition)));
        }

        private static List<TopicPartition> of(String topic, Collection<TopicPartition> partitions) {
            return partitions.stream().map(partition -> new TopicPartition(topic, partition.partition())).toList();
        }
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null) {
            return; // a tombstone: the session is deleted
        }
        String id = record.key() == null ? "" : new String(record.key(), UTF_8);
        switch (record.topic()) {
            case Topics.SESSIONS -> {
                SessionHeader header = parsed(SessionHeader.parser(), record, "SessionHeader");
                // The first one counts; the pipeline says what is wrong with others.
                if (header != null && header.getSession().equals(id) && WireChecks.header(header).isEmpty()) {
                    headers.putIfAbsent(id, header);
                    forgetOldest(headers, MAX_HEADERS);
                }
            }
            case Topics.LATENTS -> {
                Latents latents = parsed(Latents.parser(), record, "Latents");
                if (latents != null && headers.containsKey(id)) {
                    followed(id, record.partition()).trials.add(latents);
                }
            }
            default -> {
                ModelSnapshot snapshot = parsed(ModelSnapshot.parser(), record, "ModelSnapshot");
                if (snapshot != null && snapshot.getSchemaVersion() > WireChecks.SCHEMA_VERSION) {
                    LOG.atWarn().addKeyValue("session", id)
                            .log("session {}: a snapshot of schema_version {} is not analysed, expected {}: a newer kappa"
                                    + " wrote it", id, snapshot.getSchemaVersion(), WireChecks.SCHEMA_VERSION);
                } else if (snapshot != null && headers.containsKey(id)) {
                    followed(id, record.partition()).newest = snapshot;
                } else if (snapshot != null) {
                    LOG.atWarn().addKeyValue("session", id)
                            .log("session {}: a snapshot without a header on {} is not analysed", id, Topics.SESSIONS);
                }
            }
        }
    }

    private static <T extends Message> T parsed(Parser<T> parser, ConsumerRecord<byte[], byte[]> record,
            String name) {
        WireChecks.Parsed<T> parsed = WireChecks.parse(parser, record.value(), name);
        if (parsed.message() == null) {
            LOG.warn("{}-{}@{}: {}", record.topic(), record.partition(), record.offset(), parsed.fault().detail());
        }
        return parsed.message();
    }

    private Followed followed(String id, int partition) {
        Followed session = sessions.computeIfAbsent(id, absent -> new Followed(headers.get(id), partition));
        forgetOldest(sessions, MAX_SESSIONS);
        return session;
    }

    private static void forgetOldest(Map<String, ?> map, int most) {
        if (map.size() > most) {
            Iterator<String> oldest = map.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    private static void commit(KafkaConsumer<byte[], byte[]> models) {
        try {
            models.commitSync();
        } catch (KafkaException e) {
            LOG.info("the group is being rebalanced, some snapshots will be analysed again: {}", e.toString());
        }
    }

    private void analyse(Followed session, KafkaConsumer<byte[], byte[]> models) {
        if (session.newest.getFinal()) {
            session.trials.end();
        }
        ModelSnapshot snapshot = session.newest;
        long trials = session.trials.version();
        CompletableFuture<Analyst.Done> answer = AskPattern.<Analyst.Command, Analyst.Done>ask(analyst,
                replyTo -> new Analyst.Analyse(snapshot, session.header, session.partition, session.trials.intact(),
                        session.trials.perturbed(), replyTo),
                PATIENCE,
                scheduler).toCompletableFuture();
        // Without fetching anything the reader stays in its group, however long a large network takes.
        models.pause(models.assignment());
        while (!answer.isDone() && !stopping) {
            models.poll(POLL).forEach(this::read);
        }
        models.resume(models.assignment());
        if (stopping) {
            return;
        }
        if (answer.isCompletedExceptionally()) {
            LOG.atWarn().addKeyValue("session", snapshot.getSession()).log(
                    "model {} of session {} was not analysed within {}", snapshot.getVersion(), snapshot.getSession(),
                    PATIENCE);
        }
        session.analysedVersion = snapshot.getVersion();
        session.analysedTrials = trials;
        if (snapshot.getFinal()) {
            session.newest = null;
        }
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
