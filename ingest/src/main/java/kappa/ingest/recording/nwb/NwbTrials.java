package kappa.ingest.recording.nwb;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

    private record Trial(double start, int bins, int row) {}

    private NwbTrials(DynamicTable table, List<Trial> trials) {
        this.table = table;
        this.trials = List.copyOf(trials);
    }

    /** @param remarks takes what is worth a line to the user */
    static NwbTrials of(NwbFile file, RecordingOptions options, NwbActivity activity, List<String> remarks) {
        DynamicTable table = file.trials();
        if (table != null) {
            return cut(file, table, options, activity.width(), remarks);
        }
        requireNoTrials(options);
        double[] extent = activity.extent();
        int bins = bins(file, activity.width(), extent[0], extent[1], "the recording");
        remarks.add(String.format(Locale.ROOT, "no table of trials: one stretch from %.3f to %.3f s", extent[0],
                extent[1]));
        return new NwbTrials(null, List.of(new Trial(extent[0], bins, -1)));
    }

    private static void requireNoTrials(RecordingOptions options) {
        List<String> given = new ArrayList<>();
        options.align().ifPresent(column -> given.add("--align is " + column));
        options.trials().ifPresent(filter -> given.add("--only-trials is " + filter));
        if (!given.isEmpty()) {
            throw new InvalidInputException(
                    given.getFirst() + ", expected a file with a table of trials: this one has none");
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
        int untimed = 0;
        int tooShort = 0;
        for (int trial : rows) {
            double begin = from[trial];
            double end = to[trial];
            if (options.window().isPresent()) {
                begin = from[trial] + options.window().get().from();
                end = from[trial] + options.window().get().to();
            }
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
            throw trials.invalid("no trial is left of " + rows.length + ": " + untimed + " have no " + times + ", "
                    + tooShort + " last less than a bin of " + width + " s");
        }
        int overlapping = 0;
        for (int i = 1; i < kept.size(); i++) {
            Trial before = kept.get(i - 1);
            if (kept.get(i).start < before.start + before.bins * width - Bins.slack(width)) {
                overlapping++;
            }
        }
        if (overlapping > 0) {
            remarks.add(overlapping + " trials begin before the one before them is over: its last spikes are in both");
        }
        return new NwbTrials(trials, kept);
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
