/** The command line: one class for each command, and one for each group of options that commands share. */
package kappa.dashboards.cli;
