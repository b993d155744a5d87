package kappa.fitting.evaluation;

import java.util.Arrays;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;

/**
 * A network that runs freely from the start of a trial, given only the inputs. Low rank runs in its K-dimensional form
 *
 * <pre>
 * x_t = m kappa_t + W' v_t + (1-alpha)^t h0
 * </pre>
 *
 * <p>which is exact for any initial state h0; full rank runs as it is. Not thread-safe.
 */
final class FreeRun {

    private final Network network;
    private final int neurons;
    private final double alpha;
    private final double[] x;
    private final double[] rates;
    private final double[] latent; // [K + S + 1]: kappa, v, and the factor of h0; unused for full rank
    private final double[] recurrent;

    FreeRun(Network network) {
        this.network = network;
        this.neurons = network.neurons();
        this.alpha = network.alpha();
        this.x = new double[neurons];
        this.rates = new double[neurons];
        switch (network) {
            case LowRankNetwork low -> {
                this.latent = new double[low.rank() + low.inputs() + 1];
                this.recurrent = new double[low.rank()];
            }
            case FullRankNetwork full -> {
                this.latent = new double[0];
                this.recurrent = new double[full.neurons()];
            }
        }
        start();
    }

    /** Returns to the state before a trial's first bin. */
    void start() {
        if (latent.length > 0) {
            Arrays.fill(latent, 0);
            latent[latent.length - 1] = 1;
        }
        for (int i = 0; i < neurons; i++) {
            x[i] = network.initialState()[i];
        }
        updateRates();
    }

    /** Moves on by one bin with the S inputs of that bin. */
    void step(float[] u) {
        switch (network) {
            case LowRankNetwork low -> step(low, u);
            case FullRankNetwork full -> step(full, u);
        }
        updateRates();
    }

    /** [N] currents x; valid until the next step. */
    double[] currents() {
        return x;
    }

    /** [N] rates phi(x + b); valid until the next step. */
    double[] rates() {
        return rates;
    }

    private void updateRates() {
        float[] b = network.b();
        for (int i = 0; i < neurons; i++) {
            rates[i] = LowRankNetwork.phi(x[i] + b[i]);
        }
    }

    private void step(LowRankNetwork low, float[] u) {
        int rank = low.rank();
        float[] n = low.n();
        for (int k = 0; k < rank; k++) {
            double sum = 0;
            for (int i = 0; i < neurons; i++) {
                sum += n[k * neurons + i] * rates[i];
            }
            recurrent[k] = sum * LowRankNetwork.connectivityScale(neurons);
        }
        for (int l = 0; l < latent.length; l++) {
            double drive = l < rank ? recurrent[l] : l < latent.length - 1 ? u[l - rank] : 0;
            latent[l] = (1 - alpha) * latent[l] + alpha * drive;
        }
        Arrays.fill(x, 0);
        for (int l = 0; l < latent.length; l++) {
            float[] rows = l < rank ? low.m() : l < latent.length - 1 ? low.w() : network.initialState();
            int row = l < rank ? l : l < latent.length - 1 ? l - rank : 0;
            for (int i = 0; i < neurons; i++) {
                x[i] += latent[l] * rows[row * neurons + i];
            }
        }
    }

    private void step(FullRankNetwork full, float[] u) {
        float[] wrec = full.wrec();
        for (int i = 0; i < neurons; i++) {
            double sum = 0;
            for (int j = 0; j < neurons; j++) {
                sum += wrec[i * neurons + j] * rates[j];
            }
            recurrent[i] = sum;
        }
        for (int s = 0; s < full.inputs(); s++) {
            for (int i = 0; i < neurons; i++) {
                recurrent[i] += (double) u[s] * full.w()[s * neurons + i];
            }
        }
        for (int i = 0; i < neurons; i++) {
            x[i] = (1 - alpha) * x[i] + alpha * recurrent[i];
        }
    }
}
