package kappa.fitting.baseline;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.fitting.regression.Cholesky;
import kappa.fitting.regression.LeadingSubspace;
import kappa.ingest.recording.Observation;

/**
 * A linear dynamical system, filtered and predicted by Kalman's equations and learned by online
 * expectation-maximisation (Ghahramani and Hinton 1996; stochastic approximation of the sums after Cappe and Moulines
 * 2009):
 *
 * <pre>
 * x_t = A x_{t-1} + noise(Q)     s_t = mu + C x_t + noise(diag R)     s = sqrt(y) for counts, y for rates and currents
 * </pre>
 *
 * <p>It knows nothing of inputs. It begins at the leading principal components of the first {@value #FIRST_TRIALS}
 * trials, smoothed; then each trial, with {@value #REPLAYED} earlier ones drawn at random, moves the sums. The mean
 * count that belongs to a predicted s is a quadratic in s - mu for each neuron, fitted to all past predictions by
 * least squares and drawn to mean + 2 mu (s - mu) + (s - mu)^2.
 */
final class KalmanModel implements Predictor {

    private static final int MAX_DIMENSIONS = 8;
    private static final int FIRST_TRIALS = 3;
    private static final int REPLAYED = 7;
    private static final int KEPT_TRIALS = 256;
    private static final double SMOOTHING_BINS = 3;
    /** The weight of the u-th update of the sums is u^-0.7. */
    private static final double STEP_EXPONENT = 0.7;
    /** Updates before the sums may move the parameters. */
    private static final int MIN_UPDATES = 5;
    private static final double LEAST_NOISE = 1e-3;
    private static final double JITTER = 1e-6;
    /** Bins of prior on the link: on its constant, on its slope and curvature. */
    private static final double[] LINK_PRIOR = {20, 1, 1};
    private static final double LEAST_SHARE_OF_MEAN = 0.02;

    private final Observation kind;
    private final int N;
    private final int K;
    private final ConstantRate past;
    private final SplittableRandom random;
    private final Deque<Trial> trials = new ArrayDeque<>();
    private LinearSystem system;
    private LinearSystem.Sums sums;
    private int updates;
    private double[] x;
    private double[][] p;
    private boolean first = true;
    private final double[] deviation;
    private final double[] s;
    private final double[][][] linkSquares;
    private final double[][] linkProducts;
    private final double[][] link;

    KalmanModel(FitPlan plan) {
        kind = plan.kind();
        N = plan.neurons();
        K = Math.max(1, Math.min(MAX_DIMENSIONS, N / 2));
        past = new ConstantRate(kind, N);
        random = new SplittableRandom(plan.seed());
        deviation = new double[N];
        s = new double[N];
        linkSquares = new double[N][3][3];
        linkProducts = new double[N][3];
        link = new double[N][3];
    }

    @Override
    public void begin(Start start) {
        first = first || start == Start.TRIAL;
    }

    @Override
    public void predict(float[] u, float[] out) {
        if (system == null) {
            for (int i = 0; i < N; i++) {
                out[i] = kind == Observation.COUNTS
                        ? Math.max(Baseline.LEAST_RATE, past.mean()[i])
                        : past.mean()[i];
            }
            return;
        }
        if (first) {
            x = system.start().clone();
            p = LinearSystem.copy(system.startCovariance());
            first = false;
        } else {
            double[][] next = new double[K][K];
            x = system.predict(x, p, next);
            p = next;
        }
        for (int i = 0; i < N; i++) {
            double d = 0;
            for (int k = 0; k < K; k++) {
                d += system.c()[i][k] * x[k];
            }
            deviation[i] = d;
            double mean = past.mean()[i];
            out[i] = kind == Observation.COUNTS
                    ? (float) Math.max(LEAST_SHARE_OF_MEAN * mean + Baseline.LEAST_RATE,
                            link[i][0] + d * (link[i][1] + d * link[i][2]))
                    : (float) (system.mu()[i] + d);
        }
    }

    private double transformed(float y) {
        return kind == Observation.COUNTS ? Math.sqrt(y) : y;
    }

    @Override
    public void observe(float[] y) {
        past.learn(y, 0, 1);
        if (system == null) {
            return;
        }
        for (int i = 0; i < N; i++) {
            s[i] = transformed(y[i]);
            if (!Float.isNaN(y[i])) {
                double d = deviation[i];
                double[] f = {1, d, d * d};
                for (int a = 0; a < f.length; a++) {
                    linkProducts[i][a] += f[a] * y[i];
                    for (int b = a; b < f.length; b++) {
                        linkSquares[i][a][b] += f[a] * f[b];
                    }
                }
            }
        }
        x = system.update(x, p, s);
    }

    @Override
    public void learn(Trial trial) {
        past.refresh();
        trials.add(trial);
        if (trials.size() > KEPT_TRIALS) {
            trials.remove();
        }
        if (system == null) {
            if (trials.size() < FIRST_TRIALS) {
                return;
            }
            system = principalComponents();
            first = true;
        }
        List<Trial> kept = new ArrayList<>(trials);
        use(trial);
        for (int r = 0; r < REPLAYED; r++) {
            use(kept.get(random.nextInt(kept.size())));
        }
        if (kind == Observation.COUNTS) {
            fitLink();
        }
    }

    private void use(Trial trial) {
        if (trial.bins() < 2) {
            return;
        }
        LinearSystem.Sums of = system.smoothed(values(trial));
        updates++;
        if (sums == null) {
            sums = of;
        } else {
            sums.move(of, Math.pow(updates, -STEP_EXPONENT));
        }
        if (updates >= MIN_UPDATES) {
            system = sums.maximise(LEAST_NOISE, JITTER);
        }
    }

    /** s, [T,N]. */
    private double[][] values(Trial trial) {
        double[][] out = new double[trial.bins()][N];
        for (int t = 0; t < trial.bins(); t++) {
            for (int i = 0; i < N; i++) {
                out[t][i] = transformed(trial.y()[t * N + i]);
            }
        }
        return out;
    }

    private void fitLink() {
        for (int i = 0; i < N; i++) {
            double[] prior = {past.mean()[i], 2 * Math.max(0.05, system.mu()[i]), 1};
            double[][] a = LinearSystem.copy(linkSquares[i]);
            double[] b = linkProducts[i].clone();
            for (int f = 0; f < prior.length; f++) {
                a[f][f] += LINK_PRIOR[f];
                b[f] += LINK_PRIOR[f] * prior[f];
            }
            new Cholesky(a).solve(b);
            System.arraycopy(b, 0, link[i], 0, b.length);
        }
    }

    /** Directions in which the smoothed first trials vary most, slowly decaying. */
    private LinearSystem principalComponents() {
        double[] mu = new double[N];
        double[] variance = new double[N];
        double[] observed = new double[N];
        List<double[][]> all = trials.stream().map(this::values).toList();
        for (double[][] values : all) {
            for (double[] row : values) {
                for (int i = 0; i < N; i++) {
                    if (!Double.isNaN(row[i])) {
                        observed[i]++;
                        mu[i] += row[i];
                        variance[i] += row[i] * row[i];
                    }
                }
            }
        }
        for (int i = 0; i < N; i++) {
            mu[i] /= Math.max(1, observed[i]);
            variance[i] = variance[i] / Math.max(1, observed[i]) - mu[i] * mu[i] + LEAST_NOISE;
        }
        List<double[]> smooth = new ArrayList<>();
        for (double[][] values : all) {
            for (int t = 0; t < values.length; t++) {
                smooth.add(smoothed(values, t, mu));
            }
        }
        double[][] directions = LeadingSubspace.of(N, K, v -> {
            double[] out = new double[N];
            for (double[] row : smooth) {
                double along = 0;
                for (int i = 0; i < N; i++) {
                    along += row[i] * v[i];
                }
                for (int i = 0; i < N; i++) {
                    out[i] += along * row[i];
                }
            }
            return out;
        });
        double[][] c = new double[N][K];
        double[][] a = new double[K][K];
        double[][] q = new double[K][K];
        double[][] startCovariance = new double[K][K];
        for (int k = 0; k < K; k++) {
            double power = 0;
            for (double[] row : smooth) {
                double along = 0;
                for (int i = 0; i < N; i++) {
                    along += row[i] * directions[k][i];
                }
                power += along * along / smooth.size();
            }
            for (int i = 0; i < N; i++) {
                c[i][k] = directions[k][i];
            }
            a[k][k] = 0.9;
            q[k][k] = 0.2 * power + JITTER;
            startCovariance[k][k] = power + JITTER;
        }
        return new LinearSystem(a, q, c, variance, mu, new double[K], startCovariance);
    }

    private static double[] smoothed(double[][] values, int t, double[] mu) {
        int reach = (int) Math.ceil(3 * SMOOTHING_BINS);
        double[] out = new double[mu.length];
        double weight = 0;
        for (int u = Math.max(0, t - reach); u <= Math.min(values.length - 1, t + reach); u++) {
            double w = Math.exp(-0.5 * (u - t) * (u - t) / (SMOOTHING_BINS * SMOOTHING_BINS));
            weight += w;
            for (int i = 0; i < out.length; i++) {
                // What was not observed is at its mean.
                out[i] += Double.isNaN(values[u][i]) ? 0 : w * (values[u][i] - mu[i]);
            }
        }
        for (int i = 0; i < out.length; i++) {
            out[i] /= weight;
        }
        return out;
    }
}
