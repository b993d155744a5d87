package kappa.ingest.session;

import java.util.Optional;
import kappa.ingest.wire.Latents;

/**
 * Which bins a record of kappa.latents holds.
 *
 * @param firstBin index of the first
 * @param bins how many, one after the other
 * @param activityUnixNs when their activity was appended to kappa.activity
 */
public record PublishedBins(String session, long firstBin, int bins, long activityUnixNs) {

    /** Empty if the record is not one of latents that can be used. */
    public static Optional<PublishedBins> of(TopicRecord record) {
        return record.checked().message(Latents.class).map(latents -> new PublishedBins(latents.getSession(),
                latents.getFirstBin(), latents.getBinsCount(), latents.getActivityUnixNs()));
    }
}
