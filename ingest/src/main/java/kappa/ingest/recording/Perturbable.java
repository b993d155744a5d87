package kappa.ingest.recording;

/** A source whose neurons can be silenced while it runs. */
public interface Perturbable {

    /**
     * Silences neurons from the next trial on, as the request says, and marks the bins. It supersedes the requests before it.
     * Called between bins, by whoever reads them.
     *
     * @param request whose neurons are the session's
     */
    void obey(Intervention request);
}
