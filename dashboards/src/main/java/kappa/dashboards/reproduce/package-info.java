/**
 * The figures and tables of the papers, computed anew: each {@code Item} trains, simulates and analyses with kappa's own
 * classes, and says what the paper shows, what was found, and whether the two agree.
 */
package kappa.dashboards.reproduce;
