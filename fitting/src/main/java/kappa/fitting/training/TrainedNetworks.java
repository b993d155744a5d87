package kappa.fitting.training;

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

    /** Random weights of full rank, from which training begins. */
    public static FullRankNetwork initial(Task task, int neurons, long seed) {
        return FullRankNetwork.initial(neurons, task.inputs(), Task.ALPHA, TrialRandom.of(seed, INITIAL));
    }

    /** Random weights of rank K, from which training begins. */
    public static LowRankNetwork initial(Task task, int rank, int neurons, long seed) {
        return LowRankNetwork.initial(neurons, rank, task.inputs(), Task.ALPHA, TrialRandom.of(seed, INITIAL));
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
        TrainingPlan plan = TrainingPlan.of(task, true, seed);
        return (FullRankNetwork) train(initial(task, neurons, seed), plan, plan.settings().until(loss));
    }

    /** A network of rank K from random weights. */
    public LowRankNetwork lowRank(Task task, int rank, int neurons, long seed) {
        TrainingPlan plan = TrainingPlan.of(task, false, seed);
        return (LowRankNetwork) train(initial(task, rank, neurons, seed), plan, plan.settings());
    }

    /**
     * A network of rank K from the K leading singular values of one of full rank.
     *
     * @param maxSteps after which training ends in any case
     */
    public LowRankNetwork truncated(FullRankNetwork from, Task task, int rank, long maxSteps, long seed) {
        TrainingPlan plan = TrainingPlan.of(task, false, seed);
        return (LowRankNetwork) train(new Truncation(from).toRank(rank), plan, plan.settings().within(maxSteps));
    }

    private Network train(Network start, TrainingPlan plan, TaskTrainer.Settings settings) {
        return new TaskTrainer(runner).train(Trainee.of(start, plan.parts()), plan.stages(), settings, listener)
                .network();
    }
}
