package kappa.ingest.recording;

/**
 * Into which bin a time falls. Times in files carry rounding errors, and events lie on the edges of bins more often than chance
 * would have it, so that (t - start) / width is rounded to six decimals first: bin = trunc(round((t - start) / width, 6)), as the
 * Neural Latents Benchmark does. What lies that little before an edge belongs to the bin after it.
 */
public final class Bins {

    private static final double DECIMALS = 1e6;

    private Bins() {}

    /** The bin of a time; negative before the start. */
    public static long of(double time, double start, double width) {
        return (long) Math.floor(Math.rint((time - start) / width * DECIMALS) / DECIMALS);
    }

    /** How many whole bins lie between two times. */
    public static long between(double start, double stop, double width) {
        return of(stop, start, width);
    }

    /** A time that nothing of a bin is before. */
    public static double earliest(double start, double width, long bin) {
        return start + (bin - 2 / DECIMALS) * width;
    }

    /** Seconds by which a bin may reach beyond what was observed, and count as observed. */
    public static double slack(double width) {
        return width / DECIMALS;
    }
}
