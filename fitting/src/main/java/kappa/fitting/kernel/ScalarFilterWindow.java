package kappa.fitting.kernel;

import static kappa.fitting.kernel.ScalarKernels.current;
import static kappa.fitting.kernel.ScalarKernels.lossSlope;
import static kappa.fitting.kernel.ScalarKernels.output;
import static kappa.fitting.kernel.ScalarKernels.slope;

import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/** The reference: every backward sweep adds to the gradient at once. */
final class ScalarFilterWindow extends FilterWindow {

    private final ScalarKernels kernels = new ScalarKernels();
    private final float[] scratch = new float[RnnKernels.SCRATCH];

    ScalarFilterWindow(int neurons, int rank, int inputs, int maxBins) {
        super(neurons, rank, inputs, maxBins);
    }

    @Override
    void sweepRecurrent(int bin, float[] kappa, double[] drive, double[] slope) {
        kernels.recurrent(model, kappa, v, coordinates(bin, 0), drive, slope, scratch);
    }

    @Override
    void sweepObservation(int bin, int update, float[] kappa, double[] mScore, double[] mInfo) {
        kernels.observe(model, y, activity(bin), kappa, v, coordinates(bin, 1 + update), mScore, mInfo, scratch);
    }

    @Override
    public void end() {
        // Everything was added.
    }

    @Override
    public void recurrentAdjoint(int bin, float[] driveAdjoint, float[] slopeAdjoint, double[] kappaAdjoint) {
        int kappa = state(bin, 0);
        int coordinates = coordinates(bin, 0);
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        double scale = LowRankNetwork.connectivityScale(N);
        for (int i = 0; i < N; i++) {
            double r = output(model, current(net, states, kappa, v, coordinates, i) + net.b()[i]);
            double prime = scale * slope(model, r);
            double bend = model.linearDynamics() ? 0 : -2 * r;
            double drive = 0;
            double slope = 0;
            for (int k = 0; k < K; k++) {
                double n = net.n()[k * N + i];
                double across = 0;
                for (int l = 0; l < K; l++) {
                    across += slopeAdjoint[k * K + l] * (double) net.m()[l * N + i];
                    gradient.m()[l * N + i] += (float) (prime * slopeAdjoint[k * K + l] * n);
                }
                drive += driveAdjoint[k] * n;
                slope += across * n;
                gradient.n()[k * N + i] += (float) (scale * driveAdjoint[k] * r + prime * across);
            }
            double delta = prime * (drive + bend * slope);
            gradient.b()[i] += (float) delta;
            throughCurrent(net, i, delta, kappa, coordinates, kappaAdjoint);
        }
    }

    /** What dL/dx_i = delta means for m, W and kappa. */
    private void throughCurrent(LowRankNetwork net, int i, double delta, int kappa, int coordinates,
            double[] kappaAdjoint) {
        int N = net.neurons();
        for (int k = 0; k < net.rank(); k++) {
            gradient.m()[k * N + i] += (float) (delta * states[kappa + k]);
            kappaAdjoint[k] += delta * net.m()[k * N + i];
        }
        for (int s = 0; s < net.inputs(); s++) {
            gradient.w()[s * N + i] += (float) (delta * v[coordinates + s]);
        }
    }

    @Override
    public void observeAdjoint(int bin, int update, float[] scoreAdjoint, float[] infoAdjoint, float lossScale,
            double[] kappaAdjoint) {
        int kappa = state(bin, 1 + update);
        int coordinates = coordinates(bin, 1 + update);
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        for (int i = 0; i < N; i++) {
            double yi = y[activity(bin) + i];
            if (Double.isNaN(yi)) {
                continue;
            }
            double x = current(net, states, kappa, v, coordinates, i);
            double r = LowRankNetwork.phi(x + net.b()[i]);
            double prime = LowRankNetwork.phiPrimeOfRate(r);
            double g = model.gain()[i];
            double rho = model.noise()[i];
            double a = 0;
            double c = 0;
            for (int k = 0; k < K; k++) {
                double across = 0;
                for (int l = 0; l < K; l++) {
                    across += infoAdjoint[k * K + l] * (double) net.m()[l * N + i];
                }
                a += scoreAdjoint[k] * (double) net.m()[k * N + i];
                c += across * net.m()[k * N + i];
            }
            double score;
            double info;
            double scoreSlope;
            double infoSlope;
            switch (model.kind()) {
                case RATES -> {
                    double error = yi - g * r - model.offset()[i];
                    score = g * prime * error / rho;
                    info = g * g * prime * prime / rho;
                    scoreSlope = -2 * r * score - info;
                    infoSlope = -4 * r * info;
                }
                case CURRENTS -> {
                    score = g * (yi - g * x - model.offset()[i]) / rho;
                    info = g * g / rho;
                    scoreSlope = -info;
                    infoSlope = 0;
                    gradient.offset()[i] -= (float) (a * g / rho);
                }
                case COUNTS -> {
                    double low = 1 - r;
                    double rate = g * (1 + r);
                    score = (yi - rate) * low;
                    info = rate * low * low;
                    scoreSlope = -prime * (g * low + yi - rate);
                    infoSlope = prime * low * (g * low - 2 * rate);
                    gradient.gain()[i] += (float) ((1 + r) * low * (c * low - a));
                }
                default -> throw new IllegalStateException(model.kind().toString());
            }
            double delta = a * scoreSlope + c * infoSlope;
            if (lossScale != 0) {
                delta += lossScale * lossSlope(model, yi, x, r, i, lossScale, gradient);
            }
            for (int k = 0; k < K; k++) {
                double across = 0;
                for (int l = 0; l < K; l++) {
                    across += infoAdjoint[k * K + l] * (double) net.m()[l * N + i];
                }
                gradient.m()[k * N + i] += (float) (scoreAdjoint[k] * score + 2 * across * info);
            }
            if (model.kind() != Observation.CURRENTS) {
                gradient.b()[i] += (float) delta;
            }
            throughCurrent(net, i, delta, kappa, coordinates, kappaAdjoint);
        }
    }
}
