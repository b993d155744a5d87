package kappa.ingest.recording.nwb;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Bins;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.rows.RowFilter;

/**
 * Trials as the file cuts them, or of equal length around one of their times; a file without a table of trials is one trial.
 * Immutable.
 */
final class NwbTrials {

    /** Rig time is counted in nanoseconds, in a long. */
    private static final double MAX_TIME_S = 9e9;

    private static final int MAX_BINS = Integer.MAX_VALUE - 64;

    private final DynamicTable table; // null if the file has none
    private final List<Trial> trials;
    private final double[] starts; // of all chosen rows, also of those that became no trial
    private final double[] stops;

    private record Trial(double start, int bins, int row) {}

    private NwbTrials(DynamicTable table, List<Trial> trials, double[] starts, double[] stops) {
        this.table = table;
        this.trials = List.copyOf(trials);
        this.starts = starts;
        this.stops = stops;
    }

    /** @param remarks takes what is worth a line to the user */
    static NwbTrials of(NwbFile file, RecordingOptions options, NwbActivity activity, List<String> remarks) {
        DynamicTable table = file.trials(options.trialTable());
        if (table != null) {
            return cut(file, table, options, activity.width(), remarks);
        }
        requireNoTrials(file, options);
        double[] extent = activity.extent();
        int bins = bins(file, activity.width(), extent[0], extent[1], "the recording");
        remarks.add(String.format(Locale.ROOT, "no table of trials: one stretch from %.3f to %.3f s%s", extent[0],
                extent[1], file.otherTrials()));
        return new NwbTrials(null, List.of(new Trial(extent[0], bins, -1)), new double[0], new double[0]);
    }

    private static void requireNoTrials(NwbFile file, RecordingOptions options) {
        List<String> given = new ArrayList<>();
        options.align().ifPresent(column -> given.add("--align is " + column));
        options.trials().ifPresent(filter -> given.add("--only-trials is " + filter));
        if (!given.isEmpty()) {
            throw new InvalidInputException(
                    given.getFirst() + ", expected a file with a table of trials: this one has none"
                            + file.otherTrials());
        }
    }

    /** Whole bins from one time to another, which the message calls {@code what}. */
    static int bins(NwbFile file, double width, double from, double to, String what) {
        if (!(Math.abs(from) <= MAX_TIME_S && Math.abs(to) <= MAX_TIME_S)) {
            throw file.hdf().invalid(what + " goes from " + from + " to " + to + " s, expected times within 9e9 s");
        }
        long bins = Bins.between(from, to, width);
        if (bins > MAX_BINS) {
            throw file.hdf().invalid(what + " goes from " + from + " to " + to + " s, " + bins + " bins of " + width
                    + " s: expected at most " + MAX_BINS);
        }
        return (int) Math.max(bins, 0);
    }

    private static NwbTrials cut(NwbFile file, DynamicTable trials, RecordingOptions options, double width,
            List<String> remarks) {
        List<Trial> kept = new ArrayList<>();
        int[] rows = RowFilter.rows("--only-trials", options.trials(), trials);
        double[] from = options.align().map(trials::numbers).orElseGet(() -> trials.numbers("start_time"));
        double[] to = options.align().isPresent() ? from : trials.numbers("stop_time");
        double[] starts = new double[rows.length];
        double[] stops = new double[rows.length];
        int untimed = 0;
        int tooShort = 0;
        for (int i = 0; i < rows.length; i++) {
            int trial = rows[i];
            double begin = from[trial];
            double end = to[trial];
            if (options.window().isPresent()) {
                begin = from[trial] + options.window().get().from();
                end = from[trial] + options.window().get().to();
            }
            starts[i] = begin;
            stops[i] = end;
            if (Double.isNaN(begin) || Double.isNaN(end)) {
                untimed++;
                continue;
            }
            int bins = bins(file, width, begin, end, "trial " + trials.idText(trial));
            if (bins == 0) {
                tooShort++;
                continue;
            }
            kept.add(new Trial(begin, bins, trial));
        }
        String times = options.align().orElse("start_time and stop_time");
        if (untimed > 0) {
            remarks.add(untimed + " of " + rows.length + " trials left out: their " + times + " is NaN");
        }
        if (tooShort > 0) {
            remarks.add(
                    tooShort + " of " + rows.length + " trials left out: they last less than a bin of " + width + " s");
        }
        if (kept.isEmpty()) {
            long reversed = IntStream.range(0, rows.length).filter(i -> stops[i] < starts[i]).count();
            List<String> why = new ArrayList<>();
            addUnlessNone(why, untimed, "have no " + times);
            addUnlessNone(why, reversed, "end before they begin");
            addUnlessNone(why, tooShort - reversed, "last less than a bin of " + width + " s");
            throw trials.invalid("no trial is left of " + rows.length + ": " + String.join(", ", why));
        }
        int overlapping = overlapping(kept, width);
        if (overlapping > 0) {
            remarks.add(overlapping + " trials begin before the one before them is over: its last spikes are in both");
        }
        return new NwbTrials(trials, kept, starts, stops);
    }

    private static void addUnlessNone(List<String> parts, long count, String what) {
        if (count > 0) {
            parts.add(count + " " + what);
        }
    }

    /** How many trials begin before an earlier one is over, whatever their order in the file. */
    private static int overlapping(List<Trial> trials, double width) {
        List<Trial> byStart = trials.stream().sorted(Comparator.comparingDouble(Trial::start)).toList();
        int overlapping = 0;
        for (int i = 1; i < byStart.size(); i++) {
            Trial before = byStart.get(i - 1);
            if (byStart.get(i).start < before.start + before.bins * width - Bins.slack(width)) {
                overlapping++;
            }
        }
        return overlapping;
    }

    /** When each chosen row of the table begins, in its order; NaN where it does not say. The owner's array. */
    double[] starts() {
        return starts;
    }

    /** When each of them ends. */
    double[] stops() {
        return stops;
    }

    /** From the first trial's begin to the last one's end, seconds; empty if the file has no table of trials. */
    Optional<double[]> span() {
        double first = Double.POSITIVE_INFINITY;
        double last = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < starts.length; i++) {
            first = Double.isNaN(starts[i]) ? first : Math.min(first, starts[i]);
            last = Double.isNaN(stops[i]) ? last : Math.max(last, stops[i]);
        }
        return last > first ? Optional.of(new double[]{first, last}) : Optional.empty();
    }

    /** The table of trials; null if the file has none. */
    DynamicTable table() {
        return table;
    }

    int count() {
        return trials.size();
    }

    /** When a trial begins, seconds on the recording's clock. */
    double start(int trial) {
        return trials.get(trial).start;
    }

    int bins(int trial) {
        return trials.get(trial).bins;
    }

    /** A trial's row in the table. */
    int row(int trial) {
        return trials.get(trial).row;
    }
}
