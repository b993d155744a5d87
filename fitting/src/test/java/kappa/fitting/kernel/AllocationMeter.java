package kappa.fitting.kernel;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What a piece of work allocates once it is compiled. */
public final class AllocationMeter {

    private static final int TOGETHER = 20;

    private AllocationMeter() {}

    /**
     * The smallest number of bytes that twenty calls allocated in all threads; ends early at zero.
     *
     * @param most calls to be made at most, in twenties
     */
    public static long smallest(int most, Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long smallest = Long.MAX_VALUE;
        for (int calls = 0; calls < most && smallest > 0; calls += TOGETHER) {
            long before = threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
            for (int call = 0; call < TOGETHER; call++) {
                work.run();
            }
            smallest = Math.min(smallest, threads.getThreadAllocatedBytes(Thread.currentThread().threadId()) - before);
        }
        return smallest;
    }
}
