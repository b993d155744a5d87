package kappa.fitting.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import kappa.fitting.model.Network;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.Score;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;

/**
 * How well a network's free run predicts peri-stimulus time histograms: R2 = 1 - SSE/SST over conditions, bins and
 * neurons between the activity averaged over the trials of a condition and the prediction averaged over the same
 * trials, SST about each neuron's mean. The observed average is smoothed with a Gaussian of 50 ms, as the Neural
 * Latents Benchmark does (Pei et al. 2021); its score averages R2 over neurons, here neurons that vary more count
 * more. What noise the average over trials leaves is part of SST: few trials a condition, low scores. Stateless.
 */
public final class PsthFit {

    private static final double SMOOTHING_S = 0.05;

    private PsthFit() {}

    private record Averages(float[] observed, float[] predicted) {}

    /** Empty if no two trials have the same inputs ({@link Conditions}); NaN if nothing varies. */
    public static OptionalDouble r2(Network network, Recording session) {
        List<Averages> conditions = new ArrayList<>();
        for (List<Integer> trials : Conditions.of(session)) {
            if (trials.size() > 1) {
                conditions.add(averages(network, session, trials));
            }
        }
        if (conditions.isEmpty()) {
            return OptionalDouble.empty();
        }
        int neurons = session.neurons();
        float[] given = network.gain();
        double sse = 0;
        double sst = 0;
        for (int i = 0; i < neurons; i++) {
            double sum = 0;
            double sumPredicted = 0;
            long count = 0;
            for (Averages condition : conditions) {
                for (int at = i; at < condition.observed.length; at += neurons) {
                    if (!Float.isNaN(condition.observed[at])) {
                        sum += condition.observed[at];
                        sumPredicted += condition.predicted[at];
                        count++;
                    }
                }
            }
            double gain = 1;
            if (session.observation() == Observation.COUNTS) {
                // As in the other scores: a gain that the network does not bring along is the most likely one.
                gain = given.length > 0 ? given[i] : sumPredicted > 0 ? sum / sumPredicted : 0;
            }
            for (Averages condition : conditions) {
                for (int at = i; at < condition.observed.length; at += neurons) {
                    double observed = condition.observed[at];
                    if (!Double.isNaN(observed)) {
                        double error = observed - gain * condition.predicted[at];
                        sse += error * error;
                        sst += (observed - sum / count) * (observed - sum / count);
                    }
                }
            }
        }
        return OptionalDouble.of(Score.r2(sse, sst));
    }

    /** Over the trials of a condition, [bins,N] each; the prediction is that of a gain of 1. */
    private static Averages averages(Network network, Recording session, List<Integer> trials) {
        int neurons = session.neurons();
        int bins = session.bins(trials.getFirst());
        int inputs = session.inputs();
        float[] sums = new float[bins * neurons];
        float[] observed = new float[bins * neurons];
        float[] predicted = new float[bins * neurons];
        FreeRun run = new FreeRun(network);
        for (int trial : trials) {
            float[] y = session.activity(trial);
            float[] u = session.inputs(trial);
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
        return new Averages(smoothed(sums, observed, bins, neurons, SMOOTHING_S / session.binWidthSeconds()),
                predicted);
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
