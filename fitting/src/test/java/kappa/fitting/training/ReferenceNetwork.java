package kappa.fitting.training;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.task.TaskTrial;

/**
 * The equations of {@link TrialBatch} once more, in double precision and as plainly as they can be written: one trial after
 * the other, one neuron after the other, J as a matrix [N,N]. The yardstick of the float code, itself measured against
 * central differences.
 */
final class ReferenceNetwork {

    private final Network network;
    private final int N;
    private final int S;
    private final double alpha;
    private final Map<NetworkParameter, double[]> parts = new EnumMap<>(NetworkParameter.class);

    ReferenceNetwork(Network network, Iterable<NetworkParameter> trained) {
        this.network = network;
        this.N = network.neurons();
        this.S = network.inputs();
        this.alpha = network.alpha();
        trained.forEach(part -> parts.put(part, doubles(NetworkGradient.array(network, part))));
    }

    static double[] doubles(float[] array) {
        double[] out = new double[array.length];
        for (int i = 0; i < array.length; i++) {
            out[i] = array[i];
        }
        return out;
    }

    /** Shared: a test may write to it. */
    double[] part(NetworkParameter part) {
        return parts.get(part);
    }

    private boolean lowRank() {
        return network instanceof LowRankNetwork;
    }

    private int rank() {
        return part(NetworkParameter.M).length / N;
    }

    private double[] connectivity() {
        if (!lowRank()) {
            return part(NetworkParameter.WREC);
        }
        double[] j = new double[N * N];
        for (int k = 0; k < rank(); k++) {
            for (int a = 0; a < N; a++) {
                for (int b = 0; b < N; b++) {
                    j[a * N + b] += part(NetworkParameter.M)[k * N + a] * part(NetworkParameter.N)[k * N + b] / N;
                }
            }
        }
        return j;
    }

    private double readoutScale() {
        return lowRank() ? 1.0 / N : 1;
    }

    /** Mean loss over trials; adds its gradient unless {@code gradient} is null. Noise is drawn as the float code draws it. */
    double loss(List<TaskTrial> trials, double sigma, List<SplittableRandom> random,
            Map<NetworkParameter, double[]> gradient) {
        double sum = 0;
        double[] dj = new double[N * N];
        double[] j = connectivity();
        for (int i = 0; i < trials.size(); i++) {
            sum += trial(j, trials.get(i), sigma, random.get(i), 1.0 / trials.size(), gradient, dj);
        }
        if (gradient != null) {
            fromConnectivity(dj, gradient);
        }
        return sum / trials.size();
    }

    private double trial(double[] j, TaskTrial trial, double sigma, SplittableRandom random, double scale,
            Map<NetworkParameter, double[]> gradient, double[] dj) {
        int T = trial.bins();
        double[][] x = new double[T + 1][N];
        double[][] r = new double[T + 1][N];
        double[] dz = new double[T + 1];
        x[0] = part(NetworkParameter.H0).clone();
        double weight = 0;
        for (float mask : trial.mask()) {
            weight += mask;
        }
        double loss = 0;
        for (int t = 0; t <= T; t++) {
            for (int i = 0; i < N && t > 0; i++) {
                double drive = 0;
                for (int l = 0; l < N; l++) {
                    drive += j[i * N + l] * r[t - 1][l];
                }
                for (int s = 0; s < S; s++) {
                    drive += part(NetworkParameter.WI)[s * N + i] * trial.inputs()[(t - 1) * S + s];
                }
                x[t][i] = (1 - alpha) * x[t - 1][i] + alpha * drive;
            }
            for (int i = 0; i < N && t > 0 && sigma > 0; i++) {
                x[t][i] += sigma * random.nextGaussian();
            }
            double z = 0;
            for (int i = 0; i < N; i++) {
                r[t][i] = Math.tanh(x[t][i] + part(NetworkParameter.B)[i]);
                z += readoutScale() * part(NetworkParameter.WO)[i] * r[t][i];
            }
            if (t > 0) {
                double error = z - trial.targets()[t - 1];
                loss += trial.mask()[t - 1] * error * error / weight;
                dz[t] = 2 * scale * trial.mask()[t - 1] * error / weight;
            }
        }
        if (gradient != null) {
            adjoint(j, trial, r, dz, gradient, dj);
        }
        return loss;
    }

    private void adjoint(double[] j, TaskTrial trial, double[][] r, double[] dz,
            Map<NetworkParameter, double[]> gradient,
            double[] dj) {
        double[] later = new double[N];
        for (int t = trial.bins(); t >= 0; t--) {
            double[] now = new double[N];
            for (int i = 0; i < N; i++) {
                double back = readoutScale() * part(NetworkParameter.WO)[i] * dz[t];
                for (int l = 0; l < N; l++) {
                    back += alpha * j[l * N + i] * later[l];
                }
                double slope = (1 - r[t][i] * r[t][i]) * back;
                now[i] = (1 - alpha) * later[i] + slope;
                gradient.get(NetworkParameter.B)[i] += slope;
                gradient.get(NetworkParameter.WO)[i] += readoutScale() * dz[t] * r[t][i];
                for (int l = 0; l < N; l++) {
                    dj[l * N + i] += alpha * later[l] * r[t][i];
                }
                for (int s = 0; s < S && t > 0; s++) {
                    gradient.get(NetworkParameter.WI)[s * N + i] += alpha * now[i] * trial.inputs()[(t - 1) * S + s];
                }
                if (t == 0) {
                    gradient.get(NetworkParameter.H0)[i] += now[i];
                }
            }
            later = now;
        }
    }

    private void fromConnectivity(double[] dj, Map<NetworkParameter, double[]> gradient) {
        if (!lowRank()) {
            for (int i = 0; i < dj.length; i++) {
                gradient.get(NetworkParameter.WREC)[i] += dj[i];
            }
            return;
        }
        for (int k = 0; k < rank(); k++) {
            for (int a = 0; a < N; a++) {
                for (int b = 0; b < N; b++) {
                    gradient.get(NetworkParameter.M)[k * N + a] += dj[a * N + b] * part(NetworkParameter.N)[k * N + b]
                            / N;
                    gradient.get(NetworkParameter.N)[k * N + b] += dj[a * N + b] * part(NetworkParameter.M)[k * N + a]
                            / N;
                }
            }
        }
    }
}
