package kappa.fitting.training;

import static kappa.ingest.InvalidInputException.require;

import java.util.ArrayList;
import java.util.List;
import kappa.fitting.fit.Adam;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;
import kappa.ingest.InvalidInputException;

/**
 * Trains a network on a task by backpropagation through time and Adam, in stages: each stage is a task, such as one with
 * ever longer delays (shaping), and ends when its validation trials are done well enough, the last one ending the training.
 * Equal arguments give equal networks, bit for bit on one machine, for any number of threads.
 */
public final class TaskTrainer {

    private static final long RESAMPLING = 0x72657361L;
    private static final long VALIDATION = 0x76616cL;

    /**
     * How to train.
     *
     * @param largestNorm to which the gradient's norm is clipped
     * @param noise sigma, standard deviation of the noise on each current in each bin
     * @param maxSteps after which training ends in any case
     * @param checkEvery steps between two validations
     * @param validationTrials of the same noise, the same ones each time
     * @param accuracy at which a stage ends
     * @param loss below which the last stage ends, if it also has the accuracy
     * @param seed of trials, noise and resampling
     */
    public record Settings(int batch, double learningRate, double largestNorm, double noise, long maxSteps,
            int checkEvery, int validationTrials, double accuracy, double loss, long seed) {

        public Settings {
            require(batch >= 1 && batch <= 65_536, "batch", batch, "1 to 65536");
            require(learningRate > 0 && learningRate <= 1, "learning rate", learningRate, "a number in (0, 1]");
            require(largestNorm > 0, "clip", largestNorm, "a number above 0");
            require(noise >= 0 && noise <= 100, "noise", noise, "0 to 100");
            require(maxSteps >= 1, "steps", maxSteps, "at least 1");
            require(checkEvery >= 1, "check every", checkEvery, "at least 1");
            require(validationTrials >= 1, "validation trials", validationTrials, "at least 1");
            require(accuracy > 0 && accuracy <= 1, "accuracy", accuracy, "a number in (0, 1]");
            require(loss > 0, "loss", loss, "a number above 0");
        }

        /** The same, ending after so many steps at most. */
        public Settings within(long steps) {
            return new Settings(batch, learningRate, largestNorm, noise, Math.min(maxSteps, steps), checkEvery,
                    validationTrials, accuracy, loss, seed);
        }

        /** The same, until the loss is another. */
        public Settings until(double reached) {
            return new Settings(batch, learningRate, largestNorm, noise, maxSteps, checkEvery, validationTrials,
                    accuracy, reached, seed);
        }
    }

    /**
     * Where the training stands after a validation.
     *
     * @param validation of the present network
     */
    public record Progress(int stage, long steps, Performance validation) {}

    /** Told after every step; the progress is that of the last validation, or null before the first. */
    @FunctionalInterface
    public interface Listener {
        void step(long steps, Progress last);
    }

    /**
     * What came out.
     *
     * @param network that of the best validation in the last stage: highest accuracy, then lowest loss
     * @param reached whether accuracy and loss were reached in the last stage
     */
    public record Trained(Network network, boolean reached, long steps) {}

    private final TrialRunner runner;

    /** @param runner runs the trials; stays the caller's */
    public TaskTrainer(TrialRunner runner) {
        this.runner = runner;
    }

    /**
     * Trains until the last stage is done well enough or the steps are used up.
     *
     * @param trainee is changed
     * @throws InvalidInputException if the network does not fit the task, or if its gradient is no longer finite
     */
    public Trained train(Trainee trainee, List<Task> stages, Settings settings, Listener listener) {
        stages.forEach(stage -> Performance.requireFit(trainee.network(), stage));
        int batches = Math.ceilDiv(settings.batch(), TrialBatch.ROWS);
        List<NetworkGradient> gradients = new ArrayList<>();
        for (int i = 0; i < batches; i++) {
            gradients.add(new NetworkGradient(trainee.network(), trainee.parts()));
        }
        Adam adam = Adam.constant(settings.learningRate(), settings.largestNorm(), trainee.parameters());
        int stage = 0;
        Best best = null;
        Progress last = null;
        for (long step = 0; step < settings.maxSteps(); step++) {
            trainee.resample(TrialRandom.of(settings.seed() ^ RESAMPLING, step));
            step(trainee, stages.get(stage), settings, step, gradients, adam);
            if ((step + 1) % settings.checkEvery() == 0 || step + 1 == settings.maxSteps()) {
                Performance validation = Performance.of(trainee.network(), stages.get(stage),
                        settings.validationTrials(), settings.noise(), settings.seed() ^ VALIDATION, runner);
                last = new Progress(stage, step + 1, validation);
                boolean lastStage = stage == stages.size() - 1;
                if (lastStage && (best == null || best.isWorseThan(validation))) {
                    best = new Best(trainee.network().copy(), validation);
                }
                if (validation.accuracy() >= settings.accuracy()) {
                    if (!lastStage) {
                        stage++;
                    } else if (validation.loss() <= settings.loss()) {
                        listener.step(step + 1, last);
                        return new Trained(best.network, true, step + 1);
                    }
                }
            }
            listener.step(step + 1, last);
        }
        return new Trained(best == null ? trainee.network().copy() : best.network, false, settings.maxSteps());
    }

    private record Best(Network network, Performance performance) {

        boolean isWorseThan(Performance other) {
            return other.accuracy() > performance.accuracy()
                    || (other.accuracy() == performance.accuracy() && other.loss() < performance.loss());
        }
    }

    private void step(Trainee trainee, Task task, Settings settings, long step, List<NetworkGradient> gradients,
            Adam adam) {
        long first = step * settings.batch();
        double scale = 1.0 / settings.batch();
        List<NetworkGradient> parts = runner.run(trainee.network(), settings.batch(), first,
                i -> task.trial(settings.seed(), first + i), settings.noise(), settings.seed(), TrialRunner.UNSEEN,
                (batch, _, number) -> {
                    NetworkGradient gradient = gradients.get((int) (number - first) / TrialBatch.ROWS);
                    gradient.clear();
                    runner.backward(batch, scale, gradient);
                    return gradient;
                });
        NetworkGradient sum = parts.getFirst();
        parts.stream().skip(1).forEach(sum::add);
        if (!adam.step(trainee.gradient(sum))) {
            throw new InvalidInputException(
                    "training: the gradient of step " + step + " is not finite; try a lower learning rate or clip");
        }
        trainee.parametersChanged();
    }
}
