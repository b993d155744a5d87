package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.PhasePortrait;
import kappa.dashboards.report.PhaseFigures;
import kappa.dashboards.report.Scatters;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;

/** The bimodal network: flow, and the loadings m1 and n1. */
final class BimodalPortrait extends Item {

    private static final String NETWORK = "bimodal";
    private static final int SEEDS = 5;

    BimodalPortrait() {
        super("figure-4.2",
                "Bimodal loadings: four stable states",
                "Valente 2019, figure 4.2, equations 4.5 to 4.8");
    }

    @Override
    Result compute(Context context) {
        List<SvgPlot> plots = new ArrayList<>();
        long[] seeds = context.seeds(SEEDS);
        int right = 0;
        String first = "";
        for (long seed : seeds) {
            LowRankNetwork network = HandBuiltNetworks.named(NETWORK, seed).network();
            PhasePortrait portrait = Dynamics.free(network);
            right += Dynamics.holds(portrait, 4, 1, 4, 0) ? 1 : 0;
            if (seed == seeds[0]) {
                first = Dynamics.inventory(portrait);
                PhaseFigures.of(portrait, "bimodal, s = 3").ifPresent(plots::add);
                plots.add(Scatters.plain("loadings of the first pair", "m1", Vectors.m(network, 0), "n1",
                        Vectors.n(network, 0)));
            }
        }
        return new Result("s = 3, N = " + HandBuiltNetworks.defaultNeurons(NETWORK) + ".",
                List.of(SvgPlot.pictures(plots)),
                List.of(new Result.Finding("fixed points", "4 stable, 4 saddles, 1 source (figure 4.2)",
                        first + "; so in " + right + " of " + seeds.length, right == seeds.length,
                        "Two independent pairs of modes make four stable states.")),
                List.of("./kappa analyze bimodal --report DIR"));
    }
}
