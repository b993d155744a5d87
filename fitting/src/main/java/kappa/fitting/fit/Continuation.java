package kappa.fitting.fit;

import kappa.fitting.filter.Gauge;
import kappa.fitting.filter.SmallMatrix;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.StartingModel;
import kappa.ingest.recording.Observation;

/**
 * What an online fit takes over from the model of an earlier session. It goes on in the gauge that the earlier fit learnt in,
 * where process noise and uncertainty of a trial's start are diagonal, with the step size that belongs to its age. Recorded
 * neurons that the earlier session did not have begin at 0, the mean of the prior; hidden ones that it did not have begin as they
 * are drawn, because at 0 they would stay there.
 *
 * @param parameters to begin with
 * @param noise [N] variance of the observation noise
 * @param activity the unit that currents are fitted in
 * @param seen [N] neurons whose observation map is the earlier session's
 * @param kappaSquares [K] mean squares of kappa
 * @param steps that the earlier fit counts as having made
 * @param bins that the earlier session learned from, beside which the prior is weighed
 */
record Continuation(Parameters parameters, float[] noise, ActivityScale activity, boolean[] seen, double[] kappaSquares,
        long steps, long bins) {

    /**
     * The earlier fit counts as no older than this: a fit changes little when it is old, and neurons that are new have to be
     * learned. It is the age after 80 trials.
     */
    private static final long MOST_STEPS = 80L * FitPlan.DEFAULT_STEPS_PER_TRIAL;

    /** @param drawn parameters of a new fit */
    static Continuation of(FitPlan plan, StartingModel start, Parameters drawn) {
        PublishedModel model = start.model();
        LowRankNetwork network = model.model().network();
        int N = plan.neurons();
        int K = plan.rank();
        Gauge gauge = Gauge.diagonal(network.m(), network.n(), N, K, model.processNoise(), model.startCovariance());
        Parameters values = drawn.copy();
        for (int i = 0; i < N; i++) {
            if (i < start.recorded() || isConnected(network, i)) {
                column(gauge.m(), values.m(), i, N);
                column(gauge.n(), values.n(), i, N);
                column(network.w(), values.w(), i, N);
            }
        }
        if (values.b().length > 0) {
            System.arraycopy(network.b(), 0, values.b(), 0, N);
            double[] kappa = new double[K];
            SmallMatrix.apply(gauge.toCanonical(), model.start(), kappa, K);
            for (int k = 0; k < K; k++) {
                values.start()[k] = (float) kappa[k];
            }
        }
        logDeviations(gauge.covariance(model.processNoise()), values.logProcessNoise());
        logDeviations(gauge.covariance(model.startCovariance()), values.logStart());
        ActivityScale activity = plan.kind() == Observation.CURRENTS ? unit(model.model()) : ActivityScale.none(N);
        ObservationMap map = activity.ofFit(model.model().map());
        for (int i = 0; i < values.observation().length; i++) {
            boolean counts = plan.kind() == Observation.COUNTS;
            values.observation()[i] = FittedModel.trained(plan.kind(), counts ? map.gain()[i] : map.offset()[i]);
        }
        double[] squares = gauge.standardDeviations(model.kappaStd());
        for (int k = 0; k < K; k++) {
            squares[k] *= squares[k];
        }
        long steps = start.steps() == 0 ? MOST_STEPS : Math.min(start.steps(), MOST_STEPS);
        return new Continuation(values, map.noise().clone(), activity, start.known().clone(), squares, steps,
                start.bins());
    }

    /** The earlier session's unit of each neuron, about its offset; activity that was fitted as it is stays so. */
    private static ActivityScale unit(KernelModel model) {
        float[] centre = model.offset().clone();
        for (int i = 0; i < centre.length; i++) {
            centre[i] = model.gain()[i] == 1 ? 0 : centre[i];
        }
        return new ActivityScale(centre, model.gain().clone(), new boolean[centre.length]);
    }

    /** Whether the earlier session had this neuron: the network drives it or listens to it. */
    private static boolean isConnected(LowRankNetwork network, int neuron) {
        for (int k = 0; k < network.rank(); k++) {
            int at = k * network.neurons() + neuron;
            if (network.m()[at] != 0 || network.n()[at] != 0) {
                return true;
            }
        }
        return false;
    }

    /** Copies what rows of N numbers hold of one neuron. */
    private static void column(float[] from, float[] to, int neuron, int neurons) {
        for (int at = neuron; at < to.length; at += neurons) {
            to[at] = from[at];
        }
    }

    private static void logDeviations(double[] covariance, float[] to) {
        for (int k = 0; k < to.length; k++) {
            to[k] = (float) (Math.log(covariance[k * to.length + k]) / 2);
        }
    }
}
