package kappa.ingest.recording.npz;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.arrays.MappedArrays;
import kappa.ingest.recording.arrays.NumericArray;
import kappa.ingest.recording.arrays.ReshapedArray;
import kappa.ingest.recording.arrays.SessionArrays;

/**
 * A session out of an NPZ file, or of arrays in a file of another kind that have the same names. In the file:
 *
 * <ul>
 * <li>{@code activity} [trials, bins, neurons] or [bins, neurons], NaN where not observed; or {@code counts}, whole numbers
 * from 0 of any dtype (a float dtype may say NaN too);
 * <li>{@code bin_width} [] in seconds;
 * <li>optional {@code inputs}, {@code behavior}, {@code targets}, {@code mask}: their channels in place of neurons;
 * <li>optional {@code trial_length} [trials]: cuts a 2-D session, which otherwise is one stretch without trials, into trials;
 * in a 3-D one it says how many leading bins of each trial are meant, and the rest is never looked at;
 * <li>optional {@code neuron_names}, {@code input_names} and {@code behavior_names}, texts, each once;
 * <li>optional {@code rig_time_ns} [bins] or [trials, bins], whole numbers: when each bin is over on the rig's clock.
 * </ul>
 *
 * <p>Other arrays are ignored. {@code counts} is used where both are there, unless rates or currents are asked for;
 * {@code activity} is taken as rates if it lies within [-1, 1], else as currents, unless something is asked for.
 *
 * <p>The arrays stay in memory in the file's own dtype and are converted in parts: opening a file allocates what
 * {@link Npz} takes for those it uses, some 20 bytes a trial, and less than 2 MiB more.
 */
public final class NpzRecording implements Recording {

    /** A float holds every whole number up to here, and no neuron fires as often in a bin. */
    private static final double MAX_COUNT = 1 << 24;

    /** Rig time is counted in nanoseconds, in a long. */
    private static final double MIN_BIN_WIDTH_S = 1e-9;

    private static final double MAX_DURATION_S = Long.MAX_VALUE * 1e-9;

    private static final int CHECKED_AT_ONCE = 1 << 16;

    /** Names that an array of a session can have. */
    private static final List<String> NAMES = List.of("counts", "activity", "bin_width", "inputs", "behavior",
            "targets",
            "mask", "trial_length", "neuron_names", "input_names", "behavior_names", "rig_time_ns");

    private final Path file;
    private final boolean counts; // whether the activity is what goes by that name
    private final NumericArray activity;
    private final NumericArray inputs;
    private final NumericArray behavior;
    private final NumericArray targets;
    private final NumericArray mask;
    private final NumericArray rigTimes; // null where bins follow one another from 0
    private final int[] firstRow; // per trial, in rows of [rows, channels]
    private final int[] length;
    private final RecordingDescription description;
    private final String observationChoice;
    private final List<String> remarks = new ArrayList<>();
    private final Runnable release;
    private final boolean binsFirst;

    /**
     * Reads and checks a session.
     *
     * @param observe what the activity is to be taken as, or null to let the file decide
     * @throws InvalidInputException if the file is not such a session: one line naming file, array, place and value
     */
    public static NpzRecording open(Path file, Observation observe) {
        return read(file, RecordingOptions.observed(observe));
    }

    /**
     * The same with names of arrays, and with a width of bins where the file has none.
     *
     * @throws InvalidInputException if the file is not such a session, or the options do not suit it
     */
    public static NpzRecording read(Path file, RecordingOptions options) {
        try (Npz npz = Npz.open(file)) {
            return of(npz, options, () -> {});
        }
    }

    /**
     * A session out of arrays in a file of any kind.
     *
     * @param release run when the session is closed, after which the arrays are not read any more
     * @throws InvalidInputException if they are no session, or the options do not suit it
     */
    public static NpzRecording of(SessionArrays arrays, RecordingOptions options, Runnable release) {
        return new NpzRecording(new MappedArrays(arrays, options.names(), NAMES), options, release);
    }

    private NpzRecording(SessionArrays npz, RecordingOptions options, Runnable release) {
        this.file = npz.file();
        this.release = release;
        Observation asked = options.observe().orElse(null);
        this.counts = choosesCounts(npz, asked);
        this.activity = npz.find(counts ? "counts" : "activity").orElseThrow();
        int[] shape = activity.shape();
        checkShape(shape);
        checkBins(shape);
        NumericArray trialLength = npz.find("trial_length").map(array -> list(npz, array)).orElse(null);
        this.length = trialLengths(shape, trialLength);
        this.firstRow = new int[length.length];
        for (int trial = 1; trial < length.length; trial++) {
            firstRow[trial] = firstRow[trial - 1] + (shape.length == 3 ? shape[1] : length[trial - 1]);
        }
        double binWidth = binWidth(npz, options.binWidth());
        this.inputs = channels(npz, "inputs");
        this.behavior = channels(npz, "behavior");
        this.targets = channels(npz, "targets");
        this.mask = channels(npz, "mask");
        checkMaskShape();
        this.binsFirst = trialLength != null || inputs != null || behavior != null || targets != null;
        checkFinite(inputs, false);
        checkFinite(behavior, true);
        checkFinite(targets, true);
        checkFinite(mask, false);
        this.rigTimes = rigTimes(npz);

        Observation observation;
        String why;
        if (asked == Observation.COUNTS || counts) {
            checkCounts();
            observation = Observation.COUNTS;
            why = "the file holds '" + activity.name() + "'"
                    + (npz.names().contains("activity") ? " (its 'activity' is not used)" : "");
        } else {
            Range range = checkFinite(activity, true);
            if (range.low > range.high) {
                throw activity.invalid("no observed value, every one is NaN: expected numbers");
            }
            boolean rates = range.low >= -1 && range.high <= 1;
            observation = asked != null ? asked : rates ? Observation.RATES : Observation.CURRENTS;
            why = String.format(Locale.ROOT, "'%s' goes from %.4g to %.4g, %s [-1, 1]", activity.name(), range.low,
                    range.high, rates ? "within" : "beyond");
        }
        this.description = new RecordingDescription(names(npz, "neuron_names", "", width(activity)), binWidth,
                names(npz, "input_names", "input ", width(inputs)),
                names(npz, "behavior_names", "behavior ", width(behavior)), observation,
                shape.length == 3 || trialLength != null, List.of(), file.getFileName().toString(), Optional.empty());
        this.observationChoice = asked == null
                ? "activity taken as " + words(observation) + ": " + why
                        + "; --observe rates, currents or counts overrides"
                : "activity taken as " + words(observation) + ", as asked, from '" + activity.name() + "'";
    }

    /** An array that is to have one extent. */
    private static NumericArray list(SessionArrays npz, NumericArray array) {
        return npz.matrices() ? ReshapedArray.vector(array) : array;
    }

    /** The names that the file has for its channels; where it has none that can be used, they are numbered. */
    private List<String> names(SessionArrays npz, String array, String prefix, int count) {
        List<String> numbered = IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
        if (count == 0 || !npz.names().contains(array)) {
            return numbered;
        }
        String problem;
        try {
            List<String> names = npz.texts(array).orElse(List.of());
            if (names.size() == count && names.stream().noneMatch(String::isBlank)
                    && names.stream().distinct().count() == count) {
                return names;
            }
            problem = "expected " + count + " names, each once, it holds " + names.size();
        } catch (InvalidInputException e) {
            problem = e.getMessage();
        }
        remarks.add("'" + array + "' is not used, numbers are: " + problem);
        return numbered;
    }

    /** Whether the activity is what the file calls counts. */
    private boolean choosesCounts(SessionArrays npz, Observation asked) {
        boolean hasCounts = npz.names().contains("counts");
        boolean hasActivity = npz.names().contains("activity");
        if (!hasCounts && !hasActivity) {
            throw new InvalidInputException(
                    file + ": no array 'activity' or 'counts': expected one of them, the file holds "
                            + npz.listing() + "; --map counts=ARRAY or activity=ARRAY says which is which");
        }
        if (asked == Observation.RATES || asked == Observation.CURRENTS) {
            if (!hasActivity) {
                throw new InvalidInputException(file + ": array 'activity' is missing: expected it because "
                        + words(asked) + " were asked for, the file holds " + npz.listing());
            }
            return false;
        }
        return hasCounts;
    }

    private static String words(Observation observation) {
        return observation.name().toLowerCase(Locale.ROOT);
    }

    private void checkShape(int[] shape) {
        if (shape.length != 2 && shape.length != 3) {
            throw activity.invalid(
                    "shape " + activity.shapeText() + ": expected [trials, bins, neurons] or [bins, neurons]");
        }
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] == 0) {
                String what = axis == shape.length - 1 ? "neuron" : axis == shape.length - 2 ? "bin" : "trial";
                throw activity.invalid("shape " + activity.shapeText() + ": expected at least one " + what);
            }
        }
    }

    /** Bins of all trials are counted in an int. */
    private void checkBins(int[] shape) {
        if (shape.length == 3 && (long) shape[0] * shape[1] > Integer.MAX_VALUE) {
            throw activity.invalid("shape " + activity.shapeText() + ": expected at most " + Integer.MAX_VALUE
                    + " bins in all trials");
        }
    }

    private int[] trialLengths(int[] shape, NumericArray given) {
        boolean cut = shape.length == 3;
        int rows = cut ? shape[1] : shape[0];
        if (given == null) {
            int[] equal = new int[cut ? shape[0] : 1];
            Arrays.fill(equal, rows);
            return equal;
        }
        if (given.dimensions() != 1 || given.elements() == 0 || given.elements() > (cut ? shape[0] : rows)
                || (cut && given.elements() != shape[0])) {
            throw given.invalid("shape " + given.shapeText() + ": expected [" + (cut ? shape[0] : "trials")
                    + "], one length for each trial, as '" + activity.name() + "' has shape " + activity.shapeText());
        }
        long[] lengths = given.longs(0, Math.toIntExact(given.elements()));
        long sum = 0;
        for (int trial = 0; trial < lengths.length; trial++) {
            if (lengths[trial] < 1 || lengths[trial] > rows) {
                throw given.invalid(
                        given.at(trial) + " = " + lengths[trial] + ": expected a number of bins from 1 to " + rows);
            }
            sum += lengths[trial];
        }
        if (!cut && sum != rows) {
            throw given.invalid("sum " + sum + ": expected the number of bins, " + rows + ", as '" + activity.name()
                    + "' has shape " + activity.shapeText());
        }
        return Arrays.stream(lengths).mapToInt(Math::toIntExact).toArray();
    }

    private double binWidth(SessionArrays npz, OptionalDouble given) {
        Optional<? extends NumericArray> array = npz.find("bin_width");
        if (array.isPresent() && given.isPresent()) {
            throw new InvalidInputException("--bin-width is " + given.getAsDouble() + ", expected none with " + file
                    + ", whose bin_width is " + array.get().scalar());
        }
        if (array.isEmpty() && given.isEmpty()) {
            throw new InvalidInputException(file + ": array 'bin_width' is missing: the file holds " + npz.listing()
                    + "; --bin-width S says how many seconds a bin has");
        }
        double width = array.isPresent() ? array.get().scalar() : given.getAsDouble();
        if (!(width >= MIN_BIN_WIDTH_S && width * bins() <= MAX_DURATION_S)) { // NaN fails too
            String complaint = "bin_width = " + width + ": expected a number of seconds from 1e-9 on, such as 0.02";
            throw array.isPresent()
                    ? array.get().invalid(complaint)
                    : new InvalidInputException(file + ": " + complaint);
        }
        return width;
    }

    /** Times of bins that the file has; null if it has none, or none that can be used. */
    private NumericArray rigTimes(SessionArrays npz) {
        if (!npz.names().contains("rig_time_ns")) {
            return null;
        }
        try {
            int[] leading = Arrays.copyOf(activity.shape(), activity.dimensions() - 1);
            NumericArray found = npz.find("rig_time_ns").orElseThrow();
            NumericArray times = leading.length == 1 ? list(npz, found) : found;
            if (!times.integral() || !Arrays.equals(times.shape(), leading)) {
                throw times.invalid("shape " + times.shapeText() + ": expected whole numbers "
                        + Arrays.toString(leading) + ", as '" + activity.name() + "' has shape "
                        + activity.shapeText());
            }
            return times;
        } catch (InvalidInputException e) {
            remarks.add("'rig_time_ns' is not used, bins follow one another from 0: " + e.getMessage());
            return null;
        }
    }

    /** An array beside the activity, or null if it is missing or has no channels. */
    private NumericArray channels(SessionArrays npz, String name) {
        NumericArray array = npz.find(name).orElse(null);
        if (array == null) {
            return null;
        }
        int[] shape = array.shape();
        int[] wanted = activity.shape();
        int last = wanted.length - 1;
        if (npz.matrices() && shape.length == last && Arrays.equals(shape, 0, last, wanted, 0, last)) {
            return ReshapedArray.oneChannel(array);
        }
        if (shape.length != wanted.length || !Arrays.equals(shape, 0, last, wanted, 0, last)) {
            String leading = Arrays.toString(Arrays.copyOf(wanted, last));
            throw array
                    .invalid("shape " + array.shapeText() + ": expected " + leading.substring(0, leading.length() - 1)
                            + ", channels], as '" + activity.name() + "' has shape " + activity.shapeText());
        }
        return shape[last] == 0 ? null : array;
    }

    private void checkMaskShape() {
        if (mask == null) {
            return;
        }
        if (targets == null) {
            throw mask.invalid("weighs 'targets', which are missing: expected both or neither");
        }
        if (width(mask) != 1 && width(mask) != width(targets)) {
            throw mask.invalid("shape " + mask.shapeText() + ": expected 1 or " + width(targets)
                    + " channels, as 'targets' has shape " + targets.shapeText());
        }
    }

    private interface Check {
        void accept(long index, double value);
    }

    private static final class Range {
        private double low = Double.POSITIVE_INFINITY;
        private double high = Double.NEGATIVE_INFINITY;
    }

    /** Looks at every element that belongs to a bin; {@code array} may be null. */
    private void forEach(NumericArray array, Check check) {
        if (array == null) {
            return;
        }
        double[] values = new double[(int) Math.min(CHECKED_AT_ONCE, array.elements())];
        for (int trial = 0; trial < length.length; trial++) {
            long from = (long) firstRow[trial] * width(array);
            long end = from + (long) length[trial] * width(array);
            int count;
            for (long start = from; start < end; start += count) {
                count = (int) Math.min(CHECKED_AT_ONCE, end - start);
                array.doubles(start, count, values);
                for (int i = 0; i < count; i++) {
                    check.accept(start + i, values[i]);
                }
            }
        }
    }

    private Range checkFinite(NumericArray array, boolean orNaN) {
        Range range = new Range();
        forEach(array, (index, value) -> {
            if (Double.isNaN(value) ? !orNaN : Math.abs(value) > RecordedBin.MAX_MAGNITUDE) {
                throw array.invalid(
                        array.at(index) + " = " + value + ": expected a finite number, at most 1e12 in magnitude"
                                + (orNaN ? ", or NaN where there is none" : ""));
            }
            if (value < range.low) {
                range.low = value;
            }
            if (value > range.high) {
                range.high = value;
            }
        });
        return range;
    }

    private void checkCounts() {
        boolean[] observed = new boolean[1];
        forEach(activity, (index, value) -> {
            if (Double.isNaN(value)) {
                return;
            }
            if (!(value >= 0 && value <= MAX_COUNT && value == Math.rint(value))) {
                throw activity.invalid(activity.at(index) + " = " + value
                        + ": expected a spike count, a whole number from 0 to " + (long) MAX_COUNT
                        + (value < 0 ? ", or NaN where there is none" : ""));
            }
            observed[0] = true;
        });
        if (!observed[0]) {
            throw activity.invalid("no observed value, every one is NaN: expected spike counts");
        }
    }

    private static int width(NumericArray array) {
        if (array == null) {
            return 0;
        }
        int[] shape = array.shape();
        return shape[shape.length - 1];
    }

    @Override
    public String name() {
        return Recording.name(file, "npz|npy|csv|tsv|txt|mat");
    }

    @Override
    public RecordingDescription describe() {
        return description;
    }

    @Override
    public int trials() {
        return length.length;
    }

    @Override
    public int bins(int trial) {
        return length[trial];
    }

    @Override
    public int targets() {
        return width(targets);
    }

    @Override
    public List<String> remarks() {
        return List.copyOf(remarks);
    }

    @Override
    public long rigTimeNs(int trial, int bin, long sessionBin) {
        return rigTimes == null
                ? Recording.super.rigTimeNs(trial, bin, sessionBin)
                : rigTimes.longs(firstRow[trial] + (long) bin, 1)[0];
    }

    @Override
    public String observationChoice() {
        return observationChoice;
    }

    /** Other arrays have as many bins, or lengths of trials add up to them. */
    @Override
    public boolean binsFirst() {
        return binsFirst;
    }

    @Override
    public float[] activity(int trial, int firstBin, int bins) {
        return rows(activity, trial, firstBin, bins);
    }

    @Override
    public float[] inputs(int trial, int firstBin, int bins) {
        return rows(inputs, trial, firstBin, bins);
    }

    @Override
    public Optional<float[]> behavior(int trial, int firstBin, int bins) {
        return behavior == null ? Optional.empty() : Optional.of(rows(behavior, trial, firstBin, bins));
    }

    @Override
    public Optional<float[]> targets(int trial) {
        return targets == null ? Optional.empty() : Optional.of(rows(targets, trial, 0, bins(trial)));
    }

    @Override
    public Optional<float[]> mask(int trial) {
        if (mask == null) {
            return Optional.empty();
        }
        float[] weights = rows(mask, trial, 0, bins(trial));
        int repeats = width(targets) / width(mask);
        float[] repeated = new float[weights.length * repeats];
        for (int i = 0; i < repeated.length; i++) {
            repeated[i] = weights[i / repeats];
        }
        return Optional.of(repeated);
    }

    private float[] rows(NumericArray array, int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, length[trial]);
        int width = width(array);
        return array == null
                ? new float[0]
                : array.floats((firstRow[trial] + (long) firstBin) * width, Math.multiplyExact(bins, width));
    }

    @Override
    public void close() {
        release.run();
    }
}
