package kappa.ingest.rig;

import java.util.List;
import kappa.ingest.recording.Observation;

/**
 * The layout of a rig's session.
 *
 * @param name            short and fit for a session id
 * @param neurons         names of the N neurons, those of spare places included
 * @param observation     counts, or what is sampled: rates or currents
 * @param ticksPerSecond  what the rig's clock counts in a second
 * @param trials          whether something marks trials
 * @param onlyTrials      whether bins between a trial's end and the next one's start are left out
 */
public record RigLayout(String name, String origin, List<String> neurons, List<String> inputs, List<String> behaviors,
        Observation observation, double binWidthSeconds, double ticksPerSecond, boolean trials, boolean onlyTrials) {

    public RigLayout {
        neurons = List.copyOf(neurons);
        inputs = List.copyOf(inputs);
        behaviors = List.copyOf(behaviors);
        if (!(binWidthSeconds * ticksPerSecond >= 1)) {
            throw new IllegalArgumentException("a bin of " + binWidthSeconds
                    + " s holds no tick of a clock that counts " + ticksPerSecond + " in a second");
        }
    }

    double ticksPerBin() {
        return binWidthSeconds * ticksPerSecond;
    }

    /** The rig's own time at a tick. */
    long rigTimeNs(long tick) {
        return Math.round(tick * (1e9 / ticksPerSecond));
    }
}
