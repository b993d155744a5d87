package kappa.analysis.inactivation;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.model.Network;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;

/**
 * The trials whose inputs predictions are made for, and what was wanted or done in them. Immutable.
 *
 * @param trials at least one
 * @param inputNames S names of the session's own channels
 * @param outputNames O names of what is read out; none if nothing was wanted or recorded
 * @param kind what {@code wanted} is
 * @param choices whether the sign of the first output, averaged over the bins that count, is a choice
 */
public record SeenTrials(List<SeenTrial> trials, List<String> inputNames, List<String> outputNames, Kind kind,
        boolean choices) {

    /** What there is to read out. */
    public enum Kind {
        /** What the readout should be. */
        TARGETS,
        /** What the animal did. */
        BEHAVIOR,
        /** Nothing. */
        NONE
    }

    /** Choices leave two values, one the other's opposite, within this share of it. */
    private static final double TWO_VALUED = 0.2;

    public SeenTrials {
        trials = List.copyOf(trials);
        if (trials.isEmpty()) {
            throw new InvalidInputException("trials: 0, expected at least 1");
        }
    }

    /** O. */
    public int outputs() {
        return outputNames.size();
    }

    /** What was wanted in each trial, averaged over the bins that count; NaN where nothing was. */
    public double[] wanted() {
        return trials.stream().mapToDouble(trial -> trial.average(trial.wanted(), 0)).toArray();
    }

    /**
     * The trials of a recorded session, with its targets if it has any, else its behaviour.
     *
     * @param outputs how many outputs the readout has; what the session holds is left aside if it has another number of
     *        channels. 0 if the readout is still to be found
     * @throws InvalidInputException if the network has another number of neurons or inputs than the session
     */
    public static SeenTrials of(Recording session, Network network, int outputs) {
        Recording driven = Evaluation.withInputsOf(network, session);
        int recorded = network.neurons() - network.hidden();
        requireEqual("neurons", recorded, session, session.neurons());
        requireEqual("inputs", network.inputs(), session, driven.inputs());
        Kind kind = kind(session, outputs);
        List<String> names = switch (kind) {
            case TARGETS -> IntStream.range(0, session.targets()).mapToObj(o -> "target " + o).toList();
            case BEHAVIOR -> session.describe().behaviors();
            case NONE -> IntStream.range(0, outputs).mapToObj(o -> "output " + o).toList();
        };
        List<SeenTrial> trials = new ArrayList<>();
        for (int i = 0; i < session.trials(); i++) {
            int bins = session.bins(i);
            float[] inputs = session.inputs(i);
            float[] wanted = switch (kind) {
                case TARGETS -> session.targets(i).orElseThrow();
                case BEHAVIOR -> session.behavior(i).orElseThrow();
                case NONE -> new float[bins * names.size()];
            };
            float[] mask = kind == Kind.TARGETS ? session.mask(i).orElse(null) : null;
            float[] weights = new float[wanted.length];
            for (int at = 0; at < weights.length && kind != Kind.NONE; at++) {
                weights[at] = Float.isNaN(wanted[at]) ? 0 : mask == null ? 1 : Math.max(0, mask[at]);
            }
            trials.add(new SeenTrial(bins, inputs, driven == session ? inputs : driven.inputs(i), wanted, weights));
        }
        SeenTrials seen = new SeenTrials(trials, session.describe().inputs(), names, kind, false);
        return new SeenTrials(trials, session.describe().inputs(), names, kind, seen.looksLikeChoices());
    }

    private static Kind kind(Recording session, int outputs) {
        if (session.targets() > 0 && (outputs == 0 || session.targets() == outputs)) {
            return Kind.TARGETS;
        }
        return session.behaviors() > 0 && (outputs == 0 || session.behaviors() == outputs) ? Kind.BEHAVIOR : Kind.NONE;
    }

    private static void requireEqual(String what, int network, Recording session, int expected) {
        if (network != expected) {
            throw new InvalidInputException("network: " + network + " " + what + ", expected as many as session "
                    + session.name() + " has, " + expected);
        }
    }

    /** Targets of either sign ask for a choice; behaviour is one if it takes two opposite values. */
    private boolean looksLikeChoices() {
        double smallest = Double.POSITIVE_INFINITY;
        double largest = 0;
        boolean positive = false;
        boolean negative = false;
        for (double value : outputs() == 0 ? new double[0] : wanted()) {
            if (!Double.isNaN(value)) {
                positive |= value > 0;
                negative |= value < 0;
                smallest = Math.min(smallest, Math.abs(value));
                largest = Math.max(largest, Math.abs(value));
            }
        }
        return positive && negative && (kind == Kind.TARGETS || smallest >= (1 - TWO_VALUED) * largest);
    }
}
