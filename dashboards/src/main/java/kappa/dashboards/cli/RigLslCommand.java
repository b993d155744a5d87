package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.SessionSource;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.lsl.Lsl;
import kappa.ingest.rig.lsl.LslConnector;
import kappa.ingest.rig.lsl.LslRecording;
import kappa.ingest.rig.lsl.LslRecording.Kind;
import kappa.ingest.rig.lsl.MarkerRules;
import kappa.ingest.wire.SessionHeader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A stream of the Lab Streaming Layer, with markers out of others. */
@Command(name = "lsl", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "A stream of the Lab Streaming Layer, bin by bin on its sender's clock: rates, field potentials or EEG,",
    "spikes or counts, with trials and inputs out of streams of markers. Needs your liblsl, 1.13 or newer.",
    "  ./kappa rig lsl --list    shows what there is"})
final class RigLslCommand implements Callable<Integer> {

    @Option(names = "--list", description = "Show the streams on the network, and stop.")
    private boolean list;

    @Option(names = "--stream", paramLabel = "NAME|PREDICATE",
            description = "The recording: a stream's name, or an XPath predicate such as \"type='EEG' and hostname='rig'\".")
    private String stream;

    @Option(names = "--kind", paramLabel = "currents|rates|counts|spikes", description = {
        "What its numbers are. currents, rates: a bin is the mean of each channel. counts: each sample holds",
        "spike counts, one a channel. spikes: each sample is a spike, its first channel (or its text) the unit.",
        "(default: spikes for irregular streams of one channel or of texts; counts where the type says spike",
        "or count, and for other irregular streams of whole numbers; else currents.)"})
    private String kind;

    @Option(names = "--markers", paramLabel = "NAME|PREDICATE",
            description = "A stream of markers, texts or numbers. May be repeated.")
    private List<String> markers = new ArrayList<>();

    @Option(names = "--trial-start", paramLabel = "REGEX",
            description = "Markers that begin a trial: the pattern matches the whole marker.")
    private String trialStart;

    @Option(names = "--trial-end", paramLabel = "REGEX",
            description = "Markers that end one (default: it ends when the next one begins).")
    private String trialEnd;

    @Option(names = "--input", paramLabel = "NAME=ON[/OFF]", description = {
        "Input that markers switch: a match of the first pattern sets it to 1, or to the number that the",
        "pattern's first group holds; a match of the second one, or the trial's end, to 0. May be repeated."})
    private List<String> inputs = new ArrayList<>();

    @Option(names = "--lateness", paramLabel = "S", defaultValue = "0.05", description = {
        "Spikes and markers come at most so long after their stamp; bins wait for them (default: ${DEFAULT-VALUE})."})
    private double lateness;

    @Option(names = "--wait", paramLabel = "S", defaultValue = "10",
            description = "Seconds to look for each stream (default: ${DEFAULT-VALUE}).")
    private double wait;

    @Option(names = "--liblsl", paramLabel = "PATH",
            description = "Your liblsl (default: the environment variable " + Lsl.VARIABLE
                    + ", then where the system looks for libraries).")
    private String library;

    @Mixin
    private RigRun rig;

    @Override
    public Integer call() {
        if (list) {
            return list(Lsl.load(library));
        }
        if (stream == null) {
            throw new InvalidInputException(
                    "--stream is missing, expected a stream's name; --list shows those there are");
        }
        requireSeconds("--lateness", lateness);
        requireSeconds("--wait", wait);
        Kind asked = kind == null ? null : Kind.named(kind);
        MarkerRules rules = MarkerRules.parse(trialStart, trialEnd, inputs);
        if (markers.isEmpty() != rules.empty()) {
            throw new InvalidInputException(markers.isEmpty()
                    ? "--trial-start and --input need --markers, the stream that the markers come from"
                    : "--markers is " + markers.getFirst() + ", expected --trial-start or --input with it");
        }
        Lsl lsl = Lsl.load(library);
        return rig.run(goesOn -> open(lsl, asked, rules, goesOn));
    }

    static void requireSeconds(String option, double seconds) {
        if (!(seconds >= 0 && seconds <= 3600)) {
            throw new InvalidInputException(option + " is " + seconds + ", expected seconds from 0 to 3600");
        }
    }

    private static int list(Lsl lsl) {
        List<Lsl.Stream> streams = lsl.resolve();
        streams.forEach(one -> System.out.println(one.words()
                + (one.sourceId().isEmpty() ? "" : ", source_id " + one.sourceId())));
        if (streams.isEmpty()) {
            System.err.println("no stream answered");
        }
        return 0;
    }

    private SessionSource open(Lsl lsl, Kind asked, MarkerRules rules, Optional<SessionHeader> goesOn) {
        Lsl.Stream found = LslRecording.find(lsl, stream, "--stream", wait);
        List<Lsl.Stream> marking = markers.stream().map(one -> LslRecording.find(lsl, one, "--markers", wait)).toList();
        LslRecording recording = LslRecording.listen(lsl, found, asked, rig.discover, System.err::println);
        String name = rig.name("lsl");
        UnitTable units = recording.kind() == Kind.SPIKES ? rig.units(name, recording.neurons(), goesOn) : null;
        RigLayout layout = new RigLayout(name, "LSL stream " + found.words(),
                units == null ? recording.neurons() : units.names(),
                rules.inputs().stream().map(MarkerRules.Input::name).toList(), List.of(),
                recording.kind().observation(),
                rig.binWidth, LslConnector.TICKS_PER_SECOND, rules.trials(), rig.onlyTrials);
        return new RigSource(layout, units,
                new LslConnector(lsl, new LslConnector.Settings(recording, marking, rules, units, lateness)),
                rig.silence());
    }
}
