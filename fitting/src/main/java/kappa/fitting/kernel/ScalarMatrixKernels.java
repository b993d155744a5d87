package kappa.fitting.kernel;

import kappa.fitting.model.LowRankNetwork;

/** The reference: plain loops with sums in double precision. Used where the Vector API is not available. */
final class ScalarMatrixKernels implements MatrixKernels {

    @Override
    public void multiply(int rows, float[] a, int aAt, int aRow, int aColumn, PackedMatrix b, float[] c, int cAt,
            int cRow, boolean add) {
        float[] panels = b.panels();
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < b.columns(); j++) {
                int from = j / PackedMatrix.PANEL * b.rows() * PackedMatrix.PANEL + j % PackedMatrix.PANEL;
                int to = cAt + i * cRow + j;
                double sum = add ? c[to] : 0;
                for (int k = 0; k < b.rows(); k++) {
                    sum += (double) a[aAt + i * aRow + k * aColumn] * panels[from + k * PackedMatrix.PANEL];
                }
                c[to] = (float) sum;
            }
        }
    }

    @Override
    public void advance(int neurons, float decay, float[] x, int xAt, float[] drive, int driveAt, float[] b,
            float[] rates, int ratesAt) {
        for (int i = 0; i < neurons; i++) {
            double next = (double) decay * x[xAt + i] + drive[driveAt + i];
            x[xAt + i] = (float) next;
            rates[ratesAt + i] = (float) LowRankNetwork.phi(next + b[i]);
        }
    }

    @Override
    public void adjoint(int neurons, float decay, float[] rates, int ratesAt, float[] back, int backAt, float[] later,
            int laterAt, float[] now, int nowAt, float[] slopes) {
        for (int i = 0; i < neurons; i++) {
            double slope = LowRankNetwork.phiPrimeOfRate(rates[ratesAt + i]) * back[backAt + i];
            now[nowAt + i] = (float) ((double) decay * later[laterAt + i] + slope);
            slopes[i] += (float) slope;
        }
    }
}
