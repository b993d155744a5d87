package kappa.fitting.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.filter.FilterGradient;
import kappa.fitting.kernel.BatchGradient;
import kappa.fitting.kernel.Gradient;
import kappa.fitting.kernel.PackedModel;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;

/**
 * The gradient of a step's loss: over a batch of windows, the mean of the free run's loss and of the filter's one-step
 * prediction, or the first alone; and a Gaussian prior on the weights whose variances are the weights' own, bounded below. Sums
 * over windows are made in a fixed order, for any number of threads. Not thread-safe.
 */
final class FitLoss {

    /** Windows of a step. */
    static final int BATCH = 16;

    /** Windows are shared out to this many groups, whose gradients are added in order, for any number of threads. */
    private static final int GROUPS = 4;
    /** What the variances of the prior cannot fall below: m and W, n, b. */
    private static final double INPUT_VARIANCE = 0.15;
    private static final double OUTPUT_VARIANCE = 2;
    private static final double BIAS_VARIANCE = 0.01;

    private final FitPlan.Settings settings;
    private final Team team;
    private final int N;
    private final int K;
    private final int S;
    private final Parameters parameters;
    private final FittedModel fit;
    /** The fit's, as it is in the present step. */
    private KernelModel model;
    /** The model's numbers as the step's sweeps read them. */
    private final PackedModel packed;
    private final BatchGradient freeRun;
    private final List<Group> groups = new ArrayList<>();

    /** What the filter's losses of one group of windows are summed into. */
    private final class Group {
        final Gradient gradient = Gradient.zero(N, K, S);
        final FilterGradient filter;
        /** dL/d of the variances of process noise and start. */
        final double[] noise = new double[K];
        final double[] startVariance = new double[K];
        /** Variances of the process noise, and the diagonal [K,K] of kappa's at a trial's start. */
        final double[] processNoise = new double[K];
        final double[] startCovariance = new double[K * K];
        /** Whether a window's filter could not be followed, so that its one-step loss is missing. */
        boolean incomplete;

        Group(RnnKernels kernels) {
            filter = new FilterGradient(kernels, N, K, S, Window.BINS);
        }
    }

    FitLoss(FitPlan plan, FittedModel fit, RnnKernels kernels, Team team) {
        this.team = team;
        settings = plan.settings();
        N = plan.neurons();
        K = plan.rank();
        S = plan.inputs();
        parameters = fit.parameters();
        this.fit = fit;
        model = fit.model();
        packed = new PackedModel(N, K, S);
        freeRun = new BatchGradient(kernels, N, K, S, BATCH, Window.BINS, team);
        for (int g = 0; settings.filterLoss() && g < GROUPS; g++) {
            groups.add(new Group(kernels));
        }
    }

    /**
     * The gradient at the present parameters; valid until the next call.
     *
     * @param windows as many as {@link #BATCH}
     * @param effectiveBins that the replayed past amounts to, beside which the prior is weighed
     */
    Parameters gradient(Window[] windows, double effectiveBins) {
        model = fit.model();
        Gradient gradient = freeRunLoss(windows);
        float[] logProcessNoise = new float[parameters.logProcessNoise().length];
        float[] logStart = new float[parameters.logStart().length];
        if (settings.filterLoss()) {
            filterLoss(windows, gradient, logProcessNoise, logStart);
        }
        if (settings.prior() > 0) {
            double scale = settings.prior() / (effectiveBins * N);
            addPrior(gradient.m(), parameters.m(), scale, INPUT_VARIANCE);
            addPrior(gradient.w(), parameters.w(), scale, INPUT_VARIANCE);
            addPrior(gradient.n(), parameters.n(), scale, OUTPUT_VARIANCE);
            if (settings.biases()) {
                addPrior(gradient.b(), parameters.b(), scale, BIAS_VARIANCE);
            }
        }
        return new Parameters(N, gradient.m(), gradient.n(), gradient.w(), observation(gradient),
                settings.biases() ? gradient.b() : new float[0], settings.biases() ? gradient.start() : new float[0],
                logProcessNoise, logStart);
    }

    /** Whether no window's one-step loss was missing in the last step: filters can fail to be followed. */
    boolean complete() {
        return groups.stream().noneMatch(group -> group.incomplete);
    }

    /** Lets the scale follow kappa in the free runs of the last step. */
    void follow(Window[] windows, KappaScale scale) {
        double[] squares = new double[K];
        long bins = 0;
        for (int w = 0; w < windows.length; w++) {
            for (int t = 1; t <= windows[w].bins(); t++) {
                for (int k = 0; k < K; k++) {
                    double kappa = freeRun.kappa(w, t, k);
                    squares[k] += kappa * kappa;
                }
            }
            bins += windows[w].bins();
        }
        scale.follow(squares, bins);
    }

    private float[] observation(Gradient gradient) {
        if (model.kind() == Observation.COUNTS) {
            for (int i = 0; i < N; i++) {
                // dg/dc of g = log(1 + e^c)
                gradient.gain()[i] *= (float) (1 / (1 + Math.exp(-parameters.observation()[i])));
            }
        }
        return switch (model.kind()) {
            case COUNTS -> gradient.gain();
            case CURRENTS -> gradient.offset();
            case RATES -> new float[0];
        };
    }

    /** The gradient of the free run's losses. */
    private Gradient freeRunLoss(Window[] windows) {
        freeRun.clear();
        for (Window window : windows) {
            Trial trial = window.trial();
            int first = window.start();
            boolean learntStart = settings.biases() && window.fromStart();
            freeRun.add(trial.y(), first * N, trial.v(), first * S, window.bins(),
                    learntStart ? parameters.start() : window.prepared().states(), learntStart ? 0 : first * K,
                    scale(window));
        }
        Gradient gradient = freeRun.take(packed.pack(model));
        for (int w = 0; w < windows.length; w++) {
            // The state inside a trial is data.
            for (int k = 0; k < K && windows[w].fromStart(); k++) {
                gradient.start()[k] += freeRun.startAdjoint(w, k);
            }
        }
        return gradient;
    }

    /** Adds the gradient of the filter's one-step losses. */
    private void filterLoss(Window[] windows, Gradient gradient, float[] logProcessNoise, float[] logStart) {
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
                logProcessNoise[k] += (float) (2 * Math.exp(2 * parameters.logProcessNoise()[k]) * group.noise[k]);
                logStart[k] += (float) (2 * Math.exp(2 * parameters.logStart()[k]) * group.startVariance[k]);
            }
        }
    }

    private void filterLoss(Group group, Window window) {
        PreparedTrial prepared = window.prepared();
        Trial trial = prepared.trial();
        int first = window.start();
        boolean learntStart = window.fromStart() && settings.biases();
        float[] kappa = learntStart ? parameters.start() : prepared.filtered();
        double[] covariance = prepared.covariances();
        int covarianceOffset = first * K * K;
        if (window.fromStart()) {
            covariance = group.startCovariance;
            covarianceOffset = 0;
            for (int k = 0; k < K; k++) {
                covariance[k * K + k] = Math.exp(2 * parameters.logStart()[k]);
            }
        }
        for (int k = 0; k < K; k++) {
            group.processNoise[k] = Math.exp(2 * parameters.logProcessNoise()[k]);
        }
        boolean done = group.filter.add(model,
                new FilterGradient.Bins(trial.y(), first * N, trial.v(), first * S, window.bins()),
                new FilterGradient.State(kappa, learntStart ? 0 : first * K, covariance, covarianceOffset),
                group.processNoise, scale(window), group.gradient, group.noise);
        group.incomplete |= !done;
        if (done && window.fromStart()) {
            for (int k = 0; k < K; k++) {
                group.gradient.start()[k] += (float) group.filter.startAdjoint()[k];
                group.startVariance[k] += group.filter.startCovarianceAdjoint()[k * K + k];
            }
        }
    }

    /** What a window's summed loss is multiplied with. */
    private float scale(Window window) {
        return (settings.filterLoss() ? 0.5f : 1f) / ((float) BATCH * window.bins() * N);
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
}
