package kappa.dashboards.reproduce;

import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.task.Task;
import kappa.fitting.training.TrainedNetworks;
import kappa.fitting.training.TrialRunner;

/** Full-rank networks trained on context-dependent decisions, as the teachers of LINT. Stateless. */
final class ContextTeachers {

    /** Neurons of a teacher, where no number is asked for. */
    static final int NEURONS = 256;
    /** The authors' full-rank networks have cues of this strength. */
    static final double CONTEXT = 0.1;

    /** The readout's mean squared error at which training ends. */
    static final double LOSS = 0.01;

    private ContextTeachers() {}

    static Task task() {
        return Task.of(Task.Name.CDM).withContext(CONTEXT);
    }

    /** A network that does the task; items share it. */
    static FullRankNetwork fullRank(int neurons, long seed, Context context) {
        return fullRank(neurons, LOSS, seed, context);
    }

    /** A network that was trained until the readout's mean squared error is so small. */
    static FullRankNetwork fullRank(int neurons, double loss, long seed, Context context) {
        return context.network("cdm, " + neurons + " neurons, loss " + loss + ", seed " + seed, FullRankNetwork.class,
                () -> {
                    context.progress().accept("training a full-rank network of " + neurons + " neurons on cdm, seed "
                            + seed);
                    try (TrialRunner runner = new TrialRunner(context.threads())) {
                        return new TrainedNetworks(runner, (_, _) -> {}).fullRank(task(), neurons, loss, seed);
                    }
                });
    }
}
