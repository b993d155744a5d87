package kappa.fitting.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times steps side by side: each repetition measures every step once, so that what else the machine does hits all of
 * them alike. Stateless.
 */
final class Stopwatch {

    /**
     * Of the repetitions.
     *
     * @param settled whether time and allocation settled before them; the figures mean little where they did not
     * @param ns a step takes on the clock, the median
     * @param minNs likewise, the shortest
     * @param cpuNs a step takes of processors, all threads of ours together, the median
     * @param minCpuNs likewise, the shortest
     * @param bytesAllocated for a step on the heap, by all threads of the process, the median: in one repetition or another,
     *        threads of the virtual machine's own allocate a little, too
     */
    record Time(boolean settled, double ns, double minNs, double cpuNs, double minCpuNs, double bytesAllocated) {

        /** Of what was not measured. */
        static final Time NONE = new Time(false, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }

    /** A step has settled when so many batches in a row took as long as the fastest before them. */
    private static final int BATCHES_ALIKE = 4;
    private static final double ALIKE = 1.25;
    /** And allocated less, for a run: the kernels allocate nothing once they are compiled. */
    private static final double SETTLED_BYTES = 4096;
    private static final int BATCHES = 25;

    private Stopwatch() {}

    static List<Time> measure(List<? extends Step> steps, Effort effort) {
        int[] runs = new int[steps.size()];
        for (int i = 0; i < runs.length; i++) {
            runs[i] = warmUp(steps.get(i), effort);
        }
        Step.Spent[][] spent = new Step.Spent[steps.size()][effort.repetitions()];
        for (int r = 0; r < effort.repetitions(); r++) {
            for (int i = 0; i < runs.length; i++) {
                // Wakes helpers and fetches what the steps between have driven out of the caches.
                steps.get(i).run();
                spent[i][r] = steps.get(i).repeat(Math.abs(runs[i]));
            }
        }
        List<Time> times = new ArrayList<>();
        for (int i = 0; i < runs.length; i++) {
            times.add(time(spent[i], Math.abs(runs[i]), runs[i] > 0));
        }
        return times;
    }

    private static Time time(Step.Spent[] spent, int runs, boolean settled) {
        double[] wall = Arrays.stream(spent).mapToDouble(one -> (double) one.wallNs() / runs).sorted().toArray();
        double[] cpu = Arrays.stream(spent).mapToDouble(one -> (double) one.cpuNs() / runs).sorted().toArray();
        double[] bytes = Arrays.stream(spent).mapToDouble(one -> (double) one.bytes() / runs).sorted().toArray();
        int middle = spent.length / 2;
        return new Time(settled, wall[middle], wall[0], cpu[middle], cpu[0], bytes[middle]);
    }

    /**
     * Runs a step, in batches, until it is compiled: until its times on the processor are alike and it allocates nothing.
     *
     * @return how many runs a repetition takes; negative if the step did not settle in the time there is
     */
    private static int warmUp(Step step, Effort effort) {
        long cpu = 0;
        double fastest = Double.POSITIVE_INFINITY;
        int alike = 0;
        int runs = 1;
        while (cpu < effort.warmUpNs() || (alike < BATCHES_ALIKE && cpu < effort.mostWarmUpNs())) {
            Step.Spent spent = step.repeat(runs);
            cpu += Math.max(1, spent.cpuNs());
            double ns = (double) spent.cpuNs() / runs;
            boolean same = ns < ALIKE * fastest && ns > fastest / ALIKE && spent.bytes() < SETTLED_BYTES * runs;
            alike = same ? alike + 1 : 0;
            fastest = Math.min(fastest, ns);
            runs = (int) Math.clamp(effort.warmUpNs() / (BATCHES * Math.max(1, ns)), 1, 1 << 20);
        }
        int repetition = (int) Math.max(1, effort.repetitionNs() / Math.max(1, fastest));
        return alike >= BATCHES_ALIKE ? repetition : -repetition;
    }
}
