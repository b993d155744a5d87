package kappa.dashboards.cli;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.session.SessionDescription;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that all rig commands share, and the way from a connector to the topics. */
@Section.In(Section.RIG)
final class RigRun {

    private static final DateTimeFormatter NOW = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Option(names = "--bin-width", paramLabel = "S", defaultValue = "0.02",
            description = "Width of a bin in seconds (default: ${DEFAULT-VALUE}).")
    double binWidth;

    @Option(names = "--discover", paramLabel = "S", defaultValue = "5",
            description = "Number of seconds to listen before the session begins; units that fire meanwhile become its "
                    + "neurons (default: ${DEFAULT-VALUE}).")
    double discover;

    @Option(names = "--spare", paramLabel = "N", defaultValue = "8",
            description = "Number of places for units that turn up later; spikes of further units are counted and left "
                    + "out (default: ${DEFAULT-VALUE}).")
    private int spare;

    @Option(names = "--only-trials",
            description = "Leave out the bins between trials.")
    boolean onlyTrials;

    @Option(names = "--end-after-silence", paramLabel = "S",
            description = "End the session after this number of seconds without data (default: never; after Ctrl-C it "
                    + "can be continued).")
    private Double silence;

    @Option(names = "--live",
            description = "Run the broker, the fit, the analysis and the page in this process. Without it, bins go to "
                    + "--bootstrap-servers, for ./kappa serve.")
    private boolean live;

    @Mixin
    private SendOptions send;

    @Mixin
    private RunOptions run;

    @Mixin
    private FitOptions fit;

    @Mixin
    private KafkaOptions kafka;

    @Mixin
    private OneProcess oneProcess;

    /** Connects to a rig. */
    interface Rig {
        /** @param goesOn the session that an earlier connector began and that is to be continued, if it is */
        BinSource open(Optional<SessionDescription> goesOn);
    }

    /** @return the exit code */
    int run(Rig rig) {
        return run(rig, null);
    }

    /**
     * @param more where latent states are sent beside the options of all rigs; null for nowhere
     * @return the exit code
     */
    int run(Rig rig, SendOptions.More more) {
        run.check(fit.startFrom);
        Checks.require(binWidth > 0 && binWidth <= 60, "--bin-width", binWidth, "seconds in (0, 60]");
        Checks.require(discover > 0 && discover <= 3_600, "--discover", discover, "seconds in (0, 3600]");
        Checks.require(spare >= 0 && spare <= 10_000, "--spare", spare, "0 to 10000");
        Checks.require(silence() > 0, "--end-after-silence", silence, "seconds above 0");
        send.check(more != null);
        FitSettings settings = fit.settings(2, Speed.parse(run.speed));
        if (live) {
            return oneProcess.run((connection, failed) -> publish(connection, failed, rig, settings, more),
                    !run.waits());
        }
        return publish(kafka.withTopics(), () -> false, rig, settings, more) ? 0 : Main.FAILED;
    }

    private boolean publish(KafkaConnection connection, BooleanSupplier failed, Rig rig, FitSettings settings,
            SendOptions.More more) {
        Optional<SessionDescription> goesOn = run.sessionId == null
                ? Optional.empty()
                : new SessionPublisher(connection).unfinished(run.sessionId);
        try (BinSource source = rig.open(goesOn);
                SendOptions.Sending _ = send.start(connection, source.name(), more)) {
            return new SessionRun(connection, run, failed).run(source, fit.request(source.describe(), settings));
        }
    }

    /** Seconds without data after which the recording is over; infinite for never. */
    double silence() {
        return silence == null ? Double.POSITIVE_INFINITY : silence;
    }

    /** Name of the session: what was asked for, or one that no other has. */
    String name(String rig) {
        return run.sessionId == null
                ? rig + "-" + LocalDateTime.now(ZoneId.systemDefault()).format(NOW)
                : run.sessionId;
    }

    /** Units of the session that goes on, or those that were found and spare places. */
    UnitTable units(String name, List<String> found, Optional<SessionDescription> goesOn) {
        if (goesOn.isPresent()) {
            return UnitTable.resume(goesOn.get().neurons(), lateUnits(name));
        }
        if (found.isEmpty() && spare == 0) {
            throw new InvalidInputException("no unit fired within " + discover
                    + " s; listen longer with --discover, or reserve places with --spare");
        }
        return UnitTable.begin(found, spare, lateUnits(name));
    }

    /** Where the units that turn up late are written down. */
    private static Path lateUnits(String name) {
        Path directory = Home.directory("rigs");
        if (!directory.toFile().isDirectory() && !directory.toFile().mkdirs()) {
            throw new InvalidInputException(
                    directory + ": this directory for the names of late units cannot be created");
        }
        return directory.resolve(name + ".units");
    }
}
