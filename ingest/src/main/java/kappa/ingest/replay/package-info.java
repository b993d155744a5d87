/** Publishing a session, recorded or simulated, as a rig would. */
package kappa.ingest.replay;
