/** What the fitted connectivity means: pure functions on immutable snapshots, and the actor that schedules them. */
package kappa.analysis;
