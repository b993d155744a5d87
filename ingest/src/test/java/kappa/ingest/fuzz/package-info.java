/**
 * Hostile input by the thousand: what the parsers of all modules are tried with. By hand, a million each:
 * {@code nice mvn test -pl ingest,dashboards -am -Dtest='*FuzzTest' -Dkappa.fuzz.inputs=1000000
 * -Dsurefire.failIfNoSpecifiedTests=false}, and another draw with {@code -Dkappa.fuzz.seed}.
 */
package kappa.ingest.fuzz;
