package kappa.analysis.populations;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;
import kappa.fitting.training.MixtureNetwork;
import kappa.fitting.training.TaskTrainer;
import kappa.fitting.training.TrainingPlan;
import kappa.fitting.training.TrialRunner;

/**
 * Whether P populations are enough for a task once their statistics are trained (Dubreuil et al. 2022): the mixture fitted to a
 * network's loadings is where training of its means and covariances begins, and all neurons are drawn anew at each step.
 * A mixture that fits the loadings best need not keep what the task needs of them; training brings that back if P populations
 * can hold it.
 *
 * @param number P
 * @param steps of training
 * @param accuracies of networks drawn afterwards with exactly the trained means and covariances
 */
public record TunedPopulations(int number, long steps, double[] accuracies) {

    private static final int STARTS = 30;
    /** Neurons of the networks drawn during training: enough for populations of a few per cent. */
    private static final int NEURONS = 512;

    /**
     * Trains ascending numbers of populations until one does the task well enough.
     *
     * @param enough mean accuracy of the draws
     * @param mostSteps after which a number is given up
     * @param settings how to draw and how to judge afterwards
     * @throws kappa.ingest.InvalidInputException if the network has biases or an initial state, or does not fit the task
     */
    public static List<TunedPopulations> untilEnough(int largest, double enough, long mostSteps, LowRankNetwork network,
            Task task, ResampledNetwork.Settings settings, TrialRunner runner) {
        List<TunedPopulations> tried = new ArrayList<>();
        for (int number = 1; number <= largest; number++) {
            tried.add(of(number, mostSteps, network, task, settings, runner));
            if (tried.getLast().accuracy() >= enough) {
                break;
            }
        }
        return tried;
    }

    private static TunedPopulations of(int number, long mostSteps, LowRankNetwork network, Task task,
            ResampledNetwork.Settings settings, TrialRunner runner) {
        MixtureNetwork mixture = ResampledNetwork.mixture(network, number,
                new GaussianMixture.Options(GaussianMixture.Means.FREE, STARTS), NEURONS, settings.seed());
        TrainingPlan plan = TrainingPlan.of(task, false, settings.seed());
        TaskTrainer.Trained trained = new TaskTrainer(runner).train(mixture, plan.stages(),
                plan.settings().within(mostSteps), (_, _) -> {});
        return new TunedPopulations(number, trained.steps(),
                ResampledNetwork.accuracies(mixture, MixtureNetwork.Draw.EXACT, task, settings, runner));
    }

    /** Mean accuracy of the draws. */
    public double accuracy() {
        return Arrays.stream(accuracies).average().orElseThrow();
    }
}
