package kappa.fitting.offline;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.filter.LatentFilter;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.SavedModel;
import kappa.fitting.model.Score;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;

/**
 * Co-smoothing of spike counts, as the Neural Latents Benchmark defines it (Pei et al. 2021): the rates of held-out
 * neurons are predicted from the held-in neurons, and scored in bits per spike against each held-out neuron's mean in
 * the session, (LL_model - LL_mean) / (spikes ln 2). The benchmark lets the model see all bins of the held-in
 * neurons; here it sees those up to the bin predicted and no later, since kappa is filtered, not smoothed. The
 * session should be one the network was not fitted to. Stateless.
 *
 * <p>The model of a fit brings along its gains, its process noise and its start. Where a file holds a network only, the filter's
 * process noise is a hundredth of the second moment of kappa in free runs; a missing gain is the most likely one of this session,
 * of held-in and held-out neurons alike; and the start is the part of h0 that lies in the span of m.
 */
public final class CoSmoothing {

    private static final double PROCESS_NOISE = 0.1 * 0.1;
    private static final double LEAST_VARIANCE = 1e-8;

    private CoSmoothing() {}

    /**
     * Draws the neurons to hold out.
     *
     * @param amount a share below 1 of the neurons, or how many
     * @return [N]
     * @throws InvalidInputException if fewer than one would be on either side
     */
    public static boolean[] draw(int neurons, double amount, long seed) {
        long wanted = amount < 1 ? Math.round(amount * neurons) : Math.round(amount);
        if (!(wanted >= 1 && wanted < neurons) || (amount >= 1 && amount != wanted)) {
            throw new InvalidInputException(
                    "--held-out-neurons is " + amount + ", expected a share or a whole number that"
                            + " leaves 1 to " + (neurons - 1) + " of " + neurons + " neurons out");
        }
        SplittableRandom random = new SplittableRandom(seed);
        boolean[] out = new boolean[neurons];
        // Selection sampling: each subset is as likely as any other.
        long left = wanted;
        for (int i = 0; i < neurons; i++) {
            out[i] = random.nextInt(neurons - i) < left;
            left -= out[i] ? 1 : 0;
        }
        return out;
    }

    /**
     * @param heldOut [N]
     * @return bits per spike; NaN if the held-out neurons never fired
     * @throws InvalidInputException if the session does not hold counts, or has other neurons or inputs than the
     * network
     */
    public static double bitsPerSpike(LowRankNetwork network, Recording session, boolean[] heldOut) {
        require(network, session);
        FitPlan plan = plan(network, session);
        double[] start = network.nearestKappa(network.initialState());
        Moments moments = new Moments(network, start, plan);
        read(session, plan, moments);
        float[] gain = network.gain().length > 0 ? network.gain() : moments.gain();
        Prior prior = new Prior(KernelModel.of(network, Observation.COUNTS, gain, new float[gain.length],
                new float[gain.length]), start, moments.covariance(PROCESS_NOISE), moments.covariance(PROCESS_NOISE),
                moments.covariance(1));
        return score(prior, moments, session, plan, heldOut);
    }

    /**
     * The same with all that a fit knows.
     *
     * @throws InvalidInputException if the session does not hold counts, or has other neurons or inputs than the model
     */
    public static double bitsPerSpike(SavedModel saved, Recording session, boolean[] heldOut) {
        PublishedModel model = saved.model();
        LowRankNetwork network = saved.network();
        require(network, session);
        if (saved.observation() != Observation.COUNTS) {
            throw new InvalidInputException("--held-out-neurons: the model was fitted to " + saved.observation()
                    + ", expected one of COUNTS");
        }
        FitPlan plan = plan(network, session);
        Moments moments = new Moments(network, model.start(), plan);
        read(session, plan, moments);
        double[] unknown = new double[network.rank() * network.rank()];
        for (int k = 0; k < network.rank(); k++) {
            unknown[k * network.rank() + k] = model.kappaStd()[k] * model.kappaStd()[k];
        }
        Prior prior = new Prior(model.model(), model.start(), model.processNoise(), model.startCovariance(), unknown);
        return score(prior, moments, session, plan, heldOut);
    }

    private static void require(LowRankNetwork network, Recording session) {
        if (session.observation() != Observation.COUNTS) {
            throw new InvalidInputException("--held-out-neurons: session " + session.name() + " has no spike counts,"
                    + " which bits per spike need");
        }
        int recorded = network.neurons() - network.hidden();
        if (session.neurons() != recorded || session.inputs() != network.inputs()) {
            throw new InvalidInputException("network: " + recorded + " neurons and " + network.inputs()
                    + " inputs, expected as many as session " + session.name() + " has, " + session.neurons() + " and "
                    + session.inputs());
        }
    }

    private static double score(Prior prior, Moments moments, Recording session, FitPlan plan, boolean[] heldOut) {
        Filtered filtered = new Filtered(prior, moments.plain, heldOut);
        read(session, plan, filtered);
        return filtered.score(moments);
    }

    /**
     * What the filter goes by.
     *
     * @param start [K] kappa at a trial's start
     * @param startCovariance [K,K] of it
     * @param unknown [K,K] covariance of kappa where nothing is known of it
     */
    private record Prior(KernelModel model, double[] start, double[] processNoise, double[] startCovariance,
            double[] unknown) {}

    private static void read(Recording session, FitPlan plan, SessionReader.Follower follower) {
        try (BinSource source = session.source()) {
            SessionReader.read(source, plan, List.of(follower), bins -> {});
        }
    }

    /** A plan whose alpha is the network's. */
    private static FitPlan plan(LowRankNetwork network, Recording session) {
        return new FitPlan(network.neurons(), network.rank(), network.inputs(), network.alpha(), session.observation(),
                0, FitPlan.DEFAULT_STEPS_PER_TRIAL, FitPlan.DEFAULT_BUFFER_BYTES);
    }

    /** First reading: the second moment of kappa in free runs, and what gains and means follow from. */
    private static final class Moments implements SessionReader.Follower {
        private final LowRankNetwork network;
        private final double[] start;
        private final double[] second;
        private final double[] counts;
        private final double[] observed;
        private final double[] predicted;
        private final KernelModel plain;
        private final float[] scratch = new float[RnnKernels.SCRATCH];
        private final float[] pair;
        private final float[] v;
        private long bins;

        Moments(LowRankNetwork network, double[] start, FitPlan plan) {
            this.network = network;
            this.start = start;
            int N = network.neurons();
            second = new double[network.rank() * network.rank()];
            counts = new double[N];
            observed = new double[N];
            predicted = new double[N];
            plain = KernelModel.plain(network, plan.kind());
            pair = new float[2 * network.rank()];
            v = new float[2 * network.inputs()];
        }

        @Override
        public void begin(Start how) {
            if (how == Start.TRIAL || how == Start.UNKNOWN) {
                for (int k = 0; k < start.length; k++) {
                    pair[k] = (float) start[k];
                }
                Arrays.fill(v, 0);
            }
        }

        @Override
        public void bin(float[] y, float[] u, float[] vNow) {
            int K = network.rank();
            System.arraycopy(vNow, 0, v, vNow.length, vNow.length);
            KernelProvider.kernels().rollout(plain, v, 0, 1, pair, 0, scratch);
            System.arraycopy(pair, K, pair, 0, K);
            System.arraycopy(vNow, 0, v, 0, vNow.length);
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    second[k * K + l] += (double) pair[k] * pair[l];
                }
            }
            bins++;
            for (int i = 0; i < y.length; i++) {
                if (!Float.isNaN(y[i])) {
                    counts[i] += y[i];
                    observed[i]++;
                    predicted[i] += (float) plain.predict(i, k -> pair[k], s -> vNow[s]);
                }
            }
        }

        @Override
        public void end(Trial trial) {
            // Everything was added bin by bin.
        }

        float[] gain() {
            float[] gain = new float[counts.length];
            for (int i = 0; i < gain.length; i++) {
                gain[i] = (float) Math.max(1e-4, predicted[i] > 0 ? counts[i] / predicted[i] : 0);
            }
            return gain;
        }

        double[] covariance(double share) {
            int K = network.rank();
            double[] out = new double[K * K];
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    out[k * K + l] = share * second[k * K + l] / Math.max(1, bins) + (k == l ? LEAST_VARIANCE : 0);
                }
            }
            return out;
        }
    }

    /** Second reading: the filter sees the held-in neurons, the score the others. */
    private static final class Filtered implements SessionReader.Follower {
        private final Prior prior;
        private final KernelModel plain;
        private final boolean[] heldOut;
        private final LatentFilter filter;
        private final float[] heldIn;
        private final float[] kappa;
        private double logLikelihood;

        Filtered(Prior prior, KernelModel plain, boolean[] heldOut) {
            LowRankNetwork network = prior.model.network();
            this.prior = prior;
            this.plain = plain;
            this.heldOut = heldOut;
            filter = new LatentFilter(KernelProvider.kernels(), network.neurons(), network.rank(), network.inputs());
            heldIn = new float[network.neurons()];
            kappa = new float[network.rank()];
        }

        @Override
        public void begin(Start how) {
            if (how == Start.TRIAL) {
                filter.reset(prior.start, prior.startCovariance);
            } else if (how == Start.UNKNOWN) {
                filter.reset(prior.start, prior.unknown);
            }
        }

        @Override
        public void bin(float[] y, float[] u, float[] v) {
            System.arraycopy(y, 0, heldIn, 0, y.length);
            for (int i = 0; i < heldOut.length; i++) {
                heldIn[i] = heldOut[i] ? Float.NaN : y[i];
            }
            filter.predict(prior.model, prior.processNoise);
            filter.setInputs(v, 0);
            filter.update(prior.model, heldIn, 0);
            filter.kappa(kappa, 0);
            for (int i = 0; i < heldOut.length; i++) {
                if (heldOut[i] && !Float.isNaN(y[i])) {
                    // 1 + tanh rounds to 0 far below threshold; a spike there must stay finite.
                    double rate = prior.model.gain()[i]
                            * Math.max(1e-7, (float) plain.predict(i, k -> kappa[k], s -> v[s]));
                    logLikelihood += (y[i] > 0 ? y[i] * Math.log(rate) : 0) - rate;
                }
            }
        }

        @Override
        public void end(Trial trial) {
            // Everything was added bin by bin.
        }

        double score(Moments moments) {
            double mean = 0;
            double spikes = 0;
            for (int i = 0; i < heldOut.length; i++) {
                if (heldOut[i] && moments.counts[i] > 0) {
                    mean += moments.counts[i] * (Math.log(moments.counts[i] / moments.observed[i]) - 1);
                    spikes += moments.counts[i];
                }
            }
            return Score.bitsPerSpike(logLikelihood - mean, spikes);
        }
    }
}
