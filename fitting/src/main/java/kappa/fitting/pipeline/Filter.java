package kappa.fitting.pipeline;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractOnMessageBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.time.Duration;
import kappa.fitting.filter.LatentFilter;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Start;
import kappa.ingest.UnixTime;
import kappa.ingest.log.Arrival;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.FilterState;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.WireChecks;

/**
 * The latency path of one session: bins in, kappa out on kappa.latents.
 *
 * <p>State owned: the {@link LatentPath}. Back-pressure: the reader pauses the partition while too many bins are under way,
 * so the mailbox is bounded. A new model waits until a trial or segment begins. Failure: {@link SessionWatch} reports an
 * exception, and the session stops.
 */
final class Filter extends AbstractOnMessageBehavior<Filter.Command> {

    sealed interface Command {}

    /**
     * Bins [from, to) of a record, all of one trial.
     *
     * @param y [to - from,N]
     * @param v [to - from,S]
     * @param missing bins that never came just before
     * @param last whether these are the record's last bins, so that it is done with
     */
    record Bins(Arrival arrival, int from, int to, float[] y, float[] v, Start start, long missing, boolean last)
            implements
                Command {}

    /**
     * The trial is over; answered with {@link TrialFiltered}.
     *
     * @param wantState whether the reply is to hold what a checkpoint needs
     */
    record EndTrial(boolean wantState) implements Command {}

    /** A newer model, to be used from the next trial on. */
    record Adopt(PublishedModel model) implements Command {}

    /** What the session is told. */
    sealed interface Reply {}

    /**
     * @param mean [N] of each neuron's activity so far, NaN for one that was never observed
     * @param state null unless asked for, and so all that follows
     * @param model in whose axes the state is
     */
    record TrialFiltered(LatentPath.TrialScore score, float[] mean, FilterState state, PublishedModel model,
            double[] baselineSums, double[] baselineObserved) implements Reply {}

    /** The broker has kappa of all bins before {@code nextBin}. */
    record Acknowledged(long nextBin) implements Reply {}

    static Behavior<Command> create(SessionPlan plan, FitServices services, PublishedModel first, Checkpoint checkpoint,
            ActorRef<Reply> session) {
        return services.watch().work(plan.session(), "the filter").watching(Command.class,
                Behaviors.setup(context -> new Filter(context, plan, services, first, checkpoint, session)));
    }

    private final SessionPlan plan;
    private final FitServices services;
    private final ActorRef<Reply> session;
    private final LatentPath path;
    private PublishedModel newer;

    private Filter(ActorContext<Command> context, SessionPlan plan, FitServices services, PublishedModel first,
            Checkpoint checkpoint, ActorRef<Reply> session) {
        super(context);
        this.plan = plan;
        this.services = services;
        this.session = session;
        FilterState state = checkpoint == null ? null : checkpoint.getFilter();
        path = new LatentPath(services.kernels(), plan.fit(),
                state == null ? first : SnapshotCodec.fromWire(state.getModel()));
        if (state != null) {
            // The state is in the axes of the model it came from; the newest one is adopted when the next trial begins.
            newer = first;
            SnapshotCodec.restore(path, checkpoint);
        }
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Bins bins -> onBins(bins);
            case EndTrial end -> onEndTrial(end.wantState());
            case Adopt adopt -> onAdopt(adopt);
        };
    }

    private Behavior<Command> onAdopt(Adopt adopt) {
        newer = adopt.model();
        return this;
    }

    private Behavior<Command> onBins(Bins bins) {
        if (bins.missing() > 0) {
            path.gap(bins.missing());
        }
        if (bins.start() != Start.NONE) {
            start(bins.start());
        }
        Activity activity = bins.arrival().activity();
        Latents.Builder latents = Latents.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(plan.session()).setFirstBin(activity.getFirstBin() + bins.from())
                .setModelVersion(path.model().version())
                .setActivityUnixNs(bins.arrival().record().timestamp() * 1_000_000L);
        int count = bins.to() - bins.from();
        long started = System.nanoTime();
        for (int t = 0; t < count; t++) {
            path.bin(bins.y(), t * plan.fit().neurons(), bins.v(), t * plan.fit().inputs(),
                    plan.silenced(activity.getBins(bins.from() + t)));
            latents.addBins(bin(activity.getBins(bins.from() + t), t == 0 && bins.start() == Start.TRIAL));
        }
        services.meters().filterDuration.record(Duration.ofNanos((System.nanoTime() - started) / count));
        long next = activity.getFirstBin() + bins.to();
        long appended = bins.arrival().record().timestamp();
        services.publisher().send(Topics.LATENTS, bins.arrival().partition(), plan.session(),
                latents.setPublishedUnixNs(UnixTime.nowNs()).build(),
                (metadata, bytes) -> {
                    services.meters().latency.record(Duration.ofMillis(Math.max(0, metadata.timestamp() - appended)));
                    if (!plan.lockstep()) {
                        services.lateness().took(metadata.timestamp() - appended);
                    }
                    services.meters().filtered.increment(count);
                    session.tell(new Acknowledged(next));
                });
        if (bins.last()) {
            bins.arrival().release();
        }
        return this;
    }

    private void start(Start start) {
        if (newer != null) {
            path.adopt(newer);
            newer = null;
        }
        path.start(start);
    }

    private LatentBin bin(Bin seen, boolean trialStart) {
        LatentFilter filter = path.filter();
        double[] covariance = path.covariance();
        int rank = plan.fit().rank();
        LatentBin.Builder bin = LatentBin.newBuilder().setRigTimeNs(seen.getRigTimeNs()).setTrial(seen.getTrial())
                .setTrialStart(trialStart).addAllInputs(seen.getInputsList()).setPredictionError(path.predictionError())
                .setBaselineError(path.baselineError()).setSpikes((int) path.spikes()).setPhase(seen.getPhase())
                .addAllBehavior(seen.getBehaviorList()).setSilenced(seen.getSilenced())
                .setIntervention(seen.getIntervention());
        if (seen.hasClock()) {
            bin.setClock(seen.getClock());
        }
        for (int k = 0; k < rank; k++) {
            bin.addKappa((float) filter.kappa()[k]);
            for (int l = 0; l <= k; l++) {
                bin.addCovariance((float) covariance[k * rank + l]);
            }
        }
        for (float v : filter.v()) {
            bin.addV(v);
        }
        return bin.build();
    }

    private Behavior<Command> onEndTrial(boolean wantState) {
        LatentPath.TrialScore score = path.endTrial();
        float[] mean = path.constantRate().observedMean();
        if (!wantState) {
            session.tell(new TrialFiltered(score, mean, null, null, null, null));
            return this;
        }
        session.tell(
                new TrialFiltered(score, mean, SnapshotCodec.toWire(path).build(), path.model(),
                        path.constantRate().sums(),
                        path.constantRate().observed()));
        return this;
    }
}
