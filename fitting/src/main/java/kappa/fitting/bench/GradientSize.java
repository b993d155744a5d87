package kappa.fitting.bench;

import java.util.Locale;
import kappa.ingest.recording.Observation;

/** The size of one gradient step: N neurons, rank K, S inputs, B windows of T bins. */
public record GradientSize(int neurons, int rank, int inputs, int bins, int windows, Observation kind) {

    /** Of rates. */
    public static GradientSize of(int neurons, int rank, int inputs, int bins, int windows) {
        return new GradientSize(neurons, rank, inputs, bins, windows, Observation.RATES);
    }

    public GradientSize withKind(Observation other) {
        return new GradientSize(neurons, rank, inputs, bins, windows, other);
    }

    /** N T B: how often one neuron is moved on by one bin. */
    public long neuronSteps() {
        return (long) neurons * bins * windows;
    }

    /** m, n, W, b and, but for rates, one parameter of each neuron's observation map. */
    public long parameters() {
        return neurons * (2L * rank + inputs + 1 + (kind == Observation.RATES ? 0 : 1));
    }

    @Override
    public String toString() {
        return "N %d K %d S %d T %d B %d %s".formatted(neurons, rank, inputs, bins, windows,
                kind.name().toLowerCase(Locale.ROOT));
    }
}
