package kappa.fitting.training;

import static kappa.ingest.InvalidInputException.require;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;
import kappa.fitting.task.TaskTrial;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.npz.NpzWriter;

/**
 * Records a network while it does a task, as a session file: {@code counts} [trials, bins, neurons] of Poisson spikes with
 * mean g (1 + phi(x + b)) per bin, or {@code activity} with rates phi(x + b) or currents x; {@code inputs}, {@code targets},
 * {@code mask}, {@code bin_width}, and {@code trial_length} where trials differ, then filled up with zero counts, NaN activity
 * and zero inputs. If only some neurons are recorded, {@code neurons} [N] says which. Equal arguments give equal files, for
 * any number of threads.
 */
public final class TaskSimulator {

    private static final long SPIKES = 0x7370696b65L;
    private static final long SUBSET = 0x7375627365L;
    private static final double LARGEST_GAIN = TrialRandom.LARGEST_MEAN_COUNT / 2;

    /** Up to this gain, counts practically always fit into a byte. */
    private static final double LARGEST_BYTE_GAIN = 20;

    private static final int LARGEST_BYTE = 255;

    /**
     * What is recorded.
     *
     * @param gain g for counts: the mean count per bin at x = 0
     * @param stateNoise standard deviation of the noise on each current in each bin
     * @param observationNoise standard deviation of the noise on recorded rates or currents
     * @param observedFraction of the neurons that is recorded, in (0, 1]
     * @param subsetSeed which neurons those are
     * @param seed of trials, noise and spikes
     */
    public record Settings(int trials, Observation observation, double gain, double stateNoise,
            double observationNoise, double observedFraction, long subsetSeed, long seed) {

        public Settings {
            require(trials >= 1, "trials", trials, "at least 1");
            require(observation != null, "observation", observation, "rates, currents or counts");
            require(gain > 0 && gain <= LARGEST_GAIN, "gain", gain, "a number in (0, " + LARGEST_GAIN + "]");
            require(stateNoise >= 0 && stateNoise <= 100, "state noise", stateNoise, "0 to 100");
            require(observationNoise >= 0 && observationNoise <= 100, "observation noise", observationNoise,
                    "0 to 100");
            require(observationNoise == 0 || observation != Observation.COUNTS, "observation noise", observationNoise,
                    "0 with counts, whose noise is Poisson");
            require(observedFraction > 0 && observedFraction <= 1, "neurons observed", observedFraction,
                    "a fraction in (0, 1]");
        }

        /** What is recorded of one neuron in one bin. */
        float observe(float x, float rate, SplittableRandom random) {
            if (observation == Observation.COUNTS) {
                return TrialRandom.poisson(random, gain * (1 + (double) rate));
            }
            float value = observation == Observation.RATES ? rate : x;
            return observationNoise > 0 ? (float) (value + observationNoise * random.nextGaussian()) : value;
        }

        /** The generator of the spikes, or of the observation noise, of one trial. */
        SplittableRandom observationRandom(long trial) {
            return TrialRandom.of(seed ^ SPIKES, trial);
        }
    }

    /**
     * What was recorded.
     *
     * @param bins of all trials together
     * @param meanActivity over bins and neurons
     * @param performance of the network on these trials, or null if it has no readout
     */
    public record Recorded(int trials, long bins, int neurons, double meanActivity, Performance performance) {}

    private final Network network;
    private final Task task;
    private final Settings settings;
    private final int[] neurons;
    private final int longest;
    private final int[] lengths;
    private final byte[] bytes;
    private final int[] ints;
    private final float[] values;
    private final float[] inputs;
    private final float[] targets;
    private final float[] mask;

    private TaskSimulator(Network network, Task task, Settings settings) {
        Performance.requireInputs(network, task);
        this.network = network;
        this.task = task;
        this.settings = settings;
        this.neurons = subset(network.neurons(), settings);
        this.lengths = new int[settings.trials()];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = task.trial(settings.seed(), i).bins();
        }
        this.longest = Arrays.stream(lengths).max().orElse(0);
        long size = (long) settings.trials() * longest * neurons.length;
        if (size > Integer.MAX_VALUE - 8) {
            throw new InvalidInputException("trials: " + settings.trials() + " of up to " + longest + " bins and "
                    + neurons.length + " neurons make " + size + " numbers, expected at most " + Integer.MAX_VALUE);
        }
        boolean counts = settings.observation() == Observation.COUNTS;
        boolean small = settings.gain() <= LARGEST_BYTE_GAIN;
        this.bytes = new byte[counts && small ? (int) size : 0];
        this.ints = new int[counts && !small ? (int) size : 0];
        this.values = new float[counts ? 0 : (int) size];
        Arrays.fill(values, Float.NaN);
        this.inputs = new float[settings.trials() * longest * task.inputs()];
        this.targets = new float[settings.trials() * longest];
        this.mask = new float[settings.trials() * longest];
    }

    static int[] subset(int neurons, Settings settings) {
        int count = (int) Math.max(1, Math.round(settings.observedFraction() * neurons));
        int[] all = new int[neurons];
        Arrays.setAll(all, i -> i);
        SplittableRandom random = new SplittableRandom(settings.subsetSeed() ^ SUBSET);
        for (int i = 0; i < count && count < neurons; i++) {
            int j = random.nextInt(i, neurons);
            int chosen = all[j];
            all[j] = all[i];
            all[i] = chosen;
        }
        int[] chosen = Arrays.copyOf(all, count);
        Arrays.sort(chosen);
        return chosen;
    }

    /**
     * Records a session and writes it.
     *
     * @param done receives the number of newly finished trials, from the threads that ran them
     * @throws InvalidInputException if the network does not fit the task, or the session is too large or cannot be written
     */
    public static Recorded record(Network network, Task task, Settings settings, TrialRunner runner,
            Path file, IntConsumer done) {
        TaskSimulator simulator = new TaskSimulator(network, task, settings);
        Recorded recorded = simulator.run(runner, done);
        simulator.write(file);
        return recorded;
    }

    private Recorded run(TrialRunner runner, IntConsumer done) {
        record Batch(double sum, List<Performance.Outcome> outcomes, double loss) {}

        boolean reads = network.outputs() == 1;
        List<Batch> batches = runner.run(network, settings.trials(), 0, i -> task.trial(settings.seed(), i),
                settings.stateNoise(), settings.seed(), this::observer, (batch, trials, first) -> {
                    double sum = 0;
                    for (int b = 0; b < trials.size(); b++) {
                        sum += sum(first + b);
                    }
                    done.accept(trials.size());
                    return reads
                            ? new Batch(sum, Performance.outcomes(batch, trials), Performance.loss(batch, trials))
                            : new Batch(sum, List.of(), 0);
                });
        long bins = Arrays.stream(lengths).asLongStream().sum();
        double sum = batches.stream().mapToDouble(Batch::sum).sum();
        Performance performance = reads
                ? Performance.of(batches.stream().flatMap(batch -> batch.outcomes().stream()).toList(),
                        batches.stream().mapToDouble(Batch::loss).sum())
                : null;
        return new Recorded(settings.trials(), bins, neurons.length, sum / ((double) bins * neurons.length),
                performance);
    }

    /** Sum of a trial's recorded activity. */
    private double sum(long trial) {
        int from = (int) trial * longest * neurons.length;
        int end = from + lengths[(int) trial] * neurons.length;
        double sum = 0;
        for (int i = from; i < end; i++) {
            sum += bytes.length > 0 ? Byte.toUnsignedInt(bytes[i]) : ints.length > 0 ? ints[i] : values[i];
        }
        return sum;
    }

    private TrialBatch.Observer observer(List<TaskTrial> trials, long first) {
        SplittableRandom[] random = new SplittableRandom[trials.size()];
        for (int b = 0; b < random.length; b++) {
            random[b] = settings.observationRandom(first + b);
            int row = (int) (first + b) * longest;
            TaskTrial trial = trials.get(b);
            System.arraycopy(trial.inputs(), 0, inputs, row * task.inputs(), trial.inputs().length);
            System.arraycopy(trial.targets(), 0, targets, row, trial.bins());
            System.arraycopy(trial.mask(), 0, mask, row, trial.bins());
        }
        return (t, x, rates, ratesAt) -> {
            for (int b = 0; b < random.length; b++) {
                if (t < trials.get(b).bins()) {
                    int to = ((int) (first + b) * longest + t) * neurons.length;
                    observe(x, b * network.neurons(), rates, ratesAt + b * network.neurons(), to, random[b]);
                }
            }
        };
    }

    private void observe(float[] x, int xAt, float[] rates, int ratesAt, int to, SplittableRandom random) {
        for (int j = 0; j < neurons.length; j++) {
            int i = neurons[j];
            float value = settings.observe(x[xAt + i], rates[ratesAt + i], random);
            if (values.length > 0) {
                values[to + j] = value;
            } else if (ints.length > 0) {
                ints[to + j] = (int) value;
            } else if (value <= LARGEST_BYTE) {
                bytes[to + j] = (byte) value;
            } else {
                throw new IllegalStateException("a count of " + value + " with gain " + settings.gain());
            }
        }
    }

    private void write(Path file) {
        int trials = settings.trials();
        try (NpzWriter npz = NpzWriter.create(file)) {
            if (bytes.length > 0) {
                npz.putUnsigned("counts", bytes, trials, longest, neurons.length);
            } else if (ints.length > 0) {
                npz.put("counts", ints, trials, longest, neurons.length);
            } else {
                npz.put("activity", values, trials, longest, neurons.length);
            }
            npz.put("inputs", inputs, trials, longest, task.inputs());
            npz.put("input_names", task.inputNames(), task.inputs());
            npz.put("targets", targets, trials, longest, 1);
            npz.put("mask", mask, trials, longest, 1);
            npz.put("bin_width", Task.BIN_WIDTH_S);
            if (Arrays.stream(lengths).anyMatch(length -> length != longest)) {
                npz.put("trial_length", lengths, trials);
            }
            if (neurons.length < network.neurons()) {
                npz.put("neurons", neurons, neurons.length);
            }
        }
    }
}
