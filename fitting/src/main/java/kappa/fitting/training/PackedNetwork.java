package kappa.fitting.training;

import kappa.fitting.kernel.MatrixKernels;
import kappa.fitting.kernel.PackedMatrix;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;

/**
 * The weights of a network in the order in which batches of trials need them, with every scale multiplied in: alpha, 1/N
 * where the network has it, and the readout's. {@link #pack} after the weights have changed; between packings any number of
 * threads may read.
 */
final class PackedNetwork {

    private final MatrixKernels kernels;
    private final PackedMatrix inputs = new PackedMatrix();
    private final PackedMatrix readout = new PackedMatrix();
    private final PackedMatrix readoutBack = new PackedMatrix();
    private final PackedMatrix forward = new PackedMatrix();
    private final PackedMatrix backward = new PackedMatrix();
    private final PackedMatrix toLatent = new PackedMatrix();
    private final PackedMatrix toLatentBack = new PackedMatrix();
    private Network network;

    PackedNetwork(MatrixKernels kernels) {
        this.kernels = kernels;
    }

    PackedNetwork pack(Network unpacked) {
        network = unpacked;
        int N = network.neurons();
        int O = network.outputs();
        float alpha = (float) network.alpha();
        inputs.pack(network.w(), 0, network.inputs(), N, N, 1, alpha);
        readout.pack(network.readout(), 0, N, O, 1, N, (float) network.readoutScale());
        readoutBack.pack(network.readout(), 0, O, N, N, 1, (float) network.readoutScale());
        switch (network) {
            case LowRankNetwork low -> {
                int K = low.rank();
                float step = (float) (network.alpha() * LowRankNetwork.connectivityScale(N));
                toLatent.pack(low.n(), 0, N, K, 1, N, 1);
                forward.pack(low.m(), 0, K, N, N, 1, step);
                toLatentBack.pack(low.m(), 0, N, K, 1, N, 1);
                backward.pack(low.n(), 0, K, N, N, 1, step);
            }
            case FullRankNetwork full -> {
                forward.pack(full.wrec(), 0, N, N, 1, N, alpha);
                backward.pack(full.wrec(), 0, N, N, N, 1, alpha);
            }
        }
        return this;
    }

    Network network() {
        return network;
    }

    /** K numbers per trial and bin that low-rank networks pass on; 0 for full rank. */
    int latents() {
        return network instanceof LowRankNetwork low ? low.rank() : 0;
    }

    /** drive = alpha (J r + W' u); {@code latent} receives n' r. */
    void drive(int rows, float[] rates, int ratesAt, float[] u, int uAt, float[] latent, int latentAt, float[] drive) {
        int N = network.neurons();
        int S = network.inputs();
        kernels.multiply(rows, u, uAt, S, 1, inputs, drive, 0, N, false);
        int K = latents();
        if (K > 0) {
            kernels.multiply(rows, rates, ratesAt, N, 1, toLatent, latent, latentAt, K, false);
            kernels.multiply(rows, latent, latentAt, K, 1, forward, drive, 0, N, true);
        } else {
            kernels.multiply(rows, rates, ratesAt, N, 1, forward, drive, 0, N, true);
        }
    }

    /** back = alpha J' a; {@code latent} receives m' a. */
    void back(int rows, float[] adjoint, int adjointAt, float[] latent, int latentAt, float[] back) {
        int N = network.neurons();
        int K = latents();
        if (K > 0) {
            kernels.multiply(rows, adjoint, adjointAt, N, 1, toLatentBack, latent, latentAt, K, false);
            kernels.multiply(rows, latent, latentAt, K, 1, backward, back, 0, N, false);
        } else {
            kernels.multiply(rows, adjoint, adjointAt, N, 1, backward, back, 0, N, false);
        }
    }

    /** z = readout r. */
    void read(int rows, float[] rates, int ratesAt, float[] z, int zAt) {
        kernels.multiply(rows, rates, ratesAt, network.neurons(), 1, readout, z, zAt, network.outputs(), false);
    }

    /** back += readout' dL/dz. */
    void readBack(int rows, float[] dz, int dzAt, float[] back) {
        kernels.multiply(rows, dz, dzAt, network.outputs(), 1, readoutBack, back, 0, network.neurons(), true);
    }
}
