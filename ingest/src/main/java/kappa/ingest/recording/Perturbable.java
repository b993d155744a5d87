package kappa.ingest.recording;

import kappa.ingest.wire.Intervention;

/** A source whose neurons can be silenced while it runs. */
public interface Perturbable {

    /**
     * Silences neurons from the next trial on, as the request says, and marks the bins. It supersedes the requests before it.
     * Called between bins, by whoever reads them.
     *
     * @param request checked against the session's header
     */
    void obey(Intervention request);
}
