package kappa.ingest.recording.xdf;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.rig.lsl.LslRecording;
import kappa.ingest.rig.lsl.LslRecording.Kind;

/**
 * Which of a file's streams become what.
 *
 * @param data whose samples are the activity
 * @param choice how it was chosen and what it is taken as, in one line
 */
record StreamChoice(XdfStream data, Kind kind, String choice, List<XdfStream> markers, List<XdfStream> inputs,
        List<XdfStream> behavior) {

    /** What no name of a stream that is to be found by it should hold. */
    private static final Pattern PREDICATE = Pattern.compile("[=(<>]");

    /** @throws InvalidInputException if the options name no such stream, or leave open which one is the activity */
    static StreamChoice of(XdfFile file, RecordingOptions options) {
        List<XdfStream> markers = find(file, options.streams().markers(), "--markers");
        List<XdfStream> inputs = numeric(file, options.inputs(), "--inputs");
        List<XdfStream> behavior = numeric(file, options.behavior(), "--behavior");
        Set<XdfStream> others = new HashSet<>(markers);
        others.addAll(inputs);
        others.addAll(behavior);
        XdfStream data = options.streams().stream().isPresent()
                ? find(file, options.streams().stream().get(), "--stream")
                : only(file, others);
        if (others.contains(data)) {
            throw file.invalid("stream " + data.stream().words()
                    + " is the activity, expected another one for --markers, --inputs and --behavior");
        }
        List<String> told = new ArrayList<>();
        Optional<Kind> asked = asked(options);
        Kind kind = asked.orElseGet(() -> LslRecording.guess(data.stream(), told::add));
        LslRecording.requireUsable(data.stream(), kind);
        if (data.samples() == 0) {
            throw file.invalid("stream " + data.stream().words() + ": holds no sample, expected at least one");
        }
        String choice = told.isEmpty()
                ? "stream " + data.stream().words() + ": " + kind + ", as asked"
                : told.getFirst();
        return new StreamChoice(data, kind, choice, markers, inputs, behavior);
    }

    private static Optional<Kind> asked(RecordingOptions options) {
        Optional<Kind> kind = options.streams().kind().map(Kind::named);
        Optional<Observation> observe = options.observe();
        if (kind.isEmpty()) {
            return observe.map(observation -> Kind.named(observation.name()));
        }
        if (observe.isPresent() && observe.get() != kind.get().observation()) {
            throw new InvalidInputException("--observe is " + observe.get().name().toLowerCase(Locale.ROOT)
                    + ", expected " + kind.get().observation().name().toLowerCase(Locale.ROOT) + ", as --kind is "
                    + kind.get());
        }
        return kind;
    }

    private static List<XdfStream> find(XdfFile file, List<String> wanted, String option) {
        return wanted.stream().map(one -> find(file, one, option)).distinct().toList();
    }

    private static List<XdfStream> numeric(XdfFile file, List<String> wanted, String option) {
        List<XdfStream> found = find(file, wanted, option);
        for (XdfStream each : found) {
            if (each.text()) {
                throw file.invalid(option + ": stream " + each.stream().words()
                        + " holds texts, expected numbers; --markers and --marker-input take texts");
            }
        }
        return found;
    }

    /** A stream by its name, or by an XPath predicate as liblsl resolves it. */
    private static XdfStream find(XdfFile file, String wanted, String option) {
        List<XdfStream> named = file.streams().stream().filter(each -> each.stream().name().equals(wanted)).toList();
        boolean predicate = named.isEmpty() && PREDICATE.matcher(wanted).find();
        List<XdfStream> found = predicate
                ? file.streams().stream().filter(each -> each.fits(wanted, option)).toList()
                : named;
        // A sender that was started again has two streams; one of them may hold nothing.
        List<XdfStream> filled = found.size() > 1 ? found.stream().filter(each -> each.samples() > 0).toList() : found;
        if (filled.size() == 1) {
            return filled.getFirst();
        }
        throw file.invalid(option + ' ' + wanted + (found.isEmpty()
                ? ": no such stream, expected one of " + words(file.streams().stream().toList())
                : ": fits " + words(found) + ", expected one stream; tell them apart with a predicate such as "
                        + "name='X' and hostname='Y'"));
    }

    /** The only stream that is likely to be the activity: of numbers, and regular if any is. */
    private static XdfStream only(XdfFile file, Set<XdfStream> others) {
        List<XdfStream> numbers = file.streams().stream()
                .filter(each -> !each.text() && each.samples() > 0 && !others.contains(each)).toList();
        List<XdfStream> regular = numbers.stream().filter(each -> each.stream().regular()).toList();
        List<XdfStream> likely = regular.isEmpty() ? numbers : regular;
        if (likely.size() == 1) {
            return likely.getFirst();
        }
        throw file.invalid((likely.isEmpty()
                ? "no stream of numbers"
                : likely.size() + " streams can be the activity")
                + ": choose one with --stream NAME, expected one of "
                + words((likely.isEmpty() ? file.streams().stream().toList() : likely)));
    }

    private static String words(List<XdfStream> streams) {
        return LslRecording.words(streams.stream().map(XdfStream::stream).toList());
    }
}
