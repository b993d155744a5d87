/** Reports: one self-contained page with its pictures, and each picture as a file. */
package kappa.dashboards.report;
