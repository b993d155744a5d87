package kappa.fitting.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import kappa.fitting.filter.Gauge;
import kappa.fitting.filter.LatentFilter;
import kappa.fitting.filter.SmallMatrix;
import kappa.fitting.kernel.BatchGradient;
import kappa.fitting.kernel.Gradient;
import kappa.fitting.kernel.PackedModel;
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
 * and replayed ones. The start state of a window is the free run's where it agrees with the filter's, else the filter's
 * (the gate): the filter alone is biased by spikes, the free run alone can stay in a bad minimum.
 *
 * <p>The loss of a window is the mean of the free run's and of the filter's one-step prediction, the latter with the gradient
 * through the filter ({@link FilterGradient}), so that process noise and the uncertainty of a trial's start are learnt as
 * well; plus a Gaussian prior on the weights whose variances are the weights' own, bounded below. What the process noise is
 * multiplied with for publication is chosen by how well it would have predicted each trial before it was learned from.
 * {@link FitPlan.Settings} turns each of these off.
 *
 * <p>Everything that is drawn comes from the seed and the trial's index, and sums over windows are made in a fixed order, so
 * the result depends neither on time nor on the number of threads. Not thread-safe.
 */
public final class OnlineFitter implements FittingAlgorithm {

    private static final int WINDOW = 25;
    private static final int BATCH = 16;
    private static final int POOL = 32;
    /** Windows are shared out to this many groups, whose gradients are added in order, for any number of threads. */
    private static final int GROUPS = 4;
    private static final double NEWEST = 0.25;
    private static final double GATE = 0.25;
    private static final double PROCESS_NOISE = 0.1;
    private static final double KAPPA_FORGETTING = 0.99;
    /** Standard deviations of process noise and of kappa at a trial's start that learning begins with. */
    private static final double FIRST_PROCESS_NOISE = 0.1;
    private static final double FIRST_START_SD = 0.3;
    /** What the learnt process noise is multiplied with: the factor that predicted best in the recent past. */
    private static final double[] NOISE_FACTORS = {0.25, 0.5, 1, 2};
    private static final double FACTOR_FORGETTING = 0.98;
    /** What the variances of the prior cannot fall below: m and W, n, b. */
    private static final double INPUT_VARIANCE = 0.15;
    private static final double OUTPUT_VARIANCE = 2;
    private static final double BIAS_VARIANCE = 0.01;
    private static final double NOISE_FORGETTING = 0.9;
    private static final double MIN_NOISE = 1e-4;
    private static final double MIN_KAPPA_STD = 1e-3;
    private static final double MIN_GAIN = 1e-4;
    /** Room that checkpoints have for references to the trials of the replay buffer, each some numbers and v before it. */
    private static final long REFERENCE_BYTES = 8L << 20;
    private static final int TRIAL_REFERENCE = 40;

    private final FitPlan plan;
    private final RnnKernels kernels;
    private final Team team;
    private final int N;
    private final int K;
    private final int S;
    /** log(e^g - 1) for counts, c for currents, empty for rates: what the fourth parameter array holds. */
    private final float[] observation;
    /** [K] kappa at a trial's start. */
    private final float[] start;
    /** [K] log standard deviations of process noise and of kappa at a trial's start; empty without the filter's loss. */
    private final float[] logNoise;
    private final float[] logStart;
    private final FitPlan.Settings settings;
    private final KernelModel model;
    /** On the averages of the parameters, whose arrays it shares. */
    private final KernelModel averaged;
    private final Adam adam;
    /** The model's numbers as the step's sweeps read them. */
    private final PackedModel packed;
    private final BatchGradient freeRun;
    private final List<Group> groups = new ArrayList<>();
    private final double[] kappaSquares;
    private double kappaWeight;
    private final double[] noiseSquares;
    private double noiseWeight;
    private final double[] factorLosses = new double[NOISE_FACTORS.length];
    private final List<Trial> buffer = new ArrayList<>();
    private long bufferBytes;
    /** What the buffer may hold at present. */
    private long mostBytes;
    private final int mostTrials;
    private long trialsSeen;
    private long binsLearned;
    /** [N] neurons whose observation map has been started. */
    private final boolean[] seen;
    private long skippedSteps;

    /** What the filter's losses of one group of windows are summed into. */
    private final class Group {
        final Gradient gradient = Gradient.zero(N, K, S);
        final FilterGradient filter = new FilterGradient(kernels, N, K, S, WINDOW);
        /** dL/d of the variances of process noise and start. */
        final double[] noise = new double[K];
        final double[] startVariance = new double[K];
        /** Variances of the process noise, and the diagonal [K,K] of kappa's at a trial's start. */
        final double[] processNoise = new double[K];
        final double[] startCovariance = new double[K * K];
        /** Whether a window's filter could not be followed, so that its one-step loss is missing. */
        boolean incomplete;
    }

    /**
     * A pool trial with the start states its windows may use: row t is the state after t bins.
     *
     * @param states [T + 1,K] for the free run
     * @param filtered [T + 1,K] for the filter
     * @param covariances [T + 1,K,K]
     */
    private record Prepared(Trial trial, float[] states, float[] filtered, double[] covariances) {}

    private record Window(Prepared prepared, int start, int bins) {}

    /**
     * @param team shares the work of a step
     */
    public OnlineFitter(FitPlan plan, RnnKernels kernels, Team team) {
        this.plan = plan;
        this.kernels = kernels;
        this.team = team;
        N = plan.neurons();
        K = plan.rank();
        S = plan.inputs();
        settings = plan.settings();
        mostBytes = plan.bufferBytes();
        mostTrials = (int) (REFERENCE_BYTES / (TRIAL_REFERENCE + Float.BYTES * (long) S));
        SplittableRandom random = new SplittableRandom(plan.seed());
        LowRankNetwork network = LowRankNetwork.withoutBias(N, K, S, plan.alpha(), gaussian(random, K * N, 1),
                gaussian(random, K * N, 0.3), gaussian(random, S * N, 0.5));
        model = dynamics(KernelModel.plain(network, plan.kind()));
        observation = plan.kind() == Observation.RATES ? new float[0] : new float[N];
        start = new float[settings.biases() ? K : 0];
        logNoise = new float[settings.filterLoss() ? K : 0];
        logStart = new float[settings.filterLoss() ? K : 0];
        Arrays.fill(logNoise, (float) Math.log(FIRST_PROCESS_NOISE));
        Arrays.fill(logStart, (float) Math.log(FIRST_START_SD));
        adam = new Adam(network.m(), network.n(), network.w(), observation,
                settings.biases() ? network.b() : new float[0], start, logNoise, logStart);
        averaged = dynamics(KernelModel.of(
                new LowRankNetwork(N, K, S, plan.alpha(), adam.average[0], adam.average[1], adam.average[2],
                        settings.biases() ? adam.average[4] : network.b()),
                plan.kind(), model.gain().clone(), model.offset().clone(), model.noise()));
        packed = new PackedModel(N, K, S);
        freeRun = new BatchGradient(kernels, N, K, S, BATCH, WINDOW, team);
        for (int g = 0; settings.filterLoss() && g < GROUPS; g++) {
            groups.add(new Group());
        }
        kappaSquares = new double[K];
        noiseSquares = new double[N];
        seen = new boolean[N];
    }

    private KernelModel dynamics(KernelModel tanh) {
        return settings.linearDynamics() ? tanh.withLinearDynamics() : tanh;
    }

    private static float[] gaussian(SplittableRandom random, int length, double sd) {
        float[] out = new float[length];
        for (int i = 0; i < length; i++) {
            out[i] = (float) (sd * random.nextGaussian());
        }
        return out;
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
        return buffer;
    }

    /** Puts the trials of a restored fitter back, in the order they were in. */
    public void refill(List<Trial> trials) {
        buffer.clear();
        buffer.addAll(trials);
        bufferBytes = trials.stream().mapToLong(Trial::bytes).sum();
    }

    /**
     * What the replay buffer may hold from now on, at most the plan's; trials beyond it go at once, drawn at random. A model that
     * is to come out bit for bit as another time needs the same bounds at the same trials.
     */
    public void holdAtMost(long bytes) {
        mostBytes = Math.min(bytes, plan.bufferBytes());
        makeRoom(new SplittableRandom(plan.seed() ^ trialsSeen));
    }

    /** Takes over the weights of another fit of the same size; what was learned of the observation map stays. */
    public void startFrom(LowRankNetwork network) {
        float[][] weights = {network.m(), network.n(), network.w()};
        for (int a = 0; a < weights.length; a++) {
            System.arraycopy(weights[a], 0, adam.parameters[a], 0, weights[a].length);
            System.arraycopy(weights[a], 0, adam.average[a], 0, weights[a].length);
        }
        if (settings.biases()) {
            System.arraycopy(network.b(), 0, adam.parameters[4], 0, N);
            System.arraycopy(network.b(), 0, adam.average[4], 0, N);
        }
        // Kappa's scale is measured anew.
        kappaWeight = 0;
        Arrays.fill(kappaSquares, 0);
    }

    /** Learns with the plan's number of steps. */
    @Override
    public void learn(Trial trial) {
        learn(trial, plan.stepsPerTrial());
    }

    /** {@link #learn(Trial, int, BooleanSupplier)} that makes all steps. */
    public void learn(Trial trial, int steps) {
        learn(trial, steps, () -> true);
    }

    /**
     * Adds a trial to the replay buffer and makes {@code steps} Adam steps. A trial that is shorter than its warm-up by
     * nothing, or has no bin, teaches nothing and is left out.
     *
     * @param goesOn asked before each step but the first; once it says no, those that are left are not made
     * @return how many were not made for that reason
     */
    public int learn(Trial trial, int steps, BooleanSupplier goesOn) {
        long index = trialsSeen;
        pass(trial);
        if (trial.bins() <= trial.warmUp()) {
            return 0;
        }
        meet(trial);
        SplittableRandom random = new SplittableRandom(plan.seed() ^ (index + 1) * 0x9E3779B97F4A7C15L);
        keep(trial, random);
        if (steps == 0) {
            return 0;
        }
        if (settings.filterLoss() && adam.steps() > 0) {
            rateNoiseFactors(trial);
        }
        List<Prepared> pool = prepare(trial, random);
        learnNoise(pool.getFirst());
        Window[] windows = new Window[BATCH];
        for (int s = 0; s < steps; s++) {
            if (s > 0 && !goesOn.getAsBoolean()) {
                return steps - s;
            }
            for (int b = 0; b < BATCH; b++) {
                windows[b] = draw(pool, random);
            }
            step(windows);
        }
        return 0;
    }

    /** Takes note of a trial that nothing is to be learned from: neurons were silenced in it. */
    public void pass(Trial trial) {
        trialsSeen++;
        binsLearned = trial.firstBin() + trial.bins();
    }

    /**
     * Starts the observation map of neurons that are observed for the first time, counts and currents from their mean: all
     * of them in the first trial, later those that are added to the recording.
     */
    private void meet(Trial trial) {
        ConstantRate means = new ConstantRate(plan.kind(), N);
        means.learn(trial.y(), 0, trial.bins());
        means.refresh();
        double[] observed = means.observed();
        for (int i = 0; i < N; i++) {
            if (seen[i] || observed[i] == 0) {
                continue;
            }
            seen[i] = true;
            if (plan.kind() != Observation.RATES) {
                observation[i] = plan.kind() == Observation.COUNTS
                        ? (float) Math.log(Math.expm1(Math.max(MIN_GAIN, means.mean()[i])))
                        : means.mean()[i];
                adam.average[3][i] = observation[i];
            }
        }
        applyObservation(observation, model);
        applyObservation(adam.average[3], averaged);
    }

    /** Scores the process noise times each factor by how well the filter would have predicted a trial not learned from yet. */
    private void rateNoiseFactors(Trial trial) {
        double[] losses = new double[NOISE_FACTORS.length];
        applyObservation(adam.average[3], averaged);
        team.run(losses.length, (f, _) -> {
            double[] q = processNoise(adam.average[6]);
            for (int i = 0; i < q.length; i++) {
                q[i] *= NOISE_FACTORS[f];
            }
            LatentFilter filter = startOf(trial, adam.average[5], adam.average[7]);
            for (int t = 1; t <= trial.bins(); t++) {
                filter.predict(averaged, q);
                filter.setInputs(trial.v(), t * S);
                double loss = filter.update(averaged, trial.y(), (t - 1) * N);
                if (t > trial.warmUp()) {
                    losses[f] += loss;
                }
            }
        });
        for (int f = 0; f < losses.length; f++) {
            factorLosses[f] = FACTOR_FORGETTING * factorLosses[f] + losses[f];
        }
    }

    private double noiseFactor() {
        int best = 2;
        for (int f = 0; f < factorLosses.length; f++) {
            if (factorLosses[f] < factorLosses[best]) {
                best = f;
            }
        }
        return NOISE_FACTORS[best];
    }

    /** A filter before a trial's first bin, or with nothing known before a stretch's warm-up. */
    private LatentFilter startOf(Trial trial, float[] kappaStart, float[] logStartSd) {
        LatentFilter filter = new LatentFilter(kernels, N, K, S);
        double[] kappa = new double[K];
        double[] covariance = PublishedModel.certainStart(K);
        for (int k = 0; k < K; k++) {
            if (trial.warmUp() > 0) {
                covariance[k * K + k] = kappaStd(k) * kappaStd(k);
            } else if (logStartSd.length > 0) {
                covariance[k * K + k] = Math.exp(2 * logStartSd[k]);
            }
            if (trial.warmUp() == 0 && kappaStart.length > 0) {
                kappa[k] = kappaStart[k];
            }
        }
        filter.restore(kappa, covariance, new float[S]);
        filter.setInputs(trial.v(), 0);
        return filter;
    }

    /** Carries the trainable form over to gains and offsets: g = softplus(c) for counts. */
    private void applyObservation(float[] trainable, KernelModel to) {
        if (plan.kind() == Observation.COUNTS) {
            for (int i = 0; i < N; i++) {
                to.gain()[i] = (float) Math.max(MIN_GAIN, softplus(trainable[i]));
            }
            to.map().gainsChanged();
        } else if (plan.kind() == Observation.CURRENTS) {
            System.arraycopy(trainable, 0, to.offset(), 0, N);
        }
    }

    private static double softplus(double c) {
        return Math.max(c, 0) + Math.log1p(Math.exp(-Math.abs(c)));
    }

    private void keep(Trial trial, SplittableRandom random) {
        buffer.add(trial);
        bufferBytes += trial.bytes();
        makeRoom(random);
    }

    private void makeRoom(SplittableRandom random) {
        while ((bufferBytes > mostBytes || buffer.size() > mostTrials) && buffer.size() > 1) {
            bufferBytes -= buffer.remove(random.nextInt(buffer.size() - 1)).bytes();
        }
    }

    // ------------------------------------------------------------------ start states

    private List<Prepared> prepare(Trial newest, SplittableRandom random) {
        if (kappaWeight == 0) {
            firstKappaScale(newest);
        }
        int[] draws = new int[POOL];
        draws[0] = buffer.size() - 1;
        for (int p = 1; p < POOL; p++) {
            draws[p] = past(random);
        }
        int[] distinct = Arrays.stream(draws).distinct().toArray();
        Prepared[] byIndex = new Prepared[buffer.size()];
        team.run(distinct.length, (task, _) -> {
            int at = distinct[task];
            byIndex[at] = startStates(buffer.get(at));
        });
        List<Prepared> pool = new ArrayList<>(POOL);
        for (int at : draws) {
            pool.add(byIndex[at]);
        }
        return pool;
    }

    /** A trial of the buffer: any one, or the more recent the more likely. */
    private int past(SplittableRandom random) {
        int size = buffer.size();
        if (Double.isInfinite(settings.halfLifeTrials())) {
            return random.nextInt(size);
        }
        double oldest = Math.pow(2, -size / settings.halfLifeTrials());
        double age = -settings.halfLifeTrials() * Math.log(1 - random.nextDouble() * (1 - oldest)) / Math.log(2);
        return size - 1 - Math.clamp((int) age, 0, size - 1);
    }

    /** Before anything was learned, kappa's scale is that of a free run. */
    private void firstKappaScale(Trial trial) {
        float[] kappa = new float[(trial.bins() + 1) * K];
        kernels.rollout(model, trial.v(), 0, trial.bins(), kappa, 0, new float[RnnKernels.SCRATCH]);
        for (int k = 0; k < K; k++) {
            double sum = 0;
            for (int t = 1; t <= trial.bins(); t++) {
                sum += (double) kappa[t * K + k] * kappa[t * K + k];
            }
            kappaSquares[k] = sum / trial.bins();
        }
        kappaWeight = 1;
    }

    private double kappaStd(int k) {
        return Math.max(MIN_KAPPA_STD, Math.sqrt(kappaSquares[k] / kappaWeight));
    }

    /** Q, [K,K]: learnt with the filter's loss, else a tenth of kappa's scale. */
    private double[] processNoise(float[] logSd) {
        double[] q = new double[K * K];
        for (int k = 0; k < K; k++) {
            double sd = logSd.length > 0 ? Math.exp(logSd[k]) : PROCESS_NOISE * kappaStd(k);
            q[k * K + k] = sd * sd;
        }
        return q;
    }

    /**
     * The gate: kappa of the free run where it is within a quarter of kappa's scale of the filter's, else the filter's.
     */
    private Prepared startStates(Trial trial) {
        int T = trial.bins();
        int warmUp = trial.warmUp();
        float[] filtered = new float[(T + 1) * K];
        double[] covariances = new double[settings.filterLoss() ? (T + 1) * K * K : 0];
        double[] q = processNoise(logNoise);
        LatentFilter filter = startOf(trial, start, logStart);
        for (int t = 0; t <= T; t++) {
            if (t > 0) {
                filter.predict(model, q);
                filter.setInputs(trial.v(), t * S);
                filter.update(model, trial.y(), (t - 1) * N);
            }
            for (int k = 0; k < K; k++) {
                filtered[t * K + k] = (float) filter.kappa()[k];
            }
            if (settings.filterLoss()) {
                System.arraycopy(filter.covariance(), 0, covariances, t * K * K, K * K);
            }
        }
        float[] free = filtered.clone();
        kernels.rollout(model, trial.v(), warmUp * S, T - warmUp, free, warmUp * K,
                new float[RnnKernels.SCRATCH]);
        for (int t = warmUp; t <= T; t++) {
            double square = 0;
            for (int k = 0; k < K; k++) {
                double d = (free[t * K + k] - filtered[t * K + k]) / kappaStd(k);
                square += d * d;
            }
            if (!(Math.sqrt(square / K) < GATE)) {
                System.arraycopy(filtered, t * K, free, t * K, K);
            }
        }
        return new Prepared(trial, free, filtered, covariances);
    }

    /** Noise variance of each neuron from the newest trial's errors along its start states (rates, currents). */
    private void learnNoise(Prepared newest) {
        if (plan.kind() == Observation.COUNTS) {
            return;
        }
        Trial trial = newest.trial();
        double[] squares = new double[N];
        double[] observed = new double[N];
        float[] scratch = new float[RnnKernels.SCRATCH];
        for (int t = trial.warmUp() + 1; t <= trial.bins(); t++) {
            kernels.squaredErrors(model, trial.y(), (t - 1) * N, newest.states(), t * K, trial.v(), t * S, squares,
                    observed, scratch);
        }
        noiseWeight = NOISE_FORGETTING * noiseWeight + 1 - NOISE_FORGETTING;
        for (int i = 0; i < N; i++) {
            double now = observed[i] > 0 ? squares[i] / observed[i] : model.noise()[i];
            noiseSquares[i] = NOISE_FORGETTING * noiseSquares[i] + (1 - NOISE_FORGETTING) * now;
            model.noise()[i] = (float) Math.max(MIN_NOISE, noiseSquares[i] / noiseWeight);
        }
    }

    // ------------------------------------------------------------------ steps

    private Window draw(List<Prepared> pool, SplittableRandom random) {
        Prepared prepared = random.nextDouble() < NEWEST ? pool.getFirst() : pool.get(random.nextInt(pool.size()));
        Trial trial = prepared.trial();
        int first = trial.warmUp();
        int bins = Math.min(WINDOW, trial.bins() - first);
        // Uniform over [-L/2, T - L/2) and clipped, so that a trial's ends are seen as often as its middle.
        int usable = trial.bins() - first;
        int start = (int) Math.floor(random.nextDouble() * usable - bins / 2.0);
        return new Window(prepared, first + Math.clamp(start, 0, usable - bins), bins);
    }

    private void step(Window[] windows) {
        Gradient gradient = freeRunLoss(windows);
        float[] noiseGradient = new float[logNoise.length];
        float[] startGradient = new float[logStart.length];
        if (settings.filterLoss()) {
            filterLoss(windows, gradient, noiseGradient, startGradient);
        }
        if (plan.kind() == Observation.COUNTS) {
            for (int i = 0; i < N; i++) {
                // dg/dc of g = log(1 + e^c)
                gradient.gain()[i] *= (float) (1 / (1 + Math.exp(-observation[i])));
            }
        }
        float[] observationGradient = switch (plan.kind()) {
            case COUNTS -> gradient.gain();
            case CURRENTS -> gradient.offset();
            case RATES -> observation;
        };
        if (settings.prior() > 0) {
            double scale = settings.prior() / (effectiveBins() * N);
            addPrior(gradient.m(), model.network().m(), scale, INPUT_VARIANCE);
            addPrior(gradient.w(), model.network().w(), scale, INPUT_VARIANCE);
            addPrior(gradient.n(), model.network().n(), scale, OUTPUT_VARIANCE);
            addPrior(gradient.b(), model.network().b(), scale, BIAS_VARIANCE);
        }
        boolean biases = settings.biases();
        if (!adam.step(slowest(), gradient.m(), gradient.n(), gradient.w(), observationGradient,
                biases ? gradient.b() : new float[0], biases ? gradient.start() : start, noiseGradient,
                startGradient)) {
            skippedSteps++;
            return;
        }
        if (groups.stream().anyMatch(group -> group.incomplete)) {
            skippedSteps++;
        }
        applyObservation(observation, model);
        rescale(windows);
    }

    /** The gradient of the free run's losses. */
    private Gradient freeRunLoss(Window[] windows) {
        freeRun.clear();
        for (Window window : windows) {
            Trial trial = window.prepared().trial();
            int first = window.start();
            boolean learntStart = settings.biases() && fromStart(window);
            freeRun.add(trial.y(), first * N, trial.v(), first * S, window.bins(),
                    learntStart ? start : window.prepared().states(), learntStart ? 0 : first * K, scale(window));
        }
        Gradient gradient = freeRun.take(packed.pack(model));
        for (int w = 0; w < windows.length; w++) {
            // The state inside a trial is data.
            for (int k = 0; k < K && fromStart(windows[w]); k++) {
                gradient.start()[k] += freeRun.startAdjoint(w, k);
            }
        }
        return gradient;
    }

    /** Adds the gradient of the filter's one-step losses. */
    private void filterLoss(Window[] windows, Gradient gradient, float[] noiseGradient, float[] startGradient) {
        team.run(GROUPS, (g, _) -> {
            Group group = groups.get(g);
            group.gradient.clear();
            Arrays.fill(group.noise, 0);
            Arrays.fill(group.startVariance, 0);
            group.incomplete = false;
            for (int b = g; b < BATCH; b += GROUPS) {
                filterLoss(group, windows[b]);
            }
        });
        for (Group group : groups) {
            gradient.add(group.gradient);
            for (int k = 0; k < K; k++) {
                // The variance is e^(2 log sd).
                noiseGradient[k] += (float) (2 * Math.exp(2 * logNoise[k]) * group.noise[k]);
                startGradient[k] += (float) (2 * Math.exp(2 * logStart[k]) * group.startVariance[k]);
            }
        }
    }

    /** Follows kappa's scale in the windows of a step. */
    private void rescale(Window[] windows) {
        kappaWeight = KAPPA_FORGETTING * kappaWeight + 1 - KAPPA_FORGETTING;
        for (int k = 0; k < K; k++) {
            double squares = 0;
            long rows = 0;
            for (int w = 0; w < windows.length; w++) {
                for (int t = 1; t <= windows[w].bins(); t++) {
                    double kappa = freeRun.kappa(w, t, k);
                    squares += kappa * kappa;
                }
                rows += windows[w].bins();
            }
            kappaSquares[k] = KAPPA_FORGETTING * kappaSquares[k] + (1 - KAPPA_FORGETTING) * squares / rows;
        }
    }

    private static boolean fromStart(Window window) {
        return window.start() == 0 && window.prepared().trial().warmUp() == 0;
    }

    /** What a window's summed loss is multiplied with. */
    private float scale(Window window) {
        return (settings.filterLoss() ? 0.5f : 1f) / ((float) BATCH * window.bins() * N);
    }

    private void filterLoss(Group group, Window window) {
        boolean fromStart = fromStart(window);
        Prepared prepared = window.prepared();
        Trial trial = prepared.trial();
        int first = window.start();
        float[] kappa = fromStart && settings.biases() ? start : prepared.filtered();
        double[] covariance = prepared.covariances();
        int covarianceOffset = first * K * K;
        if (fromStart) {
            covariance = group.startCovariance;
            covarianceOffset = 0;
            for (int k = 0; k < K; k++) {
                covariance[k * K + k] = Math.exp(2 * logStart[k]);
            }
        }
        double[] q = group.processNoise;
        for (int k = 0; k < K; k++) {
            q[k] = Math.exp(2 * logNoise[k]);
        }
        boolean done = group.filter.add(model, trial.y(), first * N, trial.v(), first * S, window.bins(), kappa,
                kappa == start ? 0 : first * K, covariance, covarianceOffset, q, scale(window), group.gradient,
                group.noise);
        group.incomplete |= !done;
        if (done && fromStart) {
            for (int k = 0; k < K; k++) {
                group.gradient.start()[k] += (float) group.filter.startAdjoint()[k];
                group.startVariance[k] += group.filter.startCovarianceAdjoint()[k * K + k];
            }
        }
    }

    /** Adds p / (mean p^2 + least) times scale: a Gaussian prior whose variance is the parameters' own, bounded below. */
    private static void addPrior(float[] to, float[] parameter, double scale, double leastVariance) {
        double squares = 0;
        for (float value : parameter) {
            squares += (double) value * value;
        }
        double weight = scale / (squares / Math.max(1, parameter.length) + leastVariance);
        for (int i = 0; i < to.length; i++) {
            to[i] += (float) (weight * parameter[i]);
        }
    }

    /** Bins that the replayed past amounts to. */
    private double effectiveBins() {
        return Math.min((double) binsLearned, settings.halfLifeTrials() / Math.log(2) * binsLearned / trialsSeen);
    }

    /** The step whose learning rate is never fallen below. */
    private double slowest() {
        return settings.halfLifeTrials() * plan.stepsPerTrial();
    }

    // ------------------------------------------------------------------ publication and checkpoints

    /**
     * The average of the iterates in canonical gauge.
     *
     * @param previous the snapshot published before, whose axes are kept, or null
     */
    @Override
    public PublishedModel publish(PublishedModel previous) {
        float[] previousM = previous == null || previous.version() == 0 ? null : previous.model().network().m();
        Gauge gauge = Gauge.canonical(adam.average[0], adam.average[1], N, K, previousM);
        LowRankNetwork network = new LowRankNetwork(N, K, S, plan.alpha(), gauge.m(), gauge.n(),
                adam.average[2].clone(), averaged.network().b().clone());
        KernelModel published = dynamics(
                KernelModel.of(network, plan.kind(), model.gain().clone(), model.offset().clone(),
                        model.noise().clone()));
        applyObservation(adam.average[3], published);
        double[] raw = new double[K * K];
        for (int k = 0; k < K; k++) {
            raw[k * K + k] = kappaWeight == 0 ? 1 : kappaStd(k) * kappaStd(k);
        }
        double[] canonical = gauge.covariance(raw);
        double[] std = new double[K];
        for (int k = 0; k < K; k++) {
            std[k] = Math.sqrt(canonical[k * K + k]);
        }
        double[] noise = gauge.covariance(processNoise(adam.average[6]));
        for (int i = 0; i < noise.length && settings.filterLoss(); i++) {
            noise[i] *= noiseFactor();
        }
        double[] kappaStart = new double[K];
        if (settings.biases()) {
            double[] raw0 = new double[K];
            for (int k = 0; k < K; k++) {
                raw0[k] = adam.average[5][k];
            }
            SmallMatrix.apply(gauge.toCanonical(), raw0, kappaStart, K);
        }
        double[] startCovariance = PublishedModel.certainStart(K);
        if (settings.filterLoss()) {
            for (int k = 0; k < K; k++) {
                startCovariance[k * K + k] = Math.exp(2 * adam.average[7][k]);
            }
            startCovariance = gauge.covariance(startCovariance);
        }
        return new PublishedModel(trialsSeen, published, noise, std, kappaStart, startCovariance, binsLearned,
                adam.steps());
    }

    /** Everything but the replay buffer's activity, which is in the log. Arrays are copies. */
    public record State(float[][] parameters, float[][] first, float[][] second, float[][] average, long steps,
            double[] kappaSquares, double kappaWeight, double[] noiseSquares, double noiseWeight, float[] noise,
            double[] factorLosses, long trialsSeen, long binsLearned, boolean[] seen) {}

    public State save() {
        return new State(copy(adam.parameters), copy(adam.first), copy(adam.second), copy(adam.average), adam.steps(),
                kappaSquares.clone(), kappaWeight, noiseSquares.clone(), noiseWeight, model.noise().clone(),
                factorLosses.clone(), trialsSeen, binsLearned, seen.clone());
    }

    public void restore(State state) {
        copyInto(state.parameters, adam.parameters);
        copyInto(state.first, adam.first);
        copyInto(state.second, adam.second);
        copyInto(state.average, adam.average);
        adam.restoreSteps(state.steps);
        System.arraycopy(state.kappaSquares, 0, kappaSquares, 0, K);
        kappaWeight = state.kappaWeight;
        System.arraycopy(state.noiseSquares, 0, noiseSquares, 0, N);
        noiseWeight = state.noiseWeight;
        System.arraycopy(state.noise, 0, model.noise(), 0, N);
        trialsSeen = state.trialsSeen;
        binsLearned = state.binsLearned;
        System.arraycopy(state.factorLosses, 0, factorLosses, 0, factorLosses.length);
        System.arraycopy(state.seen, 0, seen, 0, N);
        applyObservation(observation, model);
    }

    private static float[][] copy(float[][] arrays) {
        float[][] out = new float[arrays.length][];
        for (int a = 0; a < arrays.length; a++) {
            out[a] = arrays[a].clone();
        }
        return out;
    }

    private static void copyInto(float[][] from, float[][] to) {
        for (int a = 0; a < from.length; a++) {
            System.arraycopy(from[a], 0, to[a], 0, to[a].length);
        }
    }
}
