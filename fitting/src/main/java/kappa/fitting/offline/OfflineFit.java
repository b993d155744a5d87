package kappa.fitting.offline;

import java.util.ArrayList;
import java.util.List;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.model.FitPlan;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Recording;

/** Fits side by side on one recording, in one or several passes. Stateless. */
public final class OfflineFit {

    /** Told how far the work is. */
    public interface Progress {
        void update(long doneBins, long totalBins);
    }

    private OfflineFit() {}

    /**
     * In the first pass everybody follows the session; in later ones the fits only learn, since a score is
     * prequential only where nothing has learned from the trial before.
     *
     * @param plan of the session; the fits may differ in rank and algorithm
     * @param others who follow the first pass, such as baselines
     * @return bins of the session
     */
    public static long run(Recording session, FitPlan plan, List<PrequentialFit> fits,
            List<? extends SessionReader.Follower> others, int passes, Progress progress) {
        long total = passes * session.bins();
        List<SessionReader.Follower> first = new ArrayList<>(fits);
        first.addAll(others);
        long bins = read(session, plan, first, 0, total, progress);
        for (int pass = 1; pass < passes; pass++) {
            fits.forEach(fit -> fit.algorithm().endPass());
            List<SessionReader.Follower> learners = new ArrayList<>();
            fits.forEach(fit -> learners.add(fit::learn));
            read(session, plan, learners, pass * bins, total, progress);
        }
        for (PrequentialFit fit : fits) {
            // After one pass of BPTT the newest model is the one that the live pipeline leaves, and stays to the bit.
            if (passes > 1 || !(fit.algorithm() instanceof OnlineFitter)) {
                fit.algorithm().endPass();
                fit.publish();
            }
        }
        return bins;
    }

    private static long read(Recording session, FitPlan plan, List<SessionReader.Follower> followers,
            long before, long total, Progress progress) {
        try (BinSource source = session.source()) {
            return SessionReader.read(source, plan, followers, done -> progress.update(before + done, total));
        }
    }
}
