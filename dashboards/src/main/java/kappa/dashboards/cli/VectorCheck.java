package kappa.dashboards.cli;

import java.util.Optional;
import kappa.fitting.kernel.VectorModule;

/**
 * Says to the launcher whether a JDK can load the Vector API late: the exit code is 0, or 1 with the reason on standard error.
 */
public final class VectorCheck {

    private VectorCheck() {}

    public static void main(String[] arguments) {
        Optional<String> problem = VectorModule.problemWhenLate();
        problem.ifPresent(reason -> System.err.println("the Vector API cannot be loaded late: " + reason));
        System.exit(problem.isPresent() ? 1 : 0);
    }
}
