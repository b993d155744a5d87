package kappa.ingest.session;

/**
 * Consecutive bins that never came, or that came with losses.
 *
 * @param rigTimeNs of the end of the bin before, in its epoch; 0 where it is not known
 * @param messages messages or samples known to be lost; 0 where the bins themselves never came
 */
public record Loss(long first, long last, long rigTimeNs, long messages) {}
