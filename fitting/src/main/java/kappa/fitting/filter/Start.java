package kappa.fitting.filter;

/** How a run of bins begins. */
public enum Start {
    /** It goes on in the trial before. */
    NONE,
    /** A trial: kappa is the model's start. */
    TRIAL,
    /** A stretch, or what is left of a trial after a gap: the state carries on. */
    STRETCH,
    /** The first bin of a session without trials, or after a jump into a trial: nothing is known. */
    UNKNOWN;

    /** Puts the path's state where a run that begins like this has it. */
    public void apply(LatentPath path) {
        switch (this) {
            case TRIAL -> path.startTrial();
            case STRETCH -> path.startStretch();
            case UNKNOWN -> path.startUnknown();
            case NONE -> {
            }
        }
    }
}
