package kappa.fitting.offline;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kappa.fitting.em.ExpectationMaximisation;
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
    BPTT("bptt") {
        @Override
        public FittingAlgorithm create(FitPlan plan, RnnKernels kernels, Team team) {
            return new OnlineFitter(plan, kernels, team);
        }
    },
    /** Reduced-rank regression of one-step differences. */
    RRR("rrr") {
        @Override
        public FittingAlgorithm create(FitPlan plan, RnnKernels kernels, Team team) {
            return ReducedRankRegression.nonlinear(plan, kernels);
        }
    },
    /** Truncated backpropagation in the first pass, which expectation-maximisation refines. */
    EM("em") {
        @Override
        public FittingAlgorithm create(FitPlan plan, RnnKernels kernels, Team team) {
            return new ExpectationMaximisation(plan, ExpectationMaximisation.DEFAULT_ITERATIONS, kernels, team);
        }
    },
    /** The same without phi: a baseline that no network file can hold. */
    LINEAR_RRR("rrr-linear") {
        @Override
        public FittingAlgorithm create(FitPlan plan, RnnKernels kernels, Team team) {
            return ReducedRankRegression.linear(plan, kernels);
        }
    };

    private final String text;

    FittingAlgorithms(String text) {
        this.text = text;
    }

    /** @param team shares the work; the result does not depend on it */
    public abstract FittingAlgorithm create(FitPlan plan, RnnKernels kernels, Team team);

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
