package kappa.fitting.em;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * The M step, a generalised one (Dempster, Laird &amp; Rubin 1977; conditional maximisation as in Meng &amp; Rubin,
 * Biometrika 1993): with the noise as it is, a Gauss-Newton step of m, n, W, the gains or offsets and, where there are
 * any, the biases, which must raise {@link ExpectedLogLikelihood}; then, with these, the noise and the start in closed
 * form:
 *
 * <pre>
 * Q = mean of E[e e']      rho_i = mean of E[(y_i - prediction)^2]      start, its covariance = moments of kappa_0
 * </pre>
 */
public final class Maximisation {

    /** Smallest variance of the observation noise. Rates that follow tanh exactly would have none. */
    public static final double MIN_NOISE = 1e-4;

    /**
     * Smallest process noise in a bin, relative to kappa's RMS. With less noise, activity changes the path of kappa
     * less, and without noise EM makes no progress.
     */
    public static final double MIN_PROCESS_SD = 0.005;

    private static final int HALVINGS = 6;

    /**
     * @param before expected log-likelihood and log prior at the old parameters
     * @param network the same after the Gauss-Newton step, with the noise as it was
     */
    record Result(StateSpaceModel parameters, double before, double network) {}

    private final Team team;

    Maximisation(Team team) {
        this.team = team;
    }

    Result maximise(StateSpaceModel old, List<SmoothedTrial> smoothed) {
        KernelModel model = old.model();
        LowRankNetwork net = model.network();
        int K = net.rank();
        List<SigmaPoints> points = new ArrayList<>(smoothed.size());
        for (SmoothedTrial trial : smoothed) {
            points.add(SigmaPoints.of(trial, net.alpha(), K));
        }
        double[] parameters = pack(model);
        boolean[] trained = trained(model);
        ExpectedLogLikelihood likelihood = new ExpectedLogLikelihood(points, model, old.processNoise(), team);
        GaussNewton curvature = new GaussNewton(points, model, old.processNoise(), parameters, trained, team);
        ExpectedLogLikelihood.Evaluation now = likelihood.at(parameters);
        double before = now.value();
        double[] gradient = now.gradient().clone();
        for (int row = 0; row < trained.length; row++) {
            if (!trained[row]) {
                Arrays.fill(gradient, row * net.neurons(), (row + 1) * net.neurons(), 0);
            }
        }
        double[] direction = curvature.solve(gradient);
        double length = 1;
        for (int halving = 0; halving <= HALVINGS; halving++, length /= 2) {
            double[] candidate = parameters.clone();
            for (int i = 0; i < candidate.length; i++) {
                candidate[i] += length * direction[i];
            }
            ExpectedLogLikelihood.Evaluation there = likelihood.at(candidate);
            if (there.value() > now.value()) {
                now = there;
                parameters = candidate;
                break;
            }
        }
        double[] kappaStd = kappaStd(smoothed, K);
        KernelModel learnt = unpack(parameters, model, now);
        StateSpaceModel start = start(old, smoothed, K);
        return new Result(new StateSpaceModel(learnt, processNoise(now, kappaStd), start.start(),
                start.startCovariance(), kappaStd), before, now.value());
    }

    private static boolean[] trained(KernelModel model) {
        LowRankNetwork net = model.network();
        boolean[] trained = new boolean[net.rank() + net.inputs() + 2];
        Arrays.fill(trained, true);
        boolean biases = false;
        for (float b : net.b()) {
            biases |= b != 0;
        }
        trained[net.rank() + net.inputs()] = biases;
        trained[net.rank() + net.inputs() + 1] = model.kind() != Observation.RATES;
        return trained;
    }

    static double[] pack(KernelModel model) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        ExpectedLogLikelihood.Layout layout = new ExpectedLogLikelihood.Layout(N, net.rank(), net.inputs());
        double[] out = new double[layout.length()];
        put(net.m(), out, layout.m(0));
        put(net.w(), out, layout.w(0));
        put(net.b(), out, layout.b());
        put(net.n(), out, layout.n(0));
        for (int i = 0; i < N; i++) {
            out[layout.observation() + i] = model.kind() == Observation.COUNTS
                    ? Math.log(model.gain()[i])
                    : model.offset()[i];
        }
        return out;
    }

    private static KernelModel unpack(double[] parameters, KernelModel old, ExpectedLogLikelihood.Evaluation now) {
        LowRankNetwork net = old.network();
        int N = net.neurons();
        int K = net.rank();
        int S = net.inputs();
        ExpectedLogLikelihood.Layout layout = new ExpectedLogLikelihood.Layout(N, K, S);
        LowRankNetwork learnt = new LowRankNetwork(N, K, S, net.alpha(), get(parameters, layout.m(0), K * N),
                get(parameters, layout.n(0), K * N), get(parameters, layout.w(0), S * N),
                get(parameters, layout.b(), N));
        float[] observation = get(parameters, layout.observation(), N);
        float[] gain = old.gain().clone();
        float[] noise = old.noise().clone();
        if (old.kind() == Observation.COUNTS) {
            for (int i = 0; i < N; i++) {
                gain[i] = (float) Math.exp(observation[i]);
            }
        } else {
            for (int i = 0; i < N; i++) {
                if (now.observed()[i] > 0) {
                    noise[i] = (float) Math.max(MIN_NOISE, now.squares()[i] / now.observed()[i]);
                }
            }
        }
        return KernelModel.of(learnt, old.kind(), gain,
                old.kind() == Observation.CURRENTS ? observation : old.offset().clone(), noise);
    }

    /** Whether {@code factor} Q is still above the floor, in every latent dimension. */
    static boolean believable(StateSpaceModel parameters, double factor) {
        int K = parameters.kappaStd().length;
        for (int k = 0; k < K; k++) {
            double least = MIN_PROCESS_SD * parameters.kappaStd()[k];
            if (factor * parameters.processNoise()[k * K + k] < least * least) {
                return false;
            }
        }
        return true;
    }

    private static double[] processNoise(ExpectedLogLikelihood.Evaluation now, double[] kappaStd) {
        int K = kappaStd.length;
        double[] q = new double[K * K];
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                q[k * K + l] = (now.errors()[k * K + l] + now.errors()[l * K + k]) / (2.0 * now.transitions());
            }
            double least = MIN_PROCESS_SD * kappaStd[k];
            q[k * K + k] = Math.max(q[k * K + k], least * least);
        }
        return q;
    }

    private static double[] kappaStd(List<SmoothedTrial> smoothed, int K) {
        double[] squares = new double[K];
        long rows = 0;
        for (SmoothedTrial trial : smoothed) {
            for (int t = trial.trial().warmUp() + 1; t <= trial.trial().bins(); t++) {
                for (int k = 0; k < K; k++) {
                    double mean = trial.mean()[t * K + k];
                    squares[k] += mean * mean + trial.covariance()[(t * K + k) * K + k];
                }
                rows++;
            }
        }
        for (int k = 0; k < K; k++) {
            squares[k] = Math.sqrt(squares[k] / rows);
        }
        return squares;
    }

    /** Mean and covariance of kappa_0 over trials; as they were in a session without trials. */
    private static StateSpaceModel start(StateSpaceModel old, List<SmoothedTrial> smoothed, int K) {
        List<SmoothedTrial> trials = smoothed.stream().filter(trial -> trial.trial().warmUp() == 0).toList();
        if (trials.isEmpty()) {
            return old;
        }
        RealVector mean = new ArrayRealVector(K);
        for (SmoothedTrial trial : trials) {
            mean = mean.add(first(trial, K));
        }
        mean = mean.mapDivide(trials.size());
        RealMatrix covariance = Smoother.matrix(new double[K * K]);
        for (SmoothedTrial trial : trials) {
            RealVector d = first(trial, K).subtract(mean);
            covariance = covariance.add(d.outerProduct(d)).add(Smoother.matrix(trial.covariance(), 0, K));
        }
        covariance = Smoother.symmetric(covariance.scalarMultiply(1.0 / trials.size()));
        for (int k = 0; k < K; k++) {
            covariance.addToEntry(k, k, PublishedModel.TRIAL_START_VARIANCE);
        }
        return new StateSpaceModel(old.model(), old.processNoise(), mean.toArray(), Smoother.flat(covariance),
                old.kappaStd());
    }

    private static RealVector first(SmoothedTrial trial, int K) {
        return new ArrayRealVector(trial.mean(), 0, K);
    }

    private static void put(float[] from, double[] to, int offset) {
        for (int i = 0; i < from.length; i++) {
            to[offset + i] = from[i];
        }
    }

    private static float[] get(double[] from, int offset, int length) {
        float[] out = new float[length];
        for (int i = 0; i < length; i++) {
            out[i] = (float) from[offset + i];
        }
        return out;
    }
}
