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
 * <p>A network file holds no noises. The filter's process noise is a hundredth of the second moment of kappa in free
 * runs, as in the online fitter; a missing gain is the most likely one of this session, of held-in and held-out
 * neurons alike. The start is the part of h0 that lies in the span of m.
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
        if (session.observation() != Observation.COUNTS) {
            throw new InvalidInputException("--held-out-neurons: session " + session.name() + " has no spike counts,"
                    + " which bits per spike need");
        }
        if (session.neurons() != network.neurons() || session.inputs() != network.inputs()) {
            throw new InvalidInputException("network: " + network.neurons() + " neurons and " + network.inputs()
                    + " inputs, expected as many as session " + session.name() + " has, " + session.neurons() + " and "
                    + session.inputs());
        }
        FitPlan plan = plan(network, session);
        double[] start = network.nearestKappa(network.initialState());
        Moments moments = new Moments(network, start, plan);
        read(session, plan, moments);
        float[] gain = network.gain().length > 0 ? network.gain() : moments.gain();
        Filtered filtered = new Filtered(KernelModel.of(network, Observation.COUNTS, gain, new float[gain.length],
                new float[gain.length]), start, moments, heldOut);
        read(session, plan, filtered);
        return filtered.score(moments);
    }

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
        private final KernelModel model;
        private final KernelModel plain;
        private final double[] start;
        private final double[] processNoise;
        private final double[] unknown;
        private final boolean[] heldOut;
        private final LatentFilter filter;
        private final float[] heldIn;
        private final float[] kappa;
        private double logLikelihood;

        Filtered(KernelModel model, double[] start, Moments moments, boolean[] heldOut) {
            LowRankNetwork network = model.network();
            this.model = model;
            plain = moments.plain;
            this.start = start;
            this.heldOut = heldOut;
            processNoise = moments.covariance(PROCESS_NOISE);
            unknown = moments.covariance(1);
            filter = new LatentFilter(KernelProvider.kernels(), network.neurons(), network.rank(), network.inputs());
            heldIn = new float[network.neurons()];
            kappa = new float[network.rank()];
        }

        @Override
        public void begin(Start how) {
            if (how == Start.TRIAL) {
                filter.reset(start, processNoise);
            } else if (how == Start.UNKNOWN) {
                filter.reset(start, unknown);
            }
        }

        @Override
        public void bin(float[] y, float[] u, float[] v) {
            for (int i = 0; i < y.length; i++) {
                heldIn[i] = heldOut[i] ? Float.NaN : y[i];
            }
            filter.predict(model, processNoise);
            filter.setInputs(v, 0);
            filter.update(model, heldIn, 0);
            filter.kappa(kappa, 0);
            for (int i = 0; i < y.length; i++) {
                if (heldOut[i] && !Float.isNaN(y[i])) {
                    // 1 + tanh rounds to 0 far below threshold; a spike there must stay finite.
                    double rate = model.gain()[i] * Math.max(1e-7, (float) plain.predict(i, k -> kappa[k], s -> v[s]));
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
