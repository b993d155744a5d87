package kappa.analysis;

import java.util.List;
import java.util.Optional;
import kappa.analysis.connectivity.Linearisation;
import kappa.analysis.dynamics.Basins;
import kappa.analysis.dynamics.FixedPoints;
import kappa.analysis.dynamics.FlowField;
import kappa.analysis.dynamics.LimitCycle;
import kappa.analysis.dynamics.Nullclines;
import kappa.analysis.dynamics.SlowPoint;

/**
 * The dynamics of kappa while one input is held constant.
 *
 * @param input the input's name; {@link NetworkAnalysis#NO_INPUT} without any
 * @param drive u [S]
 * @param origin the dynamics about kappa = 0
 * @param flow absent for K > 2
 */
public record PhasePortrait(String input, double[] drive, FixedPoints fixedPoints, Linearisation origin,
        Optional<FlowField> flow, Orbits orbits) {

    /**
     * What takes longer to find than fixed points.
     *
     * @param version of the snapshot that these are of, which may be older than the analysis; 0 if none were looked for
     * @param cycles shortest period first
     * @param nullclines for K = 2, else none
     * @param slowPoints for K >= 3, slowest first, else none
     * @param basins for K = 2, where asked for
     */
    public record Orbits(long version, List<LimitCycle> cycles, Nullclines nullclines, List<SlowPoint> slowPoints,
            Optional<Basins> basins) {

        /** None were looked for. */
        public static final Orbits NONE = new Orbits(0, List.of(), Nullclines.NONE, List.of(), Optional.empty());
    }

    PhasePortrait withOrbits(Orbits other) {
        return new PhasePortrait(input, drive, fixedPoints, origin, flow, other);
    }
}
