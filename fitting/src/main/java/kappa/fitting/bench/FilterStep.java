package kappa.fitting.bench;

import kappa.fitting.filter.LatentFilter;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;

/** One bin through the filter: predict, score the prediction, update. */
final class FilterStep implements Step {

    private static final int BINS = 64;
    private static final double PROCESS_NOISE = 0.01;

    private final FilterSize size;
    private final KernelModel model;
    private final LatentFilter filter;
    private final float[] y;
    private final float[] v;
    private final double[] processNoise;
    private int t;
    private double loss;

    FilterStep(RnnKernels kernels, FilterSize size) {
        this.size = size;
        RandomProblem random = new RandomProblem(1);
        model = random.model(size.neurons(), size.rank(), size.inputs(), size.kind());
        y = random.activity(BINS * size.neurons(), size.kind());
        v = random.gaussian(BINS * size.inputs(), 0.5);
        processNoise = new double[size.rank() * size.rank()];
        for (int k = 0; k < size.rank(); k++) {
            processNoise[k * size.rank() + k] = PROCESS_NOISE;
        }
        filter = new LatentFilter(kernels, size.neurons(), size.rank(), size.inputs());
    }

    @Override
    public void run() {
        t = (t + 1) % BINS;
        filter.predict(model, processNoise);
        filter.setInputs(v, t * size.inputs());
        loss += filter.update(model, y, t * size.neurons());
        if (!Double.isFinite(loss) || filter.divergences() > 0) {
            throw new IllegalStateException("the filter diverged on " + size);
        }
    }
}
