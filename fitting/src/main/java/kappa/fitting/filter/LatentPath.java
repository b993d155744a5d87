package kappa.fitting.filter;

import java.util.Arrays;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Score;
import kappa.fitting.model.Start;
import kappa.fitting.model.StartingModel;
import kappa.ingest.recording.Observation;

/**
 * The latency path of one session: kappa with covariance for each bin as it comes, with the newest published model,
 * and the prequential scores of that model: one step ahead and in free run from the trial's start. It does not learn;
 * it adopts a new model between trials. Not thread-safe; nothing is allocated per bin.
 */
public final class LatentPath {

    /** Variance of kappa where nothing is known of it, in the canonical gauge's scale; before any model. */
    private static final double UNKNOWN_VARIANCE = 1;

    private static final int MAX_GAP_BINS = 1_000;
    private static final int[] INTACT = {};

    private final RnnKernels kernels;
    private final int neurons;
    private final int rank;
    private final int inputs;
    private final Observation kind;
    private final LatentFilter filter;
    private final ModelError modelError;
    /** [K,K] of kappa's whole error. */
    private final double[] covariance;
    private final ConstantRate constantRate;
    private final Score oneStep = new Score();
    private final Score freeRun = new Score();
    /** Rows of the free run and of v: before and after this bin. */
    private final float[] free;
    private final float[] vPair;
    private final float[] scratch = new float[RnnKernels.SCRATCH];
    /** Null unless gains of counts are tracked. */
    private final GainTracker tracker;
    /** Null unless what is left of rates or currents is tracked. */
    private final SignalTracker residuals;
    /** [N] the prediction that is tracked, if any. */
    private final float[] predicted;
    private final FitPlan plan;
    /** [N] activity without that of neurons the model does not know; empty if it knows them all. */
    private final float[] known;
    private PublishedModel published;
    /** What moves kappa to the next bin: the published model, without the neurons that are silenced in this one. */
    private KernelModel model;
    private int[] silenced = INTACT;
    private double predictionError;
    private double baselineError;
    private long spikes;

    public LatentPath(RnnKernels kernels, FitPlan plan, PublishedModel first) {
        this.kernels = kernels;
        this.plan = plan;
        neurons = plan.neurons();
        rank = plan.rank();
        inputs = plan.inputs();
        kind = plan.kind();
        boolean tracks = plan.settings().trackerBins() > 0;
        boolean counts = kind == Observation.COUNTS;
        tracker = tracks && counts ? new GainTracker(kernels, neurons, plan.settings().trackerBins()) : null;
        residuals = tracks && !counts ? new SignalTracker(neurons) : null;
        predicted = new float[tracks ? neurons : 0];
        filter = new LatentFilter(kernels, neurons, rank, inputs);
        modelError = new ModelError(rank);
        covariance = new double[rank * rank];
        constantRate = new ConstantRate(kind, neurons, plan.start().map(StartingModel::mean).orElse(new float[0]));
        known = new float[plan.start().isPresent() ? neurons : 0];
        free = new float[2 * rank];
        vPair = new float[2 * inputs];
        published = first;
        model = first.model();
        modelError.scaleTo(first.kappaStd());
    }

    public PublishedModel model() {
        return published;
    }

    public LatentFilter filter() {
        return filter;
    }

    /**
     * The covariance of kappa's error at the newest bin, [K,K]: the filter's, and what the model's own error adds to it
     * ({@link ModelError}). The path's own array, which the next call changes.
     */
    public double[] covariance() {
        modelError.covariance(filter.covariance(), covariance);
        return covariance;
    }

    public ConstantRate constantRate() {
        return constantRate;
    }

    /** Loss of the newest bin under the one-step prediction; 0 before the first model, when nothing is scored. */
    public double predictionError() {
        return predictionError;
    }

    /** Loss of the newest bin under each neuron's past mean. */
    public double baselineError() {
        return baselineError;
    }

    public long spikes() {
        return spikes;
    }

    /** Puts the state where a run of bins that begins like this has it. */
    public void start(Start start) {
        switch (start) {
            case TRIAL -> startTrial();
            // A segment begins in a session without trials, or where a trial's beginning was lost: the state carries on.
            case SEGMENT -> filter.kappa(free, 0);
            // The very first bin of a session without trials: nothing is known.
            case UNKNOWN -> {
                filter.reset(UNKNOWN_VARIANCE);
                modelError.start();
                Arrays.fill(vPair, 0);
                filter.kappa(free, 0);
            }
            case NONE -> {
            }
        }
    }

    /** A trial begins: kappa is the model's start, and v = 0. */
    public void startTrial() {
        silence(INTACT);
        if (!plan.predicts(published)) {
            filter.reset(UNKNOWN_VARIANCE);
        } else {
            filter.reset(published.start(), published.startCovariance());
        }
        modelError.start();
        filter.kappa(free, 0);
        Arrays.fill(vPair, 0);
    }

    /**
     * Uses another model from here on. The state keeps its place in the space of currents: x = m kappa + W'v is projected on
     * the new axes, kappa' = (new m)' (x - (new W)' v) / N, with x in the new model's units.
     */
    public void adopt(PublishedModel next) {
        PublishedModel before = published;
        published = next;
        model = next.model().silencing(silenced);
        double[] kappa = filter.kappa().clone();
        double[] covariance = filter.covariance().clone();
        if (!plan.predicts(before)) {
            Arrays.fill(covariance, 0);
            for (int k = 0; k < rank; k++) {
                kappa[k] = 0;
                covariance[k * rank + k] = next.kappaStd()[k] * next.kappaStd()[k];
            }
        } else {
            LowRankNetwork from = before.model().network();
            LowRankNetwork to = next.model().network();
            double scale = LowRankNetwork.connectivityScale(neurons);
            double[] units = units(before.model(), next.model());
            double[] same = units(next.model(), next.model());
            double[] map = new double[rank * rank];
            double[] shift = new double[rank];
            for (int k = 0; k < rank; k++) {
                for (int l = 0; l < rank; l++) {
                    map[k * rank + l] = scale * dot(units, to.m(), k, from.m(), l);
                }
                for (int s = 0; s < inputs; s++) {
                    shift[k] += scale * filter.v()[s]
                            * (dot(units, to.m(), k, from.w(), s) - dot(same, to.m(), k, to.w(), s));
                }
            }
            double[] moved = new double[rank];
            SmallMatrix.apply(map, kappa, moved, rank);
            for (int k = 0; k < rank; k++) {
                kappa[k] = moved[k] + shift[k];
            }
            modelError.moveTo(map);
            double[] work = new double[rank * rank];
            SmallMatrix.multiply(map, covariance.clone(), work, rank);
            SmallMatrix.multiplyTransposed(work, map, covariance, rank);
            for (int k = 0; k < rank; k++) {
                // The projection can lose a direction; a variance must stay.
                covariance[k * rank + k] += PublishedModel.TRIAL_START_VARIANCE;
            }
        }
        modelError.scaleTo(next.kappaStd());
        filter.restore(kappa, covariance, filter.v().clone());
    }

    /** How large a neuron's x is in one model where it is 1 in another, [N]: currents are fitted in units that may change. */
    private double[] units(KernelModel from, KernelModel to) {
        double[] units = new double[neurons];
        Arrays.fill(units, 1);
        for (int i = 0; i < neurons && kind == Observation.CURRENTS; i++) {
            if (from.gain()[i] > 0 && to.gain()[i] > 0) {
                units[i] = (double) from.gain()[i] / to.gain()[i];
            }
        }
        return units;
    }

    private double dot(double[] units, float[] a, int rowOfA, float[] b, int rowOfB) {
        double sum = 0;
        for (int i = 0; i < neurons; i++) {
            sum += units[i] * ((double) a[rowOfA * neurons + i] * b[rowOfB * neurons + i]);
        }
        return sum;
    }

    /** Bins never came: kappa is predicted across them and grows uncertain. */
    public void gap(long bins) {
        if (plan.predicts(published)) {
            for (int t = 0; t < Math.min(bins, MAX_GAP_BINS); t++) {
                double psi = modelError.psi(filter.kappa());
                filter.predict(model, published.processNoise());
                modelError.predicted(filter, psi);
            }
        }
    }

    /** One bin in which no neuron is silenced. */
    public void bin(float[] y, int yOffset, float[] v, int vOffset) {
        bin(y, yOffset, v, vOffset, INTACT);
    }

    /**
     * One bin.
     *
     * @param y activity from {@code yOffset} on, N numbers, NaN where not observed
     * @param v input coordinates of this bin from {@code vOffset} on, S numbers
     * @param silent neurons that are silenced during this bin, ascending: their activity is NaN, and with r_i = 0 they do not
     *        drive the next one. What is fitted to intact bins (means, gains) does not learn from it
     */
    public void bin(float[] y, int yOffset, float[] v, int vOffset, int[] silent) {
        predictionError = 0;
        baselineError = 0;
        spikes = 0;
        if (!plan.predicts(published)) {
            filter.setInputs(v, vOffset);
            if (residuals != null && silent.length == 0) {
                // What is left without a model: the deviation from the mean.
                constantRate.meanSoFar(predicted);
                residuals.learn(y, yOffset, predicted, predicted);
            }
        } else if (published.version() == 0 && known.length > 0) {
            onlyKnown(y, yOffset);
            predict(known, 0, v, vOffset, silent);
        } else {
            predict(y, yOffset, v, vOffset, silent);
        }
        if (silent.length == 0) {
            constantRate.learn(y, yOffset / neurons, 1);
        }
        silence(silent);
    }

    private void predict(float[] y, int yOffset, float[] v, int vOffset, int[] silent) {
        System.arraycopy(filter.v(), 0, vPair, 0, inputs);
        System.arraycopy(v, vOffset, vPair, inputs, inputs);
        double psi = modelError.psi(filter.kappa());
        filter.predict(model, published.processNoise());
        modelError.predicted(filter, psi);
        filter.setInputs(v, vOffset);
        if (silent.length == 0) {
            predictionError = track(y, yOffset);
        }
        predictionError += filter.update(model, y, yOffset);
        modelError.updated(filter);
        if (residuals != null) {
            // A sum of squares, which rounding must not make negative.
            predictionError = Math.max(0, predictionError);
        }
        baselineError = constantRate.loss(y, yOffset);
        spikes = kind == Observation.COUNTS ? ConstantRate.spikes(y, yOffset, neurons) : 0;
        kernels.rollout(model, vPair, 0, 1, free, 0, scratch);
        oneStep.add(predictionError, baselineError, spikes);
        freeRun.add(kernels.loss(model, y, yOffset, free, rank, vPair, inputs, scratch), baselineError, spikes);
        System.arraycopy(free, rank, free, 0, rank);
    }

    /** The model to start from says nothing of neurons that were not in its session: neither filter nor score sees them. */
    private void onlyKnown(float[] y, int yOffset) {
        boolean[] inModel = plan.start().orElseThrow().known();
        for (int i = 0; i < neurons; i++) {
            known[i] = inModel[i] ? y[yOffset + i] : Float.NaN;
        }
    }

    private void silence(int[] neurons) {
        if (!Arrays.equals(neurons, silenced)) {
            silenced = neurons;
            model = published.model().silencing(neurons);
        }
    }

    /** By how much what is tracked changes the loss of the bin's prediction. */
    private double track(float[] y, int yOffset) {
        if (tracker != null) {
            filter.rates(model, predicted);
            model.map().countsOfRates(predicted);
            return tracker.learn(y, yOffset, predicted);
        }
        if (residuals != null) {
            filter.predicted(model, predicted);
            return residuals.learn(y, yOffset, predicted, constantRate.mean());
        }
        return 0;
    }

    /** The tracker's sums, for a checkpoint; empty if nothing is tracked. */
    public double[] trackerSums() {
        return tracker != null ? tracker.save() : residuals != null ? residuals.save() : new double[0];
    }

    /** Takes {@link #trackerSums} over. */
    public void restoreTracker(double[] sums) {
        if (tracker != null && sums.length > 0) {
            tracker.restore(sums);
        }
        if (residuals != null && sums.length > 0) {
            residuals.restore(sums);
        }
    }

    /** What is known of the model's error, for a checkpoint. */
    public double[] modelErrorSums() {
        return modelError.save();
    }

    /** Takes {@link #modelErrorSums} over; empty in checkpoints of earlier versions. */
    public void restoreModelError(double[] sums) {
        if (sums.length > 0) {
            modelError.restore(sums);
        }
    }

    /** Scores of a trial in {@link Score}'s units. */
    public record TrialScore(double oneStep, double freeRun) {}

    /**
     * A trial or segment is over: its scores, and from here on the constant-rate model knows it. Before the first model that
     * predicts, when the constant-rate model knows as little, scores are 0.
     */
    public TrialScore endTrial() {
        TrialScore score = plan.predicts(published)
                ? new TrialScore(oneStep.value(kind), freeRun.value(kind))
                : new TrialScore(0, 0);
        oneStep.clear();
        freeRun.clear();
        constantRate.refresh();
        modelError.endTrial();
        if (residuals != null) {
            residuals.endTrial();
        }
        return score;
    }
}
