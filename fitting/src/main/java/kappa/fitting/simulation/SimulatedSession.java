package kappa.fitting.simulation;

import static kappa.ingest.InvalidInputException.require;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.fitting.simulation.HandBuiltNetworks.Paradigm;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Intervention;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Perturbable;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;

/**
 * A rig without an animal: it streams a hand-built network, bin by bin, in trials that each start at x = 0. The state is
 * all N currents, stepped by the recurrence in {@link LowRankNetwork} and not by its K-dimensional form, so that what is
 * fitted to this session is judged against something that knows nothing of kappa.
 *
 * <p>Observed are rates phi(x), currents x, or Poisson counts with mean g (1 + phi(x)) per bin. Trials by paradigm, in bins
 * of 20 ms:
 *
 * <ul>
 * <li>decision: fixation 100, stimulus 800, delay 300, decision 300 ms. The input is a coherence of +-{1, 2, 4, 8, 16} x
 * 0.032 during the stimulus, and noise of standard deviation 0.03 throughout.
 * <li>relaxation: pulse 200, relaxation 2,000 ms. The pulse has a uniformly drawn direction in the plane of m_1 and m_2 and
 * a uniformly drawn length in [0.1, 1]: at its end |kappa| lies between a fifth and twice that of the fixed points, so that
 * the flow is seen on both sides of them.
 * <li>drive: pulse 200, free 800, drive 3,000, release 1,000 ms, the drive at 1: two turns of the limit cycle, and the
 * return to one of the two stable states.
 * <li>dms: fixation 100, sample 500, delay 500 to 3,000, test 500 ms, and decision for the rest of 5,100 ms, at least 1,000
 * ms. Sample and test are channel A or B at 1, each with equal chance, and noise of standard deviation 0.03 is on both
 * channels throughout: the task of {@code kappa.fitting.task.Task} in trials of one length.
 * </ul>
 *
 * <p>A trial's draws depend on seed and trial number only: skipping costs no more than one trial. Not thread-safe.
 */
public final class SimulatedSession implements BinSource, Perturbable {

    /** Width of every bin. */
    public static final double BIN_WIDTH_S = 0.02;

    private static final long BIN_WIDTH_NS = 20_000_000;
    private static final double COHERENCE_UNIT = 0.032;
    private static final double INPUT_NOISE = 0.03;
    private static final double[] COHERENCES = {-16, -8, -4, -2, -1, 1, 2, 4, 8, 16};
    private static final int SHORTEST_DELAY = 25;
    private static final int LONGEST_DELAY = 150;
    private static final int DECISION = 50;
    private static final double SHORTEST_PULSE = 0.1;
    private static final double LONGEST_PULSE = 1;
    private static final double LARGEST_GAIN = TrialRandom.LARGEST_MEAN_COUNT / 2;

    /**
     * What the rig shows and for how long.
     *
     * @param gain g: mean count per bin of a neuron at x = 0; read for counts only
     * @param stateNoise sigma, the standard deviation of the noise added to each current in each bin
     * @param trials number of trials, or 0 for a rig that never stops
     * @param seed of inputs, noise and spikes
     */
    public record Settings(Observation observation, double gain, double stateNoise, long trials, long seed) {

        public Settings {
            require(observation != null, "observation", observation, "rates, currents or counts");
            require(gain > 0 && gain <= LARGEST_GAIN, "gain", gain + " spikes per bin",
                    "a number in (0, " + LARGEST_GAIN + "]");
            require(stateNoise >= 0 && stateNoise < Double.POSITIVE_INFINITY, "state noise", stateNoise,
                    "a finite number >= 0");
            require(trials >= 0, "trials", trials, "a number >= 0 (0 is endless)");
        }

        /** Endless and without state noise, 0.4 spikes per bin and neuron: 20 Hz. */
        public static Settings endless(Observation observation, long seed) {
            return new Settings(observation, 0.4, 0, 0, seed);
        }
    }

    /** A part of a trial, for so many bins. */
    private record Phase(String name, int bins) {}

    private final HandBuilt source;
    private final LowRankNetwork network;
    private final Settings settings;
    private final List<Phase> phases;
    private final int trialBins;
    private final int[] phaseOfBin;
    private final float[] trialInputs; // [T,S]
    private final double[] x;
    private final double[] rates;
    private final double[] recurrent; // [K]
    private final InterventionSchedule silencing;
    private SplittableRandom random;
    private long bin;

    public SimulatedSession(HandBuilt source, Settings settings) {
        this.source = source;
        this.network = source.network();
        this.settings = settings;
        this.phases = switch (source.paradigm()) {
            case DECISION -> List.of(new Phase("fixation", 5), new Phase("stimulus", 40), new Phase("delay", 15),
                    new Phase("decision", 15));
            case RELAXATION -> List.of(new Phase("pulse", 10), new Phase("relaxation", 100));
            case DRIVE -> List.of(new Phase("pulse", 10), new Phase("free", 40), new Phase("drive", 150),
                    new Phase("release", 50));
            case DMS -> dms(LONGEST_DELAY);
        };
        this.trialBins = phases.stream().mapToInt(Phase::bins).sum();
        this.phaseOfBin = new int[trialBins];
        layOut(phases);
        this.trialInputs = new float[trialBins * network.inputs()];
        this.x = new double[network.neurons()];
        this.rates = new double[network.neurons()];
        this.recurrent = new double[network.rank()];
        this.silencing = new InterventionSchedule(IntStream.range(0, network.neurons()).toArray());
    }

    @Override
    public void obey(Intervention request) {
        silencing.accept(request);
    }

    /** The phases of a DMS trial: what the delay leaves of the longest is the decision's. */
    private static List<Phase> dms(int delay) {
        return List.of(new Phase("fixation", 5), new Phase("sample", 25), new Phase("delay", delay),
                new Phase("test", 25), new Phase("decision", DECISION + LONGEST_DELAY - delay));
    }

    private void layOut(List<Phase> trialPhases) {
        int start = 0;
        for (int p = 0; p < trialPhases.size(); p++) {
            Arrays.fill(phaseOfBin, start, start + trialPhases.get(p).bins(), p);
            start += trialPhases.get(p).bins();
        }
    }

    @Override
    public String name() {
        return "simulated-" + source.name() + "-" + settings.seed();
    }

    @Override
    public RecordingDescription describe() {
        List<String> neurons = IntStream.rangeClosed(1, network.neurons()).mapToObj(i -> "unit-" + i).toList();
        String origin = "simulated rig: network " + source.name() + ", N = " + network.neurons() + ", K = "
                + network.rank() + ", seed " + settings.seed();
        return new RecordingDescription(neurons, BIN_WIDTH_S, source.inputChannels(),
                source.readout().length == x.length ? List.of("readout") : List.of(), settings.observation(), true,
                phases.stream().map(Phase::name).toList(), origin, Optional.empty());
    }

    @Override
    public long bins() {
        return settings.trials() == 0 ? -1 : settings.trials() * trialBins;
    }

    /** Bins of each trial. */
    public int trialBins() {
        return trialBins;
    }

    @Override
    public boolean next(RecordedBin out) {
        if (bins() >= 0 && bin >= bins()) {
            return false;
        }
        int t = (int) (bin % trialBins);
        if (t == 0) {
            startTrial(bin / trialBins);
        }
        step(t);
        for (int i : silencing.silent(t)) {
            rates[i] = 0;
        }
        out.clear();
        System.arraycopy(trialInputs, t * out.inputs.length, out.inputs, 0, out.inputs.length);
        observe(out.activity);
        if (out.behavior.length > 0) {
            out.behavior[0] = (float) readout();
        }
        silencing.mark(out, t);
        out.trial = bin / trialBins;
        out.trialEnd = t == trialBins - 1;
        out.phase = phaseOfBin[t] + 1;
        out.rigTimeNs = (bin + 1) * BIN_WIDTH_NS;
        bin++;
        return true;
    }

    @Override
    public void skip(long bins) {
        if (bins < 0) {
            throw new IllegalArgumentException("bins to skip: " + bins);
        }
        long target = bins() < 0 ? bin + bins : Math.min(bins(), bin + bins);
        // Only the trial that the target lies in has to be lived through.
        bin = Math.max(bin, target - target % trialBins);
        RecordedBin scratch = describe().newBin();
        while (bin < target) {
            next(scratch);
        }
    }

    /** z = readout r / N. */
    private double readout() {
        double sum = 0;
        for (int i = 0; i < rates.length; i++) {
            sum += source.readout()[i] * rates[i];
        }
        return sum * LowRankNetwork.connectivityScale(rates.length);
    }

    private void startTrial(long trial) {
        silencing.startTrial();
        random = TrialRandom.of(settings.seed(), trial);
        Arrays.fill(x, 0);
        for (int i = 0; i < x.length; i++) {
            rates[i] = LowRankNetwork.phi(x[i] + network.b()[i]);
        }
        Arrays.fill(trialInputs, 0);
        if (source.paradigm() == Paradigm.DMS) {
            int sample = random.nextInt(2);
            int test = random.nextInt(2);
            layOut(dms(random.nextInt(SHORTEST_DELAY, LONGEST_DELAY + 1)));
            for (int t = 0; t < trialBins; t++) {
                String phase = phases.get(phaseOfBin[t]).name();
                for (int s = 0; s < 2; s++) {
                    boolean shown = (phase.equals("sample") && sample == s) || (phase.equals("test") && test == s);
                    trialInputs[2 * t + s] = (float) ((shown ? 1 : 0) + INPUT_NOISE * random.nextGaussian());
                }
            }
        } else if (source.paradigm() == Paradigm.DECISION) {
            double coherence = COHERENCE_UNIT * COHERENCES[random.nextInt(COHERENCES.length)];
            for (int t = 0; t < trialBins; t++) {
                double signal = phases.get(phaseOfBin[t]).name().equals("stimulus") ? coherence : 0;
                trialInputs[t] = (float) (signal + INPUT_NOISE * random.nextGaussian());
            }
        } else {
            double angle = random.nextDouble(2 * Math.PI);
            double length = random.nextDouble(SHORTEST_PULSE, LONGEST_PULSE);
            int inputs = network.inputs();
            for (int t = 0; t < trialBins; t++) {
                String phase = phases.get(phaseOfBin[t]).name();
                if (phase.equals("pulse")) {
                    trialInputs[t * inputs] = (float) (length * Math.cos(angle));
                    trialInputs[t * inputs + 1] = (float) (length * Math.sin(angle));
                } else if (phase.equals("drive")) {
                    trialInputs[t * inputs + 2] = 1;
                }
            }
        }
    }

    /** x_t = (1-alpha) x_{t-1} + alpha ( m (n' phi(x_{t-1} + b)) / N + W' u_t ) + sigma eta_t. */
    private void step(int t) {
        int neurons = network.neurons();
        float[] m = network.m();
        float[] n = network.n();
        float[] w = network.w();
        float[] b = network.b();
        double alpha = network.alpha();
        for (int k = 0; k < recurrent.length; k++) {
            double sum = 0;
            for (int i = 0; i < neurons; i++) {
                sum += n[k * neurons + i] * rates[i];
            }
            recurrent[k] = sum * LowRankNetwork.connectivityScale(neurons);
        }
        for (int i = 0; i < neurons; i++) {
            x[i] *= 1 - alpha;
        }
        for (int k = 0; k < recurrent.length; k++) {
            double a = alpha * recurrent[k];
            for (int i = 0; i < neurons; i++) {
                x[i] += a * m[k * neurons + i];
            }
        }
        for (int s = 0; s < network.inputs(); s++) {
            double a = alpha * trialInputs[t * network.inputs() + s];
            if (a != 0) {
                for (int i = 0; i < neurons; i++) {
                    x[i] += a * w[s * neurons + i];
                }
            }
        }
        if (settings.stateNoise() > 0) {
            for (int i = 0; i < neurons; i++) {
                x[i] += settings.stateNoise() * random.nextGaussian();
            }
        }
        for (int i = 0; i < neurons; i++) {
            rates[i] = LowRankNetwork.phi(x[i] + b[i]);
        }
    }

    private void observe(float[] activity) {
        for (int i = 0; i < activity.length; i++) {
            activity[i] = switch (settings.observation()) {
                case COUNTS -> TrialRandom.poisson(random, settings.gain() * (1 + rates[i]));
                case CURRENTS -> (float) x[i];
                case RATES -> (float) rates[i];
            };
        }
    }
}
