package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Condition;
import kappa.fitting.task.Task;
import kappa.fitting.task.TaskTrial;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TrialRunner;

/** Psychometric curves of the random-dots task, and the readout in time by coherence. Stateless. */
final class DecisionFigures {

    private static final int REPEATS = 20;
    private static final double READOUT_REACH = 2;

    private DecisionFigures() {}

    /** An empty plot of the probability of a positive choice. */
    static SvgPlot psychometric(String title) {
        return new SvgPlot(title, "coherence", "P(choice = +1)", -0.55, 0.55, -0.02, 1.02);
    }

    /** Adds a network's curve. */
    static void add(SvgPlot plot, Performance performance, String colour) {
        List<Performance.Point> points = performance.psychometric();
        double[] coherence = points.stream().mapToDouble(Performance.Point::first).toArray();
        double[] positive = points.stream().mapToDouble(Performance.Point::positive).toArray();
        plot.line(coherence, positive, colour, false, 1.2);
        for (int i = 0; i < coherence.length; i++) {
            plot.dot(coherence[i], positive[i], colour, 2.2, "");
        }
    }

    /** Mean readout in time with one standard deviation on either side, for each coherence. */
    static SvgPlot readouts(LowRankNetwork network, long seed, TrialRunner runner) {
        Task task = Task.of(Task.Name.DM);
        SvgPlot plot = null;
        List<Condition> conditions = task.conditions();
        for (int c = 0; c < conditions.size(); c++) {
            int condition = c;
            SplittableRandom random = TrialRandom.of(seed, condition);
            List<TaskTrial> trials = new ArrayList<>();
            for (int i = 0; i < REPEATS; i++) {
                trials.add(task.trial(conditions.get(condition), random));
            }
            int bins = trials.getFirst().bins();
            List<float[]> z = runner.readouts(network, network, 0, 0,
                    trials.stream().mapToInt(TaskTrial::bins).toArray(),
                    trials.stream().map(TaskTrial::inputs).toList());
            if (plot == null) {
                plot = new SvgPlot("readout by coherence, mean and s.d.", "time, s", "z", 0, bins * Task.BIN_WIDTH_S,
                        -READOUT_REACH, READOUT_REACH);
            }
            draw(plot, z, bins, condition < conditions.size() / 2 ? SvgPlot.COLOURS.get(0) : SvgPlot.COLOURS.get(1));
        }
        return plot;
    }

    private static void draw(SvgPlot plot, List<float[]> z, int bins, String colour) {
        double[] time = new double[bins];
        double[] mean = new double[bins];
        double[] low = new double[bins];
        double[] high = new double[bins];
        for (int t = 0; t < bins; t++) {
            int bin = t;
            double[] values = z.stream().mapToDouble(trial -> trial[bin]).toArray();
            double average = Arrays.stream(values).average().orElse(0);
            double deviation = Math
                    .sqrt(Arrays.stream(values).map(value -> (value - average) * (value - average)).average()
                            .orElse(0));
            time[t] = t * Task.BIN_WIDTH_S;
            mean[t] = average;
            low[t] = average - deviation;
            high[t] = average + deviation;
        }
        plot.line(time, low, colour, false, 0.4);
        plot.line(time, high, colour, false, 0.4);
        plot.line(time, mean, colour, false, 1.6);
    }

    /** P(choice = +1) at the weakest coherences, for a finding. */
    static String weakest(Performance performance) {
        List<Performance.Point> points = performance.psychometric();
        int half = points.size() / 2;
        return String.format(Locale.ROOT, "%.2f at %.3f, %.2f at %.3f", points.get(half - 1).positive(),
                points.get(half - 1).first(), points.get(half).positive(), points.get(half).first());
    }
}
