package kappa.dashboards.cli;

import kappa.fitting.task.Task;
import kappa.ingest.InvalidInputException;
import picocli.CommandLine.Option;

/** What can be chosen of a task, beside its name. */
@Section.In(Section.RARE)
final class TaskOptions {

    @Option(names = "--context", paramLabel = "C", defaultValue = "1",
            description = "Strength of the context cues of the tasks cdm and msi (default: ${DEFAULT-VALUE}).")
    private double context;

    @Option(names = "--stimuli", paramLabel = "N",
            description = "Number of stimuli of the task dms, 2 to 8, each with an input of its own; half of the trials "
                    + "are matches (default: 2).")
    private Integer stimuli;

    @Option(names = "--stimulus-ms", paramLabel = "FROM:TO",
            description = "Durations of the stimuli of the task dms in ms, drawn for sample and test of each trial "
                    + "(default: 500:500).")
    private String stimulusMs;

    /**
     * The task of a name with these options.
     *
     * @throws InvalidInputException if there is none of that name, or an option does not fit it
     */
    Task of(String name) {
        Task task = Task.named(name).withContext(context);
        if (stimuli != null) {
            task = task.withStimuli(stimuli);
        }
        return stimulusMs == null ? task : task.withStimulus(span(stimulusMs));
    }

    private static Task.Span span(String text) {
        String[] ends = text.split(":", -1);
        if (ends.length != 2) {
            throw new InvalidInputException("--stimulus-ms: '" + text + "', expected FROM:TO, such as 200:1500");
        }
        int from = Checks.wholeNumber("--stimulus-ms", ends[0], "milliseconds FROM:TO, such as 200:1500");
        int to = Checks.wholeNumber("--stimulus-ms", ends[1], "milliseconds FROM:TO, such as 200:1500");
        Checks.require(from > 0 && to >= from && to <= 100_000, "--stimulus-ms", text,
                "ascending milliseconds FROM:TO up to 100000");
        return new Task.Span(Task.bins(from), Task.bins(to));
    }
}
