package kappa.analysis.pipeline;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Scheduler;
import akka.actor.typed.javadsl.AskPattern;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import kappa.analysis.RecentTrials;
import kappa.ingest.log.GroupMember;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.session.AnnouncedHeaders;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that reads headers, latents and snapshots in a consumer group, keeps the recent trials of each session, and gives
 * the {@link Analyst} the newest snapshot with them. The newest supersedes the rest, and the next analysis waits for
 * {@value #REST} times as long as the last one kept a processor busy, at least a quarter of a second: analyses take at most a
 * quarter of one processor from learning, and where others want it a smaller share, which they keep ({@link ThreadPriority}). A
 * session's last snapshot is always analysed, and at once.
 *
 * <p>Offsets of snapshots are committed after the analysis, so a restart misses none. Headers are read again from the start,
 * and latents as far back as recent trials may reach.
 */
public final class AnalysisReader implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AnalysisReader.class);

    private static final long AT_LEAST_NS = 250_000_000L;
    private static final int REST = 3;
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration PATIENCE = Duration.ofHours(1);
    /** Records of latents, of one bin or more each, that are read again after a restart. */
    private static final long LATENTS_BACK = 50_000;
    private static final int MAX_SESSIONS = 64;
    private static final int MODELS_AT_ONCE = 2_000;
    private static final int MAX_HEADERS = 10_000;

    private final KafkaConnection connection;
    private final String group;
    private final ActorRef<Analyst.Command> analyst;
    private final Scheduler scheduler;
    private final Consumer<Throwable> onFailure;
    private final Thread thread = new Thread(this::run, "kappa-analysis-reader");
    /** The sessions of this member, active last at the end. */
    private final Map<String, Followed> sessions = new LinkedHashMap<>(16, 0.75f, true);
    private final AnnouncedHeaders headers = new AnnouncedHeaders(MAX_HEADERS);
    private long unusable;
    private volatile boolean stopping;
    private volatile boolean held;
    /** Headers and latents. */
    private volatile TopicFollower bins;

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
            trials = new RecentTrials();
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
        try (var opened = new TopicFollower(connection, this::read);
                var models = new GroupMember(connection, group + "-analysis", Topics.MODELS, MODELS_AT_ONCE,
                        this::assigned, this::revoked, this::read, null)) {
            bins = opened;
            long next = System.nanoTime();
            while (!stopping) {
                if (!bins.followed().isEmpty()) {
                    bins.poll(Duration.ZERO);
                }
                models.poll(POLL);
                long now = System.nanoTime();
                List<Followed> due = sessions.values().stream().filter(Followed::due).toList();
                boolean hurry = due.stream().anyMatch(session -> session.newest.getFinal());
                if (hurry) {
                    // All latents, say, that were published before a session's last snapshot.
                    bins.readToEnd();
                }
                if (!due.isEmpty() && !held && (hurry || now >= next)) {
                    long busyNs = 0;
                    for (Followed session : due) {
                        busyNs += analyse(session, models);
                    }
                    if (!stopping) {
                        models.commit();
                    }
                    next = System.nanoTime() + Math.max(AT_LEAST_NS, REST * busyNs);
                }
            }
        } catch (RuntimeException | Error e) {
            if (!stopping) {
                LOG.error("reading {} failed", Topics.MODELS);
                onFailure.accept(e);
            }
        }
    }

    /** Headers and latents are read of the partitions whose snapshots are this member's. */
    private void assigned(Collection<TopicPartition> added) {
        bins.fromBeginning(of(Topics.SESSIONS, added));
        bins.fromLast(of(Topics.LATENTS, added), LATENTS_BACK);
        // A snapshot without its session's header would be of no use.
        bins.readToEnd();
    }

    private void revoked(Collection<TopicPartition> gone) {
        bins.remove(of(Topics.SESSIONS, gone));
        bins.remove(of(Topics.LATENTS, gone));
        sessions.values().removeIf(
                session -> gone.contains(new TopicPartition(Topics.MODELS, session.partition)));
    }

    private static List<TopicPartition> of(String topic, Collection<TopicPartition> partitions) {
        return partitions.stream().map(partition -> new TopicPartition(topic, partition.partition())).toList();
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        switch (CheckedRecord.of(record.topic(), record.key(), record.value())) {
            case CheckedRecord.Valid(_, SessionHeader header) -> headers.announce(header);
            case CheckedRecord.Valid(String id, Latents latents) when headers.has(id) -> {
                Followed session = followed(id, record.partition());
                AnalysisCodec.bins(latents, session.header.getNeuronsCount()).forEach(session.trials::add);
            }
            case CheckedRecord.Valid(String id, ModelSnapshot snapshot) -> {
                if (!headers.has(id)) {
                    // The header was appended before, so it is known afterwards.
                    bins.readToEnd();
                }
                if (!headers.has(id)) {
                    leaveOut(record, "its session has no header on " + Topics.SESSIONS);
                } else if (!suits(snapshot, headers.of(id))) {
                    leaveOut(record, "its numbers of neurons, latents and inputs are not those of the session's header");
                } else {
                    followed(id, record.partition()).newest = snapshot;
                }
            }
            case CheckedRecord.Invalid(_, Fault why) -> {
                // What is wrong with a header, the pipeline says.
                if (!record.topic().equals(Topics.SESSIONS)) {
                    leaveOut(record, why.detail());
                }
            }
            case CheckedRecord.Valid _, CheckedRecord.Deleted _ -> {}
        }
    }

    private static boolean suits(ModelSnapshot snapshot, SessionHeader header) {
        return snapshot.getNeurons() == header.getNeuronsCount() + header.getFit().getHiddenNeurons()
                && snapshot.getRank() == header.getFit().getRank()
                && snapshot.getInputs() == header.getInputChannelsCount();
    }

    private void leaveOut(ConsumerRecord<byte[], byte[]> record, String why) {
        unusable++;
        if (unusable == 1) {
            LOG.warn("{} is not analysed: {}. Further such records are left out without a message",
                    TopicFollower.place(record), why);
        }
    }

    private Followed followed(String id, int partition) {
        Followed session = sessions.computeIfAbsent(id, absent -> new Followed(headers.of(id), partition));
        if (sessions.size() > MAX_SESSIONS) {
            Iterator<String> oldest = sessions.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        return session;
    }

    /** @return processor time that it took, in ns */
    private long analyse(Followed session, GroupMember models) {
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
        models.pause();
        while (!answer.isDone() && !stopping) {
            models.poll(POLL);
        }
        models.resume();
        if (stopping) {
            return 0;
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
        return answer.isCompletedExceptionally() ? 0 : answer.join().cpuNs();
    }

    @Override
    public void close() {
        stopping = true;
        TopicFollower open = bins;
        if (open != null) {
            open.stop();
        }
        try {
            thread.join(Duration.ofSeconds(10).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
