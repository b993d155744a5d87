package kappa.ingest.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;

/**
 * What a session's header says, in plain types. Immutable.
 *
 * @param neurons ids, N of them
 * @param inputChannels names of the inputs, S of them
 * @param ownInputs how many of the inputs are the recording's own; they come first, and an input basis made the others
 * @param trials whether bins belong to trials
 * @param phases names that a bin's phase counts into, from 1
 * @param lockstep whether a replay waits for learning
 * @param warnings what looks wrong with the recording, one line each
 * @param neuronIndex index of each neuron by its id
 */
public record SessionDescription(String session, List<String> neurons, double binWidthS, List<String> inputChannels,
        int ownInputs, List<String> behaviorChannels, Observation observation, boolean trials, List<String> phases,
        int rank, boolean lockstep, long createdUnixNs, String origin, List<String> warnings,
        Map<String, Integer> neuronIndex) {

    /** @param header one that {@code WireChecks.header} accepts */
    public static SessionDescription of(SessionHeader header) {
        Map<String, Integer> index = new HashMap<>();
        for (int i = 0; i < header.getNeuronsCount(); i++) {
            index.put(header.getNeurons(i), i);
        }
        int inputs = header.getInputChannelsCount();
        return new SessionDescription(header.getSession(), List.copyOf(header.getNeuronsList()), header.getBinWidthS(),
                List.copyOf(header.getInputChannelsList()),
                InputBasis.channels(inputs, header.getInputBasis().getBumps()),
                List.copyOf(header.getBehaviorChannelsList()), RecordingCodec.observation(header.getObservation()),
                header.getTrials(), List.copyOf(header.getPhasesList()), header.getFit().getRank(),
                header.getFit().getPacing() == Pacing.LOCKSTEP, header.getCreatedUnixNs(), header.getOrigin(),
                List.copyOf(header.getWarningsList()), Map.copyOf(index));
    }

    public int inputs() {
        return inputChannels.size();
    }

    /** The name of a phase; empty for none. */
    public String phase(int number) {
        return number < 1 || number > phases.size() ? "" : phases.get(number - 1);
    }
}
