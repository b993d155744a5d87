package kappa.fitting.evaluation;

import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.Network;
import kappa.fitting.model.ObservationMap;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;

/**
 * Activity averaged over the trials of a condition, bin by bin from the trials' start, as long as the shortest of them: a
 * peri-stimulus time histogram, beside what a network's free runs predict of the same trials.
 *
 * @param observed [bins,N] smoothed with a Gaussian of 50 ms, NaN where a neuron was not observed within its reach
 * @param predicted [bins,N] of a gain of 1 for counts, as long as the network brings none along
 */
public record ConditionAverages(float[] observed, float[] predicted) {

    private static final double SMOOTHING_S = 0.05;

    /**
     * Runs the network through some trials.
     *
     * @param session with the inputs that the network was fitted on
     * @param trials at least one
     */
    public static ConditionAverages of(Network network, Recording session, List<Integer> trials) {
        int neurons = session.neurons();
        int bins = trials.stream().mapToInt(session::bins).min().orElseThrow();
        int inputs = session.inputs();
        float[] sums = new float[bins * neurons];
        float[] observed = new float[bins * neurons];
        float[] predicted = new float[bins * neurons];
        FreeRun run = new FreeRun(network);
        for (int trial : trials) {
            float[] y = session.activity(trial, 0, bins);
            float[] u = session.inputs(trial, 0, bins);
            run.start();
            for (int t = 0; t < bins; t++) {
                run.step(Arrays.copyOfRange(u, t * inputs, (t + 1) * inputs));
                for (int i = 0; i < neurons; i++) {
                    int at = t * neurons + i;
                    predicted[at] += (float) (ObservationMap.unscaled(session.observation(), run.currents()[i],
                            run.rates()[i]) / trials.size());
                    if (!Float.isNaN(y[at])) {
                        sums[at] += y[at];
                        observed[at]++;
                    }
                }
            }
        }
        scale(network, session.observation(), neurons, predicted);
        return new ConditionAverages(
                smoothed(sums, observed, bins, neurons, SMOOTHING_S / session.binWidthSeconds()), predicted);
    }

    /** To the units of the activity, as far as the network knows them. */
    private static void scale(Network network, Observation kind, int neurons, float[] predicted) {
        float[] scale = kind == Observation.CURRENTS ? network.currentScale() : new float[0];
        for (int at = 0; at < predicted.length && scale.length > 0; at++) {
            int i = at % neurons;
            predicted[at] = scale[i] * predicted[at] + network.currentOffset()[i];
        }
    }

    /** NaN where a neuron was not observed within reach. */
    private static float[] smoothed(float[] sums, float[] observed, int bins, int neurons, double sdBins) {
        int reach = (int) Math.ceil(3 * sdBins);
        float[] out = new float[bins * neurons];
        for (int t = 0; t < bins; t++) {
            for (int i = 0; i < neurons; i++) {
                double sum = 0;
                double weight = 0;
                for (int s = Math.max(0, t - reach); s <= Math.min(bins - 1, t + reach); s++) {
                    double w = Math.exp(-0.5 * (s - t) * (s - t) / (sdBins * sdBins));
                    sum += w * sums[s * neurons + i];
                    weight += w * observed[s * neurons + i];
                }
                out[t * neurons + i] = (float) (weight > 0 ? sum / weight : Double.NaN);
            }
        }
        return out;
    }
}
