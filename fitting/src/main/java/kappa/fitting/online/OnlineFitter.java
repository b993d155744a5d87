package kappa.fitting.online;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import kappa.fitting.kernel.Gradient;
import kappa.fitting.kernel.KernelModel;
import kappa.fitting.kernel.ObservationKind;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.WindowWorkspace;
import kappa.fitting.network.LowRankNetwork;

/**
 * Online LINT by truncated BPTT: after each trial, a fixed number of Adam steps on windows drawn from a pool of that trial
 * and replayed ones. The start state of a window is the free run's where it agrees with the filter's, else the filter's
 * (the gate): the filter alone is biased by spikes, the free run alone can stay in a bad minimum.
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
    private static final double NOISE_FORGETTING = 0.9;
    private static final double MIN_NOISE = 1e-4;
    private static final double MIN_KAPPA_STD = 1e-3;
    private static final double MIN_GAIN = 1e-4;

    private final FitPlan plan;
    private final RnnKernels kernels;
    private final ExecutorService threads;
    private final int N;
    private final int K;
    private final int S;
    /** log(e^g - 1) for counts, c for currents, empty for rates: what the fourth parameter array holds. */
    private final float[] observation;
    private final KernelModel model;
    private final Adam adam;
    private final Gradient gradient;
    private final List<Group> groups = new ArrayList<>();
    private final double[] kappaSquares;
    private double kappaWeight;
    private final double[] noiseSquares;
    private double noiseWeight;
    private final List<Trial> buffer = new ArrayList<>();
    private long bufferBytes;
    private long trialsSeen;
    private long binsLearned;
    private boolean initialised;
    private long skippedSteps;

    /** What one group of windows is summed into. */
    private final class Group {
        final Gradient gradient = Gradient.zero(N, K, S);
        final WindowWorkspace workspace = new WindowWorkspace(N, K, WINDOW);
        final double[] kappaSquares = new double[K];
        long kappaRows;
    }

    /** A pool trial with the start states its windows may use: row t is the state after t bins. */
    private record Prepared(Trial trial, float[] states) {}

    private record Window(Prepared prepared, int start, int bins) {}

    /**
     * @param threads shares the windows among its threads, or null to do everything in the caller's
     */
    public OnlineFitter(FitPlan plan, RnnKernels kernels, ExecutorService threads) {
        this.plan = plan;
        this.kernels = kernels;
        this.threads = threads;
        N = plan.neurons();
        K = plan.rank();
        S = plan.inputs();
        SplittableRandom random = new SplittableRandom(plan.seed());
        LowRankNetwork network = LowRankNetwork.withoutBias(N, K, S, plan.alpha(), gaussian(random, K * N, 1),
                gaussian(random, K * N, 0.3), gaussian(random, S * N, 0.5));
        model = KernelModel.plain(network, plan.kind());
        observation = plan.kind() == ObservationKind.RATES ? new float[0] : new float[N];
        adam = new Adam(network.m(), network.n(), network.w(), observation);
        gradient = Gradient.zero(N, K, S);
        for (int g = 0; g < GROUPS; g++) {
            groups.add(new Group());
        }
        kappaSquares = new double[K];
        noiseSquares = new double[N];
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

    /** Steps left out because the gradient was not finite. */
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

    /** Learns with the plan's number of steps. */
    @Override
    public void learn(Trial trial) {
        learn(trial, plan.stepsPerTrial());
    }

    /**
     * Adds a trial to the replay buffer and makes {@code steps} Adam steps. A trial that is shorter than its warm-up by
     * nothing, or has no bin, teaches nothing and is left out.
     */
    public void learn(Trial trial, int steps) {
        long index = trialsSeen++;
        binsLearned = trial.firstBin() + trial.bins();
        if (trial.bins() <= trial.warmUp()) {
            return;
        }
        if (!initialised) {
            initialise(trial);
        }
        SplittableRandom random = new SplittableRandom(plan.seed() ^ (index + 1) * 0x9E3779B97F4A7C15L);
        keep(trial, random);
        if (steps == 0) {
            return;
        }
        List<Prepared> pool = prepare(trial, random);
        learnNoise(pool.getFirst());
        Window[] windows = new Window[BATCH];
        for (int s = 0; s < steps; s++) {
            for (int b = 0; b < BATCH; b++) {
                windows[b] = draw(pool, random);
            }
            step(windows);
        }
    }

    /** Starts the observation map from the first trial: counts from each neuron's mean, currents from theirs. */
    private void initialise(Trial trial) {
        initialised = true;
        ConstantRate means = new ConstantRate(plan.kind(), N);
        means.learn(trial.y(), 0, trial.bins());
        means.refresh();
        switch (plan.kind()) {
            case COUNTS -> {
                for (int i = 0; i < N; i++) {
                    observation[i] = (float) Math.log(Math.expm1(Math.max(MIN_GAIN, means.mean()[i])));
                }
            }
            case CURRENTS -> System.arraycopy(means.mean(), 0, observation, 0, N);
            case RATES -> {
            }
        }
        applyObservation(observation, model);
        adam.averageFromHere();
    }

    /** Carries the trainable form over to gains and offsets: g = softplus(c) for counts. */
    private void applyObservation(float[] trainable, KernelModel to) {
        if (plan.kind() == ObservationKind.COUNTS) {
            for (int i = 0; i < N; i++) {
                to.gain()[i] = (float) Math.max(MIN_GAIN, softplus(trainable[i]));
            }
            to.gainsChanged();
        } else if (plan.kind() == ObservationKind.CURRENTS) {
            System.arraycopy(trainable, 0, to.offset(), 0, N);
        }
    }

    private static double softplus(double c) {
        return Math.max(c, 0) + Math.log1p(Math.exp(-Math.abs(c)));
    }

    private void keep(Trial trial, SplittableRandom random) {
        buffer.add(trial);
        bufferBytes += trial.bytes();
        while (bufferBytes > plan.bufferBytes() && buffer.size() > 1) {
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
            draws[p] = random.nextInt(buffer.size());
        }
        int[] distinct = Arrays.stream(draws).distinct().toArray();
        Prepared[] byIndex = new Prepared[buffer.size()];
        inParallel(distinct.length, task -> {
            int at = distinct[task];
            byIndex[at] = new Prepared(buffer.get(at), startStates(buffer.get(at)));
        });
        List<Prepared> pool = new ArrayList<>(POOL);
        for (int at : draws) {
            pool.add(byIndex[at]);
        }
        return pool;
    }

    /** Before anything was learned, kappa's scale is that of a free run. */
    private void firstKappaScale(Trial trial) {
        float[] kappa = new float[(trial.bins() + 1) * K];
        kernels.rollout(model, trial.v(), 0, trial.bins(), kappa, 0, new float[K]);
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

    private double[] processNoise() {
        double[] q = new double[K * K];
        for (int k = 0; k < K; k++) {
            double sd = PROCESS_NOISE * kappaStd(k);
            q[k * K + k] = sd * sd;
        }
        return q;
    }

    /**
     * The gate: kappa of the free run where it is within a quarter of kappa's scale of the filter's, else the filter's.
     *
     * @return [T + 1,K]
     */
    private float[] startStates(Trial trial) {
        int T = trial.bins();
        int warmUp = trial.warmUp();
        float[] filtered = new float[(T + 1) * K];
        double[] q = processNoise();
        LatentFilter filter = new LatentFilter(kernels, N, K, S);
        if (warmUp > 0) {
            filter.reset(0);
            double[] broad = new double[K * K];
            for (int k = 0; k < K; k++) {
                broad[k * K + k] = kappaStd(k) * kappaStd(k);
            }
            filter.restore(new double[K], broad, new float[S]);
        }
        filter.setInputs(trial.v(), 0);
        for (int t = 1; t <= T; t++) {
            filter.predict(model, q);
            filter.setInputs(trial.v(), t * S);
            filter.update(model, trial.y(), (t - 1) * N);
            for (int k = 0; k < K; k++) {
                filtered[t * K + k] = (float) filter.kappa()[k];
            }
        }
        float[] free = filtered.clone();
        kernels.rollout(model, trial.v(), warmUp * S, T - warmUp, free, warmUp * K, new float[K]);
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
        return free;
    }

    /** Noise variance of each neuron from the newest trial's errors along its start states (rates, currents). */
    private void learnNoise(Prepared newest) {
        if (plan.kind() == ObservationKind.COUNTS) {
            return;
        }
        Trial trial = newest.trial();
        double[] squares = new double[N];
        double[] observed = new double[N];
        for (int t = trial.warmUp() + 1; t <= trial.bins(); t++) {
            kernels.squaredErrors(model, trial.y(), (t - 1) * N, newest.states(), t * K, trial.v(), t * S, squares,
                    observed);
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
        inParallel(GROUPS, g -> {
            Group group = groups.get(g);
            group.gradient.clear();
            Arrays.fill(group.kappaSquares, 0);
            group.kappaRows = 0;
            for (int b = g; b < BATCH; b += GROUPS) {
                window(group, windows[b]);
            }
        });
        gradient.clear();
        long rows = 0;
        double[] squares = new double[K];
        for (Group group : groups) {
            gradient.add(group.gradient);
            rows += group.kappaRows;
            for (int k = 0; k < K; k++) {
                squares[k] += group.kappaSquares[k];
            }
        }
        if (plan.kind() == ObservationKind.COUNTS) {
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
        if (!adam.step(gradient.m(), gradient.n(), gradient.w(), observationGradient)) {
            skippedSteps++;
            return;
        }
        applyObservation(observation, model);
        kappaWeight = KAPPA_FORGETTING * kappaWeight + 1 - KAPPA_FORGETTING;
        for (int k = 0; k < K; k++) {
            kappaSquares[k] = KAPPA_FORGETTING * kappaSquares[k] + (1 - KAPPA_FORGETTING) * squares[k] / rows;
        }
    }

    private void window(Group group, Window window) {
        Trial trial = window.prepared().trial();
        int start = window.start();
        int bins = window.bins();
        System.arraycopy(window.prepared().states(), start * K, group.workspace.kappa, 0, K);
        float scale = 1f / ((float) BATCH * bins * N);
        kernels.gradient(model, trial.y(), start * N, trial.v(), start * S, bins, scale, group.gradient,
                group.workspace);
        for (int t = 1; t <= bins; t++) {
            for (int k = 0; k < K; k++) {
                double kappa = group.workspace.kappa[t * K + k];
                group.kappaSquares[k] += kappa * kappa;
            }
        }
        group.kappaRows += bins;
    }

    private interface Task {
        void run(int index);
    }

    private void inParallel(int tasks, Task task) {
        if (threads == null) {
            for (int i = 0; i < tasks; i++) {
                task.run(i);
            }
            return;
        }
        List<Callable<Void>> calls = new ArrayList<>(tasks);
        for (int i = 0; i < tasks; i++) {
            int index = i;
            calls.add(() -> {
                task.run(index);
                return null;
            });
        }
        try {
            for (Future<Void> done : threads.invokeAll(calls)) {
                done.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while fitting", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a fit step failed", e.getCause());
        }
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
        LowRankNetwork network = LowRankNetwork.withoutBias(N, K, S, plan.alpha(), gauge.m(), gauge.n(),
                adam.average[2].clone());
        KernelModel published = KernelModel.of(network, plan.kind(), model.gain().clone(), model.offset().clone(),
                model.noise().clone());
        if (initialised) {
            applyObservation(adam.average[3], published);
        }
        double[] raw = new double[K * K];
        for (int k = 0; k < K; k++) {
            raw[k * K + k] = kappaWeight == 0 ? 1 : kappaStd(k) * kappaStd(k);
        }
        double[] canonical = gauge.covariance(raw);
        double[] std = new double[K];
        for (int k = 0; k < K; k++) {
            std[k] = Math.sqrt(canonical[k * K + k]);
        }
        double[] noise = canonical.clone();
        for (int i = 0; i < noise.length; i++) {
            noise[i] *= PROCESS_NOISE * PROCESS_NOISE;
        }
        return new PublishedModel(trialsSeen, published, noise, std, new double[K],
                PublishedModel.certainStart(K), binsLearned, adam.steps());
    }

    /** Everything but the replay buffer's activity, which is in the log. Arrays are copies. */
    public record State(float[][] parameters, float[][] first, float[][] second, float[][] average, long steps,
            double[] kappaSquares, double kappaWeight, double[] noiseSquares, double noiseWeight, float[] noise,
            long trialsSeen, long binsLearned, boolean initialised) {}

    public State save() {
        return new State(copy(adam.parameters), copy(adam.first), copy(adam.second), copy(adam.average), adam.steps(),
                kappaSquares.clone(), kappaWeight, noiseSquares.clone(), noiseWeight, model.noise().clone(), trialsSeen,
                binsLearned, initialised);
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
        initialised = state.initialised;
        if (initialised) {
            applyObservation(observation, model);
        }
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
