/** Publishing a recorded or simulated session as a rig would send it. */
package kappa.ingest.replay;
