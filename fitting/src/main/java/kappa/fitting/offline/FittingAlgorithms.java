package kappa.fitting.offline;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kappa.fitting.fit.FittingAlgorithm;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.regression.ReducedRankRegression;
import kappa.ingest.InvalidInputException;

/** The ways of fitting, by name. */
public enum FittingAlgorithms {
    /** Truncated backpropagation through time, which the live pipeline runs. */
    BPTT("bptt", OnlineFitter::new),
    /** Reduced-rank regression of one-step differences. */
    RRR("rrr", (plan, kernels, _) -> ReducedRankRegression.nonlinear(plan, kernels)),
    /** Truncated backpropagation in the first pass, which expectation-maximisation refines. */
    EM("em", (plan, kernels, team) -> new ExpectationMaximisation(plan, ExpectationMaximisation.DEFAULT_ITERATIONS,
            kernels, team)),
    /** Reduced-rank regression without phi: a baseline that no network file can hold. */
    LINEAR_RRR("rrr-linear", (plan, kernels, _) -> ReducedRankRegression.linear(plan, kernels));

    private interface Factory {
        FittingAlgorithm create(FitPlan plan, RnnKernels kernels, Team team);
    }

    private final String text;
    private final Factory factory;

    FittingAlgorithms(String text, Factory factory) {
        this.text = text;
        this.factory = factory;
    }

    /** @param team shares the work; the result does not depend on it */
    public FittingAlgorithm create(FitPlan plan, RnnKernels kernels, Team team) {
        return factory.create(plan, kernels, team);
    }

    /**
     * The algorithm of this name.
     *
     * @throws InvalidInputException if there is none
     */
    public static FittingAlgorithms named(String name) {
        return Arrays.stream(values()).filter(algorithm -> algorithm.text.equals(name.toLowerCase(Locale.ROOT)))
                .findFirst().orElseThrow(() -> new InvalidInputException(
                        "--algorithm is " + name + ", expected one of " + String.join(", ", names())));
    }

    public static List<String> names() {
        return Arrays.stream(values()).map(algorithm -> algorithm.text).toList();
    }

    @Override
    public String toString() {
        return text;
    }
}
