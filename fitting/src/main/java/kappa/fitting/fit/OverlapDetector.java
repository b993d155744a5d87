package kappa.fitting.fit;

import java.util.Locale;
import java.util.Optional;
import kappa.fitting.model.Trial;

/**
 * Recognises counts that are sums over overlapping windows. These break every likelihood: each spike is counted W
 * times, so that neighbouring bins carry nearly the same noise.
 *
 * <p>If y_t = c_t + c_{t-1} + .. + c_{t-W+1}, the residuals of y are correlated as 1 - lag / W. Rates that change
 * slowly look similar, so the differences are looked at, in which they all but vanish:
 *
 * <pre>
 * y_t - y_{t-1} = c_t - c_{t-W}
 * </pre>
 *
 * <p>is correlated with itself by -1/2 at lag W and by 0 at all others, while bins that do not overlap have their
 * -1/2 at lag 1. A window that is no multiple of the step shares its -1/2 out between two lags. So a session is told
 * on if lag 1 has no -1/2 and two neighbouring lags from 2 on lie deep below the ones on either side of them.
 * Correlations are each neuron's own, averaged over neurons, within trials. Not thread-safe; nothing of it belongs on
 * the latency path.
 */
public final class OverlapDetector {

    /** Windows up to this many steps are recognised. */
    static final int MAX_WINDOW = 64;

    private static final int LAGS = MAX_WINDOW + 2;
    /** Enough to judge by; what comes later is not looked at. */
    private static final long MAX_BINS = 10_000;
    /** Differences, over all neurons that fired: their mean correlations are then known to .03. */
    private static final long MIN_DIFFERENCES = 2_000;
    private static final double HALF_OF_THE_NOTCH = -0.25;

    private final int neurons;
    /** Sums of d_t d_{t-lag}, and how many there are, [N,LAGS]. */
    private final double[] products;
    private final double[] pairs;
    private long bins;

    public OverlapDetector(int neurons) {
        this.neurons = neurons;
        products = new double[neurons * LAGS];
        pairs = new double[neurons * LAGS];
    }

    /** Looks at a trial of counts. */
    public void add(Trial trial) {
        int T = trial.bins();
        if (bins >= MAX_BINS) {
            return;
        }
        bins += T - trial.warmUp();
        float[] d = new float[T];
        for (int i = 0; i < neurons; i++) {
            // A difference with an unobserved side is NaN and left out of every product.
            for (int t = trial.warmUp() + 1; t < T; t++) {
                d[t] = trial.y()[t * neurons + i] - trial.y()[(t - 1) * neurons + i];
            }
            for (int lag = 0; lag < LAGS; lag++) {
                for (int t = trial.warmUp() + 1 + lag; t < T; t++) {
                    float product = d[t] * d[t - lag];
                    if (!Float.isNaN(product)) {
                        products[i * LAGS + lag] += product;
                        pairs[i * LAGS + lag]++;
                    }
                }
            }
        }
    }

    /** Mean autocorrelation of the differences, by lag; NaN where there are too few of them. */
    private double[] correlations() {
        double[] out = new double[LAGS];
        for (int lag = 0; lag < LAGS; lag++) {
            double sum = 0;
            double weight = 0;
            for (int i = 0; i < neurons; i++) {
                double variance = products[i * LAGS] / Math.max(1, pairs[i * LAGS]);
                if (variance > 0) {
                    sum += products[i * LAGS + lag] / variance;
                    weight += pairs[i * LAGS + lag];
                }
            }
            out[lag] = weight < MIN_DIFFERENCES ? Double.NaN : sum / weight;
        }
        return out;
    }

    /** W, the estimated window in steps; empty if bins do not overlap, or too few were seen to tell. */
    public Optional<Double> window() {
        double[] rho = correlations();
        // Comparisons with NaN are false, so that what is not known is never told on.
        if (!(rho[1] > HALF_OF_THE_NOTCH)) {
            return Optional.empty();
        }
        double deepest = HALF_OF_THE_NOTCH;
        Optional<Double> window = Optional.empty();
        for (int lag = 2; lag + 2 < LAGS; lag++) {
            double notch = rho[lag] + rho[lag + 1] - rho[lag - 1] - rho[lag + 2];
            if (notch < deepest) {
                deepest = notch;
                double base = (rho[lag - 1] + rho[lag + 2]) / 2;
                double here = Math.max(0, base - rho[lag]);
                double next = Math.max(0, base - rho[lag + 1]);
                window = Optional.of(lag + next / (here + next));
            }
        }
        return window;
    }

    /** One line for the user, if bins overlap. */
    public Optional<String> warning() {
        return window().map(w -> String.format(Locale.ROOT,
                "counts look like sums over windows of %.1f bins that overlap (neighbouring bins share %.0f %% of their"
                        + " spikes): every spike is counted several times, and scores and uncertainties are wrong;"
                        + " publish counts of bins that do not overlap",
                w, 100 * (1 - 1 / w)));
    }
}
