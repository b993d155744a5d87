package kappa.fitting.model;

/** How a run of bins begins. */
public enum Start {
    /** It goes on in the trial before. */
    NONE,
    /** A trial: kappa is the model's start. */
    TRIAL,
    /** A segment, or what is left of a trial after a gap: the state carries on. */
    SEGMENT,
    /** The first bin of a session without trials, or after a jump into a trial: nothing is known. */
    UNKNOWN
}
