package kappa.ingest.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import kappa.ingest.log.BinOrder;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.RecordedBin;

/**
 * The rules that records must obey, and their limits. Readers apply them with {@link CheckedRecord}. The order of bins is checked
 * by {@link BinOrder}. Pure functions, thread-safe.
 *
 * <p>Anybody may write records. Checking a record allocates at most {@link #MAX_ALLOCATED} bytes, whether it is accepted or not.
 * The checkpoint of a session whose header is accepted fits on its topic.
 */
public final class WireChecks {

    public static final int SCHEMA_VERSION = 1;

    /** Neurons of a session: one header must not take the memory of all sessions. */
    public static final int MAX_NEURONS = 100_000;

    /** Hidden neurons cost a header a few bytes, but the fit as much as recorded ones. */
    public static final int MAX_HIDDEN_NEURONS = 10_000;

    /**
     * Weights of a network, (2 rank + inputs) a neuron, hidden ones included. A checkpoint holds each six times in 4 bytes, and
     * about 113 bytes more a neuron; 8 MiB are left for past trials and 4 MiB for the header, out of
     * {@link Topics#MAX_MESSAGE_BYTES}.
     */
    public static final int MAX_WEIGHTS = 3 << 19;

    /**
     * Bins, names and unknown fields of one record: as many as a header with the most neurons and channels has. Two bytes can
     * make a bin and four an unknown field, which take some 300 bytes of memory.
     */
    public static final int MAX_FIELDS = 1 << 17;

    /** Protocol Buffers' own limit. */
    private static final int MAX_DEPTH = 100;

    private static final Set<JavaType> COSTLY = Set.of(JavaType.MESSAGE, JavaType.STRING, JavaType.BYTE_STRING);

    /**
     * What parsing and checking a record allocates at most, garbage included: {@value #MAX_FIELDS} times what a bin takes, and
     * eight times {@link Topics#MAX_RECORD_BYTES}.
     */
    public static final long MAX_ALLOCATED = 96L << 20;

    /** Bins of a session: indices stay exact in double precision, which the page and NumPy read them in. */
    public static final long MAX_BINS = 1L << 53;

    public static final int MAX_CHANNELS = 1_000;
    public static final int MAX_RANK = 32;
    /** Counts beyond this are no spikes; also the largest whole numbers a float tells apart. */
    public static final int MAX_COUNT = 1 << 24;

    /** Perturbed trials that one request may ask for. */
    public static final int MAX_PERTURBED_TRIALS = 10_000;

    /** Slower is a pause; far from where times in nanoseconds would overflow. */
    public static final double MIN_SPEED = 1e-3;

    /** What looks wrong with a recording, in lines of a header. */
    public static final int MAX_WARNINGS = 100;

    public static final int MAX_NOTE_CHARACTERS = 500;

    private static final String MAGNITUDE = "a finite number, at most 1e12 in magnitude";

    public static final String SESSION_ID_FORM = "1 to 128 characters out of A-Z a-z 0-9 . _ -";
    private static final Pattern SESSION_ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");
    private static final Pattern INTERVENTION_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final String INTERVENTION_FORM = "1 to 64 characters out of A-Z a-z 0-9 . _ -";
    private static final double DEFAULT_TIME_CONSTANT_S = 0.1;

    private WireChecks() {}

    /** A header but for its warnings, which are all that another header of the same session may have otherwise. */
    public static SessionHeader withoutWarnings(SessionHeader header) {
        return header.toBuilder().clearWarnings().build();
    }

    /** Whether a session can have this id. {@link #SESSION_ID_FORM} says what is expected. */
    public static boolean isSessionId(String id) {
        return SESSION_ID.matcher(id).matches();
    }

    /** A parsed message or the fault that kept it from being one. */
    record Parsed<T>(T message, Fault fault) {}

    /** Parses what strangers write: size and number of fields are limited. */
    static <T extends Message> Parsed<T> parse(Parser<T> parser, byte[] value, String name) {
        if (value.length > Topics.MAX_RECORD_BYTES) {
            return new Parsed<>(null, new Fault(Reason.TOO_LARGE,
                    "record of " + value.length + " bytes, expected at most " + Topics.MAX_RECORD_BYTES));
        }
        try {
            if (value.length > MAX_FIELDS) {
                // Counted before any is made. Nothing, parsed, tells what type of message it is that is expected.
                Descriptor type = parser.parseFrom(new byte[0]).getDescriptorForType();
                if (fields(CodedInputStream.newInstance(value), type, 0, 0) > MAX_FIELDS) {
                    return new Parsed<>(null, new Fault(Reason.TOO_LARGE, "record of over " + MAX_FIELDS
                            + " bins, names and unknown fields, expected at most that many in one " + name));
                }
            }
        } catch (IOException e) {
            return malformed(value, name, e);
        }
        return parseOwn(parser, value, name);
    }

    /** Parses what only kappa writes: as large as the topic takes it. */
    static <T extends Message> Parsed<T> parseOwn(Parser<T> parser, byte[] value, String name) {
        try {
            return new Parsed<>(parser.parseFrom(value), null);
        } catch (IOException e) {
            return malformed(value, name, e);
        }
    }

    private static <T> Parsed<T> malformed(byte[] value, String name, IOException e) {
        return new Parsed<>(null, new Fault(Reason.MALFORMED,
                "value of " + value.length + " bytes is not a " + name + ": " + e.getMessage()));
    }

    /**
     * Messages, texts and unknown fields, those in messages and groups included; numbers are cheap.
     *
     * @param type null within an unknown group
     * @return how many with those before; counting ends above {@link #MAX_FIELDS}
     */
    private static int fields(CodedInputStream in, Descriptor type, int before, int depth) throws IOException {
        int count = before;
        for (int tag = in.readTag(); tag != 0 && count <= MAX_FIELDS; tag = in.readTag()) {
            int wire = WireFormat.getTagWireType(tag);
            FieldDescriptor field = type == null ? null : type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            if (field != null && wire != field.getLiteType().getWireType()
                    && !(field.isPackable() && wire == WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                field = null; // of another kind than that number's is unknown, too
            }
            count += field == null || COSTLY.contains(field.getJavaType()) ? 1 : 0;
            if (wire == WireFormat.WIRETYPE_END_GROUP || depth > MAX_DEPTH) {
                return count; // what is nested deeper, the parser refuses
            }
            if (wire == WireFormat.WIRETYPE_START_GROUP) {
                count = fields(in, null, count, depth + 1);
            } else if (field != null && field.getJavaType() == JavaType.MESSAGE) {
                int outer = in.pushLimit(in.readRawVarint32());
                count = fields(in, field.getMessageType(), count, depth + 1);
                in.popLimit(outer);
            } else {
                in.skipField(tag);
            }
        }
        return count;
    }

    /** Whether a record's bins have indices that a session can reach. */
    static Optional<Fault> bins(long firstBin, int count) {
        return firstBin >= 0 && firstBin <= MAX_BINS - count
                ? Optional.empty()
                : Optional.of(new Fault(Reason.MALFORMED, "first_bin is " + Long.toUnsignedString(firstBin)
                        + ", expected all of its " + count + " bins below 2^53"));
    }

    /** Membrane time constant that a header asks for, seconds. */
    public static double timeConstantSeconds(SessionHeader header) {
        double asked = header.getFit().getTimeConstantS();
        return asked == 0 ? DEFAULT_TIME_CONSTANT_S : asked;
    }

    public static Optional<Fault> header(SessionHeader header) {
        Rules rules = new Rules(Reason.BAD_HEADER);
        rules.require(header.getSchemaVersion() == SCHEMA_VERSION, "schema_version", header.getSchemaVersion(), "1");
        rules.require(isSessionId(header.getSession()), "session", '"' + header.getSession() + '"', SESSION_ID_FORM);
        int neurons = header.getNeuronsCount();
        rules.require(neurons >= 1 && neurons <= MAX_NEURONS, "neurons", neurons, "1 to " + MAX_NEURONS);
        int channels = Math.max(header.getInputChannelsCount(), header.getBehaviorChannelsCount());
        rules.require(channels <= MAX_CHANNELS, "channels", channels, "at most " + MAX_CHANNELS);
        for (var names : List.of(header.getNeuronsList(), header.getInputChannelsList(),
                header.getBehaviorChannelsList())) {
            if (rules.broken().isPresent()) {
                // There may be more names than anybody should collect.
                return rules.broken();
            }
            Set<String> seen = new HashSet<>();
            names.stream().filter(name -> !seen.add(name)).findFirst()
                    .ifPresent(name -> rules.require(false, "names", '"' + name + "\" twice", "unique names"));
        }
        rules.require(header.getWarningsCount() <= MAX_WARNINGS, "warnings", header.getWarningsCount(),
                "at most " + MAX_WARNINGS);
        int bumps = header.getInputBasis().getBumps();
        int basisBins = header.getInputBasis().getBins();
        rules.require(!header.hasInputBasis() || (bumps >= 2 && bumps <= InputBasis.MAX_BUMPS && basisBins >= 2),
                "input_basis", bumps + " bumps over " + basisBins + " bins",
                "2 to " + InputBasis.MAX_BUMPS + " bumps over at least 2 bins");
        double width = header.getBinWidthS();
        rules.require(width > 0 && width <= 60, "bin_width_s", width, "a number in (0, 60]");
        Observation observation = header.getObservation();
        rules.require(observation != Observation.OBSERVATION_UNSPECIFIED && observation != Observation.UNRECOGNIZED,
                "observation", header.getObservationValue(), "RATES, CURRENTS or COUNTS");
        FitSettings fit = header.getFit();
        int rank = fit.getRank();
        int mostRank = Math.min(MAX_RANK, neurons);
        rules.require(rank >= 1 && rank <= mostRank, "fit.rank", rank, "1 to " + mostRank);
        int hidden = fit.getHiddenNeurons();
        int mostHidden = Math.min(MAX_HIDDEN_NEURONS, MAX_NEURONS - neurons);
        rules.require(hidden >= 0 && hidden <= mostHidden, "fit.hidden_neurons", Integer.toUnsignedString(hidden),
                "at most " + mostHidden);
        long weights = ((long) neurons + hidden) * (2L * rank + header.getInputChannelsCount());
        rules.require(weights <= MAX_WEIGHTS, "neurons", (neurons + hidden) + " with rank " + rank + " and "
                + header.getInputChannelsCount() + " input channels",
                "at most " + MAX_WEIGHTS + " weights, 2 rank + inputs for each, not " + weights);
        rules.require(fit.getLoss() != Loss.UNRECOGNIZED, "fit.loss", fit.getLossValue(),
                "FREE_RUN or FREE_RUN_AND_ONE_STEP");
        rules.require(fit.getPrior() >= 0 && fit.getPrior() <= 1e6, "fit.prior", fit.getPrior(),
                "a number from 0 to 1e6");
        rules.require(fit.getHalfLifeTrials() >= 0 && fit.getHalfLifeTrials() <= 1e9, "fit.half_life_trials",
                fit.getHalfLifeTrials(), "a number from 0 to 1e9");
        rules.require(fit.getTrackerBins() >= 0 && fit.getTrackerBins() <= 1e9, "fit.tracker_bins",
                fit.getTrackerBins(), "a number from 0 to 1e9");
        double tau = timeConstantSeconds(header);
        rules.require(tau > 0 && tau <= 60, "fit.time_constant_s", tau, "a number in (0, 60]");
        rules.require(fit.getPacing() != Pacing.UNRECOGNIZED, "fit.pacing", fit.getPacingValue(), "LIVE or LOCKSTEP");
        int steps = fit.getStepsPerTrial();
        rules.require(steps >= 0 && steps <= 10_000, "fit.steps_per_trial", Integer.toUnsignedString(steps),
                "at most 10000");
        return rules.broken().or(() -> header.hasStartFrom() ? StartFromChecks.fault(header) : Optional.empty());
    }

    /** Whether a model's arrays have the sizes that it announces, and these are within bounds. */
    static Optional<Fault> snapshot(ModelSnapshot model) {
        Rules rules = new Rules(Reason.MALFORMED);
        long n = Integer.toUnsignedLong(model.getNeurons());
        long k = Integer.toUnsignedLong(model.getRank());
        long s = Integer.toUnsignedLong(model.getInputs());
        rules.require(n >= 1 && n <= MAX_NEURONS, "neurons", n, "1 to " + MAX_NEURONS);
        rules.require(k >= 1 && k <= MAX_RANK, "rank", k, "1 to " + MAX_RANK);
        rules.require(s <= MAX_CHANNELS, "inputs", s, "at most " + MAX_CHANNELS);
        rules.size("m", model.getMCount(), k * n);
        rules.size("n", model.getNCount(), k * n);
        rules.size("w", model.getWCount(), s * n);
        rules.size("b", model.getBCount(), n);
        rules.size("gain", model.getGainCount(), n);
        rules.sizeIfThere("offset", model.getOffsetCount(), n);
        rules.sizeIfThere("noise", model.getNoiseCount(), n);
        rules.sizeIfThere("process_noise", model.getProcessNoiseCount(), k * k);
        rules.sizeIfThere("kappa_std", model.getKappaStdCount(), k);
        rules.sizeIfThere("start", model.getStartCount(), k);
        rules.sizeIfThere("start_covariance", model.getStartCovarianceCount(), k * k);
        rules.sizeIfThere("mean", model.getMeanCount(), n);
        return rules.broken();
    }

    /** Keeps the first rule that a message breaks. */
    static final class Rules {
        private final Reason reason;
        private Fault broken;

        Rules(Reason reason) {
            this.reason = reason;
        }

        void require(boolean holds, String field, Object value, String expected) {
            if (!holds && broken == null) {
                broken = new Fault(reason, field + " is " + value + ", expected " + expected);
            }
        }

        void size(String array, int size, long expected) {
            require(size == expected, "number of elements of " + array, size, Long.toString(expected));
        }

        /** Of an array that older or smaller models do not have. */
        void sizeIfThere(String array, int size, long expected) {
            require(size == 0 || size == expected, "number of elements of " + array, size, "0 or " + expected);
        }

        Optional<Fault> broken() {
            return Optional.ofNullable(broken);
        }
    }

    /** Whether a valid record of activity ({@link CheckedRecord}) holds what its session's header announced. */
    public static Optional<Fault> activity(SessionHeader header, Activity record) {
        if (record.getBinsCount() == 0 && !record.getEndOfSession()) {
            return Optional.of(new Fault(Reason.MALFORMED, "no bins, expected at least one or end_of_session"));
        }
        long trial = Long.MIN_VALUE;
        for (int t = 0; t < record.getBinsCount(); t++) {
            Bin bin = record.getBins(t);
            Optional<Fault> fault = bin(header, bin, record.getFirstBin() + t);
            if (fault.isPresent()) {
                return fault;
            }
            if (header.getTrials() && bin.getTrial() < trial) {
                return Optional.of(new Fault(Reason.TRIAL_WENT_BACK, "bin " + (record.getFirstBin() + t) + ": trial is "
                        + bin.getTrial() + " after " + trial + ", expected it to grow"));
            }
            trial = bin.getTrial();
        }
        return Optional.empty();
    }

    private static Optional<Fault> bin(SessionHeader header, Bin bin, long index) {
        int neurons = header.getNeuronsCount();
        boolean counts = header.getObservation() == Observation.COUNTS;
        int given = counts ? bin.getCountsCount() : bin.getValuesCount();
        int other = counts ? bin.getValuesCount() : bin.getCountsCount();
        if (other > 0) {
            return fault(Reason.WRONG_OBSERVATION, index, (counts ? "values" : "counts") + " given",
                    (counts ? "counts" : "values") + ": the session observes " + header.getObservation());
        }
        if (given != neurons) {
            return fault(Reason.NEURON_COUNT, index, given + (counts ? " counts" : " values"),
                    neurons + ", one a neuron");
        }
        if (bin.getInputsCount() != header.getInputChannelsCount()) {
            return fault(Reason.INPUT_COUNT, index, bin.getInputsCount() + " inputs",
                    Integer.toString(header.getInputChannelsCount()));
        }
        if (bin.getBehaviorCount() != 0 && bin.getBehaviorCount() != header.getBehaviorChannelsCount()) {
            return fault(Reason.BEHAVIOR_COUNT, index, bin.getBehaviorCount() + " numbers of behaviour",
                    Integer.toString(header.getBehaviorChannelsCount()));
        }
        int maskBytes = Math.ceilDiv(neurons, Byte.SIZE);
        int unobserved = bin.getUnobserved().size();
        if (unobserved != 0 && unobserved != maskBytes) {
            return fault(Reason.NEURON_COUNT, index, "unobserved of " + unobserved + " bytes", maskBytes + " or none");
        }
        int silenced = bin.getSilenced().size();
        if (silenced != 0 && silenced != maskBytes) {
            return fault(Reason.NEURON_COUNT, index, "silenced of " + silenced + " bytes", maskBytes + " or none");
        }
        if (!bin.getIntervention().isEmpty() && !INTERVENTION_ID.matcher(bin.getIntervention()).matches()) {
            return fault(Reason.BAD_INTERVENTION, index, "intervention of " + bin.getIntervention().length()
                    + " characters", INTERVENTION_FORM);
        }
        for (int i = 0; i < neurons; i++) {
            if (counts) {
                int count = bin.getCounts(i);
                if (count < 0) {
                    return fault(Reason.NEGATIVE_COUNT, index, "counts[" + i + "] is " + count, "0 or more");
                }
                if (count > MAX_COUNT) {
                    return fault(Reason.NOT_FINITE, index, "counts[" + i + "] is " + count, "at most " + MAX_COUNT);
                }
            } else if (!measurable(bin.getValues(i))) {
                return fault(Reason.NOT_FINITE, index, "values[" + i + "] is " + bin.getValues(i),
                        MAGNITUDE + "; mark what was not observed in unobserved");
            }
        }
        for (int s = 0; s < bin.getInputsCount(); s++) {
            if (!measurable(bin.getInputs(s))) {
                return fault(Reason.NOT_FINITE, index, "inputs[" + s + "] is " + bin.getInputs(s), MAGNITUDE);
            }
        }
        for (int k = 0; k < bin.getBehaviorCount(); k++) {
            if (Float.isInfinite(bin.getBehavior(k))) {
                return fault(Reason.NOT_FINITE, index, "behavior[" + k + "] is " + bin.getBehavior(k),
                        "a number, NaN where unknown");
            }
        }
        return Optional.empty();
    }

    /** False for NaN, too. */
    private static boolean measurable(float value) {
        return Math.abs(value) <= RecordedBin.MAX_MAGNITUDE;
    }

    private static Optional<Fault> fault(Reason reason, long index, String value, String expected) {
        return Optional.of(new Fault(reason, "bin " + index + ": " + value + ", expected " + expected));
    }

    /** Whether a request is one that a rig of this session could obey. */
    public static Optional<Fault> intervention(SessionHeader header, Intervention request) {
        return intervention(header.getNeuronsCount(), request);
    }

    /** Whether a request is one that a rig which records so many neurons could obey. */
    public static Optional<Fault> intervention(int neurons, Intervention request) {
        Rules rules = new Rules(Reason.BAD_INTERVENTION);
        rules.require(request.getSchemaVersion() == SCHEMA_VERSION, "schema_version",
                Integer.toUnsignedString(request.getSchemaVersion()), "1");
        rules.require(INTERVENTION_ID.matcher(request.getId()).matches(), "id", '"' + request.getId() + '"',
                INTERVENTION_FORM);
        int trials = request.getTrials();
        rules.require(trials >= 0 && trials <= MAX_PERTURBED_TRIALS, "trials", Integer.toUnsignedString(trials),
                "at most " + MAX_PERTURBED_TRIALS);
        int silenced = request.getNeuronsCount();
        rules.require(trials <= 0 || silenced > 0, "neurons", "empty", "at least one");
        rules.require(silenced <= neurons, "neurons", silenced + " of them", "at most " + neurons);
        request.getNeuronsList().stream().filter(neuron -> neuron < 0 || neuron >= neurons).findFirst().ifPresent(
                neuron -> rules.require(false, "neurons", Integer.toUnsignedString(neuron), "0 to " + (neurons - 1)));
        rules.require(request.getFirstBin() >= 0 && request.getBins() >= 0 && request.getEvery() >= 0,
                "first_bin, bins, every", "above 2^31", "less");
        return rules.broken();
    }

    /** Whether a wish is one that some replay could follow. */
    public static Optional<Fault> control(PlaybackControl wish) {
        Rules rules = new Rules(Reason.BAD_CONTROL);
        rules.require(wish.getSchemaVersion() == SCHEMA_VERSION, "schema_version",
                Integer.toUnsignedString(wish.getSchemaVersion()), "1");
        rules.require(wish.hasPause() || wish.hasSeekS() || wish.hasSpeed(), "wish", "empty", "pause, seek_s or speed");
        double seek = wish.getSeekS(); // 0 where it is not asked for
        rules.require(seek >= 0 && Double.isFinite(seek), "seek_s", seek, "seconds >= 0");
        rules.require(!wish.hasSpeed() || wish.getSpeed() >= MIN_SPEED, "speed", wish.getSpeed(),
                "a number >= " + MIN_SPEED + " (infinite: as fast as possible)");
        return rules.broken();
    }

    /** Whether a note is one that can be shown. */
    public static Optional<Fault> note(Note note) {
        Rules rules = new Rules(Reason.MALFORMED);
        int length = note.getText().codePointCount(0, note.getText().length());
        rules.require(length <= MAX_NOTE_CHARACTERS && !note.getText().isBlank(), "number of characters of text",
                length,
                "1 to " + MAX_NOTE_CHARACTERS);
        rules.require(note.getText().codePoints().noneMatch(Character::isISOControl), "text", "more than a line",
                "one line without control characters");
        rules.require(note.getBin() >= 0, "bin", Long.toUnsignedString(note.getBin()), "at most 2^63 - 1");
        return rules.broken();
    }

    /** @param value of the field, which no replay, or not this one, can follow */
    public static Optional<Fault> badControl(String field, Object value, String expected) {
        return Optional.of(new Fault(Reason.BAD_CONTROL, field + " is " + value + ", expected " + expected));
    }

    public static boolean unobserved(Bin bin, int neuron) {
        return marked(bin.getUnobserved(), neuron);
    }

    /** Bit {@code neuron} of a mask; an empty one marks none. */
    public static boolean marked(ByteString mask, int neuron) {
        return !mask.isEmpty() && (mask.byteAt(neuron >> 3) >> (neuron & 7) & 1) != 0;
    }
}
