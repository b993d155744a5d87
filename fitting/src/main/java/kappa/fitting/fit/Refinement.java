package kappa.fitting.fit;

import java.util.List;
import java.util.Optional;
import kappa.fitting.em.Iterations;
import kappa.fitting.em.StateSpaceModel;
import kappa.fitting.filter.LatentFilter;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.exception.MathIllegalArgumentException;

/**
 * What expectation-maximisation makes of the first trials of counts ({@link Iterations}). Gradient steps need some fifty trials
 * from random weights to a network that runs freely as the recorded one does; a few iterations over all trials so far need
 * twenty. They begin with the averages of the online fit and learn from the trials before the newest. What they come to is gone
 * on with only if it predicts the newest trial better than the averages, which have not seen that trial either: where spikes are
 * few, EM learns their noise by heart.
 *
 * <p>They are made with {@value #FIRST} trials and whenever there are a fifth more, until there are more than
 * {@value #MOST_NUMBERS} numbers, which are a second's work. Then gradient steps are as good, and forget. The result does not
 * depend on the number of threads. Not thread-safe.
 */
final class Refinement {

    static final int ITERATIONS = 5;
    private static final int FIRST = 8;
    private static final double GROWTH = 1.2;
    private static final int MOST_NUMBERS = 500_000;

    private final Iterations em;
    private final RnnKernels kernels;
    private final List<Trial> learned;
    private final Trial newest;
    private final StateSpaceModel first;
    /** Null before the first iteration. */
    private Iterations.Fit fit;
    private StateSpaceModel best;
    private double least;
    private boolean better;

    /**
     * Whether the trials so far are worth it: they are few, most are there, and the fit is one that EM can go on with.
     *
     * @param held the replay buffer's
     */
    static boolean isDue(FitPlan plan, List<Trial> held, long trialsSeen) {
        FitPlan.Settings settings = plan.settings();
        long bins = 0;
        for (Trial trial : held) {
            bins += trial.bins();
        }
        return plan.kind() == Observation.COUNTS && settings.filterLoss() && !settings.linearDynamics()
                && plan.start().isEmpty() && trialsSeen <= settings.halfLifeTrials() && trialsSeen <= 2L * held.size()
                && bins * plan.neurons() <= MOST_NUMBERS && isFifthMore(held.size());
    }

    /** Whether so many trials are the first ones, or a fifth more than the time before. */
    private static boolean isFifthMore(int trials) {
        double next = FIRST;
        while (Math.floor(next) < trials) {
            next = Math.max(Math.floor(next) + 1, next * GROWTH);
        }
        return Math.floor(next) == trials;
    }

    /**
     * @param average the fit's; copied
     * @param trials in the unit of the fit, of which the last has not been learned from
     */
    Refinement(FittedModel average, KappaScale scale, List<Trial> trials, RnnKernels kernels, Team team) {
        this.kernels = kernels;
        em = new Iterations(kernels, team);
        learned = trials.subList(0, trials.size() - 1);
        newest = trials.getLast();
        first = start(average, scale);
        best = first;
        least = loss(first);
    }

    private static StateSpaceModel start(FittedModel average, KappaScale scale) {
        KernelModel model = average.model();
        LowRankNetwork net = model.network();
        Parameters parameters = average.parameters();
        int K = net.rank();
        double[] start = new double[K];
        double[] covariance = PublishedModel.certainStart(K);
        double[] std = new double[K];
        for (int k = 0; k < K; k++) {
            std[k] = scale.std(k);
            start[k] = parameters.start().length > 0 ? parameters.start()[k] : 0;
            covariance[k * K + k] = Math.exp(2 * parameters.logStart()[k]);
        }
        ObservationMap map = model.map();
        LowRankNetwork copy = new LowRankNetwork(net.neurons(), K, net.inputs(), net.alpha(), net.m().clone(),
                net.n().clone(),
                net.w().clone(), net.b().clone());
        return Iterations.startingFrom(new KernelModel(copy,
                ObservationMap.of(map.kind(), map.gain().clone(), map.offset().clone(), map.noise().clone()),
                model.linearDynamics()), average.processNoise(scale), start, covariance, std);
    }

    /**
     * Makes an iteration.
     *
     * @return false if its likelihood is not larger, or a matrix of it cannot be solved: then there is no more to gain
     */
    boolean iterate() {
        Optional<Iterations.Fit> next;
        try {
            next = em.next(fit == null ? em.smooth(first, learned) : fit);
        } catch (MathIllegalArgumentException e) {
            return false;
        }
        next.ifPresent(iterate -> {
            fit = iterate;
            double loss = loss(iterate.parameters());
            if (loss < least) {
                least = loss;
                best = iterate.parameters();
                better = true;
            }
        });
        return next.isPresent();
    }

    /** Whether an iteration predicted the newest trial better than the averages of the online fit. */
    boolean isBetter() {
        return better;
    }

    /** The newest trial's, one bin ahead. */
    private double loss(StateSpaceModel candidate) {
        KernelModel model = candidate.model();
        int N = model.network().neurons();
        int S = model.network().inputs();
        LatentFilter filter = new LatentFilter(kernels, N, model.network().rank(), S);
        filter.restore(candidate.start(), candidate.startCovariance(), new float[S]);
        filter.setInputs(newest.v(), 0);
        double sum = 0;
        for (int t = 1; t <= newest.bins(); t++) {
            filter.predict(model, candidate.processNoise());
            filter.setInputs(newest.v(), t * S);
            double loss = filter.update(model, newest.y(), (t - 1) * N);
            if (t > newest.warmUp()) {
                sum += loss;
            }
        }
        return sum;
    }

    /** Takes over what predicted the newest trial best, if every number of it is finite. */
    void writeTo(Parameters to) {
        LowRankNetwork net = best.model().network();
        int K = net.rank();
        Parameters from = to.copy();
        System.arraycopy(net.m(), 0, from.m(), 0, from.m().length);
        System.arraycopy(net.n(), 0, from.n(), 0, from.n().length);
        System.arraycopy(net.w(), 0, from.w(), 0, from.w().length);
        System.arraycopy(net.b(), 0, from.b(), 0, from.b().length);
        for (int i = 0; i < from.observation().length; i++) {
            from.observation()[i] = FittedModel.trained(best.model().kind(), best.model().gain()[i]);
        }
        for (int k = 0; k < K; k++) {
            from.logProcessNoise()[k] = logSd(best.processNoise()[k * K + k]);
            from.logStart()[k] = logSd(best.startCovariance()[k * K + k]);
            if (from.start().length > 0) {
                from.start()[k] = (float) best.start()[k];
            }
        }
        if (isFinite(from)) {
            to.set(from);
        }
    }

    private static float logSd(double variance) {
        return (float) (0.5 * Math.log(variance));
    }

    private static boolean isFinite(Parameters parameters) {
        for (float[] array : parameters.arrays()) {
            for (float value : array) {
                if (!Float.isFinite(value)) {
                    return false;
                }
            }
        }
        return true;
    }
}
