package kappa.analysis.inactivation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.Inactivation.Run;
import kappa.analysis.populations.NeuronSet;

/** The same trials with and without some neurons. */
public record Effect(NeuronSet set, SeenTrials seen, Run intact, Run silenced) {

    /** Strengths on a psychometric curve. */
    private static final int POINTS = 6;

    /**
     * Right choices: the sign of the readout is that of what was wanted.
     *
     * @param intact share of right ones without silencing
     */
    public record Accuracy(int trials, double intact, double silenced) {}

    /**
     * How often the readout is positive, against the strength of an input, in as many trials at each point.
     *
     * @param strength mean of each point, ascending
     * @param intact P(choice = +1) without silencing
     */
    public record Psychometric(String context, String channel, double[] strength, int[] trials, double[] intact,
            double[] silenced) {}

    /**
     * Mean over the trials of a context that wanted the same sign, bin by bin, as long as the shortest.
     *
     * @param wanted -1, 1, or 0 where there is no choice
     * @param kappaIntact [T+1,K]; row 0 is before the first bin
     * @param kappaSilenced [T+1,K]
     * @param readoutIntact [T,O]
     * @param readoutSilenced [T,O]
     */
    public record Trace(String context, int wanted, float[] kappaIntact, float[] kappaSilenced, float[] readoutIntact,
            float[] readoutSilenced) {}

    /** What the choice of each trial is the sign of. */
    public double[] decisions(Run run) {
        return decisions(seen, run.readout());
    }

    static double[] decisions(SeenTrials seen, List<float[]> readouts) {
        double[] decisions = new double[readouts.size()];
        Arrays.setAll(decisions, i -> seen.trials().get(i).average(readouts.get(i), 0));
        return decisions;
    }

    /**
     * Root mean square of the change of the readout in the bins that count, or in all where none does, in units of the intact
     * readout's own there.
     */
    public double change() {
        double change = 0;
        double size = 0;
        boolean any = seen.trials().stream().anyMatch(trial -> IntStream.range(0, trial.weights().length)
                .anyMatch(at -> trial.weights()[at] > 0));
        for (int i = 0; i < intact.readout().size(); i++) {
            float[] weights = seen.trials().get(i).weights();
            for (int at = 0; at < weights.length; at++) {
                if (!any || weights[at] > 0) {
                    double before = intact.readout().get(i)[at];
                    double by = silenced.readout().get(i)[at] - before;
                    change += by * by;
                    size += before * before;
                }
            }
        }
        return Math.sqrt(change / size);
    }

    /** Accuracy in each context; empty if there is no choice. */
    public Map<String, Accuracy> accuracy(TaskConditions conditions) {
        Map<String, Accuracy> accuracy = new LinkedHashMap<>();
        if (seen.choices()) {
            double[] wanted = seen.wanted();
            double[] before = decisions(intact);
            double[] after = decisions(silenced);
            for (int c = 0; c < conditions.contexts().size(); c++) {
                // NaN where nothing was wanted.
                int[] trials = Arrays.stream(conditions.trialsOf(c)).filter(i -> wanted[i] > 0 || wanted[i] < 0)
                        .toArray();
                if (trials.length > 0) {
                    accuracy.put(conditions.contexts().get(c), new Accuracy(trials.length,
                            share(trials, i -> before[i] * wanted[i] > 0),
                            share(trials, i -> after[i] * wanted[i] > 0)));
                }
            }
        }
        return accuracy;
    }

    private static double share(int[] trials, IntPredicate of) {
        return (double) Arrays.stream(trials).filter(of).count() / trials.length;
    }

    /** Curves of each context against each graded input; empty if there is no choice. */
    public List<Psychometric> psychometric(TaskConditions conditions) {
        List<Psychometric> curves = new ArrayList<>();
        if (seen.choices()) {
            double[] before = decisions(intact);
            double[] after = decisions(silenced);
            for (int c = 0; c < conditions.contexts().size(); c++) {
                for (TaskConditions.Signal signal : conditions.signals()) {
                    curve(conditions.contexts().get(c), conditions.trialsOf(c), signal, before, after)
                            .ifPresent(curves::add);
                }
            }
        }
        return List.copyOf(curves);
    }

    private static Optional<Psychometric> curve(String context, int[] all, TaskConditions.Signal signal,
            double[] before, double[] after) {
        int[] trials = Arrays.stream(all).filter(i -> !Double.isNaN(before[i])).boxed()
                .sorted((i, j) -> Double.compare(signal.strength()[i], signal.strength()[j]))
                .mapToInt(Integer::intValue).toArray();
        int points = Math.min(POINTS, trials.length);
        if (points == 0) {
            return Optional.empty();
        }
        Psychometric curve = new Psychometric(context, signal.channel(), new double[points], new int[points],
                new double[points], new double[points]);
        for (int p = 0; p < points; p++) {
            int[] part = Arrays.copyOfRange(trials, p * trials.length / points, (p + 1) * trials.length / points);
            curve.trials[p] = part.length;
            curve.strength[p] = Arrays.stream(part).mapToDouble(i -> signal.strength()[i]).average().orElseThrow();
            curve.intact[p] = share(part, i -> before[i] > 0);
            curve.silenced[p] = share(part, i -> after[i] > 0);
        }
        return Optional.of(curve);
    }

    /** Mean traces of each context and wanted sign that occurs. */
    public List<Trace> traces(TaskConditions conditions) {
        List<Trace> traces = new ArrayList<>();
        double[] wanted = seen.wanted();
        for (int c = 0; c < conditions.contexts().size(); c++) {
            for (int sign : seen.choices() ? new int[]{-1, 1} : new int[]{0}) {
                int[] trials = Arrays.stream(conditions.trialsOf(c))
                        .filter(i -> sign == 0 || Math.signum(wanted[i]) == sign).toArray();
                if (trials.length > 0) {
                    traces.add(new Trace(conditions.contexts().get(c), sign, mean(intact.kappa(), trials),
                            mean(silenced.kappa(), trials), mean(intact.readout(), trials),
                            mean(silenced.readout(), trials)));
                }
            }
        }
        return List.copyOf(traces);
    }

    private static float[] mean(List<float[]> series, int[] trials) {
        int length = Arrays.stream(trials).map(i -> series.get(i).length).min().orElseThrow();
        float[] mean = new float[length];
        for (int at = 0; at < length; at++) {
            double sum = 0;
            for (int i : trials) {
                sum += series.get(i)[at];
            }
            mean[at] = (float) (sum / trials.length);
        }
        return mean;
    }
}
