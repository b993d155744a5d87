package kappa.fitting.em;

import java.util.Arrays;
import java.util.List;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.linear.CholeskyDecomposition;

/**
 * The objective of an M step: the expectation, over the smoothed states, of
 *
 * <pre>
 * sum_t,i log p(y_it | x_it)  +  sum_t log N(kappa_{t+1}; f(kappa_t), Q)
 * f(kappa_t) = (1-alpha) kappa_t + (alpha/N) n' phi(m kappa_t + W'v_t + b)
 * </pre>
 *
 * <p>over all bins after the warm-up, plus a weak Gaussian log prior on n, and on m and W if one is asked for, with its
 * gradient. m, W and b stand in both
 * terms, and the gradient is that of the sum: with e = kappa_{t+1} - f(kappa_t), a = (alpha/N) Q^-1 e and s_i = dlog
 * p(y_i | x_i)/dx_i at a sigma point,
 *
 * <pre>
 * delta_i = s_i + phi'_i n_i . a      dm_i = delta_i kappa    dW_i = delta_i v    db_i = delta_i    dn_i = phi_i a
 * </pre>
 *
 * <p>(For currents s_i counts in m and W only: the current that is observed does not contain b.) Sums over trials are
 * made in a fixed number of groups that are added in order, so that results do not depend on the number of threads.
 */
final class ExpectedLogLikelihood {

    /** Where things stand in the parameter vector, [2 K + S + 2,N]. */
    record Layout(int N, int K, int S) {
        int m(int k) {
            return k * N;
        }

        int w(int s) {
            return (K + s) * N;
        }

        int b() {
            return (K + S) * N;
        }

        /** log g for counts, c for currents. */
        int observation() {
            return (K + S + 1) * N;
        }

        int n(int k) {
            return (K + S + 2 + k) * N;
        }

        int length() {
            return (2 * K + S + 2) * N;
        }
    }

    /**
     * The value at some parameters with everything the M step's closed forms want.
     *
     * @param gradient laid out as the parameters
     * @param errors [K,K] sum of E[e e'] over transitions
     * @param squares [N] sum of E[(y - prediction)^2] for rates and currents
     * @param observed [N] number of observations
     */
    record Evaluation(double value, double[] gradient, double[] errors, double[] squares, double[] observed,
            long transitions) {}

    /**
     * Precision of a Gaussian prior on each entry of n. Activity determines n thousands of times more strongly. Parts
     * of n outside the space of the rates are not determined by activity and go to zero.
     */
    static final double N_PRECISION = 0.4;

    private static final int GROUPS = 8;

    private final List<SigmaPoints> trials;
    private final KernelModel model;
    private final Team team;
    private final Layout layout;
    private final int N;
    private final int K;
    private final int S;
    private final int J;
    private final double[] precision;
    private final double weightPrecision;
    private final double logDeterminant;

    /**
     * @param model observation kind, alpha and noise; its trained parts are not read
     * @param processNoise Q, [K,K]
     * @param weightPrecision precision of the prior on each entry of m and W, 0 for none
     */
    ExpectedLogLikelihood(List<SigmaPoints> trials, KernelModel model, double[] processNoise, double weightPrecision,
            Team team) {
        this.trials = trials;
        this.weightPrecision = weightPrecision;
        this.model = model;
        this.team = team;
        LowRankNetwork net = model.network();
        layout = new Layout(net.neurons(), net.rank(), net.inputs());
        N = net.neurons();
        K = net.rank();
        S = net.inputs();
        J = 2 * K;
        CholeskyDecomposition factor = Smoother.factor(Smoother.matrix(processNoise));
        precision = Smoother.flat(factor.getSolver().getInverse());
        logDeterminant = Smoother.logDeterminant(factor);
    }

    /** Log density of the prior, up to its constant. */
    static double logPrior(double[] parameters, Layout layout, double weightPrecision) {
        return -0.5 * (weightPrecision * squares(parameters, 0, layout.b())
                + N_PRECISION * squares(parameters, layout.n(0), layout.n(layout.K())));
    }

    private static double squares(double[] parameters, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += parameters[i] * parameters[i];
        }
        return sum;
    }

    Evaluation at(double[] parameters) {
        Group[] groups = new Group[GROUPS];
        team.run(GROUPS, (g, _) -> {
            Group group = new Group(parameters);
            for (int trial = g; trial < trials.size(); trial += GROUPS) {
                group.add(trials.get(trial));
            }
            groups[g] = group;
        });
        Group sum = groups[0];
        for (int g = 1; g < GROUPS; g++) {
            sum.add(groups[g]);
        }
        for (int i = layout.n(0); i < layout.n(K); i++) {
            sum.gradient[i] -= N_PRECISION * parameters[i];
        }
        for (int i = 0; i < layout.b(); i++) {
            sum.gradient[i] -= weightPrecision * parameters[i];
        }
        sum.value += logPrior(parameters, layout, weightPrecision);
        return new Evaluation(sum.value, sum.gradient, sum.errors, sum.squares, sum.observed, sum.transitions);
    }

    /** One group's sums, and its scratch memory. */
    private final class Group {
        final double[] p;
        final double[] gradient = new double[layout.length()];
        final double[] errors = new double[K * K];
        final double[] squares = new double[N];
        final double[] observed = new double[N];
        long transitions;
        double value;
        private final double[] gain = new double[N];
        private final double[] logNoise = new double[N];
        private final double[] input = new double[N];
        private final double[] x = new double[N];
        private final double[] r = new double[N];
        private final double[] delta = new double[N];
        private final double[] deltaSum = new double[N];
        private final double[] a = new double[K];
        private final double[] e = new double[K];
        private final int[] seen = new int[N];

        Group(double[] parameters) {
            p = parameters;
            for (int i = 0; i < N; i++) {
                gain[i] = model.kind() == Observation.COUNTS
                        ? Math.exp(p[layout.observation() + i])
                        : model.gain()[i];
                logNoise[i] = Math.log(2 * Math.PI * model.noise()[i]);
            }
        }

        void add(Group other) {
            add(gradient, other.gradient);
            add(errors, other.errors);
            add(squares, other.squares);
            add(observed, other.observed);
            transitions += other.transitions;
            value += other.value;
        }

        private static void add(double[] to, double[] from) {
            for (int i = 0; i < to.length; i++) {
                to[i] += from[i];
            }
        }

        void add(SigmaPoints trial) {
            Trial data = trial.smoothed().trial();
            for (int t = data.warmUp(); t <= data.bins(); t++) {
                boolean observation = t > data.warmUp();
                boolean transition = t < data.bins();
                inputs(data.v(), t * S);
                Arrays.fill(deltaSum, 0);
                int count = observation ? observed(data.y(), (t - 1) * N) : 0;
                for (int j = 0; j < J; j++) {
                    state(trial.points(), (t * J + j) * K);
                    Arrays.fill(delta, 0);
                    if (transition) {
                        transition(trial.targets(), (t * J + j) * K);
                    }
                    if (observation) {
                        observation(data.y(), (t - 1) * N, count);
                    }
                    for (int k = 0; k < K; k++) {
                        axpy(trial.points()[(t * J + j) * K + k] / J, delta, 0, gradient, layout.m(k));
                    }
                    axpy(1.0 / J, delta, 0, deltaSum, 0);
                }
                for (int s = 0; s < S; s++) {
                    axpy(data.v()[t * S + s], deltaSum, 0, gradient, layout.w(s));
                }
                if (model.kind() != Observation.CURRENTS) {
                    axpy(1, deltaSum, 0, gradient, layout.b());
                }
                if (transition) {
                    transitions++;
                    for (int kl = 0; kl < K * K; kl++) {
                        double left = trial.remaining()[t * K * K + kl];
                        errors[kl] += left;
                        value -= 0.5 * precision[kl] * left;
                    }
                    value -= 0.5 * (K * Math.log(2 * Math.PI) + logDeterminant);
                }
            }
        }

        private void inputs(float[] v, int offset) {
            Arrays.fill(input, 0);
            for (int s = 0; s < S; s++) {
                axpy(v[offset + s], p, layout.w(s), input, 0);
            }
        }

        private int observed(float[] y, int offset) {
            int count = 0;
            for (int i = 0; i < N; i++) {
                if (!Float.isNaN(y[offset + i])) {
                    seen[count++] = i;
                    observed[i]++;
                }
            }
            return count;
        }

        /** x and r = phi(x + b). */
        private void state(double[] points, int offset) {
            System.arraycopy(input, 0, x, 0, N);
            for (int k = 0; k < K; k++) {
                axpy(points[offset + k], p, layout.m(k), x, 0);
            }
            int b = layout.b();
            for (int i = 0; i < N; i++) {
                r[i] = LowRankNetwork.phi(x[i] + p[b + i]);
            }
        }

        private void transition(double[] targets, int offset) {
            double step = model.network().alpha() * LowRankNetwork.connectivityScale(N);
            for (int k = 0; k < K; k++) {
                e[k] = targets[offset + k] - step * dot(p, layout.n(k), r);
            }
            for (int k = 0; k < K; k++) {
                double sum = 0;
                for (int l = 0; l < K; l++) {
                    sum += precision[k * K + l] * e[l];
                    errors[k * K + l] += e[k] * e[l] / J;
                }
                value -= 0.5 * e[k] * sum / J;
                a[k] = step * sum;
            }
            for (int k = 0; k < K; k++) {
                axpy(a[k] / J, r, 0, gradient, layout.n(k));
                axpy(a[k], p, layout.n(k), delta, 0);
            }
            for (int i = 0; i < N; i++) {
                delta[i] *= LowRankNetwork.phiPrimeOfRate(r[i]);
            }
            if (model.kind() == Observation.CURRENTS) {
                axpy(1.0 / J, delta, 0, gradient, layout.b());
            }
        }

        private void observation(float[] y, int offset, int count) {
            value += switch (model.kind()) {
                case COUNTS -> counts(y, offset, count);
                case RATES -> rates(y, offset, count);
                case CURRENTS -> currents(y, offset, count);
            } / J;
        }

        private double counts(float[] y, int offset, int count) {
            double sum = 0;
            int logGain = layout.observation();
            int b = layout.b();
            for (int c = 0; c < count; c++) {
                int i = seen[c];
                double yi = y[offset + i];
                double rate = gain[i] * (1 + r[i]);
                sum -= rate;
                if (yi > 0) {
                    sum += yi * (p[logGain + i] + logOnePlus(r[i], x[i] + p[b + i]));
                }
                delta[i] += (yi - rate) * (1 - r[i]);
                gradient[logGain + i] += (yi - rate) / J;
            }
            return sum;
        }

        private double rates(float[] y, int offset, int count) {
            double sum = 0;
            for (int c = 0; c < count; c++) {
                int i = seen[c];
                double error = y[offset + i] - gain[i] * r[i] - model.offset()[i];
                sum += gaussian(i, error);
                delta[i] += gain[i] * LowRankNetwork.phiPrimeOfRate(r[i]) * error / model.noise()[i];
            }
            return sum;
        }

        private double currents(float[] y, int offset, int count) {
            double sum = 0;
            int offsets = layout.observation();
            for (int c = 0; c < count; c++) {
                int i = seen[c];
                double error = y[offset + i] - gain[i] * x[i] - p[offsets + i];
                sum += gaussian(i, error);
                delta[i] += gain[i] * error / model.noise()[i];
                gradient[offsets + i] += error / model.noise()[i] / J;
            }
            return sum;
        }

        private double gaussian(int i, double error) {
            squares[i] += error * error / J;
            return -0.5 * (error * error / model.noise()[i] + logNoise[i]);
        }
    }

    /** log(1 + tanh z), also where tanh has all but rounded to -1. */
    private static double logOnePlus(double r, double z) {
        return r > -0.9 ? Math.log(1 + r) : Math.log(2) + 2 * z - Math.log1p(Math.exp(2 * z));
    }

    private void axpy(double a, double[] from, int fromOffset, double[] to, int toOffset) {
        for (int i = 0; i < N; i++) {
            to[toOffset + i] += a * from[fromOffset + i];
        }
    }

    /** Four sums, so that additions need not wait for each other. */
    private double dot(double[] a, int offset, double[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i <= N - 4; i += 4) {
            s0 += a[offset + i] * b[i];
            s1 += a[offset + i + 1] * b[i + 1];
            s2 += a[offset + i + 2] * b[i + 2];
            s3 += a[offset + i + 3] * b[i + 3];
        }
        for (; i < N; i++) {
            s0 += a[offset + i] * b[i];
        }
        return s0 + s1 + s2 + s3;
    }
}
