package kappa.fitting.offline;

import java.util.ArrayList;
import java.util.List;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.fit.FittingAlgorithm;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;

/**
 * One fit that follows a session: each trial is filtered and scored with the model published before it, and only then
 * learned from, as the live pipeline does in lockstep. With truncated BPTT the model is the pipeline's to the bit.
 * Not thread-safe.
 */
public final class PrequentialFit implements SessionReader.Follower {

    private final FitPlan plan;
    private final FittingAlgorithm algorithm;
    private final LatentPath path;
    private final List<Double> oneStep = new ArrayList<>();
    private final List<Double> freeRun = new ArrayList<>();
    private PublishedModel published;
    private PublishedModel newer;
    private long latents;

    public PrequentialFit(FitPlan plan, RnnKernels kernels, FittingAlgorithm algorithm) {
        this.plan = plan;
        this.algorithm = algorithm;
        published = algorithm.publish(null);
        path = new LatentPath(kernels, plan, published);
    }

    public FitPlan plan() {
        return plan;
    }

    public FittingAlgorithm algorithm() {
        return algorithm;
    }

    /** The newest model. */
    public PublishedModel model() {
        return published;
    }

    /** [N] of each neuron's activity so far, NaN for one that was never observed. */
    public float[] mean() {
        return path.constantRate().observedMean();
    }

    /** Bins with a kappa. */
    public long latents() {
        return latents;
    }

    /** One-step scores of the trials so far, in the unit of {@link kappa.fitting.model.Score}. */
    public List<Double> oneStep() {
        return oneStep;
    }

    /** Free-run scores of the trials so far. */
    public List<Double> freeRun() {
        return freeRun;
    }

    @Override
    public void begin(Start start) {
        if (newer != null) {
            path.adopt(newer);
            newer = null;
        }
        path.start(start);
    }

    @Override
    public void bin(float[] y, float[] u, float[] v) {
        path.bin(y, 0, v, 0);
        latents++;
    }

    @Override
    public void end(Trial trial) {
        LatentPath.TrialScore score = path.endTrial();
        oneStep.add(score.oneStep());
        freeRun.add(score.freeRun());
        learn(trial);
        publish();
        newer = published;
    }

    /** Learns from a trial that was scored in an earlier pass. */
    void learn(Trial trial) {
        algorithm.learn(trial);
    }

    void publish() {
        published = algorithm.publish(published);
    }
}
