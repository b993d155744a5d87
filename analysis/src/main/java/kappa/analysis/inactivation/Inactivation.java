package kappa.analysis.inactivation;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.model.Silencing;
import kappa.ingest.InvalidInputException;

/**
 * The predicted effect of silencing neurons of a fitted network: kappa, readout and choice over trials with known inputs,
 * intact and silenced (Valente, Pillow &amp; Ostojic 2022). The network runs freely from each trial's start.
 * {@link Silencing} defines what is done to the network.
 *
 * <p>First n is projected on the leading principal components of the fitted rates over these trials. The rest of n was not
 * constrained by data, and would become visible under silencing.
 *
 * <p>Make one object for a snapshot and ask it for the effect of any number of sets. Not thread-safe.
 */
public final class Inactivation {

    /** States from which principal components are found, and bins that a readout is regressed from, at most. */
    private static final int STATES = 1024;
    private static final int SAMPLES = 2048;

    /**
     * What is silenced when.
     *
     * @param from the first silenced bin of each trial; 0 includes the state before the trial
     * @param to the bin after the last
     * @param variance share of the variance of the fitted rates, about zero, that the components hold on which n is projected;
     *        1 leaves n as it is
     */
    public record Plan(Silencing how, int from, int to, double variance) {

        /** Whole trials, N kept, 99.9 %. */
        public static final Plan STANDARD = new Plan(Silencing.MASK, 0, Integer.MAX_VALUE, 0.999);

        public Plan {
            if (from < 0 || to <= from) {
                throw new InvalidInputException(
                        "bins to silence: " + from + " to " + to + ", expected a first bin from 0 and a later end");
            }
            if (!(variance > 0 && variance <= 1)) {
                throw new InvalidInputException("variance: " + variance + ", expected a share in (0, 1]");
            }
        }
    }

    /**
     * All trials once.
     *
     * @param kappa [T+1,K] of each trial; row 0 is before the first bin
     * @param readout [T,O] of each trial
     */
    public record Run(List<float[]> kappa, List<float[]> readout) {}

    private final SeenTrials seen;
    private final Plan plan;
    private final LowRankNetwork network; // n projected, with the readout
    private final Readout readout;
    private final LatentRun runner;
    private final List<float[]> v = new ArrayList<>();
    private final Run intact;

    /**
     * With the network's own readout if it has one, else one regressed from what was wanted or done in these trials.
     *
     * @throws InvalidInputException if there is nothing to regress from
     */
    public static Inactivation of(LowRankNetwork fit, SeenTrials seen, Plan plan) {
        return new Inactivation(fit, seen, plan, fit.outputs() > 0 ? Readout.of(fit, fit) : null);
    }

    /**
     * With a readout found elsewhere: in other trials, see {@link #readout()}, or in another network.
     *
     * @throws InvalidInputException if the trials ask for another number of outputs
     */
    public static Inactivation of(LowRankNetwork fit, SeenTrials seen, Plan plan, Readout readout) {
        return new Inactivation(fit, seen, plan, readout);
    }

    /** The readout of a network, such as the one that a fit was made of, for reading a fit's rates. */
    public static Readout readoutOf(Network reader, LowRankNetwork fit) {
        int recorded = fit.neurons() - fit.hidden();
        if (reader.outputs() == 0) {
            throw new InvalidInputException("readout: the network has none, expected 'wo'");
        }
        if (reader.neurons() != recorded) {
            throw new InvalidInputException("readout: " + reader.neurons()
                    + " neurons, expected as many as the fit has recorded ones, " + recorded);
        }
        return Readout.of(reader, fit);
    }

    private Inactivation(LowRankNetwork fit, SeenTrials seen, Plan plan, Readout given) {
        this.seen = seen;
        this.plan = plan;
        this.runner = new LatentRun(fit);
        for (SeenTrial trial : seen.trials()) {
            v.add(runner.inputs(trial));
        }
        RateSpace space = RateSpace.of(states(runner.model(fit)), plan.variance());
        LowRankNetwork projected = plan.variance() < 1
                ? new LowRankNetwork(fit.neurons(), fit.rank(), fit.inputs(), fit.alpha(), fit.m(),
                        space.project(fit.n(), fit.neurons()), fit.w(), fit.b(), fit.readout(), fit.initialState(),
                        fit.fittedTo())
                : fit;
        this.readout = given == null ? regressed(fit, runner.model(projected), space) : given;
        if (seen.outputs() != readout.outputs()) {
            throw new InvalidInputException("readout: " + readout.outputs() + " outputs, expected as many as the trials"
                    + " ask for, " + seen.outputs());
        }
        this.network = projected.withReadout(readout.rows());
        this.intact = run(network);
    }

    public Readout readout() {
        return readout;
    }

    public SeenTrials seen() {
        return seen;
    }

    public Plan plan() {
        return plan;
    }

    /** The network that runs, n projected, with the readout as {@code wo}. */
    public LowRankNetwork network() {
        return network;
    }

    /** Without silencing. */
    public Run intact() {
        return intact;
    }

    /** Currents x of the recorded neurons without silencing, averaged over these trials and all their bins. */
    public double[] meanCurrents(int[] trials) {
        int rank = network.rank();
        int channels = runner.channels();
        double[] kappa = new double[rank];
        double[] inputs = new double[channels];
        long bins = 0;
        for (int i : trials) {
            int length = seen.trials().get(i).bins();
            bins += length;
            for (int row = 1; row <= length; row++) {
                for (int k = 0; k < rank; k++) {
                    kappa[k] += intact.kappa().get(i)[row * rank + k];
                }
                for (int s = 0; s < channels; s++) {
                    inputs[s] += v.get(i)[row * channels + s];
                }
            }
        }
        LowRankNetwork model = runner.model(network).network();
        double[] currents = new double[network.neurons() - network.hidden()];
        for (int i = 0; i < currents.length; i++) {
            double sum = 0;
            for (int k = 0; k < rank; k++) {
                sum += kappa[k] * model.m()[k * network.neurons() + i];
            }
            for (int s = 0; s < channels; s++) {
                sum += inputs[s] * model.w()[s * network.neurons() + i];
            }
            currents[i] = sum / bins;
        }
        return currents;
    }

    /**
     * What silencing does.
     *
     * @throws InvalidInputException if the set names a neuron that was not recorded, or none would be left to delete from
     */
    public Effect effect(NeuronSet set) {
        requireRecorded(set, network.neurons() - network.hidden(), plan.how());
        return new Effect(set, seen, intact, run(network.silencing(set.neurons(), plan.how())));
    }

    static void requireRecorded(NeuronSet set, int recorded, Silencing how) {
        if (set.size() > 0 && set.neurons()[set.size() - 1] >= recorded) {
            throw new InvalidInputException("set '" + set.name() + "': neuron " + set.neurons()[set.size() - 1]
                    + ", expected 0 to " + (recorded - 1));
        }
        if (how == Silencing.DELETION && set.size() >= recorded) {
            throw new InvalidInputException("set '" + set.name() + "': all " + recorded
                    + " neurons, expected some to be left after deletion");
        }
    }

    /** Rates of the fit in bins spread evenly over the trials, [M][N]. */
    private double[][] states(KernelModel model) {
        int bins = seen.trials().stream().mapToInt(SeenTrial::bins).sum();
        int step = Math.max(1, (bins + STATES - 1) / STATES);
        List<double[]> states = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < v.size(); i++) {
            int length = seen.trials().get(i).bins();
            float[] kappa = runner.start(length);
            runner.run(model, v.get(i), kappa, 0, length);
            for (int t = 0; t < length; t++, at++) {
                if (at % step == 0) {
                    float[] rates = runner.rates(model, v.get(i), kappa, t + 1);
                    states.add(doubles(rates, 0, rates.length));
                }
            }
        }
        return states.toArray(double[][]::new);
    }

    private Readout regressed(LowRankNetwork fit, KernelModel model, RateSpace space) {
        int outputs = seen.outputs();
        int asked = 0;
        for (SeenTrial trial : seen.trials()) {
            for (int t = 0; t < trial.bins(); t++) {
                asked += isAsked(trial, t, outputs) ? 1 : 0;
            }
        }
        if (asked == 0) {
            throw new InvalidInputException("readout: the network has none and the trials have neither targets nor"
                    + " behaviour, expected one of them");
        }
        int step = Math.max(1, (asked + SAMPLES - 1) / SAMPLES);
        List<Readout.Sample> samples = new ArrayList<>();
        int at = 0;
        int trials = 0;
        for (int i = 0; i < v.size(); i++) {
            SeenTrial trial = seen.trials().get(i);
            List<Readout.Sample> own = new ArrayList<>();
            double[] total = new double[outputs];
            float[] kappa = runner.start(trial.bins());
            runner.run(model, v.get(i), kappa, 0, trial.bins());
            for (int t = 0; t < trial.bins(); t++) {
                if (isAsked(trial, t, outputs) && at++ % step == 0) {
                    double[] wanted = new double[outputs];
                    double[] weights = new double[outputs];
                    for (int o = 0; o < outputs; o++) {
                        wanted[o] = trial.wanted()[t * outputs + o];
                        weights[o] = trial.weights()[t * outputs + o];
                        total[o] += weights[o];
                    }
                    own.add(new Readout.Sample(runner.rates(model, v.get(i), kappa, t + 1).clone(), wanted, weights));
                }
            }
            for (Readout.Sample sample : own) {
                for (int o = 0; o < outputs; o++) {
                    sample.weights()[o] /= total[o] > 0 ? total[o] : 1;
                }
            }
            trials += own.isEmpty() ? 0 : 1;
            samples.addAll(own);
        }
        Readout.Origin origin = seen.kind() == SeenTrials.Kind.BEHAVIOR
                ? Readout.Origin.BEHAVIOR
                : Readout.Origin.TARGETS;
        return Readout.regressed(fit, space, samples, outputs, origin, trials);
    }

    private static boolean isAsked(SeenTrial trial, int t, int outputs) {
        for (int o = 0; o < outputs; o++) {
            if (trial.weights()[t * outputs + o] > 0) {
                return true;
            }
        }
        return false;
    }

    /** The trials with {@code perturbed} in the planned bins and the intact network before and after. */
    private Run run(LowRankNetwork perturbed) {
        KernelModel model = runner.model(network);
        KernelModel silent = runner.model(perturbed);
        List<float[]> kappas = new ArrayList<>();
        List<float[]> readouts = new ArrayList<>();
        for (int i = 0; i < v.size(); i++) {
            int bins = seen.trials().get(i).bins();
            float[] kappa = runner.start(bins);
            // Row t + 1 is bin t. The rates of bin t drive the step from row t + 1 to row t + 2.
            int first = Math.min(bins, plan.from() == 0 ? 0 : plan.from() + 1);
            int last = Math.min(bins, plan.to() == Integer.MAX_VALUE ? bins : plan.to() + 1);
            runner.run(model, v.get(i), kappa, 0, first);
            runner.run(silent, v.get(i), kappa, first, last);
            runner.run(model, v.get(i), kappa, last, bins);
            kappas.add(kappa);
            readouts.add(read(model, perturbed, v.get(i), kappa, bins));
        }
        return new Run(List.copyOf(kappas), List.copyOf(readouts));
    }

    private float[] read(KernelModel model, LowRankNetwork perturbed, float[] inputs, float[] kappa, int bins) {
        int outputs = readout.outputs();
        float[] z = new float[bins * outputs];
        for (int t = 0; t < bins; t++) {
            double[] rates = doubles(runner.rates(model, inputs, kappa, t + 1), 0, network.neurons());
            float[] rows = t >= plan.from() && t < plan.to() ? perturbed.readout() : network.readout();
            for (int o = 0; o < outputs; o++) {
                z[t * outputs + o] = (float) (readout.offset()[o] + network.readoutScale()
                        * RateSpace.dot(doubles(rows, o * rates.length, rates.length), rates));
            }
        }
        return z;
    }

    private static double[] doubles(float[] values, int from, int count) {
        double[] doubles = new double[count];
        for (int i = 0; i < count; i++) {
            doubles[i] = values[from + i];
        }
        return doubles;
    }
}
