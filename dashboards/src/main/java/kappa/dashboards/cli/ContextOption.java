package kappa.dashboards.cli;

import picocli.CommandLine.Option;

/** The strength of a task's context cues. */
@Section.In(Section.RARE)
final class ContextOption {

    @Option(names = "--context", paramLabel = "C", defaultValue = "1",
            description = "Strength of the context cues of the tasks cdm and msi (default: ${DEFAULT-VALUE}).")
    double strength;
}
