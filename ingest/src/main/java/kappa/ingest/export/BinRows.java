package kappa.ingest.export;

import java.util.Map;
import java.util.TreeMap;

/** A set of bins as stretches without a gap, and the row of an array that each bin has. Not thread-safe. */
final class BinRows {

    /** First bin to the bin after the last. */
    private final TreeMap<Long, Long> stretches = new TreeMap<>();
    /** First bin of a stretch to its row; made when first asked for. */
    private final TreeMap<Long, Long> rows = new TreeMap<>();

    void add(long first, long end) {
        if (first >= end) {
            return;
        }
        rows.clear();
        long from = first;
        long to = end;
        Map.Entry<Long, Long> before = stretches.floorEntry(to);
        while (before != null && before.getValue() >= from) {
            from = Math.min(from, before.getKey());
            to = Math.max(to, before.getValue());
            stretches.remove(before.getKey());
            before = stretches.floorEntry(to);
        }
        stretches.put(from, to);
    }

    void addAll(BinRows others) {
        others.stretches.forEach(this::add);
    }

    boolean contains(long bin) {
        Map.Entry<Long, Long> stretch = stretches.floorEntry(bin);
        return stretch != null && bin < stretch.getValue();
    }

    /** How many bins. */
    long size() {
        return stretches.entrySet().stream().mapToLong(stretch -> stretch.getValue() - stretch.getKey()).sum();
    }

    /** Bins between the first and the last that are not in the set. */
    long missing() {
        return stretches.isEmpty() ? 0 : stretches.lastEntry().getValue() - stretches.firstKey() - size();
    }

    /** First bin of each stretch to the bin after its last, ascending. */
    Map<Long, Long> stretches() {
        return stretches;
    }

    /** Bins before this one that are in the set; for a bin of the set, its row. */
    long row(long bin) {
        if (rows.isEmpty()) {
            long row = 0;
            for (Map.Entry<Long, Long> stretch : stretches.entrySet()) {
                rows.put(stretch.getKey(), row);
                row += stretch.getValue() - stretch.getKey();
            }
        }
        Map.Entry<Long, Long> start = rows.floorEntry(bin);
        return start.getValue() + bin - start.getKey();
    }
}
