package kappa.ingest.wire;

/**
 * Why a record cannot be used.
 *
 * @param detail one line: field, value, what was expected
 */
public record Fault(Reason reason, String detail) {}
