package kappa.dashboards.reproduce;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kappa.analysis.dynamics.LatentTrajectory;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;

/** With a constant input all trajectories fall onto the affine line through I that is parallel to m. */
final class AffineLine extends Item {

    private static final int NEURONS = 1_000;
    private static final int BINS = 60;
    private static final int FALLEN = 25;
    private static final double[] STRENGTHS = {0.5, 1, 1.5};

    AffineLine() {
        super("figure-2.2",
                "Rank one: trajectories fall onto the affine line of the input",
                "Valente 2019, figure 2.2, section 2.2");
    }

    @Override
    Result compute(Context context) {
        LowRankNetwork network = HandBuiltNetworks.rankOneDecision(NEURONS, context.seed(), 2, 0, 0, 0, 0);
        SvgPlot plot = new SvgPlot("Plane of m and I, N = " + NEURONS, "kappa", "component along I", -2, 2, -0.5, 2);
        double farthest = 0;
        double start = 0;
        for (int u = 0; u < STRENGTHS.length; u++) {
            double strength = STRENGTHS[u];
            String colour = SvgPlot.COLOURS.get(u);
            plot.line(new double[]{-2, 2}, new double[]{strength, strength}, colour, true, 1);
            plot.entry("u = " + strength, colour);
            float[] inputs = new float[BINS];
            Arrays.fill(inputs, (float) strength);
            for (double kappa = -1.5; kappa <= 1.6; kappa += 0.5) {
                for (double v : new double[]{-0.4, 1.9}) {
                    LatentTrajectory run = LatentTrajectory.of(network, inputs, new double[]{kappa}, new double[]{v});
                    plot.line(run.kappa(), run.v(), colour, false, 0.8);
                    start = Math.max(start, Math.abs(v - strength));
                    farthest = Math.max(farthest, Math.abs(run.v()[FALLEN] - strength));
                }
            }
        }
        double expected = start * Math.pow(1 - network.alpha(), FALLEN);
        return new Result("An input at random to m and n, switched on from outside the line; time runs for 1.2 s.",
                List.of(plot.svg()),
                List.of(new Result.Finding("farthest distance from the line after 5 tau",
                        String.format(Locale.ROOT, "decays as (1-alpha)^t, to %.4f of 1 (1.6)",
                                Math.pow(1 - network.alpha(), FALLEN)),
                        String.format(Locale.ROOT, "%.4f from %.2f", farthest, start),
                        Math.abs(farthest - expected) < 1e-6,
                        "The component along I decays whatever kappa does, so that one dimension is left.")),
                List.of("./kappa network decision --out NET.npz"));
    }
}
