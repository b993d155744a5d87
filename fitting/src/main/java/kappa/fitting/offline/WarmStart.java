package kappa.fitting.offline;

import java.util.List;
import kappa.fitting.fit.FittingAlgorithm;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.fitting.regression.ReducedRankRegression;

/**
 * Truncated BPTT that begins, after a number of trials, where reduced-rank regression of these has got to. The first trials
 * only fill the replay buffer. Where activity is seen without much noise that start is close to the end; from counts it is
 * biased, and BPTT corrects it. Not thread-safe.
 */
public final class WarmStart implements FittingAlgorithm {

    private final ReducedRankRegression regression;
    private final OnlineFitter online;
    private final int trials;
    private int seen;

    /** @param trials that the regression sees before it hands over, at least 1 */
    public WarmStart(ReducedRankRegression regression, OnlineFitter online, int trials) {
        this.regression = regression;
        this.online = online;
        this.trials = trials;
    }

    @Override
    public void learn(Trial trial) {
        seen++;
        if (seen > trials) {
            online.learn(trial);
            return;
        }
        online.learn(trial, 0);
        if (seen == trials) {
            // In the unit that the fit goes on in, which it has found by now.
            online.buffer().forEach(past -> regression.learn(online.activity().scaled(past)));
            regression.estimate().ifPresent(online::startFrom);
        }
    }

    @Override
    public PublishedModel publish(PublishedModel previous) {
        return online.publish(previous);
    }

    @Override
    public List<String> notes() {
        return online.notes();
    }

    @Override
    public List<String> warnings() {
        return regression.warnings();
    }
}
