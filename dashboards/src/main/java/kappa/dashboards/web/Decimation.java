package kappa.dashboards.web;

import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * Thins a run of bins to at most two points per bucket without losing a peak: each series keeps its minimum and maximum in
 * the bucket, in the order in which they came. Buckets begin at multiples of the stride, so that a bucket still growing is
 * sent again, complete, with the next frame and points never pile up. A bucket or a run without any bin is one hole.
 */
final class Decimation {

    /** A number for each bin that exists. */
    interface Series {
        float at(long bin);
    }

    private final long first;
    private final long last;
    private final int stride;
    private final LongPredicate exists;
    private long[] bin = new long[256];
    private long[] bucketOf = new long[256]; // -1: a hole
    private int size;

    Decimation(long first, long last, int stride, LongPredicate exists) {
        this.first = first;
        this.last = last;
        this.stride = stride;
        this.exists = exists;
        for (long bucket = first - first % stride; bucket <= last; bucket += stride) {
            long from = -1;
            long to = -1;
            for (long b = Math.max(first, bucket); b < bucket + stride && b <= last; b++) {
                if (exists.test(b)) {
                    from = from < 0 ? b : from;
                    to = b;
                }
            }
            if (from >= 0) {
                add(from, bucket);
                if (to > from) {
                    add(to, bucket);
                }
            } else if (size > 0 && bucketOf[size - 1] >= 0) {
                add(bucket, -1);
            }
        }
    }

    /** Bins per bucket such that {@code windowBins} bins become at most two points for each of {@code width} pixels. */
    static int stride(long windowBins, int width) {
        return windowBins <= 2L * width ? 1 : Math.toIntExact((windowBins + width - 1) / width);
    }

    private void add(long at, long bucket) {
        if (size == bin.length) {
            bin = Arrays.copyOf(bin, 2 * size);
            bucketOf = Arrays.copyOf(bucketOf, 2 * size);
        }
        bin[size] = at;
        bucketOf[size++] = bucket;
    }

    /** Where each point stands. */
    long[] bins() {
        return Arrays.copyOf(bin, size);
    }

    /** Minimum and maximum of each bucket, NaN for holes. */
    float[] extremes(Series series) {
        float[] y = new float[size];
        for (int p = 0; p < size; p++) {
            if (bucketOf[p] < 0) {
                y[p] = Float.NaN;
            } else if (stride == 1) {
                y[p] = series.at(bin[p]);
            } else {
                float low = Float.NaN;
                float high = Float.NaN;
                boolean lowFirst = true;
                for (long b = Math.max(first, bucketOf[p]); b < bucketOf[p] + stride && b <= last; b++) {
                    float value = exists.test(b) ? series.at(b) : Float.NaN;
                    if (!Float.isNaN(value)) {
                        if (!(value >= low)) {
                            low = value;
                            lowFirst = false;
                        }
                        if (!(value <= high)) {
                            high = value;
                            lowFirst = true;
                        }
                    }
                }
                boolean pair = p + 1 < size && bucketOf[p + 1] == bucketOf[p];
                y[p] = lowFirst || !pair ? low : high;
                if (pair) {
                    y[++p] = lowFirst ? high : low;
                } else {
                    y[p] = high; // one bin only: low and high are the same
                }
            }
        }
        return y;
    }

    /** The maximum of each bucket at all its points, NaN for holes: for uncertainties, which must not be understated. */
    float[] maxima(Series series) {
        float[] y = new float[size];
        for (int p = 0; p < size; p++) {
            float high = Float.NaN;
            if (bucketOf[p] >= 0) {
                for (long b = Math.max(first, bucketOf[p]); b < bucketOf[p] + stride && b <= last; b++) {
                    if (exists.test(b) && !(series.at(b) <= high)) {
                        high = series.at(b);
                    }
                }
            }
            y[p] = high;
        }
        return y;
    }
}
