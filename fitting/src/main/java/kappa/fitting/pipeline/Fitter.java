package kappa.fitting.pipeline;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractOnMessageBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import kappa.fitting.baseline.SmoothedScore;
import kappa.fitting.fit.FitState;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.fit.OverlapDetector;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.ingest.log.ActivityArchive;
import kappa.ingest.recording.Observation;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.TrialRef;

/**
 * Learns from one session's trials on a dispatcher of its own, in slices of {@value #SLICE_MS} ms: after each the actor goes to
 * the end of the dispatcher's queue. So sessions share the dispatcher's threads equally, however large one of them is and
 * however many steps it asks for.
 *
 * <p>State owned: the {@link OnlineFitter} with its replay buffer. Back-pressure: the session asks for no steps when more than a
 * few trials are waiting, and leaves activity out when they are too large. While kappa is late, learning pauses, for longer
 * from one step to the next. Steps that were not made when the next trial comes are made with that one, up to
 * {@value #MOST_OWED_TRIALS} trials' worth; what is more is shed.
 * Failure: {@link SessionWatch} reports an exception, and the session stops; and it notices a step that does not end.
 */
final class Fitter extends AbstractOnMessageBehavior<Fitter.Command> {

    sealed interface Command {}

    /**
     * @param pass whether it is only counted, and nothing learned from it: neurons were silenced, or it found no room here
     * @param steps Adam steps to make; 0 only keeps the trial
     * @param wantState whether the reply is to hold what a checkpoint needs
     */
    record Learn(Trial trial, boolean pass, int steps, boolean wantState) implements Command {}

    /** What the replay buffer may hold from now on. */
    record HoldAtMost(long bytes) implements Command {}

    /**
     * What came of a trial.
     *
     * @param shed steps that were asked for and will not be made, because kappa was late
     * @param owed steps that are to be made with the next trial
     * @param state null unless asked for
     * @param buffer the replay buffer's trials, without their activity; null unless asked for
     * @param smoothed score of the neurons' smoothed activity in the trial
     * @param smoothedSums what that score has learned, as {@link SmoothedScore#sums}; null unless asked for
     * @param smoothedObserved likewise
     * @param warning what is wrong with the activity, if anything
     */
    record Learned(long trial, int shed, int owed, PublishedModel model, FitState state, List<TrialRef> buffer,
            double smoothed,
            double[] smoothedSums, double[] smoothedObserved, Optional<String> warning) {}

    static Behavior<Command> create(SessionPlan plan, FitServices services, Checkpoint checkpoint,
            ActorRef<Learned> session) {
        SessionWatch.Work work = services.watch().work(plan.session(), "learning");
        return work.watching(Command.class,
                Behaviors.setup(context -> new Fitter(context, plan, services, checkpoint, work, session)));
    }

    /** To work for a slice of time. */
    private record GoOn() implements Command {}

    /** Shorter than a bin that somebody would wait for, and much longer than it takes to change between sessions. */
    private static final long SLICE_MS = 20;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    /** As many trials' steps may be made later. */
    private static final int MOST_OWED_TRIALS = 2;

    private final SessionPlan plan;
    private final FitServices services;
    private final SessionWatch.Work work;
    private final ActorRef<Learned> session;
    private final OnlineFitter fitter;
    private final OverlapDetector overlap;
    private final SmoothedScore smoothed;
    private PublishedModel published;
    private Checkpoint toRefillFrom;
    private long mostBytes;
    /** Trials after the one under way. */
    private final Queue<Learn> waiting = new ArrayDeque<>();
    /** Null if none is under way. */
    private Learn current;
    /** Whether a {@link GoOn} is on its way. */
    private boolean underWay;
    /** Null if nothing is to be learned from the trial under way. */
    private OnlineFitter.Learning learning;
    /** Steps of earlier trials that are to be made with the next one. */
    private int owed;
    /** The pause after the next step, as long as kappa is late. */
    private Duration pause = FIRST_PAUSE;
    private long stepsBefore;
    private long workedNs;
    /** What was said of the activity last. */
    private List<String> notes = List.of();

    private Fitter(ActorContext<Command> context, SessionPlan plan, FitServices services, Checkpoint checkpoint,
            SessionWatch.Work work, ActorRef<Learned> session) {
        super(context);
        this.work = work;
        this.plan = plan;
        this.services = services;
        this.session = session;
        mostBytes = plan.fit().bufferBytes();
        fitter = new OnlineFitter(plan.fit(), services.kernels(), services.team());
        overlap = new OverlapDetector(plan.fit().neurons());
        smoothed = new SmoothedScore(plan.fit().kind(), plan.fit().neurons());
        if (checkpoint == null) {
            published = fitter.publish(null);
        } else {
            fitter.restore(SnapshotCodec.fromWire(checkpoint.getLearner(), fitter.save()));
            published = SnapshotCodec.fromWire(checkpoint.getPublished());
            toRefillFrom = checkpoint;
            owed = Math.clamp(checkpoint.getStepsOwed(), 0, MOST_OWED_TRIALS * plan.fit().stepsPerTrial());
            if (checkpoint.getSmoothedSumsCount() > 0) {
                smoothed.restore(SnapshotCodec.doubles(checkpoint.getSmoothedSumsList()),
                        SnapshotCodec.doubles(checkpoint.getSmoothedObservedList()));
            } else if (checkpoint.getBaselineSumsCount() > 0) {
                // An older kappa wrote it.
                smoothed.restore(SnapshotCodec.doubles(checkpoint.getBaselineSumsList()),
                        SnapshotCodec.doubles(checkpoint.getBaselineObservedList()));
            }
        }
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Learn learn -> onLearn(learn);
            case GoOn _ -> onGoOn();
            case HoldAtMost limit -> onHoldAtMost(limit.bytes());
        };
    }

    private Behavior<Command> onHoldAtMost(long bytes) {
        mostBytes = bytes;
        fitter.holdAtMost(bytes);
        return this;
    }

    private Behavior<Command> onLearn(Learn learn) {
        waiting.add(learn);
        goOn(!underWay);
        return this;
    }

    private void goOn(boolean again) {
        if (again) {
            underWay = true;
            getContext().getSelf().tell(new GoOn());
        }
    }

    private Behavior<Command> onGoOn() {
        long start = System.nanoTime();
        if (current == null) {
            begin();
        }
        boolean late = false;
        while (left() > 0 && !late && System.nanoTime() - start < SLICE_MS * 1_000_000) {
            learning.step();
            late = !plan.lockstep() && services.lateness().late();
        }
        int shed = late && !waiting.isEmpty() ? carryOver(left()) : 0;
        boolean over = left() == 0 || (late && !waiting.isEmpty());
        if (over) {
            published = fitter.publish(published);
        }
        workedNs += System.nanoTime() - start;
        if (over) {
            finish(shed);
        }
        underWay = current != null || !waiting.isEmpty();
        if (underWay && late) {
            getContext().scheduleOnce(pause, getContext().getSelf(), new GoOn());
            pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        } else {
            pause = FIRST_PAUSE;
            goOn(underWay);
        }
        return this;
    }

    /** Leaves steps to the next trial. Returns how many are too many for it. */
    private int carryOver(int steps) {
        owed = Math.min(steps, MOST_OWED_TRIALS * plan.fit().stepsPerTrial());
        return steps - owed;
    }

    private int left() {
        return learning == null ? 0 : learning.left();
    }

    private void begin() {
        if (toRefillFrom != null) {
            refill(toRefillFrom);
            toRefillFrom = null;
        }
        current = waiting.remove();
        stepsBefore = fitter.steps();
        workedNs = 0;
        if (current.pass()) {
            fitter.pass(current.trial());
            learning = null;
        } else {
            // A session that is behind asks for no steps: then those of earlier trials wait, too.
            learning = fitter.begin(current.trial(), current.steps() == 0 ? 0 : current.steps() + owed);
            owed = learning.left() > 0 ? 0 : owed;
        }
    }

    private void finish(int shed) {
        services.meters().stepsShed.increment(shed);
        services.meters().trialDuration.record(Duration.ofNanos(workedNs));
        services.meters().steps.increment((double) (fitter.steps() - stepsBefore));
        if (fitter.skippedSteps() > 0) {
            getContext().getLog().warn(
                    "session {}: {} steps so far had a gradient or filter that was not finite and were left out, or part of them",
                    plan.session(), fitter.skippedSteps());
        }
        if (!fitter.notes().equals(notes)) {
            notes = fitter.notes();
            notes.forEach(note -> getContext().getLog().info("session {}: {}", plan.session(), note));
        }
        double ofSmoothed = smoothed.next(current.trial());
        boolean state = current.wantState();
        session.tell(new Learned(current.trial().index(), shed, owed, published, state ? fitter.save() : null,
                state ? refs() : null, ofSmoothed, state ? smoothed.sums() : null, state ? smoothed.observed() : null,
                warning(current.trial(), current.pass())));
        current = null;
        learning = null;
    }

    private Optional<String> warning(Trial trial, boolean pass) {
        if (plan.fit().kind() != Observation.COUNTS) {
            return Optional.empty();
        }
        if (!pass) {
            overlap.add(trial);
        }
        return overlap.warning();
    }

    private List<TrialRef> refs() {
        return fitter.buffer().stream().map(trial -> SnapshotCodec.toWire(trial, plan.fit().inputs())).toList();
    }

    /** Those there is room for; of more, which go is drawn as it is when room gets scarce. */
    private List<TrialRef> thatFit(List<TrialRef> refs) {
        List<TrialRef> kept = new ArrayList<>(refs);
        SplittableRandom random = new SplittableRandom(plan.fit().seed() ^ refs.size());
        long bytes = refs.stream().mapToLong(this::bytes).sum();
        while (bytes > mostBytes && kept.size() > 1) {
            bytes -= bytes(kept.remove(random.nextInt(kept.size() - 1)));
        }
        return kept;
    }

    private long bytes(TrialRef ref) {
        return Trial.bytes(ref.getBins(), plan.fit().neurons(), plan.fit().inputs());
    }

    /** Reads the replay buffer's trials again from the log. */
    private void refill(Checkpoint checkpoint) {
        List<TrialRef> refs = thatFit(checkpoint.getTrialsList());
        if (refs.isEmpty()) {
            return;
        }
        Map<Long, List<RecoveredTrial>> startingAt = new HashMap<>();
        List<RecoveredTrial> recovered = new ArrayList<>(refs.size());
        long from = Long.MAX_VALUE;
        for (TrialRef ref : refs) {
            RecoveredTrial trial = new RecoveredTrial(plan, ref);
            recovered.add(trial);
            startingAt.computeIfAbsent(ref.getOffset(), offset -> new ArrayList<>()).add(trial);
            from = Math.min(from, ref.getOffset());
        }
        // Segments overlap by their warm-up, so a bin can belong to more than one.
        List<RecoveredTrial> open = new ArrayList<>();
        ActivityArchive.read(services.connection(), plan.header(), checkpoint.getPartition(), from,
                checkpoint.getNextBinOffset() + 1, (offset, index, bin) -> {
                    work.goesOn();
                    List<RecoveredTrial> starting = startingAt.remove(offset);
                    if (starting != null) {
                        open.addAll(starting);
                    }
                    open.forEach(trial -> trial.offer(offset, index, bin));
                    open.removeIf(RecoveredTrial::whole);
                });
        List<Trial> trials = new ArrayList<>(refs.size());
        for (RecoveredTrial trial : recovered) {
            if (trial.whole()) {
                TrialRef ref = trial.ref();
                trials.add(new Trial(ref.getIndex(), ref.getFirstBin(), ref.getBins(), ref.getWarmUp(), trial.y(),
                        trial.v(), ref.getOffset()));
            }
        }
        fitter.refill(trials);
        if (trials.size() < refs.size()) {
            getContext().getLog().warn(
                    "session {}: {} of {} past trials are no longer on kappa.activity (retention); the fit goes on"
                            + " without replaying them",
                    plan.session(), refs.size() - trials.size(), refs.size());
        }
    }
}
