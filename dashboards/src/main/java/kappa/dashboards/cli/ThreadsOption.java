package kappa.dashboards.cli;

import kappa.ingest.InvalidInputException;
import picocli.CommandLine.Option;

/** Threads that run trials of a task. */
final class ThreadsOption {
    @Option(names = "--threads", paramLabel = "N",
            description = "Threads (default: one for each processor). What comes out is the same for any number.")
    private Integer threads;

    int count() {
        int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        if (count < 1 || count > 1024) {
            throw new InvalidInputException("--threads is " + count + ", expected 1 to 1024");
        }
        return count;
    }
}
