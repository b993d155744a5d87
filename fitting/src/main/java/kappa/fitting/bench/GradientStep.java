package kappa.fitting.bench;

import kappa.fitting.kernel.Gradient;
import kappa.fitting.kernel.KernelModel;
import kappa.fitting.kernel.ObservationKind;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.WindowWorkspace;
import kappa.fitting.network.LowRankNetwork;
import kappa.fitting.online.Adam;

/** Forward, backward and Adam on a batch of windows of random activity. */
final class GradientStep implements Step {

    private static final double ALWAYS = Double.POSITIVE_INFINITY;

    private final RnnKernels kernels;
    private final GradientSize size;
    private final KernelModel model;
    private final float[] y;
    private final float[] v;
    private final Gradient gradient;
    private final WindowWorkspace workspace;
    private final Adam adam;
    private final float[][] gradients;

    GradientStep(RnnKernels kernels, GradientSize size, int threads) {
        this.kernels = kernels;
        this.size = size;
        RandomProblem random = new RandomProblem(1);
        model = random.model(size.neurons(), size.rank(), size.inputs(), size.kind());
        y = random.activity(size.windows() * size.bins() * size.neurons(), size.kind());
        v = random.gaussian(size.windows() * (size.bins() + 1) * size.inputs(), 1);
        gradient = Gradient.zero(size.neurons(), size.rank(), size.inputs());
        workspace = new WindowWorkspace(size.neurons(), size.rank(), size.bins());
        LowRankNetwork net = model.network();
        float[] observation = new float[size.kind() == ObservationKind.RATES ? 0 : size.neurons()];
        adam = new Adam(net.m(), net.n(), net.w(), net.b(), observation);
        gradients = new float[][]{gradient.m(), gradient.n(), gradient.w(), gradient.b(),
            size.kind() == ObservationKind.COUNTS ? gradient.gain() : gradient.offset()};
    }

    @Override
    public void run() {
        gradient.clear();
        float scale = 1f / size.neuronSteps();
        for (int w = 0; w < size.windows(); w++) {
            java.util.Arrays.fill(workspace.kappa, 0, size.rank(), 0.1f);
            kernels.gradient(model, y, w * size.bins() * size.neurons(), v, w * (size.bins() + 1) * size.inputs(),
                    size.bins(), scale, gradient, workspace);
        }
        if (!adam.step(ALWAYS, gradients)) {
            throw new IllegalStateException("the gradient of " + size + " is not finite");
        }
    }
}
