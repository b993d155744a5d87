package kappa.fitting.training;

/** A part of a network that training changes or leaves as it is. Layouts are those of the networks in memory. */
public enum Part {
    /** m [K,N], low rank. */
    M,
    /** n [K,N], low rank. */
    N,
    /** wrec [N,N], full rank. */
    WREC,
    /** Input weights [S,N]. */
    WI,
    /** Readout [O,N]. */
    WO,
    /** Biases [N]. */
    B,
    /** Initial state [N]. */
    H0
}
