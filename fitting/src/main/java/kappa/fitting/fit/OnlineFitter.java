package kappa.fitting.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import kappa.fitting.filter.Gauge;
import kappa.fitting.filter.SmallMatrix;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;

/**
 * Online LINT by truncated BPTT: after each trial, a fixed number of Adam steps on windows drawn from a pool of that trial
 * and replayed ones ({@link FitLoss}). In the first trials of counts, expectation-maximisation over the trials so far comes
 * before the steps ({@link Refinement}). The start states of windows are those of {@link PreparedTrial}. What the process noise
 * is multiplied with for publication is chosen by how well it would have predicted each trial before it was learned from
 * ({@link NoiseFactors}). {@link FitPlan.Settings} turns parts of the loss off. A plan with a model to start from is gone on with
 * ({@link Continuation}).
 *
 * <p>Everything that is drawn comes from the seed and the trial's index, and sums over windows are made in a fixed order, so
 * the result depends neither on time nor on the number of threads. Not thread-safe.
 */
public final class OnlineFitter implements FittingAlgorithm {

    private static final int POOL = 32;
    /**
     * So many times the plan's steps are made after each of the first trials of rates and currents without inputs, which a linear
     * system would predict better otherwise. Where there are inputs, more steps with few trials take their noise into the
     * connectivity; with few spikes, a network of high rank learns them by heart.
     */
    static final int EARLY_FACTOR = 4;
    static final int EARLY_TRIALS = 10;
    /** Standard deviations of process noise and of kappa at a trial's start that learning begins with. */
    private static final double FIRST_PROCESS_NOISE = 0.1;
    private static final double FIRST_START_SD = 0.3;
    /** Standard deviations of the initial weights. */
    private static final double INITIAL_M = 1;
    private static final double INITIAL_N = 0.3;
    private static final double INITIAL_W = 0.5;

    private final FitPlan plan;
    private final FitPlan.Settings settings;
    private final RnnKernels kernels;
    private final Team team;
    private final int N;
    private final int K;
    private final int S;
    private final Parameters first;
    private final Parameters second;
    private final Adam adam;
    /** On the parameters of the last step, which learning goes on from. */
    private final FittedModel current;
    /** On the averages of the parameters, which is published. */
    private final FittedModel average;
    private final FitLoss loss;
    private final KappaScale scale;
    private final ObservationNoise noise;
    private final NoiseFactors noiseFactors = new NoiseFactors();
    private final TimeConstants timeConstants = new TimeConstants();
    private final ReplayBuffer buffer;
    /** Bins of an earlier session that this fit starts from, beside which the prior is weighed, too. */
    private final long earlierBins;
    private long trialsSeen;
    private long binsLearned;
    /** [N] neurons whose observation map has been started. */
    private final boolean[] seen;
    /** The unit that currents are fitted in; counts and rates have one already. */
    private ActivityScale activity;
    private long skippedSteps;

    /** @param team shares the work of a step */
    public OnlineFitter(FitPlan plan, RnnKernels kernels, Team team) {
        this.plan = plan;
        this.kernels = kernels;
        this.team = team;
        settings = plan.settings();
        N = plan.neurons();
        K = plan.rank();
        S = plan.inputs();
        Parameters drawn = initial(plan);
        Optional<Continuation> earlier = plan.start().map(start -> Continuation.of(plan, start, drawn));
        Parameters values = earlier.map(Continuation::parameters).orElse(drawn);
        float[] variances = new float[N];
        Arrays.fill(variances, 1f);
        earlier.ifPresent(from -> System.arraycopy(from.noise(), 0, variances, 0, N));
        first = values.zeros();
        second = values.zeros();
        current = new FittedModel(plan, values, variances);
        average = new FittedModel(plan, values.copy(), variances);
        adam = new Adam(Adam.decaying(settings.halfLifeTrials() * plan.stepsPerTrial()),
                earlier.map(Continuation::steps).orElse(0L), 1, values.arrays(), first.arrays(), second.arrays(),
                average.parameters().arrays());
        loss = new FitLoss(plan, current, kernels, team);
        scale = new KappaScale(K);
        noise = new ObservationNoise(kernels, N);
        buffer = new ReplayBuffer(plan.bufferBytes(), S);
        seen = earlier.map(Continuation::seen).orElseGet(() -> new boolean[N]);
        activity = earlier.map(Continuation::activity).orElseGet(() -> ActivityScale.none(N));
        earlierBins = earlier.map(Continuation::bins).orElse(0L);
        earlier.ifPresent(from -> {
            scale.restore(new FitState.RunningSquares(from.kappaSquares(), 1));
            noise.begin(from.noise());
            current.observationChanged();
            average.observationChanged();
        });
    }

    private static Parameters initial(FitPlan plan) {
        int N = plan.neurons();
        int K = plan.rank();
        SplittableRandom random = new SplittableRandom(plan.seed());
        boolean biases = plan.settings().biases();
        boolean filterLoss = plan.settings().filterLoss();
        float[] logProcessNoise = new float[filterLoss ? K : 0];
        float[] logStart = new float[filterLoss ? K : 0];
        Arrays.fill(logProcessNoise, (float) Math.log(FIRST_PROCESS_NOISE));
        Arrays.fill(logStart, (float) Math.log(FIRST_START_SD));
        return new Parameters(N, LowRankNetwork.gaussian(K * N, INITIAL_M, random),
                LowRankNetwork.gaussian(K * N, INITIAL_N, random),
                LowRankNetwork.gaussian(plan.inputs() * N, INITIAL_W, random),
                new float[plan.kind() == Observation.RATES ? 0 : N], new float[biases ? N : 0],
                new float[biases ? K : 0], logProcessNoise, logStart);
    }

    public long trialsSeen() {
        return trialsSeen;
    }

    public long steps() {
        return adam.steps();
    }

    /**
     * Steps left out because the gradient was not finite, or made without the one-step loss of a window whose filter could not
     * be followed: a covariance that was not positive definite, or a state that was not finite.
     */
    public long skippedSteps() {
        return skippedSteps;
    }

    /** The trials the replay buffer holds, oldest first; do not change it. */
    public List<Trial> buffer() {
        return buffer.trials();
    }

    /** Puts the trials of a restored fitter back, in the order they were in. */
    public void refill(List<Trial> trials) {
        buffer.refill(trials);
    }

    /**
     * What the replay buffer may hold from now on, at most the plan's; trials beyond it go at once, drawn at random. A model that
     * is to come out bit for bit as another time needs the same bounds at the same trials.
     */
    public void holdAtMost(long bytes) {
        buffer.holdAtMost(Math.min(bytes, plan.bufferBytes()), new SplittableRandom(plan.seed() ^ trialsSeen));
    }

    /** The unit that activity is fitted in at present. */
    public ActivityScale activity() {
        return activity;
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>(activity.notes());
        if (current.alpha() != plan.alpha()) {
            notes.add(String.format(Locale.ROOT, "time constant: %.4g bins, which predicted better than %.4g",
                    1 / current.alpha(), 1 / plan.alpha()));
        }
        return notes;
    }

    /**
     * Takes over the weights of another fit of the same size, made in the same unit; what was learned of the observation map
     * stays.
     */
    public void startFrom(LowRankNetwork network) {
        for (Parameters to : List.of(current.parameters(), average.parameters())) {
            System.arraycopy(network.m(), 0, to.m(), 0, to.m().length);
            System.arraycopy(network.n(), 0, to.n(), 0, to.n().length);
            System.arraycopy(network.w(), 0, to.w(), 0, to.w().length);
            System.arraycopy(network.b(), 0, to.b(), 0, to.b().length);
        }
        // Kappa's scale is measured anew.
        scale.forget();
    }

    /** Learns with the plan's number of steps. */
    @Override
    public void learn(Trial trial) {
        learn(trial, plan.stepsPerTrial());
    }

    /** {@link #begin}, and all steps. */
    public void learn(Trial trial, int steps) {
        Learning learning = begin(trial, steps);
        while (learning.left() > 0) {
            learning.step();
        }
    }

    /**
     * Adds a trial to the replay buffer, to make {@code steps} Adam steps with it, and more while little is known of a
     * session without inputs. Trials with no bins after the warm-up are skipped: no step is left to make.
     */
    public Learning begin(Trial trial, int steps) {
        long index = trialsSeen;
        pass(trial);
        SplittableRandom random = new SplittableRandom(plan.seed() ^ (index + 1) * 0x9E3779B97F4A7C15L);
        if (trial.bins() <= trial.warmUp()) {
            return new Learning(List.of(), random, 0, 0);
        }
        buffer.add(trial, random);
        if (plan.kind() == Observation.CURRENTS && isTimeToMeasure(trial)) {
            scaleTo(activity.after(buffer.trials(), seen));
        }
        Trial scaled = activity.scaled(trial);
        startObservation(scaled);
        if (steps == 0) {
            return new Learning(List.of(), random, 0, 0);
        }
        if (settings.filterLoss() && adam.steps() > 0) {
            average.observationChanged();
            noiseFactors.score(scaled, average, scale, kernels, team);
            if (settings.choosesTimeConstant()) {
                timeConstants.score(scaled, average, scale, kernels, team);
                goOnWith(timeConstants.choose(current.alpha()));
            }
        }
        List<PreparedTrial> pool = pool(scaled, random);
        if (plan.kind() != Observation.COUNTS) {
            noise.learn(pool.getFirst(), current.model());
        }
        boolean early = plan.kind() != Observation.COUNTS && S == 0 && trialsSeen <= EARLY_TRIALS
                && plan.start().isEmpty();
        return new Learning(pool, random, early ? steps + (EARLY_FACTOR - 1) * plan.stepsPerTrial() : steps,
                Refinement.isDue(plan, buffer.trials(), trialsSeen) ? Refinement.ITERATIONS : 0);
    }

    /**
     * The steps that are made with a trial. Work of others may lie between two of them; another trial is begun only when no more
     * steps are wanted of this one.
     */
    public final class Learning {

        private List<PreparedTrial> pool;
        private final SplittableRandom random;
        private final Window[] windows = new Window[FitLoss.BATCH];
        private int gradientSteps;
        private int iterations;
        private Refinement refinement;

        private Learning(List<PreparedTrial> pool, SplittableRandom random, int gradientSteps, int iterations) {
            this.pool = pool;
            this.random = random;
            this.gradientSteps = gradientSteps;
            this.iterations = iterations;
        }

        /** Steps that were asked for and are not made yet. */
        public int left() {
            return gradientSteps + iterations;
        }

        /** Makes the next step: an iteration over the trials before, where any is due, and after these of the gradient. */
        public void step() {
            if (iterations > 0) {
                refine();
                return;
            }
            for (int b = 0; b < windows.length; b++) {
                windows[b] = Window.draw(pool, random);
            }
            OnlineFitter.this.step(windows);
            gradientSteps--;
        }

        private void refine() {
            if (refinement == null) {
                refinement = refinement();
            }
            iterations = refinement.iterate() ? iterations - 1 : 0;
            if (iterations == 0 && refinement.isBetter()) {
                goOnWith(refinement);
                pool = pool(activity.scaled(buffer.trials().getLast()), random);
            }
        }
    }

    private Refinement refinement() {
        average.observationChanged();
        return new Refinement(average, scale, buffer.trials().stream().map(activity::scaled).toList(), kernels, team);
    }

    private void goOnWith(Refinement refinement) {
        refinement.writeTo(current.parameters());
        refinement.writeTo(average.parameters());
        // The slopes of the weights that were left behind say nothing of these.
        first.arrays().forEach(array -> Arrays.fill(array, 0));
        current.observationChanged();
        average.observationChanged();
    }

    /** Takes note of a trial that nothing is to be learned from: neurons were silenced in it. */
    public void pass(Trial trial) {
        trialsSeen++;
        binsLearned = trial.firstBin() + trial.bins();
    }

    /**
     * Whether the unit of currents is to be measured anew: after trials 1, 2, 4, 8 and so on, and when a neuron shows itself
     * that was not observed or constant so far.
     */
    private boolean isTimeToMeasure(Trial trial) {
        if (Long.bitCount(trialsSeen) == 1) {
            return true;
        }
        for (int i = 0; i < N; i++) {
            for (int t = 0; t < trial.bins() && !seen[i]; t++) {
                float value = trial.y()[t * N + i];
                if (!Float.isNaN(value) && !(activity.scale()[i] == 0 && value == activity.centre()[i])) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Goes on in another unit. With f = old scale / new scale, m, W and b times f and n over f are the same network as long
     * as phi is linear; kappa keeps its scale.
     */
    private void scaleTo(ActivityScale next) {
        ActivityScale old = activity;
        activity = next;
        double squares = 0;
        for (int i = 0; i < N; i++) {
            if (!seen[i] || old.scale()[i] == next.scale()[i]) {
                squares++;
                continue;
            }
            double f = (double) old.scale()[i] / next.scale()[i];
            squares += f * f;
            double shift = ((double) old.centre()[i] - next.centre()[i]) / next.scale()[i];
            for (Parameters values : List.of(current.parameters(), average.parameters())) {
                values.multiply(i, f, 1 / f);
                values.observation()[i] += (float) shift;
            }
            // A loss in the new unit is f^2 times the old one, and its slope with respect to f m is 1/f times that.
            first.multiply(i, f, f * f * f);
            second.multiply(i, f * f, f * f * f * f * f * f);
            current.model().noise()[i] *= (float) (f * f);
            noise.multiply(i, f * f);
        }
        noiseFactors.multiply(squares / N);
        current.observationChanged();
        average.observationChanged();
    }

    private void goOnWith(double alpha) {
        if (alpha == current.alpha()) {
            return;
        }
        double ratio = alpha / current.alpha();
        current.alpha(alpha, true);
        average.alpha(alpha, true);
        // A slope with respect to n is in proportion to alpha.
        for (int at = 0; at < first.n().length; at++) {
            first.n()[at] *= (float) ratio;
            second.n()[at] *= (float) (ratio * ratio);
        }
    }

    /**
     * Starts the observation map of neurons that are observed for the first time at what it is without a network: gains of
     * counts and offsets of currents at the neuron's mean, noise of rates and currents at its variance. These are all neurons in
     * the first trial, later those that are added to the recording. While no step has been made, means are those of all trials.
     */
    private void startObservation(Trial trial) {
        ConstantRate means = new ConstantRate(plan.kind(), N);
        means.learn(trial.y(), 0, trial.bins());
        means.refresh();
        double[] observed = means.observed();
        for (int i = 0; i < N; i++) {
            boolean follows = seen[i] && adam.steps() == 0 && plan.start().isEmpty();
            if (observed[i] == 0 || (seen[i] && !follows)) {
                continue;
            }
            if (!seen[i]) {
                seen[i] = true;
                noise.begin(i, trial, means.mean()[i], current.model());
            }
            if (plan.kind() != Observation.RATES) {
                double mean = means.mean()[i];
                if (follows) {
                    double before = FittedModel.mean(plan.kind(), current.parameters().observation()[i]);
                    mean = before + (mean - before) * observed[i] / binsLearned;
                }
                float trained = FittedModel.trained(plan.kind(), (float) mean);
                current.parameters().observation()[i] = trained;
                average.parameters().observation()[i] = trained;
            }
        }
        current.observationChanged();
        average.observationChanged();
    }

    /** The trials that windows are drawn from, the newest first. */
    private List<PreparedTrial> pool(Trial newest, SplittableRandom random) {
        if (!scale.known()) {
            // Before anything was learned, kappa's scale is that of a free run.
            float[] kappa = new float[(newest.bins() + 1) * K];
            kernels.rollout(current.model(), newest.v(), 0, newest.bins(), kappa, 0, new float[RnnKernels.SCRATCH]);
            scale.measure(kappa, newest.bins());
        }
        List<Trial> trials = buffer.trials();
        int[] draws = new int[POOL];
        draws[0] = trials.size() - 1;
        for (int p = 1; p < POOL; p++) {
            draws[p] = buffer.draw(random, settings.halfLifeTrials());
        }
        int[] distinct = Arrays.stream(draws).distinct().toArray();
        PreparedTrial[] byIndex = new PreparedTrial[trials.size()];
        team.run(distinct.length, (task, _) -> {
            int at = distinct[task];
            byIndex[at] = PreparedTrial.of(activity.scaled(trials.get(at)), current, scale, kernels,
                    settings.filterLoss());
        });
        List<PreparedTrial> pool = new ArrayList<>(POOL);
        for (int at : draws) {
            pool.add(byIndex[at]);
        }
        return pool;
    }

    private void step(Window[] windows) {
        // Bins that the replayed past amounts to.
        double effectiveBins = Math.min((double) (earlierBins + binsLearned),
                settings.halfLifeTrials() / Math.log(2) * binsLearned / trialsSeen);
        if (!adam.step(loss.gradient(windows, effectiveBins).arrays())) {
            skippedSteps++;
            return;
        }
        if (!loss.complete()) {
            skippedSteps++;
        }
        current.observationChanged();
        loss.follow(windows, scale);
    }

    /**
     * The average of the iterates in canonical gauge.
     *
     * @param previous the snapshot published before, whose axes are kept, or null
     */
    @Override
    public PublishedModel publish(PublishedModel previous) {
        if (trialsSeen == 0 && plan.start().isPresent()) {
            return plan.start().get().model();
        }
        average.observationChanged();
        Parameters published = average.parameters();
        KernelModel model = average.model();
        float[] previousM = plan.axesOf(previous);
        Gauge gauge = Gauge.canonical(published.m(), published.n(), N, K, previousM);
        if (trialsSeen > 0 && adam.steps() == 0 && plan.start().isEmpty()) {
            return untrained(gauge);
        }
        KernelModel canonical = new KernelModel(
                new LowRankNetwork(N, K, S, average.alpha(), gauge.m(), gauge.n(), published.w().clone(),
                        model.network().b().clone()),
                activity.ofActivity(model.map()), settings.linearDynamics());
        double[] std = new double[K];
        for (int k = 0; k < K; k++) {
            std[k] = scale.known() ? scale.std(k) : 1;
        }
        double[] processNoise = gauge.covariance(average.processNoise(scale));
        for (int i = 0; i < processNoise.length && settings.filterLoss(); i++) {
            processNoise[i] *= noiseFactors.best();
        }
        double[] start = new double[K];
        if (settings.biases()) {
            double[] raw = new double[K];
            for (int k = 0; k < K; k++) {
                raw[k] = published.start()[k];
            }
            SmallMatrix.apply(gauge.toCanonical(), raw, start, K);
        }
        double[] startCovariance = PublishedModel.certainStart(K);
        if (settings.filterLoss()) {
            for (int k = 0; k < K; k++) {
                startCovariance[k * K + k] = Math.exp(2 * published.logStart()[k]);
            }
            startCovariance = gauge.covariance(startCovariance);
        }
        return new PublishedModel(trialsSeen, canonical, processNoise, gauge.standardDeviations(std), start,
                startCovariance, binsLearned, adam.steps());
    }

    /** What is published while no step has been made: inputs drive nothing and kappa is 0, so that means are predicted. */
    private PublishedModel untrained(Gauge gauge) {
        double[] still = PublishedModel.certainStart(K);
        double[] std = new double[K];
        Arrays.fill(std, Math.sqrt(PublishedModel.TRIAL_START_VARIANCE));
        LowRankNetwork network = new LowRankNetwork(N, K, S, plan.alpha(), gauge.m(), gauge.n(), new float[S * N],
                new float[N]);
        return new PublishedModel(trialsSeen, new KernelModel(network, activity.ofActivity(average.model().map()),
                settings.linearDynamics()), still, std, new double[K], still.clone(), binsLearned, 0);
    }

    /** Everything but the replay buffer's activity, which is in the log. Arrays are copies. */
    public FitState save() {
        return new FitState(new FitState.Optimiser(current.parameters().copy(), first.copy(), second.copy(),
                average.parameters().copy(), adam.steps()),
                scale.save(), noise.save(), current.model().noise().clone(), noiseFactors.save(), trialsSeen,
                binsLearned, seen.clone(), activity, current.alpha(), timeConstants.save());
    }

    /** Goes on where {@link #save} was called; shapes must be this fitter's. */
    public void restore(FitState state) {
        current.parameters().set(state.optimiser().values());
        first.set(state.optimiser().first());
        second.set(state.optimiser().second());
        average.parameters().set(state.optimiser().average());
        adam.restoreSteps(state.optimiser().steps());
        scale.restore(state.kappaSquares());
        noise.restore(state.noiseSquares());
        System.arraycopy(state.noise(), 0, current.model().noise(), 0, N);
        noiseFactors.restore(state.factorLosses());
        trialsSeen = state.trialsSeen();
        binsLearned = state.binsLearned();
        System.arraycopy(state.seen(), 0, seen, 0, N);
        activity = state.activity();
        current.alpha(state.alpha(), false);
        average.alpha(state.alpha(), false);
        timeConstants.restore(state.timeConstantLosses());
        current.observationChanged();
    }
}
