/** The K-dimensional dynamics of a low-rank network: pure functions of a {@link kappa.analysis.dynamics.ReducedDynamics}. */
package kappa.analysis.dynamics;
