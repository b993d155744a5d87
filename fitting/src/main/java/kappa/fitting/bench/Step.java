package kappa.fitting.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** A piece of work that can be done over and over, each time as much. Not thread-safe. */
interface Step extends AutoCloseable {

    /**
     * What several runs took.
     *
     * @param wallNs on the clock
     * @param cpuNs of all threads of ours; not those that compile or collect
     * @param bytes allocated on the heap by all threads
     */
    record Spent(long wallNs, long cpuNs, long bytes) {}

    void run();

    /** Runs so many times. */
    default Spent repeat(int runs) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] ids = threads.getAllThreadIds();
        long cpu = sum(threads.getThreadCpuTime(ids));
        long bytes = threads.getTotalThreadAllocatedBytes();
        long wall = System.nanoTime();
        for (int run = 0; run < runs; run++) {
            run();
        }
        wall = System.nanoTime() - wall;
        bytes = threads.getTotalThreadAllocatedBytes() - bytes;
        return new Spent(wall, sum(threads.getThreadCpuTime(ids)) - cpu, bytes);
    }

    private static long sum(long[] ns) {
        long all = 0;
        for (long one : ns) {
            // A thread that has ended has -1.
            all += Math.max(0, one);
        }
        return all;
    }

    /** Lets go of threads and processes, where there are any. */
    @Override
    default void close() {}
}
