package kappa.fitting.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.model.Network;
import kappa.fitting.task.Condition;
import kappa.fitting.task.Task;
import kappa.fitting.task.TaskTrial;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;

/**
 * How well a network does a task. The choice of a trial is the sign of the readout averaged over the decision epoch, and it
 * is right if that is the sign of the target.
 *
 * @param accuracy fraction of right choices
 * @param loss mean over trials of the squared error of the readout, averaged over the decision epoch
 * @param outcomes one for each trial, in order
 */
public record Performance(double accuracy, double loss, List<Outcome> outcomes) {

    /** The readout of one trial, averaged over the decision epoch. */
    public record Outcome(Condition condition, double target, double readout) {

        /** Whether the sign of the readout is that of the target. */
        public boolean right() {
            return readout * target > 0;
        }
    }

    /**
     * How often +1 was chosen among trials of one kind.
     *
     * @param first coherence of the first channel, f1 or the sample
     * @param second coherence of the second channel, f2 or the test
     * @param context the cued channel, or the modalities
     * @param trials how many there were
     * @param positive P(choice = +1)
     */
    public record Point(double first, double second, int context, int trials, double positive) {}

    /**
     * Runs the network on fresh trials.
     *
     * @param seed of trials and noise: use another than training did
     * @param sigma standard deviation of the noise on each current in each bin
     * @throws InvalidInputException if the network does not fit the task
     */
    public static Performance of(Network network, Task task, int trials, double sigma, long seed, TrialRunner runner) {
        requireFit(network, task);
        return of(network, trials, i -> task.trial(seed, i), sigma, seed, runner);
    }

    /**
     * How well a fit does the task of the network that it was fitted to: the fit runs on a session's inputs, without noise,
     * and the other network's readout is taken of its rates.
     *
     * @param teacher whose readout is borrowed; may be the fit itself
     * @return empty if the session has no single target with a mask, or the teacher no readout of one output
     * @throws InvalidInputException if the networks and the session do not fit each other
     */
    public static Optional<Performance> inSession(Network fit, Network teacher, Recording session, TrialRunner runner) {
        if (session.targets() != 1 || session.mask(0).isEmpty() || teacher.outputs() != 1) {
            return Optional.empty();
        }
        int recorded = fit.neurons() - fit.hidden();
        if (teacher.neurons() != recorded) {
            throw new InvalidInputException("teacher: " + teacher.neurons()
                    + " neurons, expected as many as the fit has recorded ones, " + recorded);
        }
        Recording seen = Evaluation.withInputsOf(fit, session);
        if (seen.inputs() != fit.inputs()) {
            throw new InvalidInputException("network: " + fit.inputs() + " inputs, expected as many as session "
                    + session.name() + " has, " + seen.inputs());
        }
        Network reader = withReadoutOf(fit, teacher);
        List<TaskTrial> trials = new ArrayList<>();
        for (int i = 0; i < session.trials(); i++) {
            float[] mask = session.mask(i).orElseThrow();
            boolean asked = false;
            for (float weight : mask) {
                asked |= weight > 0;
            }
            if (asked) {
                trials.add(new TaskTrial(new Condition(0, 0, 0), seen.bins(i), seen.inputs(i),
                        session.targets(i).orElseThrow(), mask, new int[]{seen.bins(i)}));
            }
        }
        if (trials.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(of(reader, trials.size(), trials::get, 0, 0, runner));
    }

    /** The network with the readout of another, of one output; neurons that the other does not have are not read. */
    private static Network withReadoutOf(Network network, Network other) {
        float[] readout = new float[network.neurons()];
        for (int i = 0; i < other.neurons(); i++) {
            readout[i] = (float) (other.readout()[i] * other.readoutScale() / network.readoutScale());
        }
        return network.withReadout(readout);
    }

    private static Performance of(Network network, int count, IntFunction<TaskTrial> trials, double sigma,
            long seed, TrialRunner runner) {
        record Batch(List<Outcome> outcomes, double loss) {}

        List<Batch> batches = runner.run(network, count, 0, trials, sigma, seed, TrialRunner.UNSEEN,
                (batch, run, _) -> new Batch(outcomes(batch, run), loss(batch, run)));
        return of(batches.stream().flatMap(batch -> batch.outcomes().stream()).toList(),
                batches.stream().mapToDouble(Batch::loss).sum());
    }

    /** The performance in trials that were run elsewhere. */
    static Performance of(List<Outcome> outcomes, double summedLoss) {
        double accuracy = (double) outcomes.stream().filter(Outcome::right).count() / outcomes.size();
        return new Performance(accuracy, summedLoss / outcomes.size(), outcomes);
    }

    static List<Outcome> outcomes(TrialBatch batch, List<TaskTrial> trials) {
        List<Outcome> outcomes = new ArrayList<>();
        for (int b = 0; b < trials.size(); b++) {
            TaskTrial trial = trials.get(b);
            outcomes.add(new Outcome(trial.condition(), trial.target(), batch.readout(b)));
        }
        return outcomes;
    }

    /** Summed over the trials. */
    static double loss(TrialBatch batch, List<TaskTrial> trials) {
        double loss = 0;
        for (int b = 0; b < trials.size(); b++) {
            loss += batch.loss(b);
        }
        return loss;
    }

    /**
     * Refuses a network that cannot do a task.
     *
     * @throws InvalidInputException naming what is wrong
     */
    public static void requireFit(Network network, Task task) {
        requireInputs(network, task);
        if (network.outputs() != 1) {
            throw new InvalidInputException(
                    "network: " + network.outputs() + " outputs, expected a readout 'wo' with 1, for task "
                            + task.name());
        }
    }

    static void requireInputs(Network network, Task task) {
        if (network.inputs() != task.inputs()) {
            throw new InvalidInputException("network: " + network.inputs() + " inputs, expected as many as task "
                    + task.name() + " has, " + task.inputs());
        }
    }

    /**
     * The psychometric curves or matrices of the task: P(choice = +1) for each condition that occurred. For CDM and MSI a
     * matrix of the two coherences for each context, for WM one of f1 and f2, for DMS the four pairs, for DM a curve.
     */
    public List<Point> psychometric() {
        List<Point> points = new ArrayList<>();
        byCondition().forEach(
                (key, group) -> points.add(new Point(key.get(1), key.get(2), key.get(0).intValue(), group.size(),
                        (double) group.stream().filter(outcome -> outcome.readout() > 0).count() / group.size())));
        return points;
    }

    /**
     * The readout in trials of one kind.
     *
     * @param mean over trials, of the readout averaged over the decision epoch
     * @param standardDeviation over the same trials
     */
    public record Readout(double mean, double standardDeviation) {}

    /** The readout for each condition that occurred, in the order of {@link #psychometric}. */
    public List<Readout> readouts() {
        return byCondition().values().stream().map(group -> {
            double mean = group.stream().mapToDouble(Outcome::readout).average().orElseThrow();
            double square = group.stream().mapToDouble(one -> (one.readout() - mean) * (one.readout() - mean)).average()
                    .orElseThrow();
            return new Readout(mean, Math.sqrt(square));
        }).toList();
    }

    private Map<List<Double>, List<Outcome>> byCondition() {
        return outcomes.stream().collect(Collectors.groupingBy(
                outcome -> List.of((double) outcome.condition().context(), outcome.condition().first(),
                        outcome.condition().second()),
                () -> new TreeMap<>(Performance::compare), Collectors.toList()));
    }

    private static int compare(List<Double> a, List<Double> b) {
        for (int i = 0; i < a.size(); i++) {
            int order = Double.compare(a.get(i), b.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
