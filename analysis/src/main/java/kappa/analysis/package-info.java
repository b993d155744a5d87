/**
 * The analyses of fitted connectivity: pure functions on immutable snapshots, and the actor that schedules them. Definitions
 * follow Valente 2019. {@link kappa.analysis.NetworkAnalysis} and {@link kappa.analysis.SessionMechanism} put the results
 * together for the wire. Arrays belong to the receiver of a record, are flat by rows, and are never changed.
 */
package kappa.analysis;
