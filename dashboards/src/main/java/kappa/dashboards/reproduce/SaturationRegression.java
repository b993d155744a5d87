package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.connectivity.Saturation;
import kappa.dashboards.report.Scatters;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;

/** n2 against m1, the neurons split by whether the input saturates them. */
final class SaturationRegression extends Item {

    private static final int DRIVE = 2;
    private static final int SEEDS = 5;
    private static final double TOLERANCE = 0.2;

    SaturationRegression() {
        super("figure-4.6",
                "n2 against m1, split by saturation under the input",
                "Valente 2019, figure 4.6, section 4.3");
    }

    @Override
    Result compute(Context context) {
        long[] seeds = context.seeds(SEEDS);
        double[][] slopes = new double[3][seeds.length];
        List<SvgPlot> plots = new ArrayList<>();
        for (int s = 0; s < seeds.length; s++) {
            LowRankNetwork network = HandBuiltNetworks.named("two-population", seeds[s]).network();
            Saturation split = Saturation.of(network, DRIVE, Vectors.m(network, 0), Vectors.n(network, 1));
            slopes[0][s] = split.saturated().slope();
            slopes[1][s] = split.linear().slope();
            slopes[2][s] = split.all().slope();
            if (s == 0) {
                plots.add(Scatters.bySaturation("two-population, N = 2000", "m1", Vectors.m(network, 0), "n2",
                        Vectors.n(network, 1), split));
            }
        }
        // m1 = x1 + x3 and n2 = +-x3 + 2.5 x4: the slope of n2 on m1 is +-1/2.
        return new Result("Saturated is phi'(I) < 0.5 under the input at 1. Dashed: all neurons.",
                List.of(plots.getFirst().svg()),
                List.of(slope("saturated neurons", "positive", slopes[0], 0.5),
                        slope("other neurons", "negative", slopes[1], -0.5),
                        slope("all neurons", "none", slopes[2], 0)),
                List.of("./kappa analyze two-population --input 2 --json"));
    }

    private static Result.Finding slope(String of, String paper, double[] slopes, double expected) {
        return new Result.Finding("slope of n2 on m1, " + of, paper + " (figure 4.6); " + expected + " by construction",
                Numbers.range(slopes), Math.abs(Numbers.median(slopes) - expected) < TOLERANCE,
                "A few neurons of the driven population have a small input and stay linear.");
    }
}
