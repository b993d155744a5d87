package kappa.fitting.pipeline;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.Signal;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractOnMessageBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import kappa.fitting.model.FitPlan;
import kappa.ingest.log.ActivityReader;
import kappa.ingest.log.Arrival;
import kappa.ingest.log.Checkpoints;
import kappa.ingest.log.PartitionOwner;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.SessionHeader;

/**
 * Parent of the sessions of this process: begins each from its checkpoint when its first record arrives, and forgets those
 * of partitions that were taken away.
 *
 * <p>State owned: which sessions run, are over, or wait to be begun. Back-pressure: the reader's. Failure: a session that
 * fails fails the pipeline; nothing is lost, since all goes on from checkpoints.
 */
public final class Pipeline extends AbstractOnMessageBehavior<Pipeline.Command> {

    /** What the reader and the sessions tell the pipeline. */
    public sealed interface Command {}

    private record Assigned(int partition, Map<String, Checkpoint> checkpoints, PartitionOwner owner)
            implements
                Command {}

    private record Revoked(int partition) implements Command {}

    private record Arrived(SessionHeader header, Arrival arrival) implements Command {}

    private record Silent(int partition, String session, long floor, long reached) implements Command {}

    private record Released(int partition, String session) implements Command {}

    private record Reported(Session.Report report) implements Command {}

    /** A session of this process. */
    private record Running(int partition, boolean lockstep, ActorRef<Session.Command> actor) {}

    /**
     * @param active kept at the number of running sessions, for a gauge
     * @param onFailure called when a session ended that should not have
     */
    public static Behavior<Command> create(FitServices services, AtomicInteger active, Consumer<Throwable> onFailure) {
        return Behaviors.setup(context -> new Pipeline(context, services, active, onFailure));
    }

    /** What the reader feeds this actor through. */
    public static ActivityReader.Sink sink(ActorRef<Command> pipeline) {
        return new ActivityReader.Sink() {
            @Override
            public void assigned(int partition, Map<String, Checkpoint> checkpoints, PartitionOwner owner) {
                pipeline.tell(new Assigned(partition, Map.copyOf(checkpoints), owner));
            }

            @Override
            public void revoked(int partition) {
                pipeline.tell(new Revoked(partition));
            }

            @Override
            public void arrived(SessionHeader header, Arrival arrival) {
                pipeline.tell(new Arrived(header, arrival));
            }

            @Override
            public void silent(int partition, String session, long floor, long reached) {
                pipeline.tell(new Silent(partition, session, floor, reached));
            }

            @Override
            public void released(int partition, String session) {
                pipeline.tell(new Released(partition, session));
            }
        };
    }

    private final FitServices services;
    private final AtomicInteger active;
    private final Consumer<Throwable> onFailure;
    private final Map<String, Running> running = new HashMap<>();
    private final Map<Integer, Map<String, Checkpoint>> checkpoints = new HashMap<>();
    private final Map<Integer, PartitionOwner> owners = new HashMap<>();
    private long spawned;
    private boolean warned;

    private Pipeline(ActorContext<Command> context, FitServices services, AtomicInteger active,
            Consumer<Throwable> onFailure) {
        super(context);
        this.services = services;
        this.active = active;
        this.onFailure = onFailure;
        shareOut();
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Assigned assigned -> onAssigned(assigned);
            case Revoked revoked -> onRevoked(revoked.partition());
            case Arrived arrived -> onArrived(arrived);
            case Silent silent -> onSilent(silent);
            case Released released -> onReleased(released);
            case Reported reported -> switch (reported.report()) {
                case Session.Finished finished -> onFinished(finished);
                case Session.Parked parked -> onParked(parked);
            };
        };
    }

    private Behavior<Command> onAssigned(Assigned assigned) {
        checkpoints.put(assigned.partition(), new HashMap<>(assigned.checkpoints()));
        owners.put(assigned.partition(), assigned.owner());
        return this;
    }

    private Behavior<Command> onRevoked(int partition) {
        checkpoints.remove(partition);
        owners.remove(partition);
        running.values().removeIf(session -> {
            if (session.partition() == partition) {
                stop(session);
                return true;
            }
            return false;
        });
        shareOut();
        return this;
    }

    private void stop(Running session) {
        getContext().unwatch(session.actor());
        getContext().stop(session.actor());
    }

    /**
     * Live sessions share what past trials, and those that wait for the fitter, may hold in this process. In lockstep it is
     * fixed: the model must not depend on what else runs.
     */
    private void shareOut() {
        active.set(running.size());
        long lockstep = running.values().stream().filter(Running::lockstep).count();
        long left = services.activityBytes() - lockstep * FitPlan.DEFAULT_BUFFER_BYTES;
        if (left < 0 && !warned) {
            warned = true;
            getContext().getLog()
                    .warn("{} sessions in lockstep may keep {} MiB each to learn from, and there is room for {} MiB in"
                            + " all: replay fewer at once, or give Java more memory (-Xmx in KAPPA_JAVA_OPTS)",
                            lockstep, FitPlan.DEFAULT_BUFFER_BYTES >> 20, services.activityBytes() >> 20);
        }
        long share = Math.min(FitPlan.DEFAULT_BUFFER_BYTES + Session.MAX_WAITING_BYTES,
                Math.max(0, left) / Math.max(1, running.size() - lockstep));
        services.meters().activityShare(share);
        running.values().stream().filter(session -> !session.lockstep())
                .forEach(session -> session.actor().tell(new Session.ActivityShare(share)));
    }

    private Behavior<Command> onArrived(Arrived arrived) {
        String id = arrived.header().getSession();
        int partition = arrived.arrival().partition();
        Map<String, Checkpoint> known = checkpoints.get(partition);
        if (known == null) {
            // Read before the partition was taken away.
            arrived.arrival().release();
            return this;
        }
        Checkpoint saved = known.get(id);
        if (saved != null && saved.getEnded()) {
            afterEnd(arrived, saved);
            return this;
        }
        // One that was parked before its first checkpoint begins anew.
        Checkpoint checkpoint = saved != null && saved.hasLearner() ? saved : null;
        if (!running.containsKey(id)) {
            running.put(id, begin(arrived.header(), checkpoint, partition));
            shareOut();
        }
        running.get(id).actor().tell(new Session.Arrived(arrived.arrival()));
        return this;
    }

    private void afterEnd(Arrived arrived, Checkpoint checkpoint) {
        // A record from before the end that is read again after a restart is no news.
        if (arrived.arrival().offset() >= checkpoint.getNextBinOffset()) {
            services.publisher().reject(arrived.header().getSession(), arrived.arrival().record(),
                    new Fault(Reason.AFTER_END, "bin " + arrived.arrival().activity().getFirstBin()
                            + " after the end of the session at bin " + checkpoint.getNextBin()),
                    false);
        }
        arrived.arrival().release();
    }

    private Running begin(SessionHeader header, Checkpoint checkpoint, int partition) {
        // Stopping an actor takes a moment in which its name is taken, hence the number.
        SessionPlan plan = SessionPlan.of(header);
        ActorRef<Session.Command> actor = getContext().spawn(
                Session.create(plan, services, checkpoint, partition, owners.get(partition),
                        getContext().messageAdapter(Session.Report.class, Reported::new)),
                "session-" + spawned++, DispatcherSelector.fromConfig("kappa.latency-dispatcher"));
        getContext().watch(actor);
        return new Running(partition, plan.lockstep(), actor);
    }

    private Behavior<Command> onSilent(Silent silent) {
        Running session = running.get(silent.session());
        Map<String, Checkpoint> known = checkpoints.getOrDefault(silent.partition(), Map.of());
        if (session != null) {
            session.actor().tell(new Session.Silent(silent.floor(), silent.reached()));
        } else if (known.containsKey(silent.session())) {
            // Nothing of it came since the partition is ours.
            owners.get(silent.partition()).send(Topics.CHECKPOINTS, silent.session(),
                    known.get(silent.session()).toBuilder().setParkedAt(silent.reached()).build(),
                    () -> services.offsets().parked(silent.partition(), silent.session(), silent.reached()));
        }
        return this;
    }

    private Behavior<Command> onFinished(Session.Finished finished) {
        Running over = running.remove(finished.session());
        if (over != null) {
            getContext().unwatch(over.actor());
            over.actor().tell(new Session.Retire());
            remember(over.partition(), finished.session(), Checkpoints.withoutTheRest(finished.end()));
            shareOut();
        }
        return this;
    }

    private Behavior<Command> onParked(Session.Parked parked) {
        Running session = running.get(parked.session());
        if (session != null) {
            remember(session.partition(), parked.session(), parked.checkpoint());
        }
        return this;
    }

    private void remember(int partition, String session, Checkpoint checkpoint) {
        checkpoints.computeIfPresent(partition, (p, known) -> {
            known.put(session, checkpoint);
            return known;
        });
    }

    private Behavior<Command> onReleased(Released released) {
        Running session = running.get(released.session());
        // One that has ended meanwhile is gone already, and the partition may have been.
        if (session != null && session.partition() == released.partition()) {
            running.remove(released.session());
            stop(session);
            shareOut();
            getContext().getLog().atInfo().addKeyValue("session", released.session())
                    .addKeyValue("partition", released.partition())
                    .log("session {} is idle; unloaded until its next record", released.session());
        }
        return this;
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof Terminated terminated) {
            // The session's failure was reported before, and says more.
            onFailure.accept(new IllegalStateException(terminated.getRef() + " stopped"));
            return this;
        }
        return this;
    }
}
