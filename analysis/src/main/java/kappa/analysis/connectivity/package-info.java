/**
 * The geometry of connectivity vectors (Valente 2019, chapters 2 to 4): overlaps, as they are and weighted with the
 * neurons' slopes under an input, the geometry of m, n, W and the readout, and axes regressed from activity. Pure
 * functions on immutable networks.
 */
package kappa.analysis.connectivity;
