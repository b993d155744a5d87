package kappa.fitting.training;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.InterventionSchedule;
import kappa.fitting.task.Task;
import kappa.fitting.task.TaskTrial;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Intervention;
import kappa.ingest.recording.Perturbable;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;

/**
 * A rig without an animal: it streams a network that does a task, trial after trial. Trial i is the one that
 * {@link TaskSimulator} records with equal settings, number for number, until the rig is asked to silence neurons. What the
 * network reads out, z(t), is the rig's one channel of behaviour. Not thread-safe.
 */
public final class TaskRig implements BinSource, Perturbable {

    /** The channel of behaviour. */
    public static final String READOUT = "readout";

    private static final long BIN_WIDTH_NS = Math.round(Task.BIN_WIDTH_S * 1e9);

    private final String name;
    private final Network network;
    private final Task task;
    private final TaskSimulator.Settings settings;
    private final long trials;
    private final int[] neurons;
    private final PackedNetwork packed;
    private final TrialBatch batch = new TrialBatch(KernelProvider.matrices());
    private final InterventionSchedule silencing;
    private TaskTrial current;
    private float[] activity; // [T, recorded neurons] of the current trial
    private float[] readout; // [T] of the current trial; empty if the network has none
    private long trial = -1;
    private int bin;
    private long bins;
    private long total = -1;

    /**
     * @param name of the network, out of A-Z a-z 0-9 . _ - only
     * @param settings what is recorded; its number of trials counts unless {@code endless}
     * @param endless whether the rig never stops
     * @throws kappa.ingest.InvalidInputException if the network does not fit the task
     */
    public TaskRig(String name, Network network, Task task, TaskSimulator.Settings settings, boolean endless) {
        Performance.requireInputs(network, task);
        this.name = name;
        this.network = network;
        this.task = task;
        this.settings = settings;
        this.trials = endless ? Long.MAX_VALUE : settings.trials();
        this.neurons = TaskSimulator.subset(network.neurons(), settings);
        this.silencing = new InterventionSchedule(neurons);
        this.packed = new PackedNetwork(KernelProvider.matrices()).pack(network);
        begin(0);
    }

    @Override
    public String name() {
        return "simulated-" + name + "-" + task.name() + "-" + settings.seed();
    }

    @Override
    public RecordingDescription describe() {
        List<String> names = Arrays.stream(neurons).mapToObj(neuron -> "unit-" + (neuron + 1)).toList();
        String origin = "simulated rig: network " + name + ", N = " + network.neurons() + ", task " + task.name()
                + ", seed " + settings.seed();
        return new RecordingDescription(names, Task.BIN_WIDTH_S, task.inputNames(),
                network.outputs() == 1 ? List.of(READOUT) : List.of(), settings.observation(), true, task.phases(),
                origin, Optional.empty());
    }

    @Override
    public void obey(Intervention request) {
        silencing.accept(request);
    }

    @Override
    public long bins() {
        if (trials == Long.MAX_VALUE) {
            return -1;
        }
        if (total < 0) {
            total = 0;
            for (long i = 0; i < trials; i++) {
                total += task.hasVariableDelay() ? task.trial(settings.seed(), i).bins() : task.longestTrial();
            }
        }
        return total;
    }

    @Override
    public boolean next(RecordedBin out) {
        if (trial >= trials) {
            return false;
        }
        if (activity == null) {
            run();
        }
        int inputs = task.inputs();
        out.clear();
        System.arraycopy(current.inputs(), bin * inputs, out.inputs, 0, inputs);
        System.arraycopy(activity, bin * neurons.length, out.activity, 0, neurons.length);
        if (readout.length > 0) {
            out.behavior[0] = readout[bin];
        }
        silencing.mark(out, bin);
        int phase = 0;
        while (bin >= current.phaseEnds()[phase]) {
            phase++;
        }
        out.trial = trial;
        out.trialEnd = bin == current.bins() - 1;
        out.phase = phase + 1;
        out.rigTimeNs = (bins + 1) * BIN_WIDTH_NS;
        bins++;
        bin++;
        if (bin == current.bins()) {
            begin(trial + 1);
        }
        return true;
    }

    private void begin(long number) {
        trial = number;
        bin = 0;
        activity = null;
        current = number < trials ? task.trial(settings.seed(), number) : null;
    }

    /** Runs the current trial from its start. */
    private void run() {
        silencing.startTrial();
        activity = new float[current.bins() * neurons.length];
        readout = new float[network.outputs() == 1 ? current.bins() : 0];
        SplittableRandom random = settings.observationRandom(trial);
        batch.forward(_ -> packed, List.of(current), settings.stateNoise(),
                List.of(TrialRunner.noise(settings.seed(), trial)), (t, x, rates, ratesAt) -> {
                    for (int i : silencing.silent(t)) {
                        rates[ratesAt + i] = 0;
                    }
                    for (int j = 0; j < neurons.length; j++) {
                        int i = neurons[j];
                        activity[t * neurons.length + j] = settings.observe(x[i], rates[ratesAt + i], random);
                    }
                    if (readout.length > 0) {
                        readout[t] = (float) read(rates, ratesAt);
                    }
                });
    }

    private double read(float[] rates, int ratesAt) {
        double sum = 0;
        for (int i = 0; i < network.neurons(); i++) {
            sum += (double) network.readout()[i] * rates[ratesAt + i];
        }
        return network.readoutScale() * sum;
    }

    @Override
    public void skip(long count) {
        if (count < 0) {
            throw new IllegalArgumentException("bins to skip: " + count);
        }
        long left = count;
        while (current != null && left > 0) {
            // Whole trials are skipped without being run.
            long step = Math.min(left, current.bins() - bin);
            left -= step;
            bins += step;
            bin += (int) step;
            if (bin == current.bins()) {
                begin(trial + 1);
            }
        }
    }
}
