package kappa.analysis.inactivation;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * How much the predictions of recent snapshots differ for one set of neurons. Learning has not settled what differs.
 *
 * @param snapshots how many
 * @param change see {@link Effect#change}
 * @param intact accuracy in each context without silencing
 * @param silenced accuracy in each context with it
 */
public record Uncertainty(int snapshots, Spread change, Map<String, Spread> intact, Map<String, Spread> silenced) {

    /**
     * Of several predictions of a number.
     *
     * @param mean of them
     * @param deviation standard deviation, of n - 1 degrees of freedom; NaN for a single prediction
     */
    public record Spread(double mean, double deviation) {

        static Spread of(Collection<Double> values) {
            double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
            double squares = values.stream().mapToDouble(value -> (value - mean) * (value - mean)).sum();
            return new Spread(mean, values.size() > 1 ? Math.sqrt(squares / (values.size() - 1)) : Double.NaN);
        }
    }

    /**
     * What one snapshot predicts.
     *
     * @param change see {@link Effect#change}
     * @param accuracy in each context
     */
    public record Prediction(double change, Map<String, Effect.Accuracy> accuracy) {

        public static Prediction of(Effect effect, TaskConditions conditions) {
            return new Prediction(effect.change(), effect.accuracy(conditions));
        }
    }

    /** Over snapshots, one at least. A context counts in those that saw trials of it. */
    public static Uncertainty over(List<Prediction> predictions) {
        return new Uncertainty(predictions.size(), Spread.of(predictions.stream().map(Prediction::change).toList()),
                spreads(predictions, Effect.Accuracy::intact), spreads(predictions, Effect.Accuracy::silenced));
    }

    private static Map<String, Spread> spreads(List<Prediction> predictions, ToDoubleFunction<Effect.Accuracy> of) {
        Map<String, Spread> spreads = new LinkedHashMap<>();
        for (Prediction prediction : predictions) {
            for (String context : prediction.accuracy().keySet()) {
                spreads.computeIfAbsent(context, name -> Spread.of(predictions.stream()
                        .filter(one -> one.accuracy().containsKey(name))
                        .map(one -> of.applyAsDouble(one.accuracy().get(name))).toList()));
            }
        }
        return spreads;
    }
}
