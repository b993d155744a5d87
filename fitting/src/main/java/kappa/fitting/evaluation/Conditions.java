package kappa.fitting.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.recording.Recording;

/**
 * Which trials of a session are repeats of each other: those with the same inputs, rounded, from first bin to last.
 * Stateless.
 */
public final class Conditions {

    private static final double ROUNDING = 0.01;

    private Conditions() {}

    /** An input as conditions see it: in hundredths. Inputs with noise of their own never repeat. */
    public static long rounded(float input) {
        return Math.round(input / ROUNDING);
    }

    /**
     * Trials of each condition, in the order in which the conditions first occur; a session without trials has none.
     */
    public static List<List<Integer>> of(Recording session) {
        if (!session.hasTrials()) {
            return List.of();
        }
        Map<List<Long>, List<Integer>> groups = new LinkedHashMap<>();
        for (int trial = 0; trial < session.trials(); trial++) {
            List<Long> key = new ArrayList<>();
            key.add((long) session.bins(trial));
            for (float input : session.inputs(trial)) {
                key.add(rounded(input));
            }
            groups.computeIfAbsent(key, k -> new ArrayList<>()).add(trial);
        }
        return List.copyOf(groups.values());
    }
}
