/** Kafka: the connection, the topics, the embedded broker, and publishing a session's bins. */
package kappa.ingest.kafka;
