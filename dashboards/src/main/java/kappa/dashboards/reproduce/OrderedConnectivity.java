package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;

/** The connectivity of the bimodal network, its neurons ordered by population. */
final class OrderedConnectivity extends Item {

    private static final int SHOWN_PER_POPULATION = 12;

    OrderedConnectivity() {
        super("figure-4.3",
                "Connectivity of the bimodal network, ordered by population",
                "Valente 2019, figure 4.3, section 4.2");
    }

    @Override
    Result compute(Context context) {
        LowRankNetwork network = HandBuiltNetworks.named("bimodal", context.seed()).network();
        List<int[]> populations = Quadrants.of(network);
        List<Integer> order = new ArrayList<>();
        for (int[] population : populations) {
            for (int i = 0; i < SHOWN_PER_POPULATION; i++) {
                order.add(population[i]);
            }
        }
        int count = order.size();
        SvgPlot plot = new SvgPlot("N J_ij, 12 neurons of each population", "from population 1, 2, 3, 4",
                "to population 4, 3, 2, 1", 0, 4, 0, 4);
        for (int row = 0; row < count; row++) {
            for (int column = 0; column < count; column++) {
                double value = Quadrants.connection(network, order.get(row), order.get(column));
                plot.cell(row, column, count, value / 12, "");
            }
        }
        double within = Quadrants.mean(network, populations.get(0), populations.get(0));
        double spread = Quadrants.standardDeviation(network, populations.get(0), populations.get(0));
        return new Result(
                "Orange excites, blue inhibits. Populations are the signs of the modes z1 and z2, as found by the "
                        + "signs of m and n.",
                List.of(plot.svg()),
                List.of(new Result.Finding("blocks of connections", "visible between populations (figure 4.3)",
                        "mean within a population " + Numbers.shown(within) + ", standard deviation "
                                + Numbers.shown(spread),
                        within > 0 && within > spread / 4,
                        "The means make blocks; single connections scatter about them.")),
                List.of("./kappa analyze bimodal --populations 4 --json"));
    }
}
