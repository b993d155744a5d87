package kappa.fitting.evaluation;

import kappa.fitting.model.EffectiveConnectivity;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;

/**
 * A full-rank network cut down to the leading K singular values of its connectivity (Valente, Pillow &amp; Ostojic 2022): wrec
 * = U S V', m = sqrt(N S) U, n = sqrt(N S) V, so that m n'/N is the nearest matrix of rank K. Inputs, biases and initial state
 * stay, the readout is rescaled to that of low rank. As a summary of the network it is poor, as a start for training good.
 */
public final class Truncation {

    private final FullRankNetwork full;
    private final SingularValueDecomposition svd;

    /** Decomposes the connectivity, which takes of the order of 10 N^3 operations: seconds at N = 512. */
    public Truncation(FullRankNetwork full) {
        this.full = full;
        double[][] rows = EffectiveConnectivity.rows(full.wrec(), full.neurons());
        this.svd = new SingularValueDecomposition(new Array2DRowRealMatrix(rows, false));
    }

    /** Singular values of the connectivity, descending, [N]. */
    public double[] singularValues() {
        return svd.getSingularValues();
    }

    /**
     * The network of rank K, 1 to N.
     *
     * @throws IllegalArgumentException for another rank
     */
    public LowRankNetwork toRank(int rank) {
        int neurons = full.neurons();
        if (rank < 1 || rank > neurons) {
            throw new IllegalArgumentException("rank " + rank + ", expected 1 to " + neurons);
        }
        float[] readout = full.readout().clone();
        double perNeuron = LowRankNetwork.connectivityScale(neurons);
        for (int i = 0; i < readout.length; i++) {
            readout[i] = (float) (readout[i] * full.readoutScale() / perNeuron);
        }
        LowRankNetwork low = new LowRankNetwork(neurons, rank, full.inputs(), full.alpha(),
                factor(svd.getU(), rank, perNeuron), factor(svd.getV(), rank, perNeuron), full.w().clone(),
                full.b().clone());
        return low.withReadout(readout).withInitialState(full.initialState().clone());
    }

    /** Columns of U or V times sqrt(S / scale), [K,N]. */
    private float[] factor(RealMatrix vectors, int rank, double scale) {
        int neurons = full.neurons();
        double[] values = svd.getSingularValues();
        float[] rows = new float[rank * neurons];
        for (int k = 0; k < rank; k++) {
            double root = Math.sqrt(values[k] / scale);
            for (int i = 0; i < neurons; i++) {
                rows[k * neurons + i] = (float) (root * vectors.getEntry(i, k));
            }
        }
        return rows;
    }
}
