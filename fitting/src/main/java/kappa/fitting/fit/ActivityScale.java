package kappa.fitting.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.Trial;

/**
 * The unit in which each neuron's currents are fitted: y' = (y - centre) / scale, with a scale that makes y' of order one, as a
 * network's currents are. Fluorescence, volts and z-scores are fitted alike; published models speak of y itself, with gain =
 * scale and offset = centre + scale c.
 *
 * <p>The spread of a neuron is the distance of its deciles over that of a standard Gaussian, so that artefacts do not count. The
 * scale is the median spread of all neurons, which keeps their relative sizes; a neuron whose spread is more than
 * {@value #OTHER_UNITS} times larger or smaller is in other units, and has its own. Activity whose median spread lies within
 * {@value #LEAST_NATURAL} and {@value #MOST_NATURAL} is in the network's unit already and stays as it is. A constant neuron has
 * the scale 0: nothing is learned from it, and its constant is what is predicted. Immutable by agreement.
 *
 * @param centre [N]
 * @param scale [N] 0 for a constant neuron
 * @param saturated [N] whether many of the values lie at the neuron's largest
 */
public record ActivityScale(float[] centre, float[] scale, boolean[] saturated) {

    private static final double OTHER_UNITS = 8;
    private static final double LEAST_NATURAL = 0.1;
    private static final double MOST_NATURAL = 4;
    /** A measured scale is taken over only where it is so many times larger or smaller than the one in use. */
    private static final double WORTH_A_CHANGE = 1.5;
    /** Bins that are looked at, evenly over all trials. */
    private static final int MOST_BINS = 2_000;
    /** From the first to the ninth decile of a standard Gaussian. */
    private static final double DECILES_OF_GAUSSIAN = 2.5631;
    /** Share of values at the largest one from which a neuron counts as saturated, and the least number of them. */
    private static final double SATURATED_SHARE = 0.05;
    private static final int SATURATED_BINS = 5;

    /** Activity as it is. */
    public static ActivityScale none(int neurons) {
        float[] ones = new float[neurons];
        Arrays.fill(ones, 1);
        return new ActivityScale(new float[neurons], ones, new boolean[neurons]);
    }

    /** Whether activity is fitted as it is. */
    public boolean isNone() {
        for (int i = 0; i < scale.length; i++) {
            if (scale[i] != 1 || centre[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private boolean isMostlyNone() {
        int changed = 0;
        for (int i = 0; i < scale.length; i++) {
            changed += scale[i] == 0 || (scale[i] == 1 && centre[i] == 0) ? 0 : 1;
        }
        return 2 * changed < scale.length;
    }

    /**
     * This scale after another look at the trials.
     *
     * @param fitted [N] neurons that have been fitted in the unit they have here, which changes only if it is far off
     */
    ActivityScale after(List<Trial> trials, boolean[] fitted) {
        Spreads measured = Spreads.of(trials, scale.length);
        double common = measured.common();
        boolean natural = isMostlyNone() && common >= LEAST_NATURAL && common <= MOST_NATURAL;
        float[] newCentre = centre.clone();
        float[] newScale = scale.clone();
        for (int i = 0; i < scale.length; i++) {
            double spread = measured.spread[i];
            if (Double.isNaN(spread)) {
                continue;
            }
            boolean own = spread > OTHER_UNITS * common || spread < common / OTHER_UNITS;
            double wanted = own ? spread : natural ? 1 : common;
            if (fitted[i] && (wanted == 0 || Math.abs(Math.log(wanted / scale[i])) < Math.log(WORTH_A_CHANGE))) {
                continue;
            }
            newScale[i] = (float) wanted;
            newCentre[i] = natural && !own ? 0 : (float) measured.median[i];
        }
        return new ActivityScale(newCentre, newScale, measured.saturated);
    }

    /** The trial in the unit of the fit; constant neurons are not observed there. Itself where activity is fitted as it is. */
    public Trial scaled(Trial trial) {
        if (isNone()) {
            return trial;
        }
        int N = scale.length;
        float[] y = new float[trial.y().length];
        for (int t = 0; t < y.length; t += N) {
            for (int i = 0; i < N; i++) {
                y[t + i] = scale[i] == 0 ? Float.NaN : (trial.y()[t + i] - centre[i]) / scale[i];
            }
        }
        return new Trial(trial.index(), trial.firstBin(), trial.bins(), trial.warmUp(), y, trial.v(), trial.offset());
    }

    /** A copy of a map of the fit's unit, as one of activity itself. */
    public ObservationMap ofActivity(ObservationMap map) {
        float[] gain = map.gain().clone();
        float[] offset = map.offset().clone();
        float[] noise = map.noise().clone();
        for (int i = 0; i < scale.length; i++) {
            if (scale[i] == 0) {
                gain[i] = 0;
                offset[i] = centre[i];
                noise[i] = 1;
            } else if (scale[i] != 1 || centre[i] != 0) {
                gain[i] *= scale[i];
                offset[i] = centre[i] + scale[i] * offset[i];
                noise[i] *= scale[i] * scale[i];
            }
        }
        return ObservationMap.of(map.kind(), gain, offset, noise);
    }

    /** A copy of a map of activity itself as one of the fit's unit, the inverse of {@link #ofActivity}. */
    public ObservationMap ofFit(ObservationMap map) {
        float[] gain = map.gain().clone();
        float[] offset = map.offset().clone();
        float[] noise = map.noise().clone();
        for (int i = 0; i < scale.length; i++) {
            if (scale[i] == 0) {
                gain[i] = 1;
                offset[i] = 0;
            } else if (scale[i] != 1 || centre[i] != 0) {
                gain[i] /= scale[i];
                offset[i] = (offset[i] - centre[i]) / scale[i];
                noise[i] /= scale[i] * scale[i];
            }
        }
        return ObservationMap.of(map.kind(), gain, offset, noise);
    }

    /** What was done to the activity, one line each; none where it is fitted as it is and nothing is remarkable. */
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        List<Integer> constant = new ArrayList<>();
        List<Integer> atTheirLargest = new ArrayList<>();
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        boolean changed = false;
        for (int i = 0; i < scale.length; i++) {
            if (scale[i] == 0) {
                constant.add(i);
            } else {
                least = Math.min(least, scale[i]);
                most = Math.max(most, scale[i]);
                changed |= scale[i] != 1 || centre[i] != 0;
            }
            if (saturated[i] && scale[i] != 0) {
                atTheirLargest.add(i);
            }
        }
        if (changed) {
            notes.add(String.format(Locale.ROOT, "activity is fitted as (y - centre) / scale, each neuron about its"
                    + " median, with %s; models and predictions keep the recording's unit",
                    least == most
                            ? String.format(Locale.ROOT, "the scale %.4g", least)
                            : String.format(Locale.ROOT, "scales from %.4g to %.4g", least, most)));
        }
        if (!constant.isEmpty()) {
            notes.add("constant so far, and not learned from: " + neurons(constant));
        }
        if (!atTheirLargest.isEmpty()) {
            notes.add("saturated, with 5 % or more of the values at the largest: " + neurons(atTheirLargest));
        }
        return notes;
    }

    /** Counted from 1, as the page does. */
    private static String neurons(List<Integer> indices) {
        int shown = Math.min(8, indices.size());
        String first = String.join(", ", indices.subList(0, shown).stream().map(i -> String.valueOf(i + 1)).toList());
        return (indices.size() == 1 ? "neuron " : "neurons ") + first
                + (shown < indices.size() ? " and " + (indices.size() - shown) + " more" : "");
    }

    /** What was measured; NaN for a neuron that was never observed. */
    private record Spreads(double[] median, double[] spread, boolean[] saturated) {

        static Spreads of(List<Trial> trials, int neurons) {
            long bins = trials.stream().mapToLong(trial -> trial.bins() - trial.warmUp()).sum();
            long every = Math.max(1, (bins + MOST_BINS - 1) / MOST_BINS);
            Spreads out = new Spreads(new double[neurons], new double[neurons], new boolean[neurons]);
            double[] values = new double[(int) (bins / every) + 1];
            for (int i = 0; i < neurons; i++) {
                int count = 0;
                long bin = 0;
                for (Trial trial : trials) {
                    for (int t = trial.warmUp(); t < trial.bins(); t++) {
                        float value = trial.y()[t * neurons + i];
                        if (bin++ % every == 0 && !Float.isNaN(value)) {
                            values[count++] = value;
                        }
                    }
                }
                Arrays.sort(values, 0, count);
                out.take(i, values, count);
            }
            return out;
        }

        private void take(int neuron, double[] sorted, int count) {
            if (count == 0) {
                median[neuron] = Double.NaN;
                spread[neuron] = Double.NaN;
                return;
            }
            median[neuron] = quantile(sorted, count, 0.5);
            double largest = sorted[count - 1];
            spread[neuron] = (quantile(sorted, count, 0.9) - quantile(sorted, count, 0.1)) / DECILES_OF_GAUSSIAN;
            if (spread[neuron] == 0) {
                spread[neuron] = standardDeviation(sorted, count);
            }
            int first = count - 1;
            while (first > 0 && sorted[first - 1] == largest) {
                first--;
            }
            int atLargest = count - first;
            saturated[neuron] = spread[neuron] > 0 && atLargest >= Math.max(SATURATED_BINS, SATURATED_SHARE * count);
        }

        private static double quantile(double[] sorted, int count, double q) {
            double at = q * (count - 1);
            int low = (int) at;
            return low + 1 < count ? sorted[low] + (at - low) * (sorted[low + 1] - sorted[low]) : sorted[low];
        }

        private static double standardDeviation(double[] sorted, int count) {
            if (sorted[0] == sorted[count - 1]) {
                return 0;
            }
            double mean = Arrays.stream(sorted, 0, count).average().orElseThrow();
            return Math.sqrt(Arrays.stream(sorted, 0, count).map(x -> (x - mean) * (x - mean)).sum() / count);
        }

        /** The median spread of neurons that vary; 1 without any. */
        double common() {
            double[] varying = Arrays.stream(spread).filter(s -> s > 0).sorted().toArray();
            return varying.length == 0 ? 1 : quantile(varying, varying.length, 0.5);
        }
    }
}
