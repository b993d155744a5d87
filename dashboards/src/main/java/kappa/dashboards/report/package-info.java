/** Analyses on paper: one self-contained page with the pictures in it, and each picture as a file. */
package kappa.dashboards.report;
