package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.PhasePortrait;
import kappa.analysis.dynamics.FixedPoint;
import kappa.dashboards.report.PhaseFigures;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.apache.commons.math3.analysis.integration.IterativeLegendreGaussIntegrator;
import org.apache.commons.math3.analysis.solvers.BrentSolver;

/** F(kappa) and its potential for an overlap above and below 1. */
final class RankOneFlow extends Item {

    private static final int NEURONS = 2_000;
    private static final double ABOVE = 2;
    private static final double BELOW = 0.8;
    private static final double TOLERANCE = 0.1;

    RankOneFlow() {
        super("figure-2.1",
                "Rank one: force and potential at overlaps 2 and 0.8",
                "Valente 2019, figure 2.1, equations 2.3 to 2.5");
    }

    /** m = n = sqrt(overlap) x. */
    static LowRankNetwork network(double overlap, long seed) {
        return HandBuiltNetworks.rankOneDecision(NEURONS, seed, overlap, 0, 0, 0, 0);
    }

    @Override
    Result compute(Context context) {
        List<SvgPlot> plots = new ArrayList<>();
        List<Result.Finding> findings = new ArrayList<>();
        for (double overlap : new double[]{ABOVE, BELOW}) {
            long[] seeds = context.seeds(5);
            double[] outermost = new double[seeds.length];
            int right = 0;
            int expected = overlap > 1 ? 2 : 1;
            for (int i = 0; i < seeds.length; i++) {
                PhasePortrait portrait = Dynamics.free(network(overlap, seeds[i]));
                if (i == 0) {
                    PhaseFigures.of(portrait, "overlap " + overlap).ifPresent(plots::add);
                }
                right += Dynamics.stable(portrait).size() == expected ? 1 : 0;
                outermost[i] = portrait.fixedPoints().points().stream().map(FixedPoint::kappa)
                        .mapToDouble(kappa -> Math.abs(kappa[0])).max().orElseThrow();
            }
            findings.add(new Result.Finding("stable states at overlap " + overlap,
                    expected == 2 ? "two beside an unstable origin (figure 2.1)" : "the origin alone (figure 2.1)",
                    expected + " in " + right + " of " + seeds.length + " networks", right == seeds.length,
                    "The overlap decides: above 1 the origin is unstable."));
            double limit = limit(overlap);
            double found = Numbers.median(outermost);
            findings.add(new Result.Finding("|kappa| of the outermost fixed point at overlap " + overlap,
                    Numbers.shown(limit) + " in the limit of many neurons (2.4, solved here)", Numbers.range(outermost),
                    Math.abs(found - limit) < TOLERANCE,
                    "At N = " + NEURONS + " chance moves it by some hundredths."));
        }
        return new Result("m = n = sqrt(overlap) x with N = " + NEURONS + ".", List.of(SvgPlot.pictures(plots)),
                findings,
                List.of("./kappa analyze decision --report DIR"));
    }

    /** kappa = sqrt(o) E[x phi(sqrt(o) x kappa)], x standard Gaussian. */
    private static double limit(double overlap) {
        double root = Math.sqrt(overlap);
        IterativeLegendreGaussIntegrator integral = new IterativeLegendreGaussIntegrator(16, 1e-9, 1e-9);
        if (overlap <= 1) {
            return 0;
        }
        return new BrentSolver(1e-8).solve(200, kappa -> root * integral.integrate(100_000,
                x -> x * LowRankNetwork.phi(root * x * kappa) * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI), -8, 8)
                - kappa, 0.05, 10);
    }
}
