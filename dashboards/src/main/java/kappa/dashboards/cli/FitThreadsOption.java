package kappa.dashboards.cli;

import picocli.CommandLine.Option;

/** Threads that learn. */
@Section.In(Section.RARE)
final class FitThreadsOption {
    @Option(names = {"--fit-threads", "--threads"}, paramLabel = "N",
            description = "Number of threads that fit (default: one less than the number of processors).")
    Integer fitThreads;

    int count() {
        int threads = fitThreads == null ? Math.max(1, Runtime.getRuntime().availableProcessors() - 1) : fitThreads;
        Checks.require(threads >= 1 && threads <= 1024, "--fit-threads", threads, "1 to 1024");
        return threads;
    }
}
