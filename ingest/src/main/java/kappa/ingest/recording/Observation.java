package kappa.ingest.recording;

/**
 * What one number of activity is, and how a network's current x is seen in it, for each neuron with gain g and offset c.
 */
public enum Observation {
    /** y = g tanh(x + b) + c + noise; squared error. */
    RATES,
    /** y = g x + c + noise; squared error. Biases do not enter the current. */
    CURRENTS,
    /** y ~ Poisson(g (1 + tanh(x + b))); negative log likelihood, without the log y! that no parameter changes. */
    COUNTS
}
