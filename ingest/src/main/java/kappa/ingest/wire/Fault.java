package kappa.ingest.wire;

/**
 * Why a record cannot be used.
 *
 * @param detail one line: field, value, what was expected
 * @param missingFrom for {@code GAP}: the first of the bins that never came
 * @param missingBins for {@code GAP}: how many bins never came, else 0
 */
public record Fault(Reason reason, String detail, long missingFrom, long missingBins) {

    public Fault(Reason reason, String detail) {
        this(reason, detail, 0, 0);
    }
}
