package kappa.fitting.pipeline;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PostStop;
import akka.actor.typed.Signal;
import akka.actor.typed.javadsl.AbstractOnMessageBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.filter.Start;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.fit.TrialAssembly;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Score;
import kappa.fitting.model.Trial;
import kappa.fitting.pipeline.FitServices.PipelineMeters;
import kappa.ingest.UnixTime;
import kappa.ingest.log.Arrival;
import kappa.ingest.log.BinOrder;
import kappa.ingest.log.PartitionOwner;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.FitQuality;
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
 * before, and the reader pauses the partition. Failure: an exception here or in a child stops the
 * whole session and fails the pipeline, which goes on from the last checkpoint when it is started again.
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
        return Behaviors.setup(context -> new Session(context, plan, services, checkpoint, partition, owner, parent));
    }

    private static final int SNAPSHOT_TRIALS = 1_000;
    /** Trials the fitter may have waiting before it is asked for no more steps. */
    private static final int MAX_WAITING_TRIALS = 2;

    /** What trials that wait for the fitter may hold at most. */
    static final long MAX_WAITING_BYTES = 64L << 20;
    /** Trials without a model beyond which learning is taken to hang: of each a little is kept here until then. */
    private static final int MAX_UNLEARNED_TRIALS = 100_000;

    private static final int LOCKSTEP_CHECKPOINT_TRIALS = 10;
    private static final long LIVE_CHECKPOINT_NS = 1_000_000_000L;
    /** What checkpoints may take of the broker, bytes a second: about half of what a thousand neurons take at 50 bins/s. */
    private static final long LIVE_CHECKPOINT_BYTES_PER_S = 32_768;

    private final SessionPlan plan;
    private final FitServices services;
    private final int partition;
    private final PartitionOwner owner;
    private final ActorRef<Report> parent;
    private final PipelineMeters.Progress progress;
    private final ActorRef<Filter.Command> filter;
    private final ActorRef<Fitter.Command> fitter;
    private final BinOrder<Arrival> order;
    private final Deque<Accepted> waiting = new ArrayDeque<>();
    private final Deque<Boundary> boundaries = new ArrayDeque<>();
    private final TrialAssembly assembly;
    private final float[] v;
    private final List<Double> oneStep = new ArrayList<>();
    private final List<Double> freeRun = new ArrayList<>();
    /** The trial whose scores are the first that are still kept. */
    private long firstScored;
    private PublishedModel newest;
    private Optional<String> warning = Optional.empty();
    private long nextBin;
    /** Records before this one were used or rejected before the restart; if inside, this one was accepted, too. */
    private long restoredOffset;
    private boolean restoredInside;
    private RecoveredTrial tail;
    private long lastTrial;
    private long lastRigTimeNs;
    private int lastEpoch;
    private boolean anyBin;
    private long trials;
    private long learning;
    private long waitingBytes;
    /** What trials that wait for the fitter may hold at present before the next are left out. A single one may be larger. */
    private long mostWaitingBytes = MAX_WAITING_BYTES;
    private long shed;
    private long acknowledged;
    /** When the last checkpoint was stored, or the session began here; and whether the next one is on its way. */
    private long storedAtNs = System.nanoTime();
    private boolean stateWanted;
    private boolean blocked;
    private boolean ending;
    private boolean endSent;
    private long endOffset;
    private Checkpoint due;
    private Checkpoint newestStored;

    /** A record, or what is left of it, whose turn has not come. */
    private static final class Accepted {
        final Arrival arrival;
        int position;
        long missing;

        Accepted(Arrival arrival, int position, long missing) {
            this.arrival = arrival;
            this.position = position;
            this.missing = missing;
        }
    }

    /** The end of a trial, until both the filter and the fitter are done with it. */
    private static final class Boundary {
        final long nextBin;
        final long nextBinOffset;
        final boolean inside;
        final long lastTrial;
        final long lastRigTimeNs;
        final int lastEpoch;
        final int shed;
        final long bytes;
        final TrialRef open;
        Filter.TrialFiltered filtered;
        Fitter.Learned learned;

        /**
         * @param shed steps that the fitter was not asked for
         * @param bytes of activity that wait with the fitter
         */
        Boundary(long nextBin, long nextBinOffset, boolean inside, long lastTrial, long lastRigTimeNs, int lastEpoch,
                int shed, long bytes, TrialRef open) {
            this.nextBin = nextBin;
            this.nextBinOffset = nextBinOffset;
            this.inside = inside;
            this.lastTrial = lastTrial;
            this.lastRigTimeNs = lastRigTimeNs;
            this.lastEpoch = lastEpoch;
            this.shed = shed;
            this.bytes = bytes;
            this.open = open;
        }
    }

    private Session(ActorContext<Command> context, SessionPlan plan, FitServices services, Checkpoint checkpoint,
            int partition, PartitionOwner owner, ActorRef<Report> parent) {
        super(context);
        this.plan = plan;
        this.services = services;
        this.partition = partition;
        this.owner = owner;
        this.parent = parent;
        FitPlan fit = plan.fit();
        assembly = new TrialAssembly(fit.neurons(), fit.inputs(), plan.header().getTrials());
        v = new float[fit.inputs()];
        order = new BinOrder<>(new Orders(), plan.header().getTrials());
        if (checkpoint == null) {
            newest = new OnlineFitter(fit, services.kernels(), Team.ALONE).publish(null);
        } else {
            newest = SnapshotCodec.fromWire(checkpoint.getPublished());
            restore(checkpoint);
        }
        filter = context.spawn(
                Filter.create(plan, services, newest, checkpoint,
                        context.messageAdapter(Filter.Reply.class, Filtered::new)),
                "filter", DispatcherSelector.fromConfig("kappa.latency-dispatcher"));
        fitter = context.spawn(
                Fitter.create(plan, services, checkpoint,
                        context.messageAdapter(Fitter.Learned.class, FromFitter::new)),
                "fitter", DispatcherSelector.fromConfig("kappa.fit-dispatcher"));
        progress = services.meters().begun(plan.session());
        // Without a handler for their end, a failing child fails this actor too.
        context.watch(filter);
        context.watch(fitter);
        told(Level.INFO).log("session {}: {} neurons, rank {}, {} {}", plan.session(), fit.neurons(), fit.rank(),
                fit.kind(),
                checkpoint == null
                        ? "from its first bin"
                        : "from its checkpoint at bin " + nextBin + ", " + trials + " trials learned");
    }

    private void restore(Checkpoint checkpoint) {
        newestStored = checkpoint;
        nextBin = checkpoint.getNextBin();
        acknowledged = nextBin;
        restoredOffset = checkpoint.getNextBinOffset();
        restoredInside = checkpoint.getInside();
        lastTrial = checkpoint.getLastTrial();
        lastRigTimeNs = checkpoint.getLastRigTimeNs();
        lastEpoch = checkpoint.getLastEpoch();
        anyBin = checkpoint.getAnyBin();
        trials = checkpoint.getLearner().getTrialsSeen();
        shed = checkpoint.getStepsShed();
        order.restore(nextBin, lastTrial, lastRigTimeNs, lastEpoch, anyBin);
        firstScored = checkpoint.getQuality().getFirstTrial();
        oneStep.addAll(checkpoint.getQuality().getOneStepList());
        freeRun.addAll(checkpoint.getQuality().getFreeRunList());
        System.arraycopy(SnapshotCodec.array(checkpoint.getFilter().getVList()), 0, v, 0, v.length);
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
        process();
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
            int neurons = plan.fit().neurons();
            int inputs = plan.fit().inputs();
            int bins = tail.ref().getBins();
            assembly.begin(tail.ref().getFirstBin(), TrialAssembly.WARM_UP, tail.v());
            for (int t = 0; t < bins; t++) {
                assembly.append(Arrays.copyOfRange(tail.y(), t * neurons, (t + 1) * neurons),
                        Arrays.copyOfRange(tail.v(), (t + 1) * inputs, (t + 2) * inputs), 1, tail.offsets()[t],
                        tail.perturbed()[t]);
            }
            assembly.close(0);
            tail = null;
        } else if (arrival.offset() >= restoredOffset) {
            told(Level.WARN).log("session {}: the bins before bin {} are no longer on kappa.activity (retention);"
                    + " what follows is warmed up without them", plan.session(), nextBin);
            tail = null;
        }
    }

    private void advance(float[] row, Bin bin) {
        float[] u = new float[row.length];
        for (int s = 0; s < row.length; s++) {
            u[s] = bin.getInputs(s);
        }
        LowRankNetwork.advanceInputs(plan.fit().alpha(), row, 0, u, 0, row, 0, row.length);
    }

    private final class Orders implements BinOrder.Verdicts<Arrival> {
        @Override
        public void use(Arrival arrival, int skip, long missing) {
            services.meters().appended(arrival.record().timestamp());
            progress.arrived();
            services.meters().accepted.increment(arrival.activity().getBinsCount() - skip);
            services.meters().missing.increment((double) missing);
            waiting.add(new Accepted(arrival, skip, missing));
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

    private void process() {
        while (!blocked && !waiting.isEmpty()) {
            Accepted next = waiting.peek();
            Activity activity = next.arrival.activity();
            if (next.position == activity.getBinsCount()) {
                finishRecord(next);
            } else if (assembly.open() && !goesOn(next)) {
                endTrial(next.arrival.offset(), next.position > 0);
            } else {
                run(next);
            }
        }
    }

    private void finishRecord(Accepted done) {
        waiting.remove();
        if (done.arrival.activity().getEndOfSession()) {
            if (assembly.open()) {
                endTrial(done.arrival.offset(), true);
            }
            ending = true;
            endOffset = done.arrival.offset() + 1;
            endIfDone();
        }
    }

    /** Whether the next bin belongs to the trial that is open. */
    private boolean goesOn(Accepted next) {
        Bin bin = next.arrival.activity().getBins(next.position);
        return next.missing == 0 && assembly.room() > 0 && bin.getClock().getEpoch() == lastEpoch
                && (!plan.header().getTrials() || bin.getTrial() == lastTrial);
    }

    /** Sends the bins up to the end of the record or of their trial to the filter. */
    private void run(Accepted next) {
        Activity activity = next.arrival.activity();
        FitPlan fit = plan.fit();
        int from = next.position;
        int epoch = activity.getBins(from).getClock().getEpoch();
        Start start = Start.NONE;
        if (!assembly.open()) {
            long first = activity.getFirstBin() + from;
            boolean sameTrial = activity.getBins(from).getTrial() == lastTrial;
            if (anyBin && epoch != lastEpoch) {
                services.meters().epochs.increment();
                start = assembly.beginEpoch(first, sameTrial, next.missing, v);
            } else {
                start = assembly.begin(first, anyBin, sameTrial, next.missing, v);
            }
        }
        int room = assembly.room();
        int to = from;
        boolean end = false;
        while (to < activity.getBinsCount() && to - from < Math.max(1, room) && !end
                && activity.getBins(to).getClock().getEpoch() == epoch
                && (to == from || !plan.header().getTrials()
                        || activity.getBins(to).getTrial() == activity.getBins(from).getTrial())) {
            end = plan.header().getTrials() && activity.getBins(to).getTrialEnd();
            to++;
        }
        int count = to - from;
        float[] y = new float[count * fit.neurons()];
        float[] rows = new float[count * fit.inputs()];
        boolean perturbed = false;
        for (int t = 0; t < count; t++) {
            perturbed |= !activity.getBins(from + t).getSilenced().isEmpty();
            if (activity.getBins(from + t).getClock().getLost() != 0) {
                services.meters().lost.increment();
            }
            plan.activity(activity.getBins(from + t), y, t * fit.neurons());
            advance(v, activity.getBins(from + t));
            System.arraycopy(v, 0, rows, t * fit.inputs(), fit.inputs());
        }
        boolean last = to == activity.getBinsCount();
        filter.tell(new Filter.Bins(next.arrival, from, to, y, rows, start, next.missing, last));
        assembly.append(y, rows, count, next.arrival.offset(), perturbed);
        next.missing = 0;
        next.position = to;
        nextBin = activity.getFirstBin() + to;
        lastTrial = activity.getBins(to - 1).getTrial();
        lastRigTimeNs = activity.getBins(to - 1).getRigTimeNs();
        lastEpoch = epoch;
        anyBin = true;
        if (activity.getBins(to - 1).hasClock()) {
            services.meters().clocked(plan.session(), activity.getBins(to - 1).getClock());
        }
        if (end) {
            // A record that also ends the session is needed again as long as that end is not durable.
            boolean inside = !last || activity.getEndOfSession();
            endTrial(inside ? next.arrival.offset() : next.arrival.offset() + 1, inside);
        }
    }

    // ------------------------------------------------------------------ ends of trials

    /**
     * @param nextBinOffset the record that holds what comes after the trial, or the one after the trial's last
     * @param inside whether that record holds the trial's end as well, or was accepted already for another reason
     */
    private void endTrial(long nextBinOffset, boolean inside) {
        boolean perturbed = assembly.perturbed();
        if (perturbed) {
            services.meters().perturbed.increment();
        }
        Trial trial = assembly.close(trials++);
        TrialRef tailOfTrial = closedTail();
        boolean wantState = wantState();
        filter.tell(new Filter.EndTrial(wantState));
        boolean leftOut = !perturbed && !plan.lockstep() && learning > 0
                && waitingBytes + trial.bytes() > mostWaitingBytes;
        int steps = perturbed ? 0 : plan.fit().stepsPerTrial();
        int left = 0;
        if (leftOut || (!plan.lockstep() && learning >= MAX_WAITING_TRIALS)) {
            left = steps;
            steps = 0;
            services.meters().stepsShed.increment(left);
        }
        if (leftOut) {
            services.meters().leftOut.increment();
        }
        if (boundaries.size() == MAX_UNLEARNED_TRIALS) {
            throw new IllegalStateException("session " + plan.session() + ": " + MAX_UNLEARNED_TRIALS
                    + " trials wait for a model; learning hangs");
        }
        boolean pass = perturbed || leftOut;
        Trial given = pass ? trial.withoutActivity() : trial;
        learning++;
        waitingBytes += given.bytes();
        boundaries.add(new Boundary(nextBin, nextBinOffset, inside, lastTrial, lastRigTimeNs, lastEpoch, left,
                given.bytes(), tailOfTrial));
        fitter.tell(new Fitter.Learn(given, pass, steps, wantState));
        blocked = plan.lockstep();
    }

    /** The warm-up of what follows, unless that begins a trial: long trials too are learned from in pieces. */
    private TrialRef closedTail() {
        return SnapshotCodec.toWire(assembly.tail(), plan.fit().inputs());
    }

    private boolean wantState() {
        if (plan.lockstep()) {
            return trials % LOCKSTEP_CHECKPOINT_TRIALS == 0;
        }
        long bytes = newestStored == null ? 0 : newestStored.getSerializedSize();
        long pauseNs = Math.max(LIVE_CHECKPOINT_NS, bytes * 1_000_000_000L / LIVE_CHECKPOINT_BYTES_PER_S);
        if (stateWanted || System.nanoTime() - storedAtNs < pauseNs) {
            return false;
        }
        stateWanted = true;
        return true;
    }

    private Behavior<Command> onFiltered(Filter.Reply reply) {
        switch (reply) {
            case Filter.Acknowledged ack -> acknowledged = Math.max(acknowledged, ack.nextBin());
            case Filter.TrialFiltered filtered -> {
                for (Boundary boundary : boundaries) {
                    if (boundary.filtered == null) {
                        boundary.filtered = filtered;
                        break;
                    }
                }
            }
        }
        complete();
        return this;
    }

    private Behavior<Command> onLearned(Fitter.Learned learned) {
        learning--;
        for (Boundary boundary : boundaries) {
            if (boundary.learned == null) {
                boundary.learned = learned;
                waitingBytes -= boundary.bytes;
                break;
            }
        }
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
        while (!boundaries.isEmpty() && boundaries.peek().filtered != null && boundaries.peek().learned != null) {
            Boundary boundary = boundaries.remove();
            score(boundary.filtered.score());
            services.meters().scored(plan.session(), Score.unit(plan.fit().kind()),
                    boundary.filtered.score().oneStep());
            shed += boundary.shed + boundary.learned.shed();
            publishModel(boundary.learned.model(), false);
            if (boundary.learned.state() != null) {
                due = checkpoint(boundary);
            }
            blocked = false;
        }
        storeCheckpoint();
        process();
        endIfDone();
    }

    private void score(LatentPath.TrialScore score) {
        oneStep.add(score.oneStep());
        freeRun.add(score.freeRun());
        while (oneStep.size() > SNAPSHOT_TRIALS) {
            oneStep.removeFirst();
            freeRun.removeFirst();
            firstScored++;
        }
    }

    private FitQuality quality() {
        return FitQuality.newBuilder().setUnit(Score.unit(plan.fit().kind())).setFirstTrial(firstScored)
                .addAllOneStep(oneStep).addAllFreeRun(freeRun).addAllWarnings(warning.stream().toList()).build();
    }

    private void publishModel(PublishedModel model, boolean last) {
        owner.send(Topics.MODELS, plan.session(),
                SnapshotCodec.toWire(plan, model).setQuality(quality()).setFinal(last)
                        .setStepsShed(shed)
                        .setPublishedUnixNs(UnixTime.nowNs()).build(),
                () -> {});
    }

    // ------------------------------------------------------------------ checkpoints

    private Checkpoint checkpoint(Boundary boundary) {
        TrialRef open = boundary.open;
        return Checkpoint.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setHeader(plan.header())
                .setPartition(partition)
                .setNextOffset(open.getBins() > 0
                        ? Math.min(open.getOffset(), boundary.nextBinOffset)
                        : boundary.nextBinOffset)
                .setNextBin(boundary.nextBin).setNextBinOffset(boundary.nextBinOffset).setInside(boundary.inside)
                .setOpen(open)
                .setPublished(SnapshotCodec.toWire(plan, boundary.learned.model()))
                .setLearner(SnapshotCodec.toWire(boundary.learned.state()))
                .setFilter(boundary.filtered.state().toBuilder()
                        .setModel(SnapshotCodec.toWire(plan, boundary.filtered.model())))
                .addAllTrials(boundary.learned.buffer()).setLastTrial(boundary.lastTrial)
                .setLastRigTimeNs(boundary.lastRigTimeNs).setLastEpoch(boundary.lastEpoch)
                .addAllBaselineSums(SnapshotCodec.list(boundary.filtered.baselineSums()))
                .addAllBaselineObserved(SnapshotCodec.list(boundary.filtered.baselineObserved())).setQuality(quality())
                .setStepsShed(shed).setAnyBin(true).build();
    }

    /** A checkpoint may say that bins are accounted for only once the broker has their latents. */
    private void storeCheckpoint() {
        if (due == null || acknowledged < due.getNextBin()) {
            return;
        }
        store(due);
        due = null;
    }

    private void store(Checkpoint checkpoint) {
        ActorRef<Command> self = getContext().getSelf();
        owner.send(Topics.CHECKPOINTS, plan.session(), checkpoint, () -> self.tell(new CheckpointStored(checkpoint)));
    }

    private Behavior<Command> onCheckpointStored(CheckpointStored stored) {
        progress.checkpointed();
        newestStored = stored.checkpoint();
        storedAtNs = System.nanoTime();
        stateWanted = false;
        if (!stored.checkpoint().getEnded()) {
            services.offsets().checkpointed(partition, plan.session(), stored.checkpoint().getNextOffset());
            return this;
        }
        services.offsets().finished(partition, plan.session());
        // Whatever the parent has sent until it hears of this still comes here and is rejected.
        parent.tell(new Finished(plan.session(), stored.checkpoint()));
        told(Level.INFO).log("session {} is over: {} bins, {} trials, model {}", plan.session(), nextBin, trials,
                newest.version());
        return this;
    }

    private Behavior<Command> onSilent(Silent silent) {
        if (!waiting.isEmpty() || !boundaries.isEmpty() || due != null || acknowledged < nextBin || ending) {
            return this; // not so silent; asked again
        }
        Checkpoint.Builder parked = newestStored == null
                ? Checkpoint.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setHeader(plan.header())
                        .setPartition(partition).setNextOffset(silent.floor())
                : newestStored.toBuilder();
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
        if (signal instanceof PostStop) {
            services.meters().forget(plan.session(), progress);
            return this;
        }
        return Behaviors.unhandled();
    }

    private void endIfDone() {
        if (!ending || endSent || !boundaries.isEmpty() || !waiting.isEmpty() || acknowledged < nextBin) {
            return;
        }
        endSent = true;
        publishModel(newest, true);
        store(Checkpoint.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setHeader(plan.header())
                .setPartition(partition).setNextBin(nextBin).setNextBinOffset(endOffset).setEnded(true)
                .setAnyBin(anyBin).build());
    }
}
