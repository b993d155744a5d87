package kappa.fitting.pipeline;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PostStop;
import akka.actor.typed.Signal;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractOnMessageBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.fitting.pipeline.FitServices.PipelineMeters;
import kappa.ingest.UnixTime;
import kappa.ingest.log.Arrival;
import kappa.ingest.log.BinOrder;
import kappa.ingest.log.PartitionOwner;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.TrialRef;
import kappa.ingest.wire.WireChecks;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One session: puts its bins in order, cuts them into trials, sends each bin to the filter at once and each finished trial
 * to the fitter, publishes what comes back, and keeps the checkpoints.
 *
 * <p>State owned: the order of bins, the trial being recorded, and the trials that the filter or the fitter still works on.
 * Back-pressure: live, bins never wait. The fitter is asked for no steps while it is behind, and where the trials that wait for
 * it hold too much activity, the next ones are left out of learning. In lockstep, bins wait here for the model of the trial
 * before, and the reader pauses the partition. Failure: {@link SessionWatch} reports an exception, here or in a child. That stops
 * the whole session and fails the pipeline, which goes on from the last checkpoint when it is started again.
 */
final class Session extends AbstractOnMessageBehavior<Session.Command> {

    sealed interface Command {}

    /** A record of this session, checked against its header. */
    record Arrived(Arrival arrival) implements Command {}

    private record Filtered(Filter.Reply reply) implements Command {}

    private record FromFitter(Fitter.Learned learned) implements Command {}

    private record CheckpointStored(Checkpoint checkpoint) implements Command {}

    /** Nothing has come for long: the session is to be parked, see {@link kappa.ingest.log.ActivityReader.Sink#silent}. */
    record Silent(long floor, long reached) implements Command {}

    /** What past trials and those that wait for the fitter may hold from now on. */
    record ActivityShare(long bytes) implements Command {}

    /** The parent has heard that the session is finished, and sends it nothing more. */
    record Retire() implements Command {}

    /** What the parent is told. */
    sealed interface Report {}

    /** The session is over and everything about it is durable. */
    record Finished(String session, Checkpoint end) implements Report {}

    /** The session is parked, from where it can begin again. */
    record Parked(String session, Checkpoint checkpoint) implements Report {}

    static Behavior<Command> create(SessionPlan plan, FitServices services, Checkpoint checkpoint, int partition,
            PartitionOwner owner, ActorRef<Report> parent) {
        return services.watch().work(plan.session(), "the order of its bins").watching(Command.class, Behaviors
                .setup(context -> new Session(context, plan, services, checkpoint, partition, owner, parent)));
    }

    /** Trials the fitter may have waiting before it is asked for no more steps. */
    private static final int MAX_WAITING_TRIALS = 2;

    /** What trials that wait for the fitter may hold at most. */
    static final long MAX_WAITING_BYTES = 64L << 20;
    /** Trials without a model beyond which learning is taken to hang: of each a little is kept here until then. */
    private static final int MAX_UNLEARNED_TRIALS = 100_000;

    private final SessionPlan plan;
    private final FitServices services;
    private final int partition;
    private final PartitionOwner owner;
    private final ActorRef<Report> parent;
    private final PipelineMeters.Progress progress;
    private final ActorRef<Filter.Command> filter;
    private final ActorRef<Fitter.Command> fitter;
    private final BinOrder<Arrival> order;
    private final Deque<TrialCutter.Accepted> waiting = new ArrayDeque<>();
    private final TrialCutter cutter;
    private final PendingTrials pending = new PendingTrials();
    private final ScoreHistory scores;
    private final CheckpointSchedule checkpoints;
    private PublishedModel newest;
    /** [N] of each neuron's activity when the newest trial was over; empty before the first. */
    private float[] mean = {};
    private Optional<String> warning = Optional.empty();
    /** Records before this one were used or rejected before the restart; if inside, this one was accepted, too. */
    private long restoredOffset;
    private boolean restoredInside;
    private RecoveredTrial tail;
    private long trials;
    /** What trials that wait for the fitter may hold at present before the next are left out. A single one may be larger. */
    private long mostWaitingBytes = MAX_WAITING_BYTES;
    private long shed;
    /** Steps of past trials that the fitter makes with the next one, if there is one. */
    private int owed;
    private long acknowledged;
    private boolean blocked;
    private boolean ending;
    private boolean endSent;
    private long endOffset;

    private Session(ActorContext<Command> context, SessionPlan plan, FitServices services, Checkpoint checkpoint,
            int partition, PartitionOwner owner, ActorRef<Report> parent) {
        super(context);
        this.plan = plan;
        this.services = services;
        this.partition = partition;
        this.owner = owner;
        this.parent = parent;
        FitPlan fit = plan.fit();
        cutter = new TrialCutter(plan, services.meters());
        scores = new ScoreHistory(fit.kind());
        checkpoints = new CheckpointSchedule(plan.lockstep());
        order = new BinOrder<>(new Orders(), plan.header().getTrials());
        if (checkpoint == null) {
            newest = new OnlineFitter(fit, services.kernels(), Team.ALONE).publish(null);
        } else {
            newest = SnapshotCodec.fromWire(checkpoint.getPublished());
            mean = SnapshotCodec.array(checkpoint.getPublished().getMeanList());
            restore(checkpoint);
        }
        filter = context.spawn(Filter.create(plan, services, newest, checkpoint,
                context.messageAdapter(Filter.Reply.class, Filtered::new)),
                "filter", DispatcherSelector.fromConfig("kappa.latency-dispatcher"));
        fitter = context.spawn(Fitter.create(plan, services, checkpoint,
                context.messageAdapter(Fitter.Learned.class, FromFitter::new)),
                "fitter", DispatcherSelector.fromConfig("kappa.fit-dispatcher"));
        progress = services.meters().begun(plan.session());
        context.watch(filter);
        context.watch(fitter);
        told(Level.INFO).log("session {}: {} neurons, rank {}, {} {}", plan.session(), fit.neurons(), fit.rank(),
                fit.kind(), checkpoint == null
                        ? "from its first bin"
                        : "from its checkpoint at bin " + cutter.nextBin() + ", " + trials + " trials learned");
    }

    private void restore(Checkpoint checkpoint) {
        checkpoints.restore(checkpoint);
        cutter.restore(checkpoint);
        acknowledged = checkpoint.getNextBin();
        restoredOffset = checkpoint.getNextBinOffset();
        restoredInside = checkpoint.getInside();
        trials = checkpoint.getLearner().getTrialsSeen();
        shed = checkpoint.getStepsShed();
        owed = Math.max(0, checkpoint.getStepsOwed());
        order.restore(checkpoint.getNextBin(), checkpoint.getLastTrial(), checkpoint.getLastRigTimeNs(),
                checkpoint.getLastEpoch(), checkpoint.getAnyBin());
        scores.restore(checkpoint.getQuality());
        if (checkpoint.getOpen().getBins() > 0) {
            tail = new RecoveredTrial(plan, checkpoint.getOpen());
        }
    }

    /** A line of the log, with what it is about as fields for who gathers logs. */
    private LoggingEventBuilder told(Level level) {
        return getContext().getLog().atLevel(level).addKeyValue("session", plan.session())
                .addKeyValue("partition", partition);
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Arrived arrived -> onArrived(arrived.arrival());
            case Filtered filtered -> onFiltered(filtered.reply());
            case FromFitter learned -> onLearned(learned.learned());
            case CheckpointStored stored -> onCheckpointStored(stored);
            case Silent silent -> onSilent(silent);
            case ActivityShare share -> onActivityShare(share.bytes());
            case Retire retire -> Behaviors.stopped();
        };
    }

    private Behavior<Command> onActivityShare(long bytes) {
        // As 64 to 512 MiB, so that a session that has it all has the same as one in lockstep.
        mostWaitingBytes = bytes / 9;
        fitter.tell(new Fitter.HoldAtMost(bytes - mostWaitingBytes));
        return this;
    }

    // ------------------------------------------------------------------ bins

    private Behavior<Command> onArrived(Arrival arrival) {
        boolean before = arrival.offset() < restoredOffset;
        boolean inside = restoredInside && arrival.offset() == restoredOffset;
        if (tail != null) {
            recoverTail(arrival, before || inside);
        }
        if (before) {
            arrival.release();
            return this;
        }
        order.offer(arrival, inside);
        sendBins();
        return this;
    }

    /** After a restart: bins that were filtered before it are needed again as the warm-up of what follows. */
    private void recoverTail(Arrival arrival, boolean accountedFor) {
        if (accountedFor) {
            Activity activity = arrival.activity();
            for (int t = 0; t < activity.getBinsCount(); t++) {
                tail.offer(arrival.offset(), activity.getFirstBin() + t, activity.getBins(t));
            }
        }
        if (tail.whole()) {
            cutter.warmUpWith(tail);
            tail = null;
        } else if (arrival.offset() >= restoredOffset) {
            told(Level.WARN).log("session {}: the bins before bin {} are no longer on kappa.activity (retention);"
                    + " what follows is warmed up without them", plan.session(), cutter.nextBin());
            tail = null;
        }
    }

    private final class Orders implements BinOrder.Verdicts<Arrival> {
        @Override
        public void use(Arrival arrival, int skip, long missing) {
            services.meters().appended(arrival.record().timestamp());
            progress.arrived();
            services.meters().accepted.increment(arrival.activity().getBinsCount() - skip);
            services.meters().missing.increment((double) missing);
            waiting.add(new TrialCutter.Accepted(arrival, skip, missing));
            if (skip == arrival.activity().getBinsCount()) {
                // No bin of it goes to the filter, which would release it.
                arrival.release();
            }
        }

        @Override
        public void reject(Arrival arrival, Fault fault, boolean used) {
            services.publisher().reject(plan.session(), arrival.record(), fault, used);
            if (!used) {
                arrival.release();
            }
        }

        @Override
        public void clockJumped() {
            services.meters().clockJumps.increment();
        }
    }

    /** Sends the bins that wait on to the filter, and ends trials, until the model of one has to be waited for. */
    private void sendBins() {
        while (!blocked && !waiting.isEmpty()) {
            TrialCutter.Accepted next = waiting.peek();
            long offset = next.arrival().offset();
            if (next.done()) {
                finishRecord(waiting.remove().arrival());
            } else if (cutter.endsBefore(next)) {
                endTrial(offset, next.begun());
            } else {
                TrialCutter.Taken taken = cutter.take(next);
                filter.tell(taken.bins());
                if (taken.endsTrial()) {
                    // A record that also ends the session is needed again as long as that end is not durable.
                    boolean inside = !taken.bins().last() || next.arrival().activity().getEndOfSession();
                    endTrial(inside ? offset : offset + 1, inside);
                }
            }
        }
    }

    private void finishRecord(Arrival done) {
        if (done.activity().getEndOfSession()) {
            if (cutter.open()) {
                endTrial(done.offset(), true);
            }
            ending = true;
            endOffset = done.offset() + 1;
            endIfDone();
        }
    }

    // ------------------------------------------------------------------ ends of trials

    /**
     * @param nextBinOffset the record that holds what comes after the trial, or the one after the trial's last
     * @param inside whether that record holds the trial's end as well, or was accepted already for another reason
     */
    private void endTrial(long nextBinOffset, boolean inside) {
        boolean perturbed = cutter.perturbed();
        if (perturbed) {
            services.meters().perturbed.increment();
        }
        Trial trial = cutter.close(trials++);
        boolean wantState = checkpoints.wants(trials);
        filter.tell(new Filter.EndTrial(wantState));
        boolean leftOut = !perturbed && !plan.lockstep() && pending.learning() > 0
                && pending.bytes() + trial.bytes() > mostWaitingBytes;
        int steps = perturbed ? 0 : plan.fit().stepsPerTrial();
        int left = 0;
        if (leftOut || (!plan.lockstep() && pending.learning() >= MAX_WAITING_TRIALS)) {
            left = steps;
            steps = 0;
            services.meters().stepsShed.increment(left);
        }
        if (leftOut) {
            services.meters().leftOut.increment();
        }
        if (pending.size() == MAX_UNLEARNED_TRIALS) {
            throw new IllegalStateException("session " + plan.session() + ": " + MAX_UNLEARNED_TRIALS
                    + " trials wait for a model; learning hangs");
        }
        boolean pass = perturbed || leftOut;
        Trial given = pass ? trial.withoutActivity() : trial;
        pending.add(new PendingTrials.End(cutter.nextBin(), nextBinOffset, inside, cutter.boundaries().trial(),
                cutter.lastRigTimeNs(), cutter.boundaries().epoch(),
                SnapshotCodec.toWire(cutter.tail(), plan.fit().inputs())), left, given.bytes());
        fitter.tell(new Fitter.Learn(given, pass, steps, wantState));
        blocked = plan.lockstep();
    }

    private Behavior<Command> onFiltered(Filter.Reply reply) {
        switch (reply) {
            case Filter.Acknowledged ack -> acknowledged = Math.max(acknowledged, ack.nextBin());
            case Filter.TrialFiltered filtered -> pending.filtered(filtered);
        }
        complete();
        return this;
    }

    private Behavior<Command> onLearned(Fitter.Learned learned) {
        pending.learned(learned);
        newest = learned.model();
        if (!learned.warning().equals(warning)) {
            warning = learned.warning();
            warning.ifPresent(line -> told(Level.WARN).log("session {}: {}", plan.session(), line));
        }
        filter.tell(new Filter.Adopt(newest));
        complete();
        return this;
    }

    /** Publishes the trials that both are done with, oldest first. */
    private void complete() {
        for (PendingTrials.Pending done = pending.takeDone(); done != null; done = pending.takeDone()) {
            scores.add(done.filtered.score(), done.learned.smoothed());
            services.meters().scored(plan.session(), scores.unit(), done.filtered.score().oneStep());
            shed += done.shed();
            owed = done.learned.owed();
            mean = done.filtered.mean();
            publishModel(done.learned.model(), false);
            if (done.learned.state() != null) {
                checkpoints.made(checkpoint(done));
            }
            blocked = false;
        }
        Checkpoint storable = checkpoints.takeStorable(acknowledged);
        if (storable != null) {
            store(storable);
        }
        sendBins();
        endIfDone();
    }

    private void publishModel(PublishedModel model, boolean last) {
        owner.send(Topics.MODELS, plan.session(),
                SnapshotCodec.toWire(plan, model, mean).setQuality(scores.quality(warning)).setFinal(last)
                        .setStepsShed(shed)
                        .setPublishedUnixNs(UnixTime.nowNs()).build(),
                () -> {});
    }

    // ------------------------------------------------------------------ checkpoints

    private Checkpoint checkpoint(PendingTrials.Pending trial) {
        PendingTrials.End end = trial.end;
        TrialRef open = end.open();
        return Checkpoint.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setHeader(plan.header())
                .setPartition(partition)
                .setNextOffset(open.getBins() > 0
                        ? Math.min(open.getOffset(), end.nextBinOffset())
                        : end.nextBinOffset())
                .setNextBin(end.nextBin()).setNextBinOffset(end.nextBinOffset()).setInside(end.inside()).setOpen(open)
                .setPublished(SnapshotCodec.toWire(plan, trial.learned.model(), mean))
                .setLearner(SnapshotCodec.toWire(trial.learned.state()))
                .setFilter(trial.filtered.state().toBuilder()
                        .setModel(SnapshotCodec.toWire(plan, trial.filtered.model(), new float[0])))
                .addAllTrials(trial.learned.buffer()).setLastTrial(end.lastTrial())
                .setLastRigTimeNs(end.lastRigTimeNs()).setLastEpoch(end.lastEpoch())
                .addAllBaselineSums(SnapshotCodec.list(trial.filtered.baselineSums()))
                .addAllBaselineObserved(SnapshotCodec.list(trial.filtered.baselineObserved()))
                .addAllSmoothedSums(SnapshotCodec.list(trial.learned.smoothedSums()))
                .addAllSmoothedObserved(SnapshotCodec.list(trial.learned.smoothedObserved()))
                .setQuality(scores.quality(warning)).setStepsShed(shed).setStepsOwed(owed).setAnyBin(true).build();
    }

    private void store(Checkpoint checkpoint) {
        ActorRef<Command> self = getContext().getSelf();
        owner.send(Topics.CHECKPOINTS, plan.session(), checkpoint, () -> self.tell(new CheckpointStored(checkpoint)));
    }

    private Behavior<Command> onCheckpointStored(CheckpointStored stored) {
        progress.checkpointed();
        checkpoints.stored(stored.checkpoint());
        if (!stored.checkpoint().getEnded()) {
            services.offsets().checkpointed(partition, plan.session(), stored.checkpoint().getNextOffset());
            return this;
        }
        services.offsets().finished(partition, plan.session());
        // Whatever the parent has sent until it hears of this still comes here and is rejected.
        parent.tell(new Finished(plan.session(), stored.checkpoint()));
        told(Level.INFO).log("session {} is over: {} bins, {} trials, model {}", plan.session(), cutter.nextBin(),
                trials, newest.version());
        return this;
    }

    private Behavior<Command> onSilent(Silent silent) {
        if (!waiting.isEmpty() || !pending.isEmpty() || checkpoints.isDue() || acknowledged < cutter.nextBin()
                || ending) {
            return this; // not so silent; asked again
        }
        Checkpoint.Builder parked = checkpoints.newest() == null
                ? Checkpoint.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setHeader(plan.header())
                        .setPartition(partition).setNextOffset(silent.floor())
                : checkpoints.newest().toBuilder();
        Checkpoint checkpoint = parked.setParkedAt(silent.reached()).build();
        owner.send(Topics.CHECKPOINTS, plan.session(), checkpoint, () -> {
            // In this order: the reader lets go of it only once the parent knows where it begins again.
            parent.tell(new Parked(plan.session(), checkpoint));
            services.offsets().parked(partition, plan.session(), silent.reached());
        });
        return this;
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        return switch (signal) {
            case PostStop _ -> {
                services.meters().forget(plan.session(), progress);
                yield this;
            }
            // It has failed, which it has reported itself.
            case Terminated _ -> Behaviors.stopped();
            default -> Behaviors.unhandled();
        };
    }

    private void endIfDone() {
        if (!ending || endSent || !pending.isEmpty() || !waiting.isEmpty() || acknowledged < cutter.nextBin()) {
            return;
        }
        endSent = true;
        shed += owed;
        publishModel(newest, true);
        store(Checkpoint.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setHeader(plan.header())
                .setPartition(partition).setNextBin(cutter.nextBin()).setNextBinOffset(endOffset).setEnded(true)
                .setAnyBin(cutter.boundaries().any()).build());
    }
}
