package kappa.fitting.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times steps side by side: each repetition measures every step once, so that what else the machine does hits all of
 * them alike. Stateless.
 */
final class Stopwatch {

    /**
     * Medians of the repetitions.
     *
     * @param ns a step takes
     * @param bytesAllocated for a step on the heap, by all threads of the process: in one repetition or another, threads of
     *        the virtual machine's own allocate a little, too
     */
    record Time(double ns, double bytesAllocated) {}

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Stopwatch() {}

    static List<Time> measure(List<? extends Step> steps, Effort effort) {
        int[] runs = new int[steps.size()];
        for (int i = 0; i < runs.length; i++) {
            runs[i] = warmUp(steps.get(i), effort);
        }
        double[][] ns = new double[steps.size()][effort.repetitions()];
        double[][] bytes = new double[steps.size()][effort.repetitions()];
        for (int r = 0; r < effort.repetitions(); r++) {
            for (int i = 0; i < runs.length; i++) {
                Step step = steps.get(i);
                // Wakes helpers and fetches what the steps between have driven out of the caches.
                step.run();
                long before = THREADS.getTotalThreadAllocatedBytes();
                long started = System.nanoTime();
                for (int run = 0; run < runs[i]; run++) {
                    step.run();
                }
                ns[i][r] = (double) (System.nanoTime() - started) / runs[i];
                bytes[i][r] = (double) (THREADS.getTotalThreadAllocatedBytes() - before) / runs[i];
            }
        }
        List<Time> times = new ArrayList<>();
        for (int i = 0; i < runs.length; i++) {
            times.add(new Time(median(ns[i]), median(bytes[i])));
        }
        return times;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Runs a step until it is compiled, and says how many runs a repetition takes. */
    private static int warmUp(Step step, Effort effort) {
        long started = System.nanoTime();
        long fastest = Long.MAX_VALUE;
        long now = started;
        while (now - started < effort.warmUpNs()) {
            step.run();
            long after = System.nanoTime();
            fastest = Math.min(fastest, after - now);
            now = after;
        }
        return (int) Math.max(1, effort.repetitionNs() / Math.max(1, fastest));
    }
}
