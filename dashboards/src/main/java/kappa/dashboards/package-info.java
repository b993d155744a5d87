/**
 * The user interface: the live page, the meters, the terminal view, reports and the command line, and the assembly of
 * the whole application.
 */
package kappa.dashboards;
