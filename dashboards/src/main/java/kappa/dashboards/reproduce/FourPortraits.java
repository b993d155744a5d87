package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.PhasePortrait;
import kappa.dashboards.report.PhaseFigures;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.simulation.HandBuiltNetworks;

/** Four rank-2 networks of given overlaps. */
final class FourPortraits extends Item {

    /** A panel with what the thesis shows in it. */
    private record Panel(String name, String overlaps, String paper, long stable, long source, long saddle,
            long cycles) {}

    private static final List<Panel> PANELS = List.of(
            new Panel("figure-4.1a", "2.5, 0; 0.5, 0.5", "two stable states beside a saddle", 2, 0, 1, 0),
            new Panel("figure-4.1b", "2.5, 0; 0.5, 1.5", "two stable states, two saddles, a source", 2, 1, 2, 0),
            new Panel("figure-4.1d", "2.5, -1; 1, 2", "a source within a limit cycle", 0, 1, 0, 1));
    private static final int SEEDS = 5;

    FourPortraits() {
        super("figure-4.1",
                "Rank two: phase portraits of four sets of overlaps",
                "Valente 2019, figure 4.1 a to d, section 4.1");
    }

    @Override
    Result compute(Context context) {
        List<Result.Finding> findings = new ArrayList<>();
        List<SvgPlot> plots = new ArrayList<>();
        for (Panel panel : PANELS) {
            long[] seeds = context.seeds(SEEDS);
            int right = 0;
            String first = "";
            for (long seed : seeds) {
                context.progress().accept(panel.name + ", seed " + seed);
                PhasePortrait portrait = Dynamics.free(HandBuiltNetworks.named(panel.name, seed).network());
                right += Dynamics.holds(portrait, panel.stable, panel.source, panel.saddle, panel.cycles) ? 1 : 0;
                if (seed == seeds[0]) {
                    first = Dynamics.inventory(portrait);
                    PhaseFigures.of(portrait, panel.name + ": " + panel.overlaps).ifPresent(plots::add);
                }
            }
            findings.add(new Result.Finding(panel.name + ", overlaps " + panel.overlaps, panel.paper + " (figure 4.1)",
                    first + "; so in " + right + " of " + seeds.length, 5 * right >= 4 * seeds.length,
                    "N = " + HandBuiltNetworks.defaultNeurons(panel.name)
                            + "; chance overlaps are of order 1/sqrt(N)."));
        }
        findings.add(ring(context, plots));
        plots.add(2, plots.removeLast());
        return new Result("Drawn with N = 512; arrows by the square root of speed, green and pink the nullclines.",
                List.of(SvgPlot.pictures(plots.subList(0, 2)), SvgPlot.pictures(plots.subList(2, 4))), findings,
                List.of("./kappa analyze figure-4.1a --report DIR", "./kappa analyze figure-4.1d --json"));
    }

    /** c: a ring of fixed points in the limit; at finite N slow flow along it. */
    private static Result.Finding ring(Context context, List<SvgPlot> plots) {
        long[] seeds = context.seeds(SEEDS);
        double[] slow = new double[seeds.length];
        for (int i = 0; i < seeds.length; i++) {
            PhasePortrait portrait = Dynamics.free(HandBuiltNetworks.named("figure-4.1c", seeds[i]).network());
            slow[i] = portrait.fixedPoints().points().stream()
                    .filter(point -> Math.hypot(point.kappa()[0], point.kappa()[1]) > 0.5)
                    .mapToDouble(point -> Math.abs(point.re()[0])).max().orElse(0);
            if (i == 0) {
                PhaseFigures.of(portrait, "figure-4.1c: 2, 0; 0, 2").ifPresent(plots::add);
            }
        }
        return new Result.Finding("figure-4.1c, overlaps 2, 0; 0, 2", "a ring of fixed points (figure 4.1)",
                "largest rate along the ring " + Numbers.range(slow) + " per tau", Numbers.median(slow) < 0.4,
                "At finite N a few fixed points are left of the ring, and the flow along it is slow; 0 means that it rotates.");
    }
}
