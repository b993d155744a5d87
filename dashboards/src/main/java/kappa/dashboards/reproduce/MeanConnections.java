package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;

/** Mean connections among the four populations of the bimodal network, in units of s. */
final class MeanConnections extends Item {

    private static final int NEURONS = 4_000;
    private static final double S = 3;
    private static final double TOLERANCE = 0.3;
    private static final int SEEDS = 5;
    private static final List<String> NAMES = List.of("+ +", "+ -", "- +", "- -");

    MeanConnections() {
        super("figure-4.4",
                "Mean connections between the populations",
                "Valente 2019, figure 4.4, section 4.2");
    }

    @Override
    Result compute(Context context) {
        long[] seeds = context.seeds(SEEDS);
        double[][] found = new double[3][seeds.length];
        SvgPlot plot = new SvgPlot("E[m.n] / s, to the row from the column", "", "", 0, 1, 0, 1);
        for (int i = 0; i < seeds.length; i++) {
            LowRankNetwork network = HandBuiltNetworks.named("bimodal", NEURONS, seeds[i]).network();
            List<int[]> populations = Quadrants.of(network);
            List<List<Double>> byRelation = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (int p = 0; p < 4; p++) {
                for (int q = 0; q < 4; q++) {
                    double mean = Quadrants.mean(network, populations.get(p), populations.get(q)) / S;
                    byRelation.get(Integer.bitCount(p ^ q)).add(mean);
                    if (i == 0) {
                        plot.cell(p, q, 4, mean / 2, String.format(Locale.ROOT, "%.2f", mean));
                    }
                }
            }
            for (int relation = 0; relation < 3; relation++) {
                found[relation][i] = byRelation.get(relation).stream().mapToDouble(value -> value).average()
                        .orElseThrow();
            }
        }
        double[] expected = {2, 0, -2};
        String[] relations = {"within a population", "between neighbours, which share one sign",
            "between opposite ones"};
        List<Result.Finding> findings = new ArrayList<>();
        for (int relation = 0; relation < 3; relation++) {
            findings.add(new Result.Finding("mean connection " + relations[relation] + ", in units of s",
                    Numbers.shown(expected[relation]) + " (figure 4.4)", Numbers.range(found[relation]),
                    Math.abs(Numbers.median(found[relation]) - expected[relation]) < TOLERANCE,
                    "Neurons are assigned by the signs of m + n, which takes a few to the wrong population."));
        }
        return new Result("N = " + NEURONS + ", s = 3. Numbers in the cells are halved, so that 1 is the thesis's 2.",
                List.of(plot.names(NAMES).svg()), findings, List.of("./kappa analyze bimodal --populations 4 --json"));
    }
}
