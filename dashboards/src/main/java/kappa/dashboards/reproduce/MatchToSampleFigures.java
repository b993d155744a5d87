package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.PhasePortrait;
import kappa.analysis.dynamics.LatentTrajectory;
import kappa.dashboards.report.PhaseFigures;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;

/**
 * The four trials of delayed match-to-sample on a rank-2 network without noise: trajectories over the flow of each epoch
 * (Valente 2019, figures 5.3, 5.4, 5.7 and 5.8), and readout and single neurons in time (figure 5.2).
 */
final class MatchToSampleFigures {

    private static final int FIXATION = 5;
    private static final int SHOWN = 25;
    private static final int DELAY = 75;
    private static final int DECISION = 50;
    private static final int BINS = FIXATION + SHOWN + DELAY + SHOWN + DECISION;
    private static final double BIN_S = 0.02;
    private static final List<String> NAMES = List.of("A-A", "A-B", "B-A", "B-B");

    private final LowRankNetwork network;
    private final List<PhasePortrait> portraits;
    private final List<LatentTrajectory> trials;

    MatchToSampleFigures(LowRankNetwork network) {
        this.network = network;
        this.portraits = Dynamics.matchToSample(network);
        this.trials = IntStream.range(0, NAMES.size()).mapToObj(trial -> LatentTrajectory.of(network,
                inputs(trial / 2, trial % 2), new double[2], new double[2])).toList();
    }

    private static float[] inputs(int sample, int test) {
        float[] u = new float[BINS * 2];
        for (int t = 0; t < SHOWN; t++) {
            u[2 * (FIXATION + t) + sample] = 1;
            u[2 * (FIXATION + SHOWN + DELAY + t) + test] = 1;
        }
        return u;
    }

    /** Without input, under A, under B. */
    List<PhasePortrait> portraits() {
        return portraits;
    }

    /** Kappa at the end of a trial. */
    double[] end(int trial) {
        return Arrays.copyOfRange(trials.get(trial).kappa(), 2 * BINS, 2 * BINS + 2);
    }

    /** Kappa at the end of a trial's delay. */
    double[] remembered(int trial) {
        int at = FIXATION + SHOWN + DELAY;
        return Arrays.copyOfRange(trials.get(trial).kappa(), 2 * at, 2 * at + 2);
    }

    /** Two rows of three pictures: the samples and the delay, the tests and the decision. */
    List<String> epochs() {
        int sampleEnd = FIXATION + SHOWN;
        int testFrom = sampleEnd + DELAY;
        int testEnd = testFrom + SHOWN;
        return List.of(
                SvgPlot.pictures(List.of(epoch(1, "sample A", FIXATION, sampleEnd, 0, 1),
                        epoch(2, "sample B", FIXATION, sampleEnd, 2, 3),
                        epoch(0, "delay", sampleEnd, testFrom, 0, 2))),
                SvgPlot.pictures(List.of(epoch(1, "test A", testFrom, testEnd, 0, 2),
                        epoch(2, "test B", testFrom, testEnd, 1, 3),
                        epoch(0, "decision", testEnd, BINS, 0, 1, 2, 3))));
    }

    private SvgPlot epoch(int portrait, String title, int from, int to, int... shown) {
        SvgPlot plot = PhaseFigures.of(portraits.get(portrait), title).orElseThrow();
        for (int trial : shown) {
            String colour = SvgPlot.COLOURS.get(colour(trial));
            PhaseFigures.curve(plot, Arrays.copyOfRange(trials.get(trial).kappa(), 2 * from, 2 * (to + 1)), colour,
                    false, 2.2);
            plot.entry(NAMES.get(trial), colour);
        }
        return plot;
    }

    private static int colour(int trial) {
        return List.of(4, 1, 3, 5).get(trial);
    }

    /** Readout and two neurons for A-A and A-B. */
    String time() {
        List<SvgPlot> plots = new ArrayList<>();
        double[] axis = IntStream.rangeClosed(0, BINS).mapToDouble(t -> t * BIN_S).toArray();
        SvgPlot readout = new SvgPlot("readout", "time, s", "z", 0, BINS * BIN_S, -1.5, 1.5);
        for (int trial = 0; trial < 2; trial++) {
            readout.line(axis, trials.get(trial).readout(), SvgPlot.COLOURS.get(colour(trial)), false, 1.8);
            readout.entry(NAMES.get(trial), SvgPlot.COLOURS.get(colour(trial)));
        }
        plots.add(readout);
        for (int neuron : new int[]{0, network.neurons() - 1}) {
            SvgPlot plot = new SvgPlot("rate of neuron " + neuron, "time, s", "phi(x)", 0, BINS * BIN_S, -1, 1);
            for (int trial = 0; trial < 2; trial++) {
                plot.line(axis, rate(trials.get(trial), neuron), SvgPlot.COLOURS.get(colour(trial)), false, 1.8);
            }
            plots.add(plot);
        }
        return SvgPlot.pictures(plots);
    }

    private double[] rate(LatentTrajectory trial, int neuron) {
        double[] rate = new double[BINS + 1];
        for (int t = 0; t <= BINS; t++) {
            double x = network.b()[neuron];
            for (int k = 0; k < 2; k++) {
                x += trial.kappa()[2 * t + k] * network.m()[k * network.neurons() + neuron]
                        + trial.v()[2 * t + k] * network.w()[k * network.neurons() + neuron];
            }
            rate[t] = LowRankNetwork.phi(x);
        }
        return rate;
    }
}
