/**
 * The wire: the schema's generated messages, and the checks that every reader of a topic applies to them. Knows Protocol Buffers,
 * and no Kafka.
 */
package kappa.ingest.wire;
