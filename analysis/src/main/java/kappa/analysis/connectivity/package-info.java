/** The geometry of connectivity vectors, overlaps, and axes regressed from activity (Valente 2019, chapters 2 to 4). */
package kappa.analysis.connectivity;
