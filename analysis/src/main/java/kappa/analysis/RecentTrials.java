package kappa.analysis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import kappa.fitting.model.TrialBoundaries;

/**
 * The newest trials of one session: up to 200 intact ones and 500 perturbed ones, and of each kind no more than 16 MB unless a
 * single one is larger. Trials are discarded if their start or any bin was lost, since a free run from the start could not be
 * compared with them, and if they are longer than 5,000 bins. A session without trials has none. Not thread-safe.
 */
public final class RecentTrials {

    static final int INTACT = 200;
    static final int PERTURBED = 500;
    private static final int LONGEST = 5_000;
    /** Of four bytes each. */
    private static final long NUMBERS = 4L << 20;

    private final Deque<ObservedTrial> intact = new ArrayDeque<>();
    private final Deque<ObservedTrial> perturbed = new ArrayDeque<>();
    private final List<ObservedBin> open = new ArrayList<>();
    private final TrialBoundaries boundaries = new TrialBoundaries(true);
    private boolean whole;
    private long nextBin;
    private long version;

    /** Takes a bin. One that was taken before, and is published again after a crash, is ignored. */
    public void add(ObservedBin bin) {
        if (bin.bin() < nextBin) {
            return;
        }
        if (bin.trialStart()) {
            close();
            whole = true;
        } else if (!boundaries.continues(bin.trial(), 0, bin.bin() - nextBin)) {
            // Bins are missing, or the next trial's beginning is.
            open.clear();
            whole = false;
        }
        boundaries.passed(bin.trial(), 0);
        nextBin = bin.bin() + 1;
        if (whole) {
            open.add(bin);
            whole = open.size() <= LONGEST;
        }
    }

    /** The session is over, and with it its last trial. */
    public void end() {
        close();
    }

    private void close() {
        if (whole && !open.isEmpty()) {
            ObservedTrial trial = trial();
            Deque<ObservedTrial> kind = trial.perturbation() == null ? intact : perturbed;
            kind.add(trial);
            while (kind.size() > (kind == intact ? INTACT : PERTURBED)
                    || (kind.size() > 1 && numbers(kind) > NUMBERS)) {
                kind.remove();
            }
            version++;
        }
        open.clear();
        whole = false;
    }

    private static long numbers(Deque<ObservedTrial> trials) {
        return trials.stream()
                .mapToLong(trial -> (long) trial.inputs().length + trial.behavior().length + trial.kappa().length)
                .sum();
    }

    private ObservedTrial trial() {
        ObservedBin first = open.getFirst();
        return new ObservedTrial(first.trial(), first.bin(), open.size(), rows(ObservedBin::inputs, 0),
                rows(ObservedBin::behavior, Float.NaN), rows(ObservedBin::kappa, 0),
                open.stream().mapToInt(ObservedBin::phase).toArray(), first.modelVersion(), perturbation());
    }

    /** What each bin holds, by rows as long as the first bin's; {@code missing} where a bin holds less. */
    private float[] rows(Function<ObservedBin, float[]> values, float missing) {
        int columns = values.apply(open.getFirst()).length;
        float[] rows = new float[open.size() * columns];
        Arrays.fill(rows, missing);
        for (int t = 0; t < open.size(); t++) {
            float[] row = values.apply(open.get(t));
            System.arraycopy(row, 0, rows, t * columns, Math.min(columns, row.length));
        }
        return rows;
    }

    /** Null in an intact trial. */
    private ObservedTrial.Perturbation perturbation() {
        ObservedTrial.Perturbation found = null;
        for (int t = 0; t < open.size(); t++) {
            ObservedBin bin = open.get(t);
            if (bin.silenced().length > 0) {
                found = found == null
                        ? new ObservedTrial.Perturbation(bin.intervention(), bin.silenced(), t, t + 1)
                        : new ObservedTrial.Perturbation(found.intervention(), found.neurons(), found.from(), t + 1);
            }
        }
        return found;
    }

    /** Oldest first. */
    public List<ObservedTrial> intact() {
        return List.copyOf(intact);
    }

    /** Oldest first. */
    public List<ObservedTrial> perturbed() {
        return List.copyOf(perturbed);
    }

    /** Grows with each trial. */
    public long version() {
        return version;
    }
}
