package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.PhasePortrait;
import kappa.dashboards.report.Density;
import kappa.fitting.model.LowRankNetwork;

/** The second solution, which the thesis did not manage to build by hand. */
final class SecondSolution extends HandBuiltMatchToSample {

    SecondSolution() {
        super("dms-second", "Delayed match-to-sample, second solution, built by hand",
                "Valente 2019, section 5.3, figures 5.7 to 5.9", "the thesis did not manage to build it by hand");
    }

    @Override
    String remark(LowRankNetwork network) {
        return "An answer to an open problem of the thesis: two bistable populations with bimodal loadings, of which each input "
                + "saturates one and lets it follow the other.";
    }

    @Override
    String picture(LowRankNetwork network, MatchToSampleFigures figures) {
        return Density.withScatter("m1", Vectors.m(network, 0), "n1", Vectors.n(network, 0));
    }

    @Override
    List<Result.Finding> findings(MatchToSampleFigures figures) {
        List<PhasePortrait> portraits = figures.portraits();
        List<Result.Finding> findings = new ArrayList<>();
        findings.add(new Result.Finding("without input", "four stable states and four saddles (figure 5.7)",
                Dynamics.inventory(portraits.get(0)), Dynamics.holds(portraits.get(0), 4, 1, 4, 0),
                "All fixed points were found: the search covers the plane."));
        findings.add(new Result.Finding("the memory", "top for B, bottom for A",
                "kappa_2 = " + Numbers.shown(figures.remembered(2)[1]) + " after B, "
                        + Numbers.shown(figures.remembered(0)[1])
                        + " after A",
                figures.remembered(2)[1] > 0.5 && figures.remembered(0)[1] < -0.5, "At the end of a delay of 1.5 s."));
        for (int c = 1; c <= 2; c++) {
            findings.add(new Result.Finding("under " + (c == 1 ? "A" : "B"), "only the left and the right state remain",
                    Dynamics.inventory(portraits.get(c)), leftAndRight(portraits.get(c)),
                    "Stable states at kappa_1 below and above 0."));
        }
        double[] underA = portraits.get(1).origin().effectiveOverlaps();
        double[] underB = portraits.get(2).origin().effectiveOverlaps();
        findings.add(new Result.Finding("effective sigma_12 and sigma_21", "sigma_12 > sigma_21 under A, < under B",
                Numbers.shown(underA[1]) + ", " + Numbers.shown(underA[2]) + " under A; " + Numbers.shown(underB[1])
                        + ", "
                        + Numbers.shown(underB[2]) + " under B",
                underA[1] > underA[2] && underB[1] < underB[2], "The inputs turn the flow along opposite diagonals."));
        return findings;
    }

    private static boolean leftAndRight(PhasePortrait portrait) {
        var stable = Dynamics.stable(portrait);
        return stable.size() == 2 && stable.get(0).kappa()[0] * stable.get(1).kappa()[0] < 0;
    }
}
