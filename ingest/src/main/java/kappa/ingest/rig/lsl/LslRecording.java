package kappa.ingest.rig.lsl;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.rig.BinAssembler;
import kappa.ingest.rig.RigStatus;
import kappa.ingest.rig.lsl.Lsl.Format;
import kappa.ingest.rig.lsl.Lsl.Inlet;
import kappa.ingest.rig.lsl.Lsl.LostException;
import kappa.ingest.rig.lsl.Lsl.Stream;

/**
 * What listening to a stream tells of it before a session begins.
 *
 * @param neurons         labels of its channels, or the units that fired
 * @param gapSeconds      a longer step between two stamps of a regular stream means that samples are lost
 * @param disorderSeconds how far stamps went back
 */
public record LslRecording(Stream stream, Kind kind, List<String> neurons, double gapSeconds, double disorderSeconds) {

    /** What a stream's numbers are. */
    public enum Kind {
        CURRENTS(Observation.CURRENTS), RATES(Observation.RATES), COUNTS(Observation.COUNTS), SPIKES(
                Observation.COUNTS);

        private final Observation observation;

        Kind(Observation observation) {
            this.observation = observation;
        }

        public Observation observation() {
            return observation;
        }

        public static Kind named(String name) {
            for (Kind kind : values()) {
                if (kind.name().equalsIgnoreCase(name)) {
                    return kind;
                }
            }
            throw new InvalidInputException("--kind is " + name + ", expected currents, rates, counts or spikes");
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Half as long again as the longest step that was seen while nothing was lost. */
    public static final double GAP_MARGIN = 1.5;

    private static final double CONNECT_S = 5;
    private static final double PULL_S = 0.05;
    private static final Pattern COUNTED = Pattern.compile("(?i).*(spike|count).*");

    /**
     * Finds one stream.
     *
     * @param wanted its name, or an XPath predicate such as {@code type='EEG'}
     * @param option what it was typed after, for messages
     */
    public static Stream find(Lsl lsl, String wanted, String option, double seconds) {
        boolean predicate = wanted.contains("=") || wanted.contains("(");
        List<Stream> found = lsl.resolve(predicate ? wanted : "name=" + StreamReader.quoted(wanted), 1, seconds);
        if (found.isEmpty()) {
            List<Stream> all = lsl.resolve();
            throw new InvalidInputException(
                    option + ' ' + wanted + ": no such stream within " + seconds + " s, expected "
                            + (all.isEmpty() ? "a sender, but there is none on this network" : "one of " + words(all)));
        }
        if (found.size() > 1) {
            throw new InvalidInputException(option + ' ' + wanted + ": fits " + words(found)
                    + ", expected one stream; tell them apart with a predicate such as name='X' and hostname='Y'");
        }
        return found.getFirst();
    }

    /** Streams in one line of a message. */
    public static String words(List<Stream> streams) {
        return String.join(", ", streams.stream().map(Stream::words).toList());
    }

    /**
     * Listens to a stream.
     *
     * @param asked   what it is said to be, or null to guess
     * @param seconds how long
     * @param tell    takes what was chosen and why, a line each
     */
    public static LslRecording listen(Lsl lsl, Stream stream, Kind asked, double seconds, Consumer<String> tell) {
        Kind kind = asked == null ? guess(stream, tell) : asked;
        requireUsable(stream, kind);
        try (Inlet inlet = lsl.open(stream, 1024, CONNECT_S)) {
            List<String> labels = kind == Kind.SPIKES ? List.of() : labels(stream, inlet.labels(CONNECT_S), tell);
            double correction = inlet.correction(CONNECT_S).seconds();
            Set<String> units = new LinkedHashSet<>();
            double last = Double.NaN;
            double widest = 0;
            double back = 0;
            long samples = 0;
            double end = lsl.localClock() + seconds;
            while (lsl.localClock() < end) {
                int count = inlet.pull(PULL_S);
                double[] stamps = inlet.stamps(count);
                double[] values = inlet.values(count);
                String[] texts = inlet.texts(count);
                for (int i = 0; i < count; i++, samples++) {
                    if (kind == Kind.SPIKES) {
                        units.add(unit(stream, values, i * stream.channels(),
                                stream.format() == Format.STRING ? texts[i] : ""));
                    }
                    if (samples == 0) {
                        double off = stamps[0] + correction - lsl.localClock();
                        requireLslTime(stream, off);
                    } else {
                        widest = Math.max(widest, stamps[i] - last);
                        back = Math.max(back, last - stamps[i]);
                    }
                    last = stamps[i];
                }
            }
            if (samples == 0) {
                tell.accept("stream " + stream.words() + ": nothing came within " + seconds + " s");
            }
            if (kind != Kind.SPIKES) {
                tell.accept("stream " + stream.words() + ": taken as " + kind + " of " + labels.size() + " channels");
            } else {
                tell.accept("stream " + stream.words() + ": taken as spikes, " + units.size() + " units so far");
            }
            double gap = GAP_MARGIN * Math.max(widest, stream.regular() ? 1 / stream.rate() : 0);
            if (stream.regular()) {
                tell.accept(String.format(Locale.ROOT, "a step of more than %.3f ms between stamps means lost samples",
                        gap * 1e3));
            }
            return new LslRecording(stream, kind,
                    kind == Kind.SPIKES ? sorted(units) : labels, gap, GAP_MARGIN * back);
        } catch (LostException e) {
            throw new InvalidInputException("stream " + stream.words() + ": the sender does not answer", e);
        }
    }

    /** @throws InvalidInputException if a stream's channels cannot hold what they are said to be */
    public static void requireUsable(Stream stream, Kind kind) {
        if (stream.format() == Format.UNDEFINED || (stream.format() == Format.STRING && kind != Kind.SPIKES)) {
            throw new InvalidInputException("stream " + stream.words() + ": holds "
                    + (stream.format() == Format.STRING ? "texts" : "an unknown format") + ", expected numbers for "
                    + kind);
        }
    }

    /** Unit 10 after unit 9. */
    private static final Comparator<String> BY_NUMBER = Comparator.comparingInt(String::length)
            .thenComparing(Comparator.naturalOrder());

    /** Stamps of another clock than LSL's could not be brought together with anything. */
    static void requireLslTime(Stream stream, double offSeconds) {
        if (Math.abs(offSeconds) > 10) {
            throw new InvalidInputException(String.format(Locale.ROOT,
                    "stream %s: its stamps are %.1f s away from its sender's clock, expected stamps of lsl_local_clock()",
                    stream.words(), offSeconds));
        }
    }

    /** What a stream's numbers most likely are. */
    public static Kind guess(Stream stream, Consumer<String> tell) {
        Kind kind;
        String why;
        if (!stream.regular() && (stream.format() == Format.STRING || stream.channels() == 1)) {
            kind = Kind.SPIKES;
            why = "irregular, " + (stream.format() == Format.STRING ? "texts" : "one channel");
        } else if (COUNTED.matcher(stream.type()).matches() || (!stream.regular() && stream.format().integer())) {
            kind = Kind.COUNTS;
            why = stream.regular() ? "type " + stream.type() : "irregular, several channels of whole numbers";
        } else {
            kind = Kind.CURRENTS;
            why = stream.regular() ? "regular" : "irregular, several channels";
        }
        tell.accept("stream " + stream.words() + ": " + kind + ", because it is " + why + " (--kind to choose)");
        return kind;
    }

    /** Names of the channels: those of the description where it has one for each, else numbers. */
    public static List<String> labels(Stream stream, List<String> labels, Consumer<String> tell) {
        if (!labels.isEmpty()) {
            return labels;
        }
        tell.accept(
                "stream " + stream.words() + ": its description gives no label of its own to each channel; numbered");
        List<String> numbers = new ArrayList<>();
        for (int i = 1; i <= stream.channels(); i++) {
            numbers.add("channel " + i);
        }
        return numbers;
    }

    /**
     * Bins one sample.
     *
     * @param at where its values begin
     * @param text what it is in a stream of texts
     */
    public void sample(BinAssembler bins, RigStatus status, long tick, double[] values, int at, String text)
            throws InterruptedException {
        if (kind == Kind.SPIKES) {
            bins.spike(tick, unit(stream, values, at, text));
            return;
        }
        for (int channel = 0; channel < stream.channels(); channel++) {
            double value = values[at + channel];
            if (kind == Kind.COUNTS) {
                if (value != Math.rint(value) || value < 0 || value > Integer.MAX_VALUE) {
                    // What cannot be a count says nothing of how many spikes there were.
                    status.unusable();
                    bins.lost(tick, tick + 1, 1);
                } else if (value > 0) {
                    bins.count(tick, channel, (int) value);
                }
            } else if (Math.abs(value) <= RecordedBin.MAX_MAGNITUDE) {
                bins.sample(BinAssembler.Role.ACTIVITY, channel, tick, (float) value);
            } else if (!Double.isNaN(value)) {
                status.unusable();
            }
        }
    }

    /** Which unit a sample of spikes is of: its text, or the number in its first channel. */
    public static String unit(Stream stream, double[] values, int at, String text) {
        return stream.format() == Format.STRING ? text : "unit " + number(values[at]);
    }

    /** A marker of numbers as text, with spaces between channels. */
    public static String marker(Stream stream, double[] values, int at) {
        StringBuilder text = new StringBuilder();
        for (int channel = 0; channel < stream.channels(); channel++) {
            text.append(channel == 0 ? "" : " ").append(number(values[at + channel]));
        }
        return text.toString();
    }

    /** Names of units in order: unit 10 after unit 9. */
    public static List<String> sorted(Collection<String> units) {
        return units.stream().sorted(BY_NUMBER).toList();
    }

    /** Whole numbers without a point. */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
