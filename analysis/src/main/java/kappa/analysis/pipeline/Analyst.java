package kappa.analysis.pipeline;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractOnMessageBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import com.google.protobuf.Message;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import kappa.analysis.ObservedTrial;
import kappa.analysis.SessionMechanism;
import kappa.analysis.Snapshot;
import kappa.ingest.UnixTime;
import kappa.ingest.log.Publisher;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;

/**
 * Analyses one snapshot after the other, and publishes what it finds on kappa.analyses and kappa.inactivations.
 *
 * <p>State owned: the {@link SessionMechanism} of each session. After a crash it is computed again. Back-pressure:
 * {@link AnalysisReader} sends the next snapshot only after the answer to the one before. Failure: if a snapshot cannot be
 * analysed, or only in part, the reason is logged, once for as long as it stays the same. The results that were found are
 * published. The next snapshot is analysed independently.
 */
public final class Analyst extends AbstractOnMessageBehavior<Analyst.Command> {

    /** What the analyst is asked to do. */
    public sealed interface Command {}

    /**
     * Analyse and publish; answered when the broker has what was found.
     *
     * @param intact recent trials, oldest first
     * @param perturbed those in which neurons were silenced
     */
    public record Analyse(ModelSnapshot snapshot, SessionHeader header, int partition, List<ObservedTrial> intact,
            List<ObservedTrial> perturbed, ActorRef<Done> replyTo) implements Command {}

    /**
     * @param failure null if what was found is published
     * @param cpuNs processor time that it took
     */
    public record Done(String failure, long cpuNs) {}

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final int MAX_SESSIONS = 16;

    public static Behavior<Command> create(Publisher publisher) {
        return Behaviors.setup(context -> new Analyst(context, publisher));
    }

    private final Publisher publisher;
    private final Map<String, SessionMechanism> sessions = newest();
    /** The failure last logged for each session: a session of one neuron fails in the same way with each snapshot. */
    private final Map<String, String> failures = newest();

    private static <V> Map<String, V> newest() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > MAX_SESSIONS;
            }
        };
    }

    private Analyst(ActorContext<Command> context, Publisher publisher) {
        super(context);
        this.publisher = publisher;
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Analyse analyse -> onAnalyse(analyse);
        };
    }

    private Behavior<Command> onAnalyse(Analyse analyse) {
        ModelSnapshot snapshot = analyse.snapshot();
        String session = snapshot.getSession();
        // Repeated for each snapshot, because the dispatcher replaces threads that were idle for long.
        ThreadPriority.lower();
        SessionMechanism mechanism = sessions.computeIfAbsent(session,
                absent -> new SessionMechanism(analyse.header().getBehaviorChannelsList()));
        Delivery delivery = new Delivery(analyse);
        String failure = null;
        try {
            Snapshot decoded = AnalysisCodec.snapshot(snapshot);
            mechanism.update(decoded);
            // Before the predictions, which take longer: the portrait stands beside a kappa that goes on.
            delivery.send(Topics.ANALYSES, AnalysisCodec.message(mechanism.analysis(), UnixTime.nowNs()));
            mechanism.predict(decoded, analyse.intact(), analyse.perturbed());
            mechanism.inactivations().ifPresent(result -> delivery.send(Topics.INACTIVATIONS,
                    AnalysisCodec.message(result, UnixTime.nowNs())));
        } catch (RuntimeException e) {
            boolean known = mechanism.knows(snapshot.getVersion());
            if (!e.toString().equals(failures.put(session, e.toString()))) {
                getContext().getLog().warn("model {} of session {} cannot be analysed{}: {}", snapshot.getVersion(),
                        session, known ? " beyond its dynamics" : "", e.toString());
            }
            if (!known) {
                failure = e.toString();
            } else if (delivery.isEmpty()) {
                delivery.send(Topics.ANALYSES, AnalysisCodec.message(mechanism.analysis(), UnixTime.nowNs()));
            }
        }
        delivery.complete(failure);
        return this;
    }

    /**
     * What is published of one snapshot. The answer comes from the producer's thread, once the broker has all of it: once
     * answered, the snapshot is never analysed again.
     */
    private final class Delivery {
        private final Analyse analyse;
        private final long cpuSince = THREADS.getCurrentThreadCpuTime();
        /** Records on their way, and one until all were sent. */
        private final AtomicInteger open = new AtomicInteger(1);
        private Done answer;

        Delivery(Analyse analyse) {
            this.analyse = analyse;
        }

        boolean isEmpty() {
            return open.get() == 1;
        }

        void send(String topic, Message record) {
            open.incrementAndGet();
            publisher.send(topic, analyse.partition(), analyse.snapshot().getSession(), record,
                    (metadata, bytes) -> delivered());
        }

        void complete(String failure) {
            answer = new Done(failure, THREADS.getCurrentThreadCpuTime() - cpuSince);
            delivered();
        }

        private void delivered() {
            if (open.decrementAndGet() == 0) {
                analyse.replyTo().tell(answer);
            }
        }
    }
}
