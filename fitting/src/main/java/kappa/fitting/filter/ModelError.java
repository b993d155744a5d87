package kappa.fitting.filter;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * The error of kappa that comes from an imperfect model. The filter's covariance P holds what follows from the noise if all
 * parameters are right. They are estimates, and their error moves kappa away in the same direction for many bins. Two
 * sources are assumed beside the filter's own noise, for M and U as the filter would pass them on (the "consider" covariance
 * of Schmidt 1966):
 *
 * <pre>
 * kappa(t+1) = f(kappa(t)) + psi(t) delta + epsilon(t)
 * delta ~ N(0, S) for a whole trial                        psi^2 = mean over k of (kappa_k / std_k)^2
 * epsilon ~ N(0, xi diag(std^2)) anew in each bin
 * M = A (F M + psi I)      U = A (F U F' + diag(std^2)) A'      A = P+ P^-1, what is left of an error after the bin
 * published covariance = P + M S M' + xi U
 * </pre>
 *
 * <p>The likelihood hardly sees such an error: all neurons share in it. S and xi are estimated from products of innovations
 * at different bins instead, which are uncorrelated if the model is right. With the score s = -info e + noise in the space of
 * kappa at the prediction, and h the sum of y in earlier bins, each weighted by lambda to the power of the lag,
 *
 * <pre>
 * y = M' s:                             E y h'  = G S H + (M' info V) xi      [K,K] equations
 * y = a s,  a = (tr info / K)^-1/2:     E y . h = ...                         one equation
 * G = M' info M, H its weighted sum, V what is left of earlier responses U info M
 * </pre>
 *
 * <p>are linear in S and xi. Both sides are summed over the bins of past trials, with forgetting, and solved after each
 * trial. Half a standard error, which follows from the noise alone, is added to both: an error that is too small to be seen
 * yet may be there.
 *
 * <p>Not thread-safe. Nothing is allocated per bin.
 */
final class ModelError {

    private static final double FORGETTING = 0.98;
    /** By how much an earlier bin counts less than the one after it. */
    private static final double LAMBDA = 0.95;
    private static final double STANDARD_ERRORS = 0.5;
    /** Before anything is known: models of few trials are wrong by more than the noise. */
    private static final double FIRST_XI = 0.25;
    private static final double MOST_XI = 1;

    private final int K;
    /** Unknowns: S by rows, and xi. */
    private final int size;
    private final double[] sums;
    private final double[] expected;
    /** Variance of the last sum under noise alone. */
    private double variance;
    private final double[] drift;
    private double xi = FIRST_XI;

    /** M and U. */
    private final double[] sensitivity;
    private final double[] response;
    /** h of both equations, and what is expected of it for S and for xi. */
    private final double[] trace;
    private final double[] traceOfDrift;
    private final double[] traceOfXi;
    private final double[] plainTrace;
    private final double[] plainTraceOfDrift;
    private final double[] plainTraceOfXi;
    private final double[] plainTraceCovariance;

    private final double[] squares;
    private final double[] kept;
    private final double[] work;
    private final double[] infoSensitivity;
    private final double[] information;
    private final double[] weighted;

    ModelError(int rank) {
        K = rank;
        int square = rank * rank;
        size = square + 1;
        sums = new double[size];
        expected = new double[size * size];
        drift = new double[square];
        sensitivity = new double[square];
        response = new double[square];
        trace = new double[rank];
        traceOfDrift = new double[square];
        traceOfXi = new double[square];
        plainTrace = new double[rank];
        plainTraceOfDrift = new double[square];
        plainTraceOfXi = new double[square];
        plainTraceCovariance = new double[square];
        squares = new double[rank];
        kept = new double[square];
        work = new double[square];
        infoSensitivity = new double[square];
        information = new double[square];
        weighted = new double[rank];
        scaleTo(ones(rank));
    }

    private static double[] ones(int count) {
        double[] ones = new double[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** kappa's standard deviations in the model that the filter uses from here on. */
    void scaleTo(double[] std) {
        for (int k = 0; k < K; k++) {
            squares[k] = std[k] * std[k];
        }
    }

    /** A run of bins begins at a state that the model gives: nothing has gone wrong yet. */
    void start() {
        for (double[] state : within()) {
            Arrays.fill(state, 0);
        }
    }

    /** What changes from bin to bin of a trial. */
    private double[][] within() {
        return new double[][]{sensitivity, response, trace, traceOfDrift, traceOfXi, plainTrace, plainTraceOfDrift,
            plainTraceOfXi, plainTraceCovariance};
    }

    /** The state is expressed on other axes: kappa' = map kappa, [K,K]. */
    void moveTo(double[] map) {
        double[] old = sensitivity.clone();
        SmallMatrix.multiply(map, old, sensitivity, K);
        SmallMatrix.multiply(map, response.clone(), work, K);
        SmallMatrix.multiplyTransposed(work, map, response, K);
        // Products of innovations on different axes mean nothing.
        for (double[] state : within()) {
            if (state != sensitivity && state != response) {
                Arrays.fill(state, 0);
            }
        }
    }

    /** psi at the filter's present state, which the next prediction starts from. */
    double psi(double[] kappa) {
        double sum = 0;
        for (int k = 0; k < K; k++) {
            sum += kappa[k] * kappa[k] / squares[k];
        }
        return Math.sqrt(sum / K);
    }

    /**
     * The filter has predicted a bin.
     *
     * @param psi {@link #psi} before the prediction
     */
    void predicted(LatentFilter filter, double psi) {
        double[] f = filter.jacobian();
        left(f, sensitivity);
        left(f, traceOfXi);
        left(f, plainTraceOfXi);
        SmallMatrix.multiply(f, response, work, K);
        SmallMatrix.multiplyTransposed(work, f, response, K);
        for (int k = 0; k < K; k++) {
            sensitivity[k * K + k] += psi;
            response[k * K + k] += squares[k];
        }
    }

    /** The filter has taken the bin's activity into account. */
    void updated(LatentFilter filter) {
        double[] score = filter.innovation();
        double[] info = filter.innovationInfo();
        double total = 0;
        for (int k = 0; k < K; k++) {
            total += info[k * K + k];
        }
        SmallMatrix.multiply(info, sensitivity, infoSensitivity, K);
        SmallMatrix.transposedMultiply(sensitivity, infoSensitivity, information, K);
        if (!Double.isFinite(total + ofAll(score) + ofAll(infoSensitivity) + ofAll(response))) {
            // A filter that has left all bounds says nothing of the model's error.
            start();
            return;
        }
        double weight = total > 0 ? 1 / Math.sqrt(total / K) : 0;
        sum(score, info, weight);
        filter.keptError(kept);
        // The traces of xi's response: what of this bin's error is left later, times how this bin's score shows it.
        SmallMatrix.multiply(response, infoSensitivity, work, K);
        decayAndAdd(traceOfXi, work, 1);
        left(kept, traceOfXi);
        SmallMatrix.multiply(response, info, work, K);
        decayAndAdd(plainTraceOfXi, work, weight);
        left(kept, plainTraceOfXi);
        decayAndAdd(traceOfDrift, information, 1);
        decayAndAdd(plainTraceOfDrift, infoSensitivity, weight);
        for (int i = 0; i < plainTraceCovariance.length; i++) {
            plainTraceCovariance[i] = LAMBDA * LAMBDA * plainTraceCovariance[i] + weight * weight * info[i];
        }
        for (int k = 0; k < K; k++) {
            trace[k] = LAMBDA * trace[k] + weighted[k];
            plainTrace[k] = LAMBDA * plainTrace[k] + weight * score[k];
        }
        left(kept, sensitivity);
        SmallMatrix.multiply(kept, response, work, K);
        SmallMatrix.multiplyTransposed(work, kept, response, K);
    }

    /** Adds the products of this bin's innovation with those of earlier bins, and what is expected of them. */
    private void sum(double[] score, double[] info, double weight) {
        for (int k = 0; k < K; k++) {
            double y = 0;
            for (int l = 0; l < K; l++) {
                y += sensitivity[l * K + k] * score[l];
            }
            weighted[k] = y;
        }
        int last = size - 1;
        for (int k = 0; k < K; k++) {
            sums[last] += weight * score[k] * plainTrace[k];
        }
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                int row = i * K + j;
                sums[row] += weighted[i] * trace[j];
                for (int k = 0; k < K; k++) {
                    for (int l = 0; l < K; l++) {
                        expected[row * size + k * K + l] += information[i * K + k] * traceOfDrift[j * K + l];
                    }
                    expected[row * size + last] += infoSensitivity[k * K + i] * traceOfXi[k * K + j];
                    expected[last * size + row] += weight * infoSensitivity[k * K + i] * plainTraceOfDrift[k * K + j];
                }
                expected[last * size + last] += weight * info[i * K + j] * plainTraceOfXi[j * K + i];
                variance += weight * weight * info[i * K + j] * plainTraceCovariance[j * K + i];
            }
        }
    }

    private static double ofAll(double[] of) {
        double sum = 0;
        for (double value : of) {
            sum += value;
        }
        return sum;
    }

    private static void decayAndAdd(double[] to, double[] added, double weight) {
        for (int i = 0; i < to.length; i++) {
            to[i] = LAMBDA * to[i] + weight * added[i];
        }
    }

    /** a = map a. */
    private void left(double[] map, double[] a) {
        SmallMatrix.multiply(map, a, work, K);
        System.arraycopy(work, 0, a, 0, a.length);
    }

    /**
     * Writes the covariance of kappa's whole error, [K,K].
     *
     * @param covariance P, the filter's
     */
    void covariance(double[] covariance, double[] out) {
        SmallMatrix.multiply(sensitivity, drift, work, K);
        SmallMatrix.multiplyTransposed(work, sensitivity, out, K);
        for (int i = 0; i < out.length; i++) {
            out[i] += covariance[i] + xi * response[i];
        }
    }

    /** A trial or segment is over: S and xi are estimated anew. */
    void endTrial() {
        solve();
        for (int i = 0; i < size; i++) {
            sums[i] *= FORGETTING;
        }
        for (int i = 0; i < expected.length; i++) {
            expected[i] *= FORGETTING;
        }
        variance *= FORGETTING;
    }

    private void solve() {
        int last = size - 1;
        RealMatrix all = new Array2DRowRealMatrix(size, size);
        for (int row = 0; row < size; row++) {
            for (int column = 0; column < size; column++) {
                all.setEntry(row, column, expected[row * size + column]);
            }
        }
        RealMatrix ofDrift = all.getSubMatrix(0, last - 1, 0, last - 1);
        LUDecomposition driftAlone = new LUDecomposition(ofDrift, 0);
        LUDecomposition both = new LUDecomposition(all, 0);
        if (!driftAlone.getSolver().isNonSingular() || !both.getSolver().isNonSingular()
                || !(expected[last * size + last] > 0)) {
            return; // no activity was observed yet
        }
        double[] solution = both.getSolver().solve(new Array2DRowRealMatrix(sums)).getColumn(0);
        double ofNoise = solution[last];
        double[] s = Arrays.copyOf(solution, last);
        if (ofNoise < 0) {
            ofNoise = 0;
            s = driftAlone.getSolver().solve(new Array2DRowRealMatrix(Arrays.copyOf(sums, last))).getColumn(0);
        }
        if (clip(s)) {
            double rest = sums[last];
            for (int i = 0; i < last; i++) {
                rest -= expected[last * size + i] * s[i];
            }
            ofNoise = Math.max(0, rest / expected[last * size + last]);
        }
        RealMatrix inverse = driftAlone.getSolver().getInverse();
        for (int k = 0; k < K; k++) {
            int at = k * K + k;
            s[at] += STANDARD_ERRORS * Math.sqrt(Math.max(0, inverse.getEntry(at, at)));
        }
        ofNoise += STANDARD_ERRORS * Math.sqrt(variance) / expected[last * size + last];
        if (Double.isFinite(Arrays.stream(s).sum()) && Double.isFinite(ofNoise)) {
            System.arraycopy(s, 0, drift, 0, last);
            xi = Math.min(MOST_XI, ofNoise);
        }
    }

    /** Makes S symmetric with eigenvalues from 0 to kappa's largest variance. Returns whether one was outside. */
    private boolean clip(double[] s) {
        RealMatrix symmetric = new Array2DRowRealMatrix(K, K);
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                symmetric.setEntry(i, j, (s[i * K + j] + s[j * K + i]) / 2);
            }
        }
        EigenDecomposition eigen = new EigenDecomposition(symmetric);
        double most = Arrays.stream(squares).max().orElseThrow();
        boolean outside = false;
        Arrays.fill(s, 0);
        for (int e = 0; e < K; e++) {
            double value = eigen.getRealEigenvalue(e);
            outside |= value < 0;
            double clipped = Math.clamp(value, 0, most);
            for (int i = 0; i < K; i++) {
                for (int j = 0; j < K; j++) {
                    s[i * K + j] += clipped * eigen.getV().getEntry(i, e) * eigen.getV().getEntry(j, e);
                }
            }
        }
        return outside;
    }

    /** All that is known, for a checkpoint: the sums, the estimates, and the state within a trial. */
    double[] save() {
        return concatenation(sums, expected, new double[]{variance, xi}, drift, within());
    }

    /** Takes {@link #save} over. */
    void restore(double[] saved) {
        int at = take(saved, 0, sums);
        at = take(saved, at, expected);
        variance = saved[at++];
        xi = saved[at++];
        at = take(saved, at, drift);
        for (double[] state : within()) {
            at = take(saved, at, state);
        }
    }

    private static double[] concatenation(double[] a, double[] b, double[] c, double[] d, double[][] rest) {
        return Arrays.stream(new double[][][]{{a, b, c, d}, rest}).flatMap(Arrays::stream)
                .flatMapToDouble(Arrays::stream).toArray();
    }

    private static int take(double[] from, int at, double[] to) {
        System.arraycopy(from, at, to, 0, to.length);
        return at + to.length;
    }
}
