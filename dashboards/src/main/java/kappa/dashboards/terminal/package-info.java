/** Kappa in a terminal: what a session is doing now, folded from the topics' ends and drawn as text. */
package kappa.dashboards.terminal;
