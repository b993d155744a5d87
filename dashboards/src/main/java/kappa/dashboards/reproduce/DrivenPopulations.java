package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.PhasePortrait;
import kappa.dashboards.report.PhaseFigures;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;

/** Two populations whose dynamics an input turns from bistable into a limit cycle. */
final class DrivenPopulations extends Item {

    private static final String NETWORK = "two-population";
    private static final int DRIVE = 2;
    private static final int SEEDS = 5;
    /** Jacobians at the origin for the parameters of section 4.3.1, without and with the input. */
    private static final double[] NONE = {1.9, 1.1, 0, 1.5};
    private static final double[] DRIVEN = {0.55, 0.53, -0.46, 0.38};
    /** The expected figures are of one drawn network; at 2,000 neurons, chance moves an entry by about 0.1. */
    private static final double TOLERANCE = 0.15;

    DrivenPopulations() {
        super("figure-4.5",
                "Two populations without and with the input",
                "Valente 2019, figure 4.5, section 4.3.1");
    }

    @Override
    Result compute(Context context) {
        List<SvgPlot> plots = new ArrayList<>();
        long[] seeds = context.seeds(SEEDS);
        int free = 0;
        int driven = 0;
        String[] first = new String[2];
        double[][] jacobians = new double[2][];
        for (long seed : seeds) {
            context.progress().accept(NETWORK + ", seed " + seed);
            LowRankNetwork network = HandBuiltNetworks.named(NETWORK, seed).network();
            List<PhasePortrait> portraits = Dynamics.portraits(network,
                    List.of(Dynamics.none(network), Dynamics.held(network, "drive", DRIVE)));
            free += Dynamics.holds(portraits.get(0), 2, 1, 2, 0) ? 1 : 0;
            driven += Dynamics.holds(portraits.get(1), 0, 1, 0, 1) ? 1 : 0;
            if (seed == seeds[0]) {
                PhaseFigures.of(portraits.get(0), "without input").ifPresent(plots::add);
                PhaseFigures.of(portraits.get(1), "with the input").ifPresent(plots::add);
                for (int c = 0; c < 2; c++) {
                    first[c] = Dynamics.inventory(portraits.get(c));
                    jacobians[c] = portraits.get(c).origin().jacobian();
                }
            }
        }
        return new Result("Overlaps (3, 1, +-1, 2.5); input 10 x on population 1 and 0.1 x on population 2; N = "
                + HandBuiltNetworks.defaultNeurons(NETWORK) + ".", List.of(SvgPlot.pictures(plots)),
                List.of(new Result.Finding("without input", "source, two saddles, two stable states (figure 4.5)",
                        first[0] + "; so in " + free + " of " + seeds.length, free == seeds.length,
                        "The overlaps of the two populations average to (3, 1, 0, 2.5)."),
                        new Result.Finding("with the input", "unstable focus and limit cycle (figure 4.5)",
                                first[1] + "; so in " + driven + " of " + seeds.length, driven == seeds.length,
                                "Population 1 is saturated, and the rotation of population 2 takes over."),
                        new Result.Finding("Jacobian at the origin, none and with the input",
                                "[[1.9, 1.1], [0, 1.5]] and [[.55, .53], [-.46, .38]] for these parameters (section 4.3.1 "
                                        + "with its -1)",
                                Numbers.matrix(jacobians[0]) + " and " + Numbers.matrix(jacobians[1]),
                                near(jacobians[0], NONE) && near(jacobians[1], DRIVEN),
                                "The matrices printed in the thesis lack the -1; those here follow from its parameters. "
                                        + "Entries within " + TOLERANCE + " agree.")),
                List.of("./kappa analyze two-population --input 2 --report DIR"));
    }

    private static boolean near(double[] found, double[] expected) {
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(found[i] - expected[i]) <= TOLERANCE)) {
                return false;
            }
        }
        return true;
    }
}
