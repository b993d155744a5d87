package kappa.fitting.bench;

import java.util.List;
import kappa.fitting.fit.Adam;
import kappa.fitting.kernel.BatchGradient;
import kappa.fitting.kernel.Gradient;
import kappa.fitting.kernel.PackedModel;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/** Forward, backward and Adam on a batch of windows of random activity, as the fit does it. */
final class GradientStep implements Step {

    private final GradientSize size;
    private final Team team;
    private final BatchGradient batch;
    private final PackedModel packed;
    private final KernelModel model;
    private final float[] y;
    private final float[] v;
    private final float[] start;
    private final Adam adam;

    GradientStep(RnnKernels kernels, GradientSize size, int threads) {
        this.size = size;
        team = new Team(threads);
        batch = new BatchGradient(kernels, size.neurons(), size.rank(), size.inputs(), size.windows(), size.bins(),
                team);
        packed = new PackedModel(size.neurons(), size.rank(), size.inputs());
        RandomProblem random = new RandomProblem(1);
        model = random.model(size.neurons(), size.rank(), size.inputs(), size.kind());
        y = random.activity(size.windows() * size.bins() * size.neurons(), size.kind());
        v = random.gaussian(size.windows() * (size.bins() + 1) * size.inputs(), 1);
        start = random.gaussian(size.rank(), 0.1);
        LowRankNetwork net = model.network();
        float[] observation = new float[size.kind() == Observation.RATES ? 0 : size.neurons()];
        adam = Adam.averaging(List.of(net.m(), net.n(), net.w(), net.b(), observation));
    }

    @Override
    public void run() {
        float scale = 1f / size.neuronSteps();
        batch.clear();
        for (int w = 0; w < size.windows(); w++) {
            batch.add(y, w * size.bins() * size.neurons(), v, w * (size.bins() + 1) * size.inputs(), size.bins(), start,
                    0, scale);
        }
        Gradient gradient = batch.take(packed.pack(model));
        if (!adam.step(List.of(gradient.m(), gradient.n(), gradient.w(), gradient.b(),
                size.kind() == Observation.COUNTS ? gradient.gain() : gradient.offset()))) {
            throw new IllegalStateException("the gradient of " + size + " is not finite");
        }
    }

    @Override
    public void close() {
        team.close();
    }
}
