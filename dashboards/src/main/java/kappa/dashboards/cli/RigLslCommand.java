package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import kappa.ingest.InvalidInputException;
import kappa.ingest.outlet.LslLatents;
import kappa.ingest.recording.BinSource;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.lsl.Lsl;
import kappa.ingest.rig.lsl.LslConnector;
import kappa.ingest.rig.lsl.LslRecording;
import kappa.ingest.rig.lsl.LslRecording.Kind;
import kappa.ingest.rig.lsl.MarkerRules;
import kappa.ingest.session.SessionDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A stream of the Lab Streaming Layer, with markers out of others. */
@Section.In(Section.RIG)
@Command(name = "lsl", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Record a stream of the Lab Streaming Layer.",
    "",
    "Bins follow the sender's clock. Streams of markers give trials and inputs. Needs liblsl, "
            + "1.13 or newer.",
    "",
    "./kappa rig lsl --list    lists the streams on the network"})
final class RigLslCommand implements Callable<Integer> {

    @Option(names = "--list",
            description = "List the streams on the network, and stop.")
    private boolean list;

    @Option(names = "--stream", paramLabel = "NAME|PREDICATE",
            description = "Stream to record: its name, or an XPath predicate such as \"type='EEG' and "
                    + "hostname='rig'\".")
    private String stream;

    @Option(names = "--kind", paramLabel = "currents|rates|counts|spikes",
            description = "What the numbers of the stream are. currents, rates: a bin is the mean of each channel. "
                    + "counts: each sample holds one spike count per channel. spikes: each sample is one spike, "
                    + "and its first channel or text names the unit (default: spikes for irregular streams of one "
                    + "channel or of texts; counts if the type says spike or count, and for other irregular "
                    + "streams of whole numbers; currents otherwise).")
    private String kind;

    @Option(names = "--markers", paramLabel = "NAME|PREDICATE",
            description = "Stream of markers, texts or numbers. May be repeated.")
    private List<String> markers = new ArrayList<>();

    @Option(names = "--trial-start", paramLabel = "REGEX",
            description = "Regular expression for markers that start a trial; it must match the whole marker.")
    private String trialStart;

    @Option(names = "--trial-end", paramLabel = "REGEX",
            description = "Regular expression for markers that end a trial (default: the next trial ends it).")
    private String trialEnd;

    @Option(names = {"--input", "--marker-input"}, paramLabel = "NAME=ON[/OFF]",
            description = "Input that markers switch. A match of the first pattern sets it to 1, or to the number in "
                    + "the pattern's first group. A match of the second pattern, or the end of the trial, sets it "
                    + "to 0. May be repeated.")
    private List<String> inputs = new ArrayList<>();

    @Option(names = "--lateness", paramLabel = "S", defaultValue = "0.05",
            description = "Longest delay in seconds of spikes and markers after their time stamp; bins wait for them "
                    + "(default: ${DEFAULT-VALUE}).")
    private double lateness;

    @Option(names = "--wait", paramLabel = "S", defaultValue = "10",
            description = "Number of seconds to search for each stream (default: ${DEFAULT-VALUE}).")
    private double wait;

    @Option(names = "--liblsl", paramLabel = "PATH",
            description = "Path of liblsl, 1.13 or newer (default: the environment variable KAPPA_LSL, then the "
                    + "system's libraries).")
    private String library;

    @Option(names = "--send",
            description = "Send κ as the LSL stream \"kappa\", one sample for each bin, and crossings of --threshold as "
                    + "markers of the stream \"kappa crossings\".")
    private boolean send;

    @Mixin
    private RigRun rig;

    @Override
    public Integer call() {
        if (list) {
            return list(Lsl.load(library));
        }
        if (stream == null) {
            throw new InvalidInputException(
                    "--stream is missing; ./kappa rig lsl --list shows the available streams");
        }
        Checks.requireSeconds("--lateness", lateness);
        Checks.requireSeconds("--wait", wait);
        Kind asked = kind == null ? null : Kind.named(kind);
        MarkerRules rules = MarkerRules.parse(trialStart, trialEnd, inputs);
        if (markers.isEmpty() != rules.empty()) {
            throw new InvalidInputException(markers.isEmpty()
                    ? "--trial-start and --input need --markers, the stream that the markers come from"
                    : "--markers is " + markers.getFirst() + ", which needs --trial-start or --input");
        }
        Lsl lsl = Lsl.load(library);
        return rig.run(goesOn -> open(lsl, asked, rules, goesOn),
                send ? session -> new LslLatents(lsl, session, rig.binWidth) : null);
    }

    private static int list(Lsl lsl) {
        List<Lsl.Stream> streams = lsl.resolve();
        streams.forEach(one -> System.out.println(InvalidInputException.oneLine(one.words()
                + (one.sourceId().isEmpty() ? "" : ", source_id " + one.sourceId()))));
        if (streams.isEmpty()) {
            System.err.println("no streams found");
        }
        return 0;
    }

    private BinSource open(Lsl lsl, Kind asked, MarkerRules rules, Optional<SessionDescription> goesOn) {
        Lsl.Stream found = LslRecording.find(lsl, stream, "--stream", wait);
        List<Lsl.Stream> marking = markers.stream().map(one -> LslRecording.find(lsl, one, "--markers", wait)).toList();
        LslRecording recording = LslRecording.listen(lsl, found, asked, rig.discover, Output::note);
        String name = rig.name("lsl");
        UnitTable units = recording.kind() == Kind.SPIKES ? rig.units(name, recording.neurons(), goesOn) : null;
        RigLayout layout = new RigLayout(name, "LSL stream " + found.words(),
                units == null ? recording.neurons() : units.names(),
                rules.inputs().stream().map(MarkerRules.Input::name).toList(), List.of(),
                recording.kind().observation(),
                rig.binWidth, LslConnector.TICKS_PER_SECOND, rules.trials(), rig.onlyTrials);
        return new RigSource(layout, units,
                new LslConnector(lsl, new LslConnector.Settings(recording, marking, rules, lateness)),
                rig.silence());
    }
}
