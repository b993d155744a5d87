package kappa.ingest.session;

import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Latents;

/** Where the bins that a {@link SessionState} accepts go, for a reader that wants them all. */
public interface BinSink {

    /** The bins of a record of activity from {@code skip} on; the ones before came before. */
    default void activity(Activity record, int skip) {}

    /** Kappa of some bins; of a bin that comes twice the last one counts. */
    default void latents(Latents record) {}
}
