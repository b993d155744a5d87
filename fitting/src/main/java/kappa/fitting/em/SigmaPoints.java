package kappa.fitting.em;

import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * A smoothed trial as the M step reads it. Expectations over kappa_t ~ N(mu, V) are means over the 2 K points of the
 * third-degree cubature rule (Arasaratnam &amp; Haykin, IEEE Trans. Autom. Control 2009), mu +- sqrt(K) times a column
 * of L, V = L L'. They are exact for polynomials of up to third degree. Of kappa_{t+1} only its mean at each of them
 * and the covariance that remains are wanted, because the log density of a transition is quadratic in it:
 *
 * <pre>
 * E[kappa_{t+1} | kappa_t]   = mu_{t+1} + C V^-1 (kappa_t - mu_t)          C = Cov(kappa_{t+1}, kappa_t)
 * Cov[kappa_{t+1} | kappa_t] = V_{t+1} - C V^-1 C'
 * </pre>
 *
 * @param points [T + 1,2 K,K]
 * @param targets [T,2 K,K] E[kappa_{t+1} | kappa_t] - (1-alpha) kappa_t at each point: what the recurrent drive must
 *        explain
 * @param remaining [T,K,K] Cov[kappa_{t+1} | kappa_t]
 */
record SigmaPoints(SmoothedTrial smoothed, double[] points, double[] targets, double[] remaining) {

    static SigmaPoints of(SmoothedTrial smoothed, double alpha, int K) {
        int T = smoothed.trial().bins();
        int J = 2 * K;
        double[] points = new double[(T + 1) * J * K];
        double[] targets = new double[T * J * K];
        double[] remaining = new double[T * K * K];
        double root = Math.sqrt(K);
        for (int t = 0; t <= T; t++) {
            RealMatrix L = Smoother.factor(Smoother.matrix(smoothed.covariance(), t, K)).getL();
            RealMatrix next = null;
            if (t < T) {
                // C V^-1 L = C L^-T
                next = Smoother.matrix(smoothed.lagOne(), t, K)
                        .multiply(MatrixUtils.inverse(L).transpose());
                RealMatrix left = Smoother.matrix(smoothed.covariance(), t + 1, K)
                        .subtract(next.multiply(next.transpose()));
                for (int k = 0; k < K; k++) {
                    System.arraycopy(left.getRow(k), 0, remaining, (t * K + k) * K, K);
                }
            }
            for (int j = 0; j < J; j++) {
                int column = j / 2;
                double sign = j % 2 == 0 ? root : -root;
                for (int k = 0; k < K; k++) {
                    double point = smoothed.mean()[t * K + k] + sign * L.getEntry(k, column);
                    points[(t * J + j) * K + k] = point;
                    if (next != null) {
                        targets[(t * J + j) * K + k] = smoothed.mean()[(t + 1) * K + k]
                                + sign * next.getEntry(k, column) - (1 - alpha) * point;
                    }
                }
            }
        }
        return new SigmaPoints(smoothed, points, targets, remaining);
    }
}
