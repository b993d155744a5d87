package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.PhasePortrait;
import kappa.fitting.model.LowRankNetwork;

/** The first solution of delayed match-to-sample, built by hand as the poster does it. */
final class PosterMatchToSample extends HandBuiltMatchToSample {

    PosterMatchToSample() {
        super("poster-dms", "Delayed match-to-sample, first solution, built by hand",
                "Poster on delayed match-to-sample; Valente 2019, section 5.2, figures 5.2 to 5.4", "does the task");
    }

    @Override
    String remark(LowRankNetwork network) {
        return "Overlaps (4, 6, +-1, 3); A saturates population 2, B population 1. The overlaps other than sigma_21 and the "
                + "pushes are choices made here.";
    }

    @Override
    String picture(LowRankNetwork network, MatchToSampleFigures figures) {
        return figures.time();
    }

    @Override
    List<Result.Finding> findings(MatchToSampleFigures figures) {
        List<PhasePortrait> portraits = figures.portraits();
        List<Result.Finding> findings = new ArrayList<>();
        findings.add(count("stable states without input", "two", portraits.get(0), 2, 0));
        findings.add(count("under A", "two: the state stays", portraits.get(1), 2, 0));
        findings.add(count("under B", "a limit cycle in their place", portraits.get(2), 0, 1));
        boolean crossed = figures.remembered(1)[0] * figures.end(1)[0] < 0
                && figures.remembered(3)[0] * figures.end(3)[0] < 0;
        boolean stayed = figures.remembered(0)[0] * figures.end(0)[0] > 0
                && figures.remembered(2)[0] * figures.end(2)[0] > 0;
        findings.add(new Result.Finding("test A, test B", "the state stays; is carried to the other one",
                (stayed ? "stays" : "moves") + "; " + (crossed ? "is carried across" : "is not carried across"),
                stayed && crossed, "In trials without noise and a delay of 1.5 s."));
        double[] none = portraits.get(0).origin().effectiveOverlaps();
        double[] underA = portraits.get(1).origin().effectiveOverlaps();
        double[] underB = portraits.get(2).origin().effectiveOverlaps();
        findings.add(new Result.Finding("effective sigma_21: none, A, B",
                "0, positive, negative (+1 and -1 in the populations)",
                Numbers.shown(none[2]) + ", " + Numbers.shown(underA[2]) + ", " + Numbers.shown(underB[2]),
                Math.abs(none[2]) < 1e-3 && underA[2] > 0 && underB[2] < 0,
                "Saturating one population leaves the overlap of the other."));
        double[] jacobian = portraits.get(1).origin().jacobian();
        findings.add(new Result.Finding("F'(I_A)", "[[1.1, .3], [.3, .8]]",
                Numbers.matrix(jacobian) + "; without the -1 " + Numbers.matrix(underA),
                underA[1] > 0 && underA[2] > 0,
                "Agreement asks for positive sigma_12 and sigma_21 under A. The poster gives no values of the other "
                        + "overlaps, so that sizes differ."));
        return findings;
    }

    private static Result.Finding count(String quantity, String paper, PhasePortrait portrait, int stable, int cycles) {
        return new Result.Finding(quantity, paper, Dynamics.inventory(portrait),
                Dynamics.stable(portrait).size() == stable && Dynamics.cycles(portrait) == cycles,
                "All fixed points were found: the search covers the plane.");
    }
}
