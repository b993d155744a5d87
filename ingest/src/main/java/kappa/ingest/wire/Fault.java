package kappa.ingest.wire;

import java.util.Arrays;
import java.util.List;

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

    public static List<String> reasons() {
        return Arrays.stream(Reason.values())
                .filter(reason -> reason != Reason.REASON_UNSPECIFIED && reason != Reason.UNRECOGNIZED)
                .map(Reason::name).toList();
    }
}
