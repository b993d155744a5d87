package kappa.analysis.dynamics;

import java.util.List;
import org.apache.commons.math3.exception.MathIllegalStateException;
import org.apache.commons.math3.ode.FirstOrderDifferentialEquations;
import org.apache.commons.math3.ode.events.EventHandler;
import org.apache.commons.math3.ode.nonstiff.DormandPrince853Integrator;

/**
 * Integrates d kappa / dt = F, or -F backward in time, until an event. The state may be longer than K: the equations define
 * the numbers after the first K. Not thread-safe.
 */
final class Trajectories {

    /** Why an integration ended. */
    enum End {
        /** The event that was asked for. */
        EVENT,
        /** In a trapping region: it goes to a fixed point. */
        TRAPPED,
        /** Out of the box: only backward in time. */
        ESCAPED,
        /** None of it in the time given, or within the evaluations allowed. */
        UNDECIDED
    }

    /** Where an integration ended. */
    record Reached(End end, double time) {}

    private static final double SHORTEST_STEP = 1e-12;
    /** In time constants. */
    private static final double LONGEST_STEP = 4;
    private static final double LONGEST_CHECK = 0.25;
    private static final double EVENT_PRECISION = 1e-10;
    private static final int EVENT_ITERATIONS = 200;

    private final ReducedDynamics dynamics;
    private final List<TrappingRegion> regions;
    private final double[] box;
    private final double tolerance;
    private final int evaluations;
    private long spent;

    /**
     * @param tolerance local error, absolute and relative
     * @param evaluations of F in one integration
     */
    Trajectories(ReducedDynamics dynamics, List<TrappingRegion> regions, double tolerance, int evaluations) {
        this.dynamics = dynamics;
        this.regions = regions;
        this.box = dynamics.bounds();
        this.tolerance = tolerance;
        this.evaluations = evaluations;
    }

    /** A function of the state whose zero ends an integration. */
    @FunctionalInterface
    interface Event {
        double value(double[] state);
    }

    /** Integrates in place. */
    Reached run(FirstOrderDifferentialEquations equations, double[] state, double time, Event event) {
        DormandPrince853Integrator integrator = new DormandPrince853Integrator(SHORTEST_STEP, LONGEST_STEP, tolerance,
                tolerance);
        integrator.setMaxEvaluations(evaluations);
        Stop stop = new Stop(event);
        Stop trapped = new Stop(this::excess);
        Stop escaped = new Stop(this::outside);
        for (Stop handler : List.of(stop, trapped, escaped)) {
            integrator.addEventHandler(handler, LONGEST_CHECK, EVENT_PRECISION, EVENT_ITERATIONS);
        }
        if (excess(state) <= 0) {
            return new Reached(End.TRAPPED, 0);
        }
        double end;
        try {
            end = integrator.integrate(equations, 0, state.clone(), time, state);
        } catch (MathIllegalStateException tooLong) {
            // The evaluations are used up, or the step is too small to be told from none: undecided either way.
            return new Reached(End.UNDECIDED, Double.NaN);
        } finally {
            spent += integrator.getEvaluations();
        }
        End why = End.UNDECIDED;
        if (stop.happened) {
            why = End.EVENT;
        } else if (trapped.happened) {
            why = End.TRAPPED;
        } else if (escaped.happened) {
            why = End.ESCAPED;
        }
        return new Reached(why, end);
    }

    /** Evaluations of F until now. */
    long spent() {
        return spent;
    }

    /** F or -F alone. */
    FirstOrderDifferentialEquations flow(int direction) {
        int rank = dynamics.rank();
        return equations(rank, (_, state, derivative) -> {
            dynamics.velocity(state, derivative);
            for (int k = 0; k < rank; k++) {
                derivative[k] *= direction;
            }
        });
    }

    /** The right-hand side of an equation. */
    @FunctionalInterface
    interface RightHandSide {
        void compute(double t, double[] state, double[] derivative);
    }

    static FirstOrderDifferentialEquations equations(int dimension, RightHandSide rightHandSide) {
        return new FirstOrderDifferentialEquations() {
            @Override
            public int getDimension() {
                return dimension;
            }

            @Override
            public void computeDerivatives(double t, double[] state, double[] derivative) {
                rightHandSide.compute(t, state, derivative);
            }
        };
    }

    /** Not above 0 in a trapping region. */
    private double excess(double[] state) {
        double least = Double.POSITIVE_INFINITY;
        for (TrappingRegion region : regions) {
            least = Math.min(least, region.excess(state));
        }
        // Far away it grows as the square of the distance; root finding only needs its sign there.
        return Math.min(least, 1);
    }

    /** Above 0 outside a box a little wider than the one that all that stays lies in. */
    private double outside(double[] state) {
        double most = -1;
        for (int k = 0; k < box.length; k++) {
            most = Math.max(most, Math.abs(state[k]) - 1.1 * box[k] - 1e-9);
        }
        return most;
    }

    private static final class Stop implements EventHandler {
        private final Event event;
        private boolean happened;

        Stop(Event event) {
            this.event = event;
        }

        @Override
        public void init(double t0, double[] state, double t) {
            happened = false;
        }

        @Override
        public double g(double t, double[] state) {
            return event.value(state);
        }

        @Override
        public Action eventOccurred(double t, double[] state, boolean increasing) {
            happened = true;
            return Action.STOP;
        }

        @Override
        public void resetState(double t, double[] state) {
            // Nothing is reset: the integration ends.
        }
    }
}
