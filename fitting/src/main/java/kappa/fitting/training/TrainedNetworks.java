package kappa.fitting.training;

import java.util.List;
import kappa.fitting.evaluation.Truncation;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;

/** Networks trained by the {@link TrainingPlan} of their task from random weights. Equal arguments give equal networks. */
public final class TrainedNetworks {

    /** The generator of initial weights: no trial has this number. */
    private static final long INITIAL = -1;

    private final TrialRunner runner;
    private final TaskTrainer.Listener listener;

    /**
     * @param runner runs the trials; stays the caller's
     * @param listener told after every step
     */
    public TrainedNetworks(TrialRunner runner, TaskTrainer.Listener listener) {
        this.runner = runner;
        this.listener = listener;
    }

    /** A network of full rank. */
    public FullRankNetwork fullRank(Task task, int neurons, long seed) {
        return fullRank(task, neurons, TrainingPlan.of(task, true, seed).settings().loss(), seed);
    }

    /**
     * A network of full rank.
     *
     * @param loss mean squared error of the readout to reach, besides the accuracy: with a smaller one the connectivity comes
     *        closer to low rank
     */
    public FullRankNetwork fullRank(Task task, int neurons, double loss, long seed) {
        FullRankNetwork start = FullRankNetwork.initial(neurons, task.inputs(), Task.ALPHA,
                TrialRandom.of(seed, INITIAL));
        return (FullRankNetwork) train(start, TrainingPlan.of(task, true, seed), Long.MAX_VALUE, loss);
    }

    /** A network of rank K from random weights. */
    public LowRankNetwork lowRank(Task task, int rank, int neurons, long seed) {
        LowRankNetwork start = LowRankNetwork.initial(neurons, rank, task.inputs(), Task.ALPHA,
                TrialRandom.of(seed, INITIAL));
        return (LowRankNetwork) train(start, TrainingPlan.of(task, false, seed), Long.MAX_VALUE);
    }

    /**
     * A network of rank K from the K leading singular values of one of full rank.
     *
     * @param maxSteps after which training ends in any case
     */
    public LowRankNetwork truncated(FullRankNetwork from, Task task, int rank, long maxSteps, long seed) {
        return (LowRankNetwork) train(new Truncation(from).toRank(rank), TrainingPlan.of(task, false, seed), maxSteps);
    }

    private Network train(Network start, TrainingPlan plan, long maxSteps) {
        return train(start, plan, maxSteps, plan.settings().loss());
    }

    private Network train(Network start, TrainingPlan plan, long maxSteps, double loss) {
        TaskTrainer.Settings usual = plan.settings();
        TaskTrainer.Settings settings = new TaskTrainer.Settings(usual.batch(), usual.learningRate(),
                usual.largestNorm(),
                usual.noise(), Math.min(maxSteps, usual.maxSteps()), usual.checkEvery(), usual.validationTrials(),
                usual.accuracy(), loss, usual.seed());
        List<Task> stages = plan.stages();
        return new TaskTrainer(runner).train(Trainee.of(start, plan.parts()), stages, settings, listener).network();
    }
}
