package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import kappa.ingest.recording.BinSource;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.openephys.FoundStream;
import kappa.ingest.rig.openephys.OpenEphysConnector;
import kappa.ingest.rig.openephys.OpenEphysListener;
import kappa.ingest.rig.openephys.OpenEphysSettings;
import kappa.ingest.rig.openephys.OpenEphysSettings.Line;
import kappa.ingest.rig.openephys.OpenEphysSettings.Unsorted;
import kappa.ingest.session.SessionDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Spikes, lines and continuous channels of the Open Ephys GUI. */
@Section.In(Section.RIG)
@Command(name = "open-ephys", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Record spikes from the Open Ephys GUI (0.6 or newer).",
    "",
    "Put a spike detector and the plugin \"ZMQ Interface\" into the signal chain and choose the "
            + "stream. Select at least one continuous channel in the plugin; it serves as the clock. To "
            + "try it without a rig:",
    "",
    "./kappa rig simulate --as open-ephys",
    "./kappa rig open-ephys --live        (in another terminal)"})
final class RigOpenEphysCommand implements Callable<Integer> {

    @Option(names = "--endpoint", paramLabel = "tcp://HOST:PORT", defaultValue = "tcp://127.0.0.1:5556",
            description = "Address of the plugin's data port; the heartbeat uses the next port (default: "
                    + "${DEFAULT-VALUE}).")
    private String endpoint;

    @Option(names = "--unsorted", paramLabel = "auto|keep|drop", defaultValue = "auto",
            description = "What becomes of spikes without a sorted unit. keep: they are one neuron of their electrode. "
                    + "drop: leave them out. auto: keep them if the electrode has no sorted units (default: "
                    + "${DEFAULT-VALUE}).")
    private String unsorted;

    @Option(names = "--trial-line", paramLabel = "[NODE:]L",
            description = "Digital line that is high during trials, counted from 0. NODE is the id of the processor "
                    + "that sends it, needed if several send such a line.")
    private String trialLine;

    @Option(names = "--input-line", paramLabel = "[NODE:]L[=NAME]",
            description = "Digital line that becomes an input: the fraction of the bin in which it is high. May be "
                    + "repeated.")
    private List<String> inputLines = new ArrayList<>();

    @Option(names = "--input-channel", paramLabel = "NAME",
            description = "Continuous channel that becomes an input, by name or index: its mean in the bin. May be "
                    + "repeated.")
    private List<String> inputChannels = new ArrayList<>();

    @Option(names = "--behavior-channel", paramLabel = "NAME",
            description = "Continuous channel that becomes behaviour, by name or index: its mean in the bin. May be "
                    + "repeated.")
    private List<String> behaviorChannels = new ArrayList<>();

    @Option(names = "--sample-rate", paramLabel = "HZ",
            description = "Sample rate of the stream in Hz, needed if no continuous channel is selected in the plugin.")
    private Double sampleRate;

    @Option(names = "--lateness", paramLabel = "S", defaultValue = "0.05",
            description = "Without a continuous channel, close a bin this number of seconds after its end by this "
                    + "machine's clock. Use at least two of the GUI's blocks and 100 samples (default: "
                    + "${DEFAULT-VALUE}).")
    private double lateness;

    @Mixin
    private RigRun rig;

    @Override
    public Integer call() {
        OpenEphysSettings settings = new OpenEphysSettings(endpoint, rig.binWidth,
                sampleRate == null ? Double.NaN : sampleRate, lateness,
                trialLine == null ? null : Line.parse("--trial-line", trialLine), rig.onlyTrials,
                inputLines.stream().map(text -> Line.parse("--input-line", text)).toList(), inputChannels,
                behaviorChannels,
                Checks.named("--unsorted", unsorted, Unsorted.values(), "auto, keep or drop"));
        return rig.run(goesOn -> open(settings, goesOn));
    }

    private BinSource open(OpenEphysSettings settings, Optional<SessionDescription> goesOn) {
        FoundStream found;
        try {
            found = OpenEphysListener.listen(endpoint, rig.discover, Output::note);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Main.Stopped("stopped before the session began");
        }
        String name = rig.name("open-ephys");
        UnitTable units = rig.units(name, found.neurons(settings.unsorted()), goesOn);
        Output.note(found.summary(settings.unsorted()));
        return new RigSource(found.layout(name, settings, units.names()), units,
                new OpenEphysConnector(settings, found, units), rig.silence());
    }
}
