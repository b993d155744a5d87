package kappa.dashboards.cli;

import picocli.CommandLine.Option;

/** Threads that run trials of a task. */
@Section.In(Section.RARE)
final class ThreadsOption {
    @Option(names = "--threads", paramLabel = "N",
            description = "Number of threads; results are the same for any number (default: the number of processors).")
    private Integer threads;

    int count() {
        int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        Checks.require(count >= 1 && count <= 1024, "--threads", count, "1 to 1024");
        return count;
    }
}
