package kappa.dashboards.cli;

import picocli.CommandLine.Option;

/** How fast a session is published that has a pace of its own to be changed. */
@Section.In(Section.SESSION)
final class SpeedOption {

    @Option(names = "--speed", paramLabel = "1|10|max", defaultValue = "1",
            description = "Replay speed as a multiple of the speed of the recording, or max. With max, the fit keeps "
                    + "in step with the recording, and the model is the same on every run on this machine "
                    + "(default: ${DEFAULT-VALUE}).")
    private String speed;

    /** Tells the run, too. */
    String of(RunOptions run) {
        run.speed = speed;
        return speed;
    }
}
