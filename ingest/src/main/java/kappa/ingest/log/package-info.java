/** Kafka: the topics, following and publishing them, who owns a partition, retention, and the embedded broker. */
package kappa.ingest.log;
