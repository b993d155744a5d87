/** Session files and what is common to everything that can be replayed. */
package kappa.ingest.session;
