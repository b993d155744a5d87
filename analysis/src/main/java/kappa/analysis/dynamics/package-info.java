/**
 * The K-dimensional dynamics of a low-rank network: fixed points, limit cycles, slow points, phase portraits, and
 * their change with an input. Pure functions of a {@link kappa.analysis.dynamics.ReducedDynamics}.
 */
package kappa.analysis.dynamics;
