package kappa.fitting.training;

/** Parameters of a network, which training changes or leaves as they are. Layouts are those of the networks in memory. */
public enum NetworkParameter {
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
