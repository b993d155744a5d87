package kappa.fitting.offline;

import java.util.ArrayList;
import java.util.List;

/**
 * Which rank a recording asks for, from the one-step scores of several ranks that followed it side by side. Scores are
 * prequential, so a rank that is too high pays for it by itself: its trials were never seen when they were predicted.
 *
 * <p>The first half of the trials is not looked at, because there the small ranks lead only for learning faster. Over
 * the other half, every rank is compared with the best one trial by trial, which takes out what makes trials easy or
 * hard for all of them. Recommended is the smallest rank that is no more than one standard error of these differences
 * behind the best (the one-standard-error rule; neighbouring trials are taken as independent).
 *
 * @param best the rank with the highest mean
 * @param recommended the smallest rank within one standard error of it
 * @param firstTrial the first trial looked at, from 0
 */
public record RankSelection(List<RankScore> ranks, int best, int recommended, int firstTrial, int trials) {

    /**
     * How one rank did.
     *
     * @param se its standard error over trials
     * @param behind mean difference to the best rank, trial by trial; 0 for the best itself
     * @param behindSe standard error of that difference
     */
    public record RankScore(int rank, double mean, double se, double behind, double behindSe) {}

    /** @param fits at least one, which have all followed the same session */
    public static RankSelection of(List<PrequentialFit> fits) {
        int all = fits.getFirst().oneStep().size();
        int first = all / 2;
        List<double[]> scores = new ArrayList<>();
        int best = 0;
        for (PrequentialFit fit : fits) {
            // Where there is nothing to score, there is nothing for any of them.
            scores.add(fit.oneStep().subList(first, all).stream().mapToDouble(x -> x).filter(x -> !Double.isNaN(x))
                    .toArray());
            if (mean(scores.getLast()) > mean(scores.get(best))) {
                best = scores.size() - 1;
            }
        }
        List<RankScore> ranks = new ArrayList<>();
        int recommended = fits.get(best).plan().rank();
        for (int f = 0; f < fits.size(); f++) {
            double[] behind = new double[scores.get(f).length];
            for (int t = 0; t < behind.length; t++) {
                behind[t] = scores.get(best)[t] - scores.get(f)[t];
            }
            RankScore score = new RankScore(fits.get(f).plan().rank(), mean(scores.get(f)),
                    standardError(scores.get(f)), mean(behind), standardError(behind));
            ranks.add(score);
            if (score.behind() <= score.behindSe()) {
                recommended = Math.min(recommended, score.rank());
            }
        }
        return new RankSelection(ranks, fits.get(best).plan().rank(), recommended, first, scores.getFirst().length);
    }

    private static double mean(double[] x) {
        double sum = 0;
        for (double value : x) {
            sum += value;
        }
        return x.length == 0 ? 0 : sum / x.length;
    }

    /** Infinite where one trial cannot tell. */
    private static double standardError(double[] x) {
        if (x.length < 2) {
            return Double.POSITIVE_INFINITY;
        }
        double mean = mean(x);
        double squares = 0;
        for (double value : x) {
            squares += (value - mean) * (value - mean);
        }
        return Math.sqrt(squares / (x.length - 1) / x.length);
    }
}
