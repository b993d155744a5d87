package kappa.fitting.training;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import kappa.fitting.task.Task;

/**
 * The default plan of training for each task (learning rates, clipping and stages of delays after Dubreuil et al. 2022
 * and Valente 2019).
 *
 * @param stages the task, preceded by easier versions of it
 * @param parts of the network that are trained
 * @param accuracy that a trained network has on fresh trials
 * @param fromFullRank whether to begin with the truncated connectivity of a full-rank network trained on the same task:
 *        from a random start networks of low rank find a memory late (WM) or never (DMS)
 */
public record TrainingPlan(List<Task> stages, TaskTrainer.Settings settings, Set<NetworkParameter> parts,
        double accuracy, boolean fromFullRank) {

    /** Trials of an epoch, by which the seed work counts. */
    public static final int EPOCH = 800;

    private static final int BATCH = 32;
    private static final double NOISE = 0.05;
    private static final int VALIDATION_TRIALS = 200;
    private static final int DURATION_STAGES = 4;

    /** The plan for a task. */
    public static TrainingPlan of(Task task, boolean fullRank, long seed) {
        double accuracy = task.name() == Task.Name.DMS ? 0.98 : 0.99;
        // The next 200 trials differ from the 200 validation trials, so validation asks for half as many mistakes.
        double validated = (1 + accuracy) / 2;
        double learningRate = fullRank ? 1e-4 : switch (task.name()) {
            case DM, DMS -> 5e-3;
            case WM, CDM, MSI -> 1e-2;
        };
        double clip = switch (task.name()) {
            case DM, WM, DMS -> 1;
            case CDM, MSI -> fullRank ? 1 : 0.1;
        };
        // Of targets +-1; those of WM are a third in the hardest trials.
        double loss = task.name() == Task.Name.WM ? 0.01 : 0.05;
        int epochs = fullRank ? 200 : 60;
        TaskTrainer.Settings settings = new TaskTrainer.Settings(BATCH, learningRate, clip, NOISE,
                (long) epochs * EPOCH / BATCH, EPOCH / BATCH, VALIDATION_TRIALS, validated, loss, seed);
        Set<NetworkParameter> parts = fullRank
                ? EnumSet.of(NetworkParameter.WREC, NetworkParameter.WI, NetworkParameter.WO)
                : EnumSet.of(NetworkParameter.M, NetworkParameter.N, NetworkParameter.WI, NetworkParameter.WO);
        return new TrainingPlan(stages(task), settings, parts, accuracy, !fullRank && task.hasVariableDelay());
    }

    private static List<Task> stages(Task task) {
        return switch (task.name()) {
            case DM, WM, CDM, MSI -> List.of(task);
            case DMS -> matchToSample(task);
        };
    }

    /**
     * The task of the full-rank network whose truncated connectivity a network of low rank begins with: if durations of stimuli
     * vary, one duration. From networks trained on varied durations, rank 2 finds nothing.
     */
    public static Task ofFullRank(Task task) {
        if (task.name() != Task.Name.DMS) {
            return task;
        }
        int usual = Math.clamp(Task.of(Task.Name.DMS).stimulus().shortest(), task.stimulus().shortest(),
                task.stimulus().longest());
        return task.withStimulus(new Task.Span(usual, usual));
    }

    /** Ever longer delays; then, if durations of stimuli vary, ever more different durations. */
    private static List<Task> matchToSample(Task task) {
        Task.Span shown = task.stimulus();
        List<Task> stages = new ArrayList<>();
        Task easy = ofFullRank(task);
        int usual = easy.stimulus().shortest();
        stages.add(easy.withLongestDelay(Task.bins(700)));
        stages.add(easy.withLongestDelay(Task.bins(1000)));
        for (int step = 0; step < DURATION_STAGES && shown.longest() > shown.shortest(); step++) {
            stages.add(task.withStimulus(new Task.Span(
                    usual + step * (shown.shortest() - usual) / DURATION_STAGES,
                    usual + step * (shown.longest() - usual) / DURATION_STAGES)));
        }
        stages.add(task);
        return stages;
    }
}
