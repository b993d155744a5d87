package kappa.analysis.inactivation;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What distinguishes the trials of a session, found in their inputs alone. An input channel whose sum over a trial takes two to
 * four values that stand well apart says which context a trial is of, such as the cue of a context-dependent decision or the
 * target of a reach. Every other channel is a graded signal; its strength in a trial is its mean over the bins in which it is
 * on in the session: where its mean square over trials reaches a quarter of the largest.
 *
 * @param contexts names, in the order in which they first occur; one, {@value #ALL}, if no channel distinguishes them
 * @param contextOf index of each trial's context
 * @param contextChannels indices of the input channels that say so, ascending
 * @param signals of the graded channels that vary
 */
public record TaskConditions(List<String> contexts, int[] contextOf, List<Integer> contextChannels,
        List<Signal> signals) {

    /** The context of all trials where there is but one. */
    public static final String ALL = "all";

    private static final int MOST_LEVELS = 4;
    /** How wide a level may be, in gaps between levels. */
    private static final double WIDEST_LEVEL = 0.2;
    private static final double ON = 0.25;

    /** A graded input. */
    public record Signal(String channel, double[] strength) {}

    /** Looks at the trials' own inputs. */
    public static TaskConditions of(SeenTrials seen) {
        int channels = seen.inputNames().size();
        int count = seen.trials().size();
        String[] labels = new String[count];
        Arrays.fill(labels, "");
        List<Signal> signals = new ArrayList<>();
        List<Integer> contextChannels = new ArrayList<>();
        for (int s = 0; s < channels; s++) {
            double[] sums = new double[count];
            int on = 0;
            for (int i = 0; i < count; i++) {
                SeenTrial trial = seen.trials().get(i);
                for (int t = 0; t < trial.bins(); t++) {
                    float u = trial.inputs()[t * channels + s];
                    sums[i] += u;
                    on += u == 0 ? 0 : 1;
                }
            }
            int[] level = levels(sums);
            if (level.length > 0) {
                contextChannels.add(s);
                label(seen.inputNames().get(s), sums, level, on, labels);
            } else {
                double[] strength = strength(seen, s);
                if (Arrays.stream(strength).max().orElseThrow() > Arrays.stream(strength).min().orElseThrow()) {
                    signals.add(new Signal(seen.inputNames().get(s), strength));
                }
            }
        }
        Map<String, Integer> index = new LinkedHashMap<>();
        int[] contextOf = new int[count];
        for (int i = 0; i < count; i++) {
            String name = labels[i].isEmpty() ? ALL : labels[i];
            index.putIfAbsent(name, index.size());
            contextOf[i] = index.get(name);
        }
        return new TaskConditions(List.copyOf(index.keySet()), contextOf, List.copyOf(contextChannels),
                List.copyOf(signals));
    }

    /** The level of each value, ascending from 0, or nothing if there are not two to four clear ones. */
    private static int[] levels(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double range = sorted[sorted.length - 1] - sorted[0];
        if (!(range > 0)) {
            return new int[0];
        }
        // With at most four levels of at most a fifth of a gap, any step within a level is far below an eighth of the range.
        List<Double> starts = new ArrayList<>(List.of(sorted[0]));
        double narrowest = Double.POSITIVE_INFINITY;
        double widest = 0;
        for (int i = 1; i < sorted.length; i++) {
            double step = sorted[i] - sorted[i - 1];
            if (step > range / (2 * MOST_LEVELS)) {
                narrowest = Math.min(narrowest, step);
                widest = Math.max(widest, sorted[i - 1] - starts.getLast());
                starts.add(sorted[i]);
            }
        }
        widest = Math.max(widest, sorted[sorted.length - 1] - starts.getLast());
        if (starts.size() < 2 || starts.size() > MOST_LEVELS || widest > WIDEST_LEVEL * narrowest) {
            return new int[0];
        }
        int[] level = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            while (level[i] + 1 < starts.size() && values[i] >= starts.get(level[i] + 1)) {
                level[i]++;
            }
        }
        return level;
    }

    /**
     * A channel that is on or off names the trials in which it is on; one of several levels says which, by its mean over the bins
     * in which it is on.
     *
     * @param on bins of all trials together in which it is not 0
     */
    private static void label(String channel, double[] sums, int[] level, int on, String[] labels) {
        TreeMap<Integer, double[]> means = new TreeMap<>();
        for (int i = 0; i < sums.length; i++) {
            double[] mean = means.computeIfAbsent(level[i], _ -> new double[2]);
            mean[0] += sums[i];
            mean[1]++;
        }
        means.values().forEach(mean -> mean[0] /= mean[1]);
        double largest = means.values().stream().mapToDouble(mean -> Math.abs(mean[0])).max().orElseThrow();
        long driven = IntStream.range(0, sums.length).filter(i -> sums[i] != 0).count();
        double bins = (double) on / Math.max(1, driven);
        for (int i = 0; i < sums.length; i++) {
            double mean = means.get(level[i])[0];
            if (Math.abs(mean) > WIDEST_LEVEL * largest) {
                String name = means.size() == 2 && means.values().stream()
                        .anyMatch(other -> Math.abs(other[0]) <= WIDEST_LEVEL * largest)
                                ? channel
                                : channel + " = " + shown(mean / bins);
                labels[i] = labels[i].isEmpty() ? name : labels[i] + " + " + name;
            }
        }
    }

    private static String shown(double value) {
        return new BigDecimal(value).round(new MathContext(3)).stripTrailingZeros().toPlainString();
    }

    private static double[] strength(SeenTrials seen, int channel) {
        int channels = seen.inputNames().size();
        int longest = seen.trials().stream().mapToInt(SeenTrial::bins).max().orElseThrow();
        double[] square = new double[longest];
        int[] there = new int[longest];
        for (SeenTrial trial : seen.trials()) {
            for (int t = 0; t < trial.bins(); t++) {
                double u = trial.inputs()[t * channels + channel];
                square[t] += u * u;
                there[t]++;
            }
        }
        for (int t = 0; t < longest; t++) {
            square[t] /= Math.max(1, there[t]);
        }
        double largest = Arrays.stream(square).max().orElseThrow();
        double[] strength = new double[seen.trials().size()];
        for (int i = 0; i < strength.length; i++) {
            SeenTrial trial = seen.trials().get(i);
            double sum = 0;
            int on = 0;
            for (int t = 0; t < trial.bins(); t++) {
                if (square[t] >= ON * largest) {
                    sum += trial.inputs()[t * channels + channel];
                    on++;
                }
            }
            strength[i] = on == 0 ? 0 : sum / on;
        }
        return strength;
    }

    /** Trials of a context, ascending. */
    public int[] trialsOf(int context) {
        return IntStream.range(0, contextOf.length).filter(i -> contextOf[i] == context).toArray();
    }
}
