package kappa.ingest.recording.nwb;

/** Which of a row of times rise. Stateless. */
final class RisingTimes {

    private RisingTimes() {}

    /** Whether all are finite and none is before the one before it. */
    static boolean all(double[] times) {
        return firstFall(times) < 0;
    }

    /** The first time that is not finite, or before the one before it; -1 if there is none. */
    static int firstFall(double[] times) {
        for (int i = 0; i < times.length; i++) {
            if (!Double.isFinite(times[i]) || (i > 0 && times[i] < times[i - 1])) {
                return i;
            }
        }
        return -1;
    }

    /** The most elements that are finite and do not fall, by their indices: one that is far out costs itself only. */
    static int[] longest(double[] times) {
        int[] lastOf = new int[times.length]; // of the best run of each length, the element at its end
        int[] before = new int[times.length];
        int length = 0;
        for (int i = 0; i < times.length; i++) {
            if (!Double.isFinite(times[i])) {
                continue;
            }
            int low = 0;
            int high = length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (times[lastOf[middle]] <= times[i]) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            before[i] = low == 0 ? -1 : lastOf[low - 1];
            lastOf[low] = i;
            length = Math.max(length, low + 1);
        }
        int[] kept = new int[length];
        for (int at = length - 1, i = length == 0 ? -1 : lastOf[length - 1]; at >= 0; at--, i = before[i]) {
            kept[at] = i;
        }
        return kept;
    }
}
