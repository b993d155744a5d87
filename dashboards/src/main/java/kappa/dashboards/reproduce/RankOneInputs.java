package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.analysis.NetworkAnalysis.Held;
import kappa.analysis.PhasePortrait;
import kappa.analysis.dynamics.BifurcationScan;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.dashboards.report.PhaseFigures;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import org.apache.commons.math3.analysis.integration.IterativeLegendreGaussIntegrator;

/** An input along n takes a stable state away in a saddle-node; an orthogonal one weakens the overlap. */
final class RankOneInputs extends Item {

    private static final int NEURONS = 2_000;
    private static final int ALONG = 0;
    private static final int ACROSS = 1;
    private static final double STRONG = 2;
    private static final double TOLERANCE = 0.1;

    RankOneInputs() {
        super("figure-2.3",
                "Rank one: no input, input along n, input orthogonal to n",
                "Valente 2019, figure 2.3, equations 2.6 to 2.8");
    }

    /** Overlap 2; channel 0 is along n, channel 1 a Gaussian vector of its own. */
    private static LowRankNetwork network(long seed) {
        LowRankNetwork base = RankOneFlow.network(2, seed);
        SplittableRandom random = new SplittableRandom(~seed);
        float[] w = new float[2 * NEURONS];
        System.arraycopy(base.n(), 0, w, 0, NEURONS);
        System.arraycopy(LowRankNetwork.gaussian(NEURONS, 1, random), 0, w, NEURONS, NEURONS);
        return LowRankNetwork.withoutBias(NEURONS, 1, 2, base.alpha(), base.m(), base.n(), w);
    }

    @Override
    Result compute(Context context) {
        List<SvgPlot> plots = new ArrayList<>();
        long[] seeds = context.seeds(5);
        double[] vanish = new double[seeds.length];
        double[] overlap = new double[seeds.length];
        int saddleNodes = 0;
        int bistable = 0;
        for (int i = 0; i < seeds.length; i++) {
            LowRankNetwork network = network(seeds[i]);
            BifurcationScan scan = BifurcationScan.of(network, new double[2], ALONG,
                    IntStream.rangeClosed(0, 40).mapToDouble(a -> a / 40.0).toArray());
            BifurcationScan.Bifurcation first = scan.bifurcations().getFirst();
            saddleNodes += first.kind() == BifurcationScan.Kind.SADDLE_NODE ? 1 : 0;
            vanish[i] = first.amplitude();
            double[] across = new double[2];
            across[ACROSS] = STRONG;
            overlap[i] = new ReducedDynamics(network, across).effectiveOverlaps(new double[1])[0];
            List<PhasePortrait> portraits = Dynamics.portraits(network, List.of(Dynamics.none(network),
                    new Held("along n", new double[]{0.8, 0}), new Held("orthogonal", across)));
            bistable += Dynamics.stable(portraits.get(0)).size() == 2 && Dynamics.stable(portraits.get(1)).size() == 1
                    ? 1
                    : 0;
            if (i == 0) {
                PhaseFigures.of(portraits.get(0), "no input").ifPresent(plots::add);
                PhaseFigures.of(portraits.get(1), "input along n, u = 0.8").ifPresent(plots::add);
                PhaseFigures.of(portraits.get(2), "input orthogonal to n, u = 2").ifPresent(plots::add);
            }
        }
        double limit = effectiveOverlap();
        return new Result(
                "m = n = sqrt(2) x with N = " + NEURONS + "; the orthogonal input is another Gaussian vector.",
                List.of(SvgPlot.pictures(plots)),
                List.of(new Result.Finding("bifurcation as the input along n grows", "saddle-node (figure 2.3)",
                        "saddle-node in " + saddleNodes + " of " + seeds.length + " networks, at u = "
                                + Numbers.range(vanish),
                        saddleNodes == seeds.length,
                        "The stable state on the other side meets the saddle and vanishes."),
                        new Result.Finding("stable states without input and with u = 0.8 along n",
                                "2 and 1 (figure 2.3)",
                                "2 and 1 in " + bistable + " of " + seeds.length + " networks",
                                bistable == seeds.length,
                                "One state is left beyond the saddle-node."),
                        new Result.Finding("effective overlap at kappa = 0 under the orthogonal input, u = 2",
                                Numbers.shown(limit) + ": 2 E[phi'(2 x)] (2.8)", Numbers.range(overlap),
                                Math.abs(Numbers.median(overlap) - limit) < TOLERANCE,
                                "The input saturates neurons and with them the overlap, here below 1.")),
                List.of("./kappa analyze NET.npz --scan 0=0:1"));
    }

    /** 2 E[phi'(2 x)], x standard Gaussian. */
    private static double effectiveOverlap() {
        return 2 * new IterativeLegendreGaussIntegrator(16, 1e-9, 1e-9).integrate(100_000,
                x -> LowRankNetwork.phiPrimeOfRate(LowRankNetwork.phi(STRONG * x)) * Math.exp(-x * x / 2)
                        / Math.sqrt(2 * Math.PI),
                -8, 8);
    }
}
