package kappa.fitting.kernel;

import java.util.Arrays;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/**
 * The reference: plain loops, one neuron after the other, in double precision between the float arrays. Used where the
 * Vector API is not available.
 */
public final class ScalarKernels implements RnnKernels {

    @Override
    public void rollout(KernelModel model, float[] v, int vOffset, int bins, float[] kappa, int kappaOffset,
            float[] scratch) {
        LowRankNetwork net = model.network();
        int K = net.rank();
        double alpha = net.alpha();
        double[] drive = new double[K];
        for (int t = 0; t < bins; t++) {
            int from = kappaOffset + t * K;
            drive(model, kappa, from, v, vOffset + t * net.inputs(), drive);
            for (int k = 0; k < K; k++) {
                kappa[from + K + k] = (float) ((1 - alpha) * kappa[from + k] + alpha * drive[k]);
            }
        }
    }

    private static void drive(KernelModel model, float[] kappa, int kappaOffset, float[] v, int vOffset,
            double[] drive) {
        LowRankNetwork net = model.network();
        Arrays.fill(drive, 0);
        int N = net.neurons();
        for (int i = 0; i < N; i++) {
            double r = output(model, current(net, kappa, kappaOffset, v, vOffset, i) + net.b()[i]);
            for (int k = 0; k < drive.length; k++) {
                drive[k] += net.n()[k * N + i] * r;
            }
        }
        double scale = LowRankNetwork.connectivityScale(N);
        for (int k = 0; k < drive.length; k++) {
            drive[k] *= scale;
        }
    }

    /** What a neuron sends to others. */
    static double output(KernelModel model, double z) {
        return model.linearDynamics() ? z : LowRankNetwork.phi(z);
    }

    /** Its slope, as a function of it. */
    static double slope(KernelModel model, double output) {
        return model.linearDynamics() ? 1 : LowRankNetwork.phiPrimeOfRate(output);
    }

    /** x_i = sum_k m_ki kappa_k + sum_s w_si v_s. */
    static double current(LowRankNetwork net, float[] kappa, int kappaOffset, float[] v, int vOffset, int i) {
        int N = net.neurons();
        double x = 0;
        for (int k = 0; k < net.rank(); k++) {
            x += (double) net.m()[k * N + i] * kappa[kappaOffset + k];
        }
        for (int s = 0; s < net.inputs(); s++) {
            x += (double) net.w()[s * N + i] * v[vOffset + s];
        }
        return x;
    }

    /** dL/dx of one observation; adds the slopes with respect to gain and offset to the gradient. */
    static double lossSlope(KernelModel model, double y, double x, double r, int i, double scale, Gradient gradient) {
        if (Double.isNaN(y)) {
            return 0;
        }
        double g = model.gain()[i];
        return switch (model.kind()) {
            case RATES -> -g * LowRankNetwork.phiPrimeOfRate(r) * (y - g * r - model.offset()[i]);
            case CURRENTS -> {
                double error = y - g * x - model.offset()[i];
                gradient.offset()[i] += (float) (-scale * error);
                yield -g * error;
            }
            case COUNTS -> {
                gradient.gain()[i] += (float) (scale * (1 + r - y / g));
                yield (1 - r) * (g * (1 + r) - y);
            }
        };
    }

    @Override
    public WindowGroup windows(int neurons, int rank, int inputs, int capacity, int maxBins, boolean neuronsShared) {
        return new ScalarWindows(neurons, rank, inputs, capacity, maxBins);
    }

    @Override
    public void rates(KernelModel model, float[] kappa, float[] v, int vOffset, float[] rates, float[] scratch) {
        LowRankNetwork net = model.network();
        for (int i = 0; i < net.neurons(); i++) {
            rates[i] = (float) LowRankNetwork.phi(current(net, kappa, 0, v, vOffset, i) + net.b()[i]);
        }
    }

    @Override
    public void recurrent(KernelModel model, float[] kappa, float[] v, int vOffset, double[] drive, double[] slope,
            float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        Arrays.fill(drive, 0);
        Arrays.fill(slope, 0);
        double scale = LowRankNetwork.connectivityScale(N);
        for (int i = 0; i < N; i++) {
            double r = output(model, current(net, kappa, 0, v, vOffset, i) + net.b()[i]);
            double prime = slope(model, r);
            for (int k = 0; k < K; k++) {
                double n = net.n()[k * N + i] * scale;
                drive[k] += n * r;
                for (int l = 0; l < K; l++) {
                    slope[k * K + l] += n * prime * net.m()[l * N + i];
                }
            }
        }
    }

    @Override
    public void observe(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore, double[] mInfo, float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        Arrays.fill(mScore, 0);
        Arrays.fill(mInfo, 0);
        for (int i = 0; i < N; i++) {
            double yi = y[yOffset + i];
            if (Double.isNaN(yi)) {
                continue;
            }
            double x = current(net, kappa, 0, v, vOffset, i);
            double r = LowRankNetwork.phi(x + net.b()[i]);
            double g = model.gain()[i];
            double rho = model.noise()[i];
            double prime = LowRankNetwork.phiPrimeOfRate(r);
            double score;
            double info;
            switch (model.kind()) {
                case RATES -> {
                    score = g * prime * (yi - g * r - model.offset()[i]) / rho;
                    info = g * g * prime * prime / rho;
                }
                case CURRENTS -> {
                    score = g * (yi - g * x - model.offset()[i]) / rho;
                    info = g * g / rho;
                }
                case COUNTS -> {
                    score = (yi - g * (1 + r)) * (1 - r);
                    info = g * (1 - r) * (1 - r) * (1 + r);
                }
                default -> throw new IllegalStateException(model.kind().toString());
            }
            for (int k = 0; k < K; k++) {
                double m = net.m()[k * N + i];
                mScore[k] += m * score;
                for (int l = 0; l < K; l++) {
                    mInfo[k * K + l] += m * info * net.m()[l * N + i];
                }
            }
        }
    }

    @Override
    public double observeAndScore(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore, double[] mInfo, float[] scratch) {
        observe(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, scratch);
        return loss(model, y, yOffset, kappa, 0, v, vOffset, scratch);
    }

    @Override
    public FilterWindow filterWindow(int neurons, int rank, int inputs, int maxBins) {
        return new ScalarFilterWindow(neurons, rank, inputs, maxBins);
    }

    @Override
    public double loss(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, float[] scratch) {
        LowRankNetwork net = model.network();
        double sum = 0;
        for (int i = 0; i < net.neurons(); i++) {
            double yi = y[yOffset + i];
            if (Double.isNaN(yi)) {
                continue;
            }
            double x = current(net, kappa, kappaOffset, v, vOffset, i);
            if (model.kind() == Observation.COUNTS) {
                double z = x + net.b()[i];
                double softplus = Math.max(-2 * z, 0) + Math.log1p(Math.exp(-Math.abs(2 * z)));
                sum += model.gain()[i] * (1 + LowRankNetwork.phi(z)) + yi * (softplus - model.map().logTwiceGain()[i]);
            } else {
                double error = error(model, yi, x, i);
                sum += error * error;
            }
        }
        return sum;
    }

    private static double error(KernelModel model, double y, double x, int i) {
        double seen = model.kind() == Observation.CURRENTS ? x : LowRankNetwork.phi(x + model.network().b()[i]);
        return y - model.gain()[i] * seen - model.offset()[i];
    }

    @Override
    public void squaredErrors(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, double[] squares, double[] observed, float[] scratch) {
        LowRankNetwork net = model.network();
        for (int i = 0; i < net.neurons(); i++) {
            double yi = y[yOffset + i];
            if (!Double.isNaN(yi)) {
                double error = error(model, yi, current(net, kappa, kappaOffset, v, vOffset, i), i);
                squares[i] += error * error;
                observed[i]++;
            }
        }
    }

    @Override
    public double followGains(float[] y, int yOffset, float[] rate, float decay, float prior, float[] seen,
            float[] predicted, float[] factors, float[] scratch) {
        double change = 0;
        for (int i = 0; i < factors.length; i++) {
            double count = y[yOffset + i];
            if (Double.isNaN(count)) {
                continue;
            }
            double f = factors[i];
            change += (f - 1) * rate[i] - (count > 0 ? count * Math.log(f) : 0);
            seen[i] = (float) (decay * (seen[i] + count));
            predicted[i] = decay * (predicted[i] + rate[i]);
            factors[i] = (seen[i] + prior) / (predicted[i] + prior);
        }
        return change;
    }
}
