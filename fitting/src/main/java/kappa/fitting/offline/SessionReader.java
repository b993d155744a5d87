package kappa.fitting.offline;

import java.util.List;
import java.util.function.LongConsumer;
import kappa.fitting.fit.TrialAssembly;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.fitting.model.TrialBoundaries;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;

/**
 * Reads a session bin by bin, cut into trials or segments as the live pipeline cuts it ({@link TrialBoundaries}), and
 * tells everybody who follows. Stateless.
 */
public final class SessionReader {

    /** Whoever sees the session as it would see a recording: nothing before its time. Arrays are the reader's. */
    public interface Follower {

        /** A trial or segment begins. */
        default void begin(Start start) {}

        /**
         * One bin; v is what a filter wants as its input coordinates.
         *
         * @param y [N] activity, NaN where not observed
         * @param u [S] inputs
         * @param v [S]
         */
        default void bin(float[] y, float[] u, float[] v) {}

        /** The trial or segment is over; it may be kept. */
        void end(Trial trial);
    }

    private SessionReader() {}

    /**
     * Reads the source to its end.
     *
     * @param fit of the session; only N, S and alpha matter
     * @param progress is told how many bins were read, after each trial
     * @return bins read
     */
    public static long read(BinSource source, FitPlan fit, List<? extends Follower> followers, LongConsumer progress) {
        boolean trials = source.describe().trials();
        int inputs = fit.inputs();
        TrialAssembly assembly = new TrialAssembly(fit.neurons(), inputs, trials);
        float[] y = new float[fit.neurons()];
        float[] v = new float[inputs];
        RecordedBin bin = source.describe().newBin();
        TrialBoundaries boundaries = new TrialBoundaries(trials);
        long bins = 0;
        long index = 0;
        while (source.next(bin)) {
            if (assembly.open() && (assembly.room() <= 0 || !boundaries.continues(bin.trial, bin.epoch, 0))) {
                end(assembly.close(index++), followers);
                progress.accept(bins);
            }
            if (!assembly.open()) {
                Start start = boundaries.start(bin.trial, bin.epoch, 0);
                assembly.begin(bins, start, 0, v);
                followers.forEach(follower -> follower.begin(start));
            }
            boundaries.passed(bin.trial, bin.epoch);
            bin.usableActivity(y);
            LowRankNetwork.advanceInputs(fit.alpha(), v, 0, bin.inputs, 0, v, 0, inputs);
            for (Follower follower : followers) {
                follower.bin(y, bin.inputs, v);
            }
            assembly.append(y, v, 1, 0, false);
            bins++;
            if (boundaries.endsWith(bin.trialEnd)) {
                end(assembly.close(index++), followers);
                progress.accept(bins);
            }
        }
        if (assembly.open()) {
            end(assembly.close(index), followers);
            progress.accept(bins);
        }
        return bins;
    }

    private static void end(Trial trial, List<? extends Follower> followers) {
        followers.forEach(follower -> follower.end(trial));
    }
}
