package kappa.fitting.bench;

import java.util.List;
import kappa.fitting.fit.Adam;

/** One step of the optimiser alone. */
final class AdamStep implements Step {

    private final Adam adam;
    private final List<float[]> gradient;

    AdamStep(int parameters) {
        RandomProblem random = new RandomProblem(1);
        adam = Adam.averaging(List.of(random.gaussian(parameters, 1)));
        gradient = List.of(random.gaussian(parameters, 1));
    }

    @Override
    public void run() {
        if (!adam.step(gradient)) {
            throw new IllegalStateException("the gradient is not finite");
        }
    }
}
