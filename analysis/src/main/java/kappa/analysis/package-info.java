/**
 * The analyses of fitted connectivity: pure functions on immutable snapshots, and the actor that schedules them.
 *
 * <p>Definitions follow Valente 2019 and have one owner each:
 *
 * <ul>
 * <li>{@link kappa.analysis.dynamics}: the reduced system F(kappa, I) and its Jacobian, fixed points, limit cycles, nullclines,
 * basins, slow points, bifurcations;
 * <li>{@link kappa.analysis.connectivity}: overlaps and effective overlaps, the geometry of connectivity vectors, regression
 * axes, the mechanism of a match-to-sample network;
 * <li>{@link kappa.analysis.populations}: mixtures, their number, each one's share of the overlaps, networks drawn from them;
 * <li>{@link kappa.analysis.inactivation}: what silencing does, predicted, verified and held against the experiment;
 * what silencing means is {@link kappa.fitting.model.Silencing}'s to say.
 * </ul>
 *
 * <p>{@link kappa.analysis.NetworkAnalysis} and {@link kappa.analysis.SessionMechanism} put them together for the wire.
 */
package kappa.analysis;
