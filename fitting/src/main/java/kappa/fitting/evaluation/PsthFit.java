package kappa.fitting.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import kappa.fitting.model.Network;
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

    private PsthFit() {}

    /** Empty if no two trials have the same inputs ({@link Conditions}); NaN if nothing varies. */
    public static OptionalDouble r2(Network network, Recording session) {
        List<ConditionAverages> conditions = new ArrayList<>();
        for (List<Integer> trials : Conditions.of(session)) {
            if (trials.size() > 1) {
                conditions.add(ConditionAverages.of(network, session, trials));
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
            for (ConditionAverages condition : conditions) {
                for (int at = i; at < condition.observed().length; at += neurons) {
                    if (!Float.isNaN(condition.observed()[at])) {
                        sum += condition.observed()[at];
                        sumPredicted += condition.predicted()[at];
                        count++;
                    }
                }
            }
            double gain = 1;
            if (session.observation() == Observation.COUNTS) {
                // As in the other scores: a gain that the network does not bring along is the most likely one.
                gain = given.length > 0 ? given[i] : sumPredicted > 0 ? sum / sumPredicted : 0;
            }
            for (ConditionAverages condition : conditions) {
                for (int at = i; at < condition.observed().length; at += neurons) {
                    double observed = condition.observed()[at];
                    if (!Double.isNaN(observed)) {
                        double error = observed - gain * condition.predicted()[at];
                        sse += error * error;
                        sst += (observed - sum / count) * (observed - sum / count);
                    }
                }
            }
        }
        return OptionalDouble.of(Score.r2(sse, sst));
    }
}
