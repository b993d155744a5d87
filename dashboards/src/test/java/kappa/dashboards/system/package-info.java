/** The real processes, started, killed and started again as a user would. */
package kappa.dashboards.system;
