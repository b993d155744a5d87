/** The assembly of the whole application, and the account of a session that it gives. */
package kappa.dashboards.app;
