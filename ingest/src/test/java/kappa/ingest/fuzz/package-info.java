/**
 * Hostile input by the thousand: what the parsers of all modules are tried with. {@code .ci/nightly} tries a million each.
 * {@code -Dkappa.fuzz.seed} draws others.
 */
package kappa.ingest.fuzz;
