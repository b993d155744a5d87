/** Networks that are run: simulated sessions, and the networks that are built by hand. */
package kappa.fitting.simulation;
