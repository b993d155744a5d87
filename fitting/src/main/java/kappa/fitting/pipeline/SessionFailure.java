package kappa.fitting.pipeline;

/** The work on a session has failed, and with it the pipeline. The message names the session; the cause says why. */
public final class SessionFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String session;

    SessionFailure(String session, String work, Throwable cause) {
        super("session " + session + ": " + work + " failed", cause);
        this.session = session;
    }

    /** The session's id. */
    public String session() {
        return session;
    }
}
