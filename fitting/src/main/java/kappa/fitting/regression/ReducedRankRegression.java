package kappa.fitting.regression;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import kappa.fitting.filter.Gauge;
import kappa.fitting.fit.FittingAlgorithm;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;

/**
 * Connectivity by reduced-rank regression of one-step differences. With z = x + b, the recurrence of {@link
 * LowRankNetwork} between two consecutive bins is linear in the unknowns:
 *
 * <pre>
 * (z_{t+1} - (1-alpha) z_t) / alpha = J phi(z_t) + W' u_{t+1} + b + noise       rank J = K
 * </pre>
 *
 * <p>so J, W and b follow from sums over pairs of bins, which are added up trial by trial and solved when a model is
 * wanted ({@link RegressionSums}; alpha is known). The ridge, in units of the rates' mean variance, is the one out of
 * {1e-7, 1e-6, .., 0.1} whose network predicts the newest trials best in free run; those (a fifth of all, eight at
 * most) enter the sums only after they have served for that. Noise on x only makes the estimate less sure; noise on
 * what is observed stands on both sides and biases it. So, what is observed:
 *
 * <ul>
 * <li>currents: z is the activity itself, and b, which cannot be told from an offset there, is both.
 * <li>rates: z = arctanh of the activity, clamped to +-(1 - {@value #RATE_MARGIN}). Exact for rates without observation
 * noise, for which float32 is just enough. Noise is amplified where neurons saturate; where the first trial goes
 * beyond +-1, which no rate does, the margin is half of the farthest excess, some 1.5 standard deviations of that
 * noise.
 * <li>counts: the theory does not hold. y/g - 1 is the rate plus a noise larger than itself; it is smoothed over the
 * trial (Gaussian, {@value #SMOOTHING_BINS} bins), clamped to +-{@value #COUNT_LIMIT} and treated as a rate, and the
 * result is biased by what noise is left, however many trials there are. Of use as a start for another algorithm;
 * {@link #warnings} says so.
 * </ul>
 *
 * <p>The linear variant has the identity in place of phi: a baseline, which is published as a network driven so
 * weakly that its phi is linear, and seen through a gain that makes up for it. It is for scores only; its kappa has
 * another scale.
 *
 * <p>A pair in which a neuron is NaN is left out, unless that neuron is NaN in the whole trial: then it takes part as
 * silent, and its own row is scaled up to the trials in which it was there. A neuron that was never seen gets no
 * connections. Memory is 16 (N + S + 1)^2 bytes and one solution O(N^3), so that the model is solved for after each
 * of the first {@value #EVERY_TRIAL} trials, then whenever there is an eighth more of them and at the end of a pass;
 * in between the one before stands. Not thread-safe.
 */
public final class ReducedRankRegression implements FittingAlgorithm {

    /** 16,000 neurons would take 4 GB. */
    public static final int MAX_NEURONS = 8_192;

    private static final double[] RIDGES = {1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
    /** While there is nothing to choose by. */
    private static final double COUNT_RIDGE = 1e-2;
    /** One trial in this number is held out to choose the ridge, up to a maximum number of trials. */
    private static final int HELD_SHARE = 5;
    private static final int MOST_HELD = 8;
    private static final double RATE_MARGIN = 1e-6;
    /** Activity far beyond +-1 is no rates; something has to be left of it all the same. */
    private static final double LEAST_RATE_LIMIT = 0.5;
    private static final double COUNT_LIMIT = 0.9;
    private static final double SMOOTHING_BINS = 2;
    private static final int EVERY_TRIAL = 16;
    private static final double GROWTH = 1.125;
    /** Trials whose mean counts give the gains, before any of their bins is used. */
    private static final int GAIN_TRIALS = 10;
    /** Trials from which kappa's scale and the noises are taken. */
    private static final int RECENT = 8;
    private static final double LEAST_PROCESS_NOISE = 0.02;
    private static final double LEAST_NOISE = 1e-4;
    private static final double LEAST_KAPPA_STD = 1e-3;
    /** Of the linear variant: tanh(x / 1000) is x / 1000 to a part in a million. */
    private static final double WEAK = 1e-3;

    private final FitPlan plan;
    private final RnnKernels kernels;
    private final boolean linear;
    private final int N;
    private final int S;
    private final RegressionSums sums;
    private final long[] rowsOfNeuron;
    private final ConstantRate means;
    private final List<Trial> waiting = new ArrayList<>();
    private final Deque<Trial> held = new ArrayDeque<>();
    private final Deque<Trial> recent = new ArrayDeque<>();
    private float[] gain;
    private double rateLimit;
    private long trials;
    private long solvedTrials;
    private long binsLearned;
    private double ridge;
    private long ridgeChosenAt;
    private boolean passOver;
    private boolean wanted;
    private int absences;

    private ReducedRankRegression(FitPlan plan, RnnKernels kernels, boolean linear) {
        if (plan.neurons() > MAX_NEURONS) {
            throw new InvalidInputException("regression: " + plan.neurons() + " neurons, expected at most "
                    + MAX_NEURONS
                    + ", whose sums take " + 16L * MAX_NEURONS * MAX_NEURONS / 1_000_000
                    + " MB; bptt has no such limit");
        }
        if (linear && plan.kind() == Observation.COUNTS) {
            throw new InvalidInputException(
                    "linear regression: counts observed, expected rates or currents: a mean count"
                            + " that is linear in x would be negative");
        }
        this.plan = plan;
        this.kernels = kernels;
        this.linear = linear;
        N = plan.neurons();
        S = plan.inputs();
        sums = new RegressionSums(N, S + 1);
        ridge = plan.kind() == Observation.COUNTS ? COUNT_RIDGE : RIDGES[0];
        rowsOfNeuron = new long[N];
        means = new ConstantRate(plan.kind(), N);
    }

    /** With phi, as the network has it. */
    public static ReducedRankRegression nonlinear(FitPlan plan, RnnKernels kernels) {
        return new ReducedRankRegression(plan, kernels, false);
    }

    /**
     * With the identity in place of phi, for comparison.
     *
     * @throws InvalidInputException if the plan observes counts
     */
    public static ReducedRankRegression linear(FitPlan plan, RnnKernels kernels) {
        return new ReducedRankRegression(plan, kernels, true);
    }

    @Override
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (plan.kind() == Observation.COUNTS) {
            warnings.add("regression on spike counts is biased, however many trials there are: the noise of the"
                    + " counts stands on both sides; use bptt, or rates without observation noise");
        }
        if (absences > 0) {
            warnings.add(absences + " times a neuron was not observed in a whole trial and took part in it as silent");
        }
        return warnings;
    }

    @Override
    public void learn(Trial trial) {
        trials++;
        binsLearned = trial.firstBin() + trial.bins();
        recent.add(trial);
        if (recent.size() > RECENT) {
            recent.remove();
        }
        if (plan.kind() == Observation.COUNTS && gain == null) {
            means.learn(trial.y(), trial.warmUp(), trial.bins() - trial.warmUp());
            waiting.add(trial);
            if (waiting.size() == GAIN_TRIALS) {
                useWaiting();
            }
            return;
        }
        if (rateLimit == 0) {
            rateLimit = limit(trial);
        }
        use(trial);
    }

    private double limit(Trial trial) {
        double excess = 0;
        for (float y : trial.y()) {
            // False for NaN.
            if (Math.abs(y) - 1 > excess) {
                excess = Math.abs(y) - 1.0;
            }
        }
        return Math.max(LEAST_RATE_LIMIT, 1 - Math.max(RATE_MARGIN, excess / 2));
    }

    private void use(Trial trial) {
        held.add(trial);
        long most = passOver ? 0 : Math.min(MOST_HELD, trials / HELD_SHARE);
        while (held.size() > most) {
            addPairs(held.remove());
        }
    }

    private void useWaiting() {
        means.refresh();
        gain = means.mean().clone();
        rateLimit = COUNT_LIMIT;
        waiting.forEach(this::use);
        waiting.clear();
    }

    @Override
    public void endPass() {
        if (!waiting.isEmpty()) {
            useWaiting();
        }
        chooseRidge();
        passOver = true;
        held.forEach(this::addPairs);
        held.clear();
        wanted = true;
    }

    // ------------------------------------------------------------------ sums

    private void addPairs(Trial trial) {
        int T = trial.bins();
        double[][] z = currents(trial);
        boolean[] there = new boolean[N];
        for (int i = 0; i < N; i++) {
            for (int t = 0; t < T && !there[i]; t++) {
                there[i] = !Double.isNaN(z[t][i]);
            }
            absences += there[i] ? 0 : 1;
        }
        double alpha = plan.alpha();
        double[][] a = new double[T][];
        double[][] d = new double[T][];
        int rows = 0;
        // The pairs whose second bin is new: a segment's warm-up was the end of the one before.
        for (int t = Math.max(1, trial.warmUp()); t < T; t++) {
            if (!complete(z[t - 1], there) || !complete(z[t], there)) {
                continue;
            }
            double[] regressors = new double[N + S + 1];
            double[] targets = new double[N];
            for (int i = 0; i < N; i++) {
                if (there[i]) {
                    regressors[i] = linear ? z[t - 1][i] : LowRankNetwork.phi(z[t - 1][i]);
                    targets[i] = (z[t][i] - (1 - alpha) * z[t - 1][i]) / alpha;
                }
            }
            for (int s = 0; s < S; s++) {
                // v_t = (1-alpha) v_{t-1} + alpha u_t; rows of v are one ahead of bins.
                regressors[N + s] = (trial.v()[(t + 1) * S + s] - (1 - alpha) * trial.v()[t * S + s]) / alpha;
            }
            regressors[N + S] = 1;
            a[rows] = regressors;
            d[rows++] = targets;
        }
        sums.add(a, d, rows);
        for (int i = 0; i < N; i++) {
            rowsOfNeuron[i] += there[i] ? rows : 0;
        }
    }

    private static boolean complete(double[] z, boolean[] there) {
        for (int i = 0; i < z.length; i++) {
            if (there[i] && Double.isNaN(z[i])) {
                return false;
            }
        }
        return true;
    }

    /** z = x + b, [T,N], NaN where not observed. */
    private double[][] currents(Trial trial) {
        int T = trial.bins();
        double[][] z = new double[T][N];
        for (int t = 0; t < T; t++) {
            for (int i = 0; i < N; i++) {
                z[t][i] = trial.y()[t * N + i];
            }
        }
        if (plan.kind() == Observation.COUNTS) {
            smooth(z);
        }
        if (plan.kind() == Observation.CURRENTS || linear) {
            return z;
        }
        for (double[] row : z) {
            for (int i = 0; i < N; i++) {
                double rate = plan.kind() == Observation.COUNTS ? row[i] / gain[i] - 1 : row[i];
                row[i] = LowRankNetwork.inversePhi(Math.clamp(rate, -rateLimit, rateLimit));
            }
        }
        return z;
    }

    /** Replaces counts by their Gaussian-weighted mean over the trial's observed bins. */
    private static void smooth(double[][] z) {
        int reach = (int) Math.ceil(3 * SMOOTHING_BINS);
        double[] kernel = new double[reach + 1];
        for (int lag = 0; lag <= reach; lag++) {
            kernel[lag] = Math.exp(-0.5 * lag * lag / (SMOOTHING_BINS * SMOOTHING_BINS));
        }
        double[] column = new double[z.length];
        for (int i = 0; i < z[0].length; i++) {
            for (int t = 0; t < z.length; t++) {
                column[t] = z[t][i];
            }
            for (int t = 0; t < z.length; t++) {
                double sum = 0;
                double weight = 0;
                for (int s = Math.max(0, t - reach); s <= Math.min(z.length - 1, t + reach); s++) {
                    if (!Double.isNaN(column[s])) {
                        sum += kernel[Math.abs(s - t)] * column[s];
                        weight += kernel[Math.abs(s - t)];
                    }
                }
                z[t][i] = Double.isNaN(column[t]) ? Double.NaN : sum / weight;
            }
        }
    }

    // ------------------------------------------------------------------ models

    /**
     * The network that the pairs so far speak for, with m'm / N = I; empty while there are fewer of them than
     * unknowns. From counts, the first call fixes the gains, which otherwise wait for {@value #GAIN_TRIALS} trials.
     */
    public Optional<LowRankNetwork> estimate() {
        if (!waiting.isEmpty()) {
            useWaiting();
        }
        if (trials >= 2 * ridgeChosenAt) {
            chooseRidge();
        }
        return estimate(ridge);
    }

    /** The ridge whose network predicts the trials held back best, in free run; the smallest of equals. */
    private void chooseRidge() {
        if (held.isEmpty() || passOver) {
            return;
        }
        ridgeChosenAt = trials;
        double least = Double.POSITIVE_INFINITY;
        for (double candidate : RIDGES) {
            Optional<LowRankNetwork> network = estimate(candidate);
            double loss = network.isEmpty() ? Double.NaN : freeRunLoss(network.get());
            // False for NaN.
            if (loss < least) {
                least = loss;
                ridge = candidate;
            }
        }
    }

    private double freeRunLoss(LowRankNetwork network) {
        int K = plan.rank();
        double unit = linear ? WEAK : 1;
        KernelModel model = model(network, (float) unit);
        double sum = 0;
        float[] scratch = new float[RnnKernels.SCRATCH];
        for (Trial trial : held) {
            int first = trial.warmUp();
            float[] kappa = new float[(trial.bins() - first + 1) * K];
            if (first > 0 && !project(network, currents(trial)[first - 1], trial.v(), first * S, unit, kappa)) {
                continue;
            }
            kernels.rollout(model, trial.v(), first * S, trial.bins() - first, kappa, 0, scratch);
            for (int t = first; t < trial.bins(); t++) {
                sum += kernels.loss(model, trial.y(), t * N, kappa, (t - first + 1) * K, trial.v(), (t + 1) * S,
                        scratch);
            }
        }
        return sum;
    }

    private Optional<LowRankNetwork> estimate(double lambda) {
        int K = plan.rank();
        if (sums.rows() < 2L * (K + S + 1)) {
            return Optional.empty();
        }
        double[] targetScale = new double[N];
        for (int i = 0; i < N; i++) {
            targetScale[i] = rowsOfNeuron[i] == 0 ? 0 : (double) sums.rows() / rowsOfNeuron[i];
        }
        RegressionSums.Solution solution = sums.solve(K, lambda, targetScale);
        float[] m = new float[K * N];
        float[] n = new float[K * N];
        float[] w = new float[S * N];
        float[] b = new float[N];
        // J = left' right = m n' / N, with m of unit mean square.
        double root = Math.sqrt(1 / LowRankNetwork.connectivityScale(N));
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < K; k++) {
                m[k * N + i] = (float) (root * solution.left()[k][i]);
                n[k * N + i] = (float) (root * solution.right()[k][i]);
            }
            for (int s = 0; s < S; s++) {
                w[s * N + i] = (float) solution.unconstrained()[i][s];
            }
            b[i] = (float) solution.unconstrained()[i][S];
        }
        return finite(m) && finite(n) && finite(w) && finite(b)
                ? Optional.of(new LowRankNetwork(N, K, S, plan.alpha(), m, n, w, b))
                : Optional.empty();
    }

    private static boolean finite(float[] array) {
        for (float value : array) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public PublishedModel publish(PublishedModel previous) {
        boolean due = trials > solvedTrials && waiting.isEmpty()
                && (trials <= EVERY_TRIAL || trials >= GROWTH * solvedTrials);
        Optional<LowRankNetwork> found = due || wanted ? estimate() : Optional.empty();
        if (found.isEmpty()) {
            return previous == null ? unknown() : previous;
        }
        solvedTrials = trials;
        wanted = false;
        LowRankNetwork raw = found.get();
        float[] previousM = plan.axesOf(previous);
        Gauge gauge = Gauge.canonical(raw.m(), raw.n(), N, plan.rank(), previousM);
        return described(new LowRankNetwork(N, plan.rank(), S, plan.alpha(), gauge.m(), gauge.n(), raw.w(), raw.b()));
    }

    /** Before anything is known. */
    private PublishedModel unknown() {
        int K = plan.rank();
        LowRankNetwork network = LowRankNetwork.withoutBias(N, K, S, plan.alpha(), new float[K * N], new float[K * N],
                new float[S * N]);
        double[] ones = new double[K];
        Arrays.fill(ones, 1);
        return new PublishedModel(0, KernelModel.plain(network, plan.kind()), new double[K * K], ones, new double[K],
                PublishedModel.certainStart(K), 0, 0);
    }

    /** Adds what the filter needs: kappa's scale and the noises, from how the recent trials follow the network. */
    private PublishedModel described(LowRankNetwork network) {
        int K = plan.rank();
        double unit = linear ? WEAK : 1;
        KernelModel model = model(network, (float) unit);
        double[] squares = new double[K];
        double[] steps = new double[K];
        long bins = 0;
        long pairs = 0;
        double[] errors = new double[N];
        double[] observed = new double[N];
        float[] pair = new float[2 * K];
        float[] scratch = new float[RnnKernels.SCRATCH];
        for (Trial trial : recent) {
            double[][] z = currents(trial);
            boolean follows = false;
            for (int t = trial.warmUp(); t < trial.bins(); t++) {
                float[] kappa = new float[K];
                if (!project(network, z[t], trial.v(), (t + 1) * S, unit, kappa)) {
                    follows = false;
                    continue;
                }
                if (follows) {
                    float[] predicted = new float[2 * K];
                    System.arraycopy(pair, 0, predicted, 0, K);
                    kernels.rollout(model, trial.v(), t * S, 1, predicted, 0, scratch);
                    for (int k = 0; k < K; k++) {
                        double step = kappa[k] - predicted[K + k];
                        steps[k] += step * step;
                    }
                    pairs++;
                }
                System.arraycopy(kappa, 0, pair, 0, K);
                follows = true;
                for (int k = 0; k < K; k++) {
                    squares[k] += (double) kappa[k] * kappa[k];
                }
                bins++;
                if (plan.kind() != Observation.COUNTS) {
                    kernels.squaredErrors(model, trial.y(), t * N, kappa, 0, trial.v(), (t + 1) * S, errors, observed,
                            scratch);
                }
            }
        }
        double[] std = new double[K];
        double[] noise = new double[K * K];
        for (int k = 0; k < K; k++) {
            std[k] = Math.max(unit * LEAST_KAPPA_STD, Math.sqrt(squares[k] / Math.max(1, bins)));
            double least = LEAST_PROCESS_NOISE * std[k];
            noise[k * K + k] = Math.max(least * least, steps[k] / Math.max(1, pairs));
        }
        for (int i = 0; i < N; i++) {
            model.noise()[i] = (float) Math.max(LEAST_NOISE, observed[i] > 0 ? errors[i] / observed[i] : 1);
        }
        return new PublishedModel(trials, model, noise, std, new double[K], PublishedModel.certainStart(K), binsLearned,
                0);
    }

    private KernelModel model(LowRankNetwork network, float unit) {
        float[] w = scaled(network.w(), unit);
        float[] b = scaled(network.b(), unit);
        float[] g = new float[N];
        Arrays.fill(g, 1 / unit);
        float[] noise = new float[N];
        Arrays.fill(noise, 1);
        // Biases do not enter currents, which are z itself.
        float[] offset = plan.kind() == Observation.CURRENTS ? network.b().clone() : new float[N];
        return KernelModel.of(new LowRankNetwork(N, network.rank(), S, network.alpha(), network.m(), network.n(), w, b),
                plan.kind(), plan.kind() == Observation.COUNTS ? gain.clone() : g, offset, noise);
    }

    private static float[] scaled(float[] array, float factor) {
        float[] out = array.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] *= factor;
        }
        return out;
    }

    /** The first K of kappa = m'(z - b - W'v) / N, where m'm / N = I; false where z is not whole. */
    private boolean project(LowRankNetwork network, double[] z, float[] v, int vOffset, double unit, float[] kappa) {
        double[] sum = new double[network.rank()];
        for (int i = 0; i < N; i++) {
            if (Double.isNaN(z[i])) {
                return false;
            }
            double rest = z[i] - network.b()[i];
            for (int s = 0; s < S; s++) {
                rest -= network.w()[s * N + i] * v[vOffset + s];
            }
            for (int k = 0; k < sum.length; k++) {
                sum[k] += network.m()[k * N + i] * rest;
            }
        }
        for (int k = 0; k < sum.length; k++) {
            kappa[k] = (float) (unit * LowRankNetwork.connectivityScale(N) * sum[k]);
        }
        return true;
    }
}
