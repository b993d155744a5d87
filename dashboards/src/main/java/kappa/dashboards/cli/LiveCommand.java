package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.replay.SessionPublisher.Speed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Broker, rig or recording, online fit, analysis and page in one process. */
@Command(name = "live", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Fit a session live in one process: broker, rig or recording, fit, analysis and page.",
    "",
    "Without --session, a simulated rig is recorded. The page is at http://localhost:8080. After "
            + "an interruption, the same command continues the session."})
final class LiveCommand implements Callable<Integer> {

    @Section.In(Section.SESSION)
    @Option(names = "--session", paramLabel = "FILE",
            description = "Recorded session, a file or a folder, to replay (default: a simulated rig).")
    private Path session;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "The same as --session FILE.")
    private Path file;

    @Mixin
    private RecordingFileOptions recording;

    @Mixin
    private PlaybackOptions part;

    @Mixin
    private SpeedOption pace;

    @Mixin
    private RunOptions run;

    @Mixin
    private FitOptions fit;

    @Mixin
    private SimulationOptions simulation;

    @Mixin
    private OneProcess process;

    @Override
    public Integer call() {
        if (session != null && file != null) {
            throw new InvalidInputException("--session " + session + " and " + file + ": two recordings; give one");
        }
        session = session == null ? file : session;
        run.check(session, fit.startFrom);
        Speed speed = Speed.parse(pace.of(run));
        if (session == null) {
            part.requireNone();
        }
        try (BinSource source = session == null
                ? simulation.source(recording.observe, simulatedTrials(), fit.seed)
                : part.of(recording.open(session, fit), run.waits())) {
            var settings = fit.settings(session == null ? simulation.rank() : 2, speed);
            var request = fit.request(source.describe(), settings);
            return process.run((connection, failed) -> new SessionRun(connection, run, failed).run(source, request),
                    !run.waits());
        }
    }

    /** Without a recording, --trials is a number. */
    private long simulatedTrials() {
        String given = recording.trialTable;
        try {
            return given == null ? 0 : Long.parseLong(given);
        } catch (NumberFormatException e) {
            throw new InvalidInputException("--trials is " + given
                    + ", expected a number of simulated trials; a table of trials needs a recording: --session FILE",
                    e);
        }
    }
}
