package kappa.fitting.em;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Trial;

/**
 * Expectation-maximisation over a list of trials with an extended Kalman smoother (Dempster, Laird &amp; Rubin 1977; Shumway
 * &amp; Stoffer 1982). One iteration is
 *
 * <pre>
 * E   smooth every trial                                         {@link Smoother}
 * M   m, n, W, b, gains or offsets; observation noise, Q, start  {@link Maximisation}
 *     then Q/4, if the activity is likelier under it
 * </pre>
 *
 * <p>where the last line (a maximisation of the likelihood itself, as in ECME: Liu &amp; Rubin, Biometrika 1994) is
 * there because Q by itself shrinks ever more slowly. What the two make larger is the likelihood of the activity times
 * a weak Gaussian prior on n. The result does not depend on the number of threads. Not thread-safe.
 */
public final class Iterations {

    /**
     * First value of the standard deviation of kappa at the start of a trial, relative to kappa's RMS. It is above 0,
     * because EM cannot learn from a start that is certain.
     */
    private static final double FIRST_START_SD = 0.1;

    private static final double QUIETER = 0.25;
    private static final int CHUNKS = 16;

    private final RnnKernels kernels;
    private final Team team;
    private final Maximisation maximisation;
    private long divergences;

    /**
     * Parameters with the trials smoothed by them.
     *
     * @param logPosterior the log-likelihood of the activity of all trials ({@link SmoothedTrial#logLikelihood}) and the weak
     *        log prior of n, in nats
     */
    public record Fit(StateSpaceModel parameters, List<SmoothedTrial> smoothed, double logPosterior) {}

    /** @param team shares the work */
    public Iterations(RnnKernels kernels, Team team) {
        this.kernels = kernels;
        this.team = team;
        maximisation = new Maximisation(team);
    }

    /** Bins left out of a smoothing because the filter's update was not finite, over all iterations. */
    public long divergences() {
        return divergences;
    }

    /**
     * Where EM begins from a network that was fitted in another way: the same, with a start of trials that is not certain.
     *
     * @param processNoise [K,K]
     * @param start [K]
     * @param startCovariance [K,K]; copied
     * @param kappaStd [K]
     */
    public static StateSpaceModel startingFrom(KernelModel model, double[] processNoise, double[] start,
            double[] startCovariance, double[] kappaStd) {
        int K = start.length;
        double[] covariance = startCovariance.clone();
        for (int k = 0; k < K; k++) {
            double sd = FIRST_START_SD * kappaStd[k];
            covariance[k * K + k] += sd * sd;
        }
        return new StateSpaceModel(model, processNoise, start, covariance, kappaStd);
    }

    /** An iteration; empty if it does not make the posterior larger. */
    public Optional<Fit> next(Fit fit) {
        List<Trial> trials = fit.smoothed().stream().map(SmoothedTrial::trial).toList();
        Fit next = withLikelierProcessNoise(
                smooth(maximisation.maximise(fit.parameters(), fit.smoothed()).parameters(), trials), trials);
        return next.logPosterior() >= fit.logPosterior() ? Optional.of(next) : Optional.empty();
    }

    private Fit withLikelierProcessNoise(Fit now, List<Trial> trials) {
        if (!Maximisation.believable(now.parameters(), QUIETER)) {
            return now;
        }
        Fit quieter = smooth(now.parameters().withProcessNoise(QUIETER), trials);
        return quieter.logPosterior() > now.logPosterior() ? quieter : now;
    }

    /** The E step, with which EM begins. */
    public Fit smooth(StateSpaceModel parameters, List<Trial> trials) {
        SmoothedTrial[] out = new SmoothedTrial[trials.size()];
        long[] skipped = new long[CHUNKS];
        LowRankNetwork net = parameters.model().network();
        team.run(CHUNKS, (chunk, _) -> {
            Smoother smoother = new Smoother(kernels, net.neurons(), net.rank(), net.inputs());
            for (int t = chunk; t < out.length; t += CHUNKS) {
                out[t] = smoother.smooth(parameters, trials.get(t));
            }
            skipped[chunk] = smoother.divergences();
        });
        divergences += Arrays.stream(skipped).sum();
        double sum = ExpectedLogLikelihood.logPrior(Maximisation.pack(parameters.model()),
                new ExpectedLogLikelihood.Layout(net.neurons(), net.rank(), net.inputs()));
        for (SmoothedTrial trial : out) {
            sum += trial.logLikelihood();
        }
        return new Fit(parameters, Arrays.asList(out), sum);
    }
}
