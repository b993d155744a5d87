package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.SessionSource;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.openephys.FoundStream;
import kappa.ingest.rig.openephys.OpenEphysConnector;
import kappa.ingest.rig.openephys.OpenEphysListener;
import kappa.ingest.rig.openephys.OpenEphysSettings;
import kappa.ingest.rig.openephys.OpenEphysSettings.Line;
import kappa.ingest.rig.openephys.OpenEphysSettings.Unsorted;
import kappa.ingest.wire.SessionHeader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Spikes, lines and continuous channels of the Open Ephys GUI. */
@Command(name = "open-ephys", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Spike counts of a rig that runs the Open Ephys GUI (0.6 or newer), bin by bin on its sample clock. Put",
    "a spike detector and the plugin \"ZMQ Interface\" into the signal chain, choose the stream, and select at",
    "least one continuous channel in the plugin: it serves as clock. Without a rig, try",
    "  ./kappa rig simulate --as open-ephys    and, in another terminal,    ./kappa rig open-ephys --live"})
final class RigOpenEphysCommand implements Callable<Integer> {

    @Option(names = "--endpoint", paramLabel = "tcp://HOST:PORT", defaultValue = "tcp://127.0.0.1:5556",
            description = "The plugin's data port; its heartbeat is on the next one (default: ${DEFAULT-VALUE}).")
    private String endpoint;

    @Option(names = "--unsorted", paramLabel = "auto|keep|drop", defaultValue = "auto", description = {
        "Spikes without a sorted unit: auto takes those of an electrode for one neuron if the electrode has no",
        "sorted units, and leaves them out if it has (default: ${DEFAULT-VALUE})."})
    private String unsorted;

    @Option(names = "--trial-line", paramLabel = "[NODE:]L", description = {
        "Digital line that is high during trials, from 0 on; NODE is the id of the processor it comes from,",
        "for where several have such a line."})
    private String trialLine;

    @Option(names = "--input-line", paramLabel = "[NODE:]L[=NAME]",
            description = "Input: the fraction of the bin that a digital line is high. May be repeated.")
    private List<String> inputLines = new ArrayList<>();

    @Option(names = "--input-channel", paramLabel = "NAME",
            description = "Input: mean of a continuous channel, by name or index. May be repeated.")
    private List<String> inputChannels = new ArrayList<>();

    @Option(names = "--behavior-channel", paramLabel = "NAME",
            description = "Behaviour: mean of a continuous channel, by name or index. May be repeated.")
    private List<String> behaviorChannels = new ArrayList<>();

    @Option(names = "--sample-rate", paramLabel = "HZ",
            description = "Of the stream, where no continuous channel is selected in the plugin.")
    private Double sampleRate;

    @Option(names = "--lateness", paramLabel = "S", defaultValue = "0.05", description = {
        "Without a continuous channel, a bin is closed so long after its end by this machine's clock: at least",
        "two of the GUI's blocks and 100 samples (default: ${DEFAULT-VALUE})."})
    private double lateness;

    @Mixin
    private RigRun rig;

    @Override
    public Integer call() {
        OpenEphysSettings settings = new OpenEphysSettings(endpoint, rig.binWidth,
                sampleRate == null ? Double.NaN : sampleRate, lateness,
                trialLine == null ? null : Line.parse("--trial-line", trialLine), rig.onlyTrials,
                inputLines.stream().map(text -> Line.parse("--input-line", text)).toList(), inputChannels,
                behaviorChannels, choice());
        return rig.run(goesOn -> open(settings, goesOn));
    }

    private Unsorted choice() {
        for (Unsorted one : Unsorted.values()) {
            if (one.name().equals(unsorted.toUpperCase(Locale.ROOT))) {
                return one;
            }
        }
        throw new InvalidInputException("--unsorted is " + unsorted + ", expected auto, keep or drop");
    }

    private SessionSource open(OpenEphysSettings settings, Optional<SessionHeader> goesOn) {
        FoundStream found;
        try {
            found = OpenEphysListener.listen(endpoint, rig.discover, System.err::println);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Main.Stopped("stopped before the session began");
        }
        String name = rig.name("open-ephys");
        UnitTable units = rig.units(name, found.neurons(settings.unsorted()), goesOn);
        System.err.println(found.summary(settings.unsorted()));
        return new RigSource(found.layout(name, settings, units.names()), units,
                new OpenEphysConnector(settings, found, units), rig.silence());
    }
}
