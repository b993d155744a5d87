package kappa.fitting.kernel;

import java.util.Arrays;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;

/**
 * A {@link KernelModel} in the order in which a sweep over neurons reads it: panels of {@link #PANEL} neurons, in
 * each panel one row after another, the last panel filled up with zeros. A sweep then reads one stream without a
 * remainder of neurons. Rows whose length is a power of two do not compete for the same cache lines.
 *
 * <p>The rows of a panel: m (K), W (S), b, which together make the current; then n (K), gain, offset, 1/gain. Written by
 * {@link #pack} only; several threads may read it.
 */
public final class PackedModel {

    /** Neurons of a panel: two vectors of this machine. */
    static final int PANEL = Simd.PANEL;
    private static final int OBSERVATION_ROWS = 3;

    private final int rows;
    private final float[] panels;
    private KernelModel model;

    /** Room for a model of this size; it holds nothing yet. */
    public PackedModel(int neurons, int rank, int inputs) {
        rows = 2 * rank + inputs + 1 + OBSERVATION_ROWS;
        panels = new float[count(neurons) * rows * PANEL];
    }

    /** Panels of so many neurons. */
    static int count(int neurons) {
        return Math.ceilDiv(neurons, PANEL);
    }

    /**
     * Takes over a model's numbers, which costs as much as reading them once.
     *
     * @param model of the size this was made for
     */
    public PackedModel pack(KernelModel model) {
        this.model = model;
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        int S = net.inputs();
        put(net.m(), K, N, 0);
        put(net.w(), S, N, K);
        put(net.b(), 1, N, K + S);
        put(net.n(), K, N, K + S + 1);
        int observation = 2 * K + S + 1;
        put(model.gain(), 1, N, observation);
        put(model.offset(), 1, N, observation + 1);
        put(model.map().inverseGain(), 1, N, observation + 2);
        return this;
    }

    private void put(float[] from, int count, int neurons, int row) {
        for (int k = 0; k < count; k++) {
            for (int i = 0; i < neurons; i += PANEL) {
                int to = (i / PANEL * rows + row + k) * PANEL;
                int there = Math.min(PANEL, neurons - i);
                System.arraycopy(from, k * neurons + i, panels, to, there);
                Arrays.fill(panels, to + there, to + PANEL, 0f);
            }
        }
    }

    /** The model that was packed last. */
    public KernelModel model() {
        return model;
    }

    /** Rows of a panel. */
    int rows() {
        return rows;
    }

    /** Row j of neuron i stands at {@code (i / PANEL * rows + j) * PANEL + i % PANEL}. */
    float[] panels() {
        return panels;
    }
}
