package kappa.fitting.bench;

import kappa.fitting.fit.Adam;

/** One step of the optimiser alone. */
final class AdamStep implements Step {

    private final Adam adam;
    private final float[][] gradient;

    AdamStep(int parameters) {
        RandomProblem random = new RandomProblem(1);
        adam = new Adam(random.gaussian(parameters, 1));
        gradient = new float[][]{random.gaussian(parameters, 1)};
    }

    @Override
    public void run() {
        if (!adam.step(Double.POSITIVE_INFINITY, gradient)) {
            throw new IllegalStateException("the gradient is not finite");
        }
    }
}
