package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.intan.IntanConnector;
import kappa.ingest.session.SessionDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Spikes of Intan's RHX software. */
@Section.In(Section.RIG)
@Command(name = "intan", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Record spikes from Intan's RHX software (3.x).",
    "",
    "In RHX, open Network, Remote TCP Control. Let Commands listen, and choose the channels with "
            + "their spikes (SPK) under Data Output, or name them with --channels. RHX sends no trials and "
            + "no inputs with spikes."})
final class RigIntanCommand implements Callable<Integer> {

    @Option(names = "--rhx", paramLabel = "HOST", defaultValue = "127.0.0.1",
            description = "Host that runs RHX (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(names = "--spike-port", paramLabel = "PORT", defaultValue = "5002",
            description = "Port of RHX for spikes (default: ${DEFAULT-VALUE}).")
    private int spikePort;

    @Option(names = "--command-port", paramLabel = "PORT", defaultValue = "5000",
            description = "Port of RHX for commands, used to read the sample rate and to make RHX listen again after "
                    + "an outage. 0: no commands; press the button in RHX after an outage (default: "
                    + "${DEFAULT-VALUE}).")
    private int commandPort;

    @Option(names = "--channels", paramLabel = "A-013,..", split = ",",
            description = "Channels whose spikes RHX is told to send, separated by commas (default: the channels "
                    + "chosen in RHX).")
    private List<String> channels = new ArrayList<>();

    @Option(names = "--sample-rate", paramLabel = "HZ",
            description = "Sample rate of RHX in Hz (default: ask RHX).")
    private Double sampleRate;

    @Option(names = "--lateness", paramLabel = "S", defaultValue = "0.1",
            description = "While no neuron fires, close a bin this number of seconds after its end by this machine's "
                    + "clock. Use at least the length of a block that RHX sends at once, 1280 samples by default "
                    + "(default: ${DEFAULT-VALUE}).")
    private double lateness;

    @Mixin
    private RigRun rig;

    @Override
    public Integer call() {
        if (spikePort < 1 || spikePort > 65_535 || commandPort < 0 || commandPort > 65_535) {
            throw new InvalidInputException("--spike-port is " + spikePort + " and --command-port " + commandPort
                    + ", expected ports up to 65535");
        }
        if (commandPort == 0 && (sampleRate == null || !channels.isEmpty())) {
            throw new InvalidInputException(
                    "--command-port 0 needs --sample-rate and cannot be combined with --channels");
        }
        Checks.require(sampleRate == null || (sampleRate >= 1000 && sampleRate <= 100_000), "--sample-rate", sampleRate,
                "1000 to 100000 Hz");
        Checks.requireSeconds("--lateness", lateness);
        return rig.run(this::open);
    }

    private BinSource open(Optional<SessionDescription> goesOn) {
        IntanConnector connector = new IntanConnector(
                new IntanConnector.Settings(host, spikePort, commandPort, channels,
                        sampleRate == null ? 0 : sampleRate, lateness));
        try {
            connector.connect();
            String name = rig.name("intan");
            List<String> found = goesOn.isPresent() ? List.of() : connector.discover(rig.discover);
            UnitTable units = rig.units(name, found, goesOn);
            System.err.println("RHX at " + host + ": " + connector.sampleRate() + " Hz, " + units.names().size()
                    + " neurons, spare places included");
            return new RigSource(new RigLayout(name, "Intan RHX at " + host + ":" + spikePort, units.names(), List.of(),
                    List.of(), Observation.COUNTS, rig.binWidth, connector.sampleRate(), false, rig.onlyTrials), units,
                    connector, rig.silence());
        } catch (RuntimeException e) {
            connector.close();
            throw e;
        }
    }
}
