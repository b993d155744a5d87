/** How activity enters: the wire schema, topics, session files, replay, rigs and the embedded broker. */
package kappa.ingest;
