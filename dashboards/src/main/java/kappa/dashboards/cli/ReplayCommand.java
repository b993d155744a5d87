package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import kappa.ingest.recording.BinSource;
import kappa.ingest.replay.SessionPublisher.Speed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** An archived session through the topics. */
@Command(name = "replay", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Publish a recorded session as its rig would have sent it.",
    "",
    "After an interruption, the same command continues the session."})
final class ReplayCommand implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "Session to replay, a file or a folder.")
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
    private KafkaOptions kafka;

    @Override
    public Integer call() {
        run.check(file, fit.startFrom);
        Speed speed = Speed.parse(pace.of(run));
        try (BinSource source = part.of(recording.open(file, fit), run.waits())) {
            var settings = fit.settings(2, speed);
            var request = fit.request(source.describe(), settings);
            return new SessionRun(kafka.withTopics(), run, () -> false).run(source, request) ? 0 : Main.FAILED;
        }
    }
}
