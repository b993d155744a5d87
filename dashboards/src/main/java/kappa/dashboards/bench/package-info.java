/** Benchmarks of the running system, with their baselines measured in the same run. */
package kappa.dashboards.bench;
