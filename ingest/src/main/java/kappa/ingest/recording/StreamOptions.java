package kappa.ingest.recording;

import java.util.List;
import java.util.Optional;

/**
 * Which streams of a file become a session, and what markers mean, as the command line says for a live rig too. Immutable.
 *
 * @param stream name of the stream that is the activity, or an XPath predicate; empty for the only one that can be
 * @param kind what its numbers are; empty to guess
 * @param markers names or predicates of streams of markers
 * @param trialStart regular expression for markers that start a trial
 * @param trialEnd the same for its end
 * @param markerInputs inputs that markers switch: {@code NAME=ON} or {@code NAME=ON/OFF}
 */
public record StreamOptions(Optional<String> stream, Optional<String> kind, List<String> markers,
        Optional<String> trialStart, Optional<String> trialEnd, List<String> markerInputs) {

    /** Nothing but what the file says. */
    public static final StreamOptions NONE = new StreamOptions(Optional.empty(), Optional.empty(), List.of(),
            Optional.empty(), Optional.empty(), List.of());

    public StreamOptions {
        markers = List.copyOf(markers);
        markerInputs = List.copyOf(markerInputs);
    }
}
