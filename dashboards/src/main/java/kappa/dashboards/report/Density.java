package kappa.dashboards.report;

import java.util.Arrays;
import java.util.List;

/** Kernel density of a pair of vectors over neurons (Valente 2019, figure 5.9). Stateless. */
public final class Density {

    private static final int GRID = 40;
    private static final double MARGIN = 0.25;

    private Density() {}

    /** The neurons themselves beside their density. */
    public static String withScatter(String nameX, double[] x, String nameY, double[] y) {
        return SvgPlot.pictures(List.of(Scatters.plain(nameX + " and " + nameY + " of each neuron", nameX, x, nameY, y),
                of("density of " + nameX + " and " + nameY, nameX, x, nameY, y)));
    }

    /** A Gaussian kernel with Scott's bandwidth, N^(-1/6) standard deviations in each direction. */
    public static SvgPlot of(String title, String nameX, double[] x, String nameY, double[] y) {
        double reachX = (1 + MARGIN) * Arrays.stream(x).map(Math::abs).max().orElse(1);
        double reachY = (1 + MARGIN) * Arrays.stream(y).map(Math::abs).max().orElse(1);
        double[][] density = new double[GRID][GRID];
        double widthX = bandwidth(x);
        double widthY = bandwidth(y);
        double most = 0;
        for (int row = 0; row < GRID; row++) {
            for (int column = 0; column < GRID; column++) {
                double atX = reachX * (2 * (column + 0.5) / GRID - 1);
                double atY = reachY * (1 - 2 * (row + 0.5) / GRID);
                for (int i = 0; i < x.length; i++) {
                    double dx = (x[i] - atX) / widthX;
                    double dy = (y[i] - atY) / widthY;
                    density[row][column] += Math.exp(-(dx * dx + dy * dy) / 2);
                }
                most = Math.max(most, density[row][column]);
            }
        }
        SvgPlot plot = new SvgPlot(title, nameX, nameY, -reachX, reachX, -reachY, reachY);
        for (int row = 0; row < GRID; row++) {
            for (int column = 0; column < GRID; column++) {
                plot.cell(row, column, GRID, density[row][column] / most, "");
            }
        }
        return plot;
    }

    private static double bandwidth(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        double square = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).average().orElse(1);
        return Math.sqrt(square) * Math.pow(values.length, -1.0 / 6);
    }
}
