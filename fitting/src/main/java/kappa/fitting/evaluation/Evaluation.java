package kappa.fitting.evaluation;

import static kappa.fitting.model.EffectiveConnectivity.dot;
import static kappa.fitting.model.EffectiveConnectivity.rows;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import kappa.fitting.model.EffectiveConnectivity;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.Score;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.WithInputBasis;

/**
 * How well a network predicts a session, and how close its connectivity is to another's (Valente, Pillow &amp; Ostojic 2022).
 *
 * <p>The network runs freely from each trial's start, given only the inputs; a session without trials is one run. Predicted
 * are phi(x + b) for rates, x for currents, g (1 + phi(x + b)) for counts. Then R2 = 1 - SSE/SST over all observed bins and
 * neurons, SST about each neuron's own mean in the session. For counts also
 *
 * <pre>
 * bits per spike = (LL_model - LL_mean) / (spikes ln 2)
 * </pre>
 *
 * <p>where LL_mean is the Poisson likelihood of each neuron's mean count in the session. A gain that the network does not
 * bring along is the most likely one for this session, as the mean is for its opponent.
 *
 * @param r2 over all neurons; NaN if nothing varies
 * @param r2PerNeuron [N]; NaN for a neuron that does not vary or is never observed
 * @param bitsPerSpike for sessions of counts; NaN without a spike
 */
public record Evaluation(long bins, double r2, double[] r2PerNeuron, OptionalDouble bitsPerSpike) {

    /**
     * Agreement of two connectivities.
     *
     * @param cc uncentred cosine between the entries of J and J_teacher
     * @param ecc the same between the parts that activity reveals
     */
    public record Connectivity(double cc, double ecc) {}

    /**
     * Runs the network over the whole session, from where the source stands.
     *
     * @throws InvalidInputException if the network has another number of neurons or inputs than the session
     */
    public static Evaluation of(Network network, BinSource session) {
        RecordingDescription recording = session.describe();
        int recorded = network.neurons() - network.hidden();
        if (recording.neurons().size() != recorded) {
            throw new InvalidInputException("network: " + recorded + " neurons, expected as many as session "
                    + session.name() + " has, " + recording.neurons().size());
        }
        if (recording.inputs().size() != network.inputs()) {
            throw new InvalidInputException("network: " + network.inputs() + " inputs, expected as many as session "
                    + session.name() + " has, " + recording.inputs().size());
        }
        Sums sums = new Sums(network, recording.observation());
        FreeRun run = new FreeRun(network);
        RecordedBin bin = recording.newBin();
        long bins = 0;
        long trial = 0;
        boolean ended = false;
        while (session.next(bin)) {
            if (recording.trials() && bins > 0 && (ended || bin.trial != trial)) {
                run.start();
            }
            trial = bin.trial;
            ended = bin.trialEnd;
            run.step(bin.inputs);
            sums.add(bin.activity, run);
            bins++;
        }
        return sums.score(bins);
    }

    /**
     * Runs the network over a whole recording.
     *
     * @throws InvalidInputException if the network has another number of neurons or inputs than the session
     */
    public static Evaluation of(Network network, Recording session) {
        try (BinSource source = withInputsOf(network, session).source()) {
            return of(network, source);
        }
    }

    /** The session with the inputs that the network was fitted on. */
    public static Recording withInputsOf(Network network, Recording session) {
        return network.basis().isPresent() && session.describe().inputBasis().isEmpty()
                ? new WithInputBasis(session, network.basis().get())
                : session;
    }

    /** What a neuron's scores are computed from. */
    private static final class Neuron {
        private double count;
        private double first; // its first observation: sums are taken about it, against cancellation
        private double y;
        private double yy;
        private double p;
        private double pp;
        private double yp;
        private double yLog; // sum of y log(1 + r)
    }

    /** Sums per neuron, so that a session passes once. */
    private static final class Sums {
        private final Observation observation;
        private final float[] gain;
        private final float[] scale;
        private final float[] offset;
        private final float[] biases;
        private final Neuron[] neurons;

        Sums(Network network, Observation observation) {
            this.observation = observation;
            gain = network.gain();
            boolean scaled = observation == Observation.CURRENTS;
            scale = scaled ? network.currentScale() : new float[0];
            offset = scaled ? network.currentOffset() : new float[0];
            biases = network.b();
            neurons = new Neuron[network.neurons() - network.hidden()];
            Arrays.setAll(neurons, _ -> new Neuron());
        }

        void add(float[] activity, FreeRun run) {
            for (int i = 0; i < neurons.length; i++) {
                double observed = activity[i];
                if (Double.isNaN(observed)) {
                    continue;
                }
                Neuron n = neurons[i];
                double predicted = ObservationMap.unscaled(observation, run.currents()[i], run.rates()[i]);
                if (scale.length > 0) {
                    predicted = scale[i] * predicted + offset[i];
                }
                if (observation == Observation.COUNTS) {
                    n.p += predicted;
                    n.pp += predicted * predicted;
                    n.yp += observed * predicted;
                    n.y += observed;
                    n.yy += observed * observed;
                    if (observed > 0) {
                        n.yLog += observed * logOnePlusTanh(run.currents()[i] + biases[i]);
                    }
                } else {
                    if (n.count == 0) {
                        n.first = observed;
                    }
                    double shifted = observed - n.first;
                    double error = observed - predicted;
                    n.y += shifted;
                    n.yy += shifted * shifted;
                    n.pp += error * error;
                }
                n.count++;
            }
        }

        /** log(2 sigmoid(2x)), finite where tanh has rounded to -1. */
        private static double logOnePlusTanh(double x) {
            double z = -2 * x;
            return Math.log(2) - Math.max(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
        }

        Evaluation score(long bins) {
            double[] r2 = new double[neurons.length];
            double sse = 0;
            double sst = 0;
            double nats = 0;
            double spikes = 0;
            for (int i = 0; i < r2.length; i++) {
                Neuron n = neurons[i];
                double neuronSst = n.count == 0 ? 0 : n.yy - n.y * n.y / n.count;
                double neuronSse = n.pp;
                if (observation == Observation.COUNTS) {
                    double g = gain.length > 0 ? gain[i] : n.p > 0 ? n.y / n.p : 0;
                    neuronSse = n.yy - 2 * g * n.yp + g * g * n.pp;
                    double model = (n.y > 0 ? n.y * Math.log(g) : 0) + n.yLog - g * n.p;
                    double mean = (n.y > 0 ? n.y * Math.log(n.y / n.count) : 0) - n.y;
                    nats += model - mean;
                    spikes += n.y;
                }
                r2[i] = Score.r2(neuronSse, neuronSst);
                sse += neuronSse;
                sst += neuronSst;
            }
            return new Evaluation(bins, Score.r2(sse, sst), r2,
                    observation == Observation.COUNTS
                            ? OptionalDouble.of(Score.bitsPerSpike(nats, spikes))
                            : OptionalDouble.empty());
        }
    }

    /**
     * CC and ECC of a fit with its teacher. The effective connectivity of a low-rank network is J with n projected on the span
     * of the network's own m and W, the only directions its activity takes. A full-rank teacher has no such span short of all
     * of space: the rows of its J are projected on the span of the fit's m and W. Costs O(N K^2), with a full-rank teacher
     * O(N^2 (K + S)); no matrix [N,N] is formed.
     *
     * @throws InvalidInputException if the networks have different numbers of neurons
     */
    public static Connectivity connectivity(LowRankNetwork fit, Network teacher) {
        if (teacher.neurons() != fit.neurons()) {
            throw new InvalidInputException(
                    "teacher: " + teacher.neurons() + " neurons, expected as many as the fit has, "
                            + fit.neurons());
        }
        EffectiveConnectivity revealed = EffectiveConnectivity.of(fit);
        double[][] m = rows(fit.m(), fit.neurons());
        double[][] n = rows(fit.n(), fit.neurons());
        double[][] effective = revealed.n();
        return switch (teacher) {
            case LowRankNetwork low -> {
                double[][] teacherM = rows(low.m(), low.neurons());
                double[][] teacherN = rows(low.n(), low.neurons());
                double[][] teacherEffective = EffectiveConnectivity.of(low).n();
                yield new Connectivity(cosine(m, n, teacherM, teacherN),
                        cosine(m, effective, teacherM, teacherEffective));
            }
            case FullRankNetwork full -> againstFullRank(m, n, effective, revealed.basis(), full.wrec());
        };
    }

    private static Connectivity againstFullRank(double[][] m, double[][] n, double[][] effective, List<double[]> basis,
            float[] wrec) {
        int neurons = m[0].length;
        double inner = 0;
        double effectiveInner = 0;
        double square = 0;
        double effectiveSquare = 0;
        double[] row = new double[neurons];
        for (int i = 0; i < neurons; i++) {
            for (int j = 0; j < neurons; j++) {
                row[j] = wrec[i * neurons + j];
            }
            square += dot(row, row);
            for (double[] direction : basis) {
                double along = dot(row, direction);
                effectiveSquare += along * along;
            }
            for (int k = 0; k < m.length; k++) {
                inner += m[k][i] * dot(row, n[k]);
                // The projection is symmetric: projecting one side of an inner product projects both.
                effectiveInner += m[k][i] * dot(row, effective[k]);
            }
        }
        return new Connectivity(inner / Math.sqrt(square * inner(m, n, m, n)),
                effectiveInner / Math.sqrt(effectiveSquare * inner(m, effective, m, effective)));
    }

    /** Cosine between m n' and m2 n2'; 1/N cancels. */
    private static double cosine(double[][] m, double[][] n, double[][] m2, double[][] n2) {
        return inner(m, n, m2, n2) / Math.sqrt(inner(m, n, m, n) * inner(m2, n2, m2, n2));
    }

    /** Sum of products of entries: tr((m n')' m2 n2') = sum_kl (m_k' m2_l)(n_k' n2_l). */
    private static double inner(double[][] m, double[][] n, double[][] m2, double[][] n2) {
        double sum = 0;
        for (int k = 0; k < m.length; k++) {
            for (int l = 0; l < m2.length; l++) {
                sum += dot(m[k], m2[l]) * dot(n[k], n2[l]);
            }
        }
        return sum;
    }
}
