/**
 * The K-dimensional dynamics that a low-rank network is: fixed points, limit cycles, slow points, phase portraits, and how
 * they change with an input. Pure functions of a {@link kappa.analysis.dynamics.ReducedDynamics}.
 */
package kappa.analysis.dynamics;
