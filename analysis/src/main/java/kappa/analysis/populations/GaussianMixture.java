package kappa.analysis.populations;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A mixture of P Gaussians in d dimensions, fitted to the rows x_i of N points by expectation maximisation (Dempster,
 * Laird &amp; Rubin 1977):
 *
 * <pre>
 * p(x) = sum_p w_p N(x; mu_p, C_p)
 * r_ip = w_p N(x_i; mu_p, C_p) / p(x_i)
 * w_p  = sum_i r_ip / N      mu_p = sum_i r_ip x_i / (N w_p)      C_p = sum_i r_ip (x_i - mu_p)(x_i - mu_p)' / (N w_p)
 * </pre>
 *
 * <p>Means are free or zero. Every eigenvalue of a covariance is at least 1e-4, where columns are expected to have unit
 * variance: raising the smaller ones to it is what maximises the likelihood under that constraint, so that the
 * likelihood never falls, and it has a maximum.
 *
 * <p>Several starts are iterated a little and the best of them until it no longer gains (Biernacki, Celeux &amp;
 * Govaert 2003). Starts draw points far from each other as seeds, as in k-means++ (Arthur &amp; Vassilvitskii 2007),
 * and give each point to its nearest seed. Every second start, and all of them if means are zero, measures distance
 * between the matrices x x' / |x|, for which x and -x are one: it finds populations that differ by covariance and not
 * by mean. Equal arguments give equal results.
 *
 * <p>Data are [d][N], one array a column, so that the loops run along contiguous memory. One iteration costs about
 * N P d^2 multiplications.
 */
public final class GaussianMixture {

    /** Mean of each component. */
    public enum Means {
        ZERO, FREE
    }

    /**
     * How to fit.
     *
     * @param starts of which the best is continued, at least 1
     */
    public record Options(Means means, int starts) {

        public Options {
            if (starts < 1) {
                throw new IllegalArgumentException("starts " + starts + ", expected at least 1");
            }
        }
    }

    private static final int SHORT = 8;
    private static final int LONG = 100;
    /** Gain of log likelihood per point and iteration below which an iteration is the last. */
    private static final double ENOUGH = 1e-5;
    /** exp of less is below what double precision adds to 1. */
    private static final double NEGLIGIBLE = -40;

    /** Largest weight first, of data from which {@link #shift} is taken. */
    final GaussianComponent[] components;
    /** Of the columns, so that sums of squares do not cancel. */
    final double[] shift;
    /** The log likelihood after each iteration of the start that was continued. */
    final List<Double> history = new ArrayList<>();
    private final Options options;
    private double logLikelihood;

    private GaussianMixture(Options options, int number, double[] shift) {
        this.options = options;
        this.shift = shift;
        this.components = new GaussianComponent[number];
        Arrays.setAll(components, _ -> new GaussianComponent(shift.length));
    }

    /**
     * @param data [d][N], finite
     * @param number P, 1 to N
     */
    public static GaussianMixture fit(double[][] data, int number, Options options, SplittableRandom random) {
        int points = check(data);
        if (number < 1 || number > points) {
            throw new IllegalArgumentException("number " + number + ", expected 1 to " + points);
        }
        double[] shift = new double[data.length];
        if (options.means == Means.FREE) {
            Arrays.setAll(shift, c -> Arrays.stream(data[c]).sum() / points);
        }
        double[][] shifted = shifted(data, shift);
        Work work = new Work(number, points);
        GaussianMixture best = null;
        int starts = number == 1 ? 1 : options.starts;
        for (int start = 0; start < starts; start++) {
            GaussianMixture mixture = new GaussianMixture(options, number, shift);
            int[] owner = nearestSeeds(shifted, number, options.means == Means.ZERO || start % 2 == 1, random);
            for (int p = 0; p < number; p++) {
                for (int i = 0; i < points; i++) {
                    work.responsibility[p][i] = owner[i] == p ? 1 : 0;
                }
            }
            mixture.maximise(shifted, work);
            mixture.iterate(shifted, work, SHORT);
            if (best == null || mixture.logLikelihood > best.logLikelihood) {
                best = mixture;
            }
        }
        best.iterate(shifted, work, LONG);
        // So that the order says nothing of the start.
        Arrays.sort(best.components, Comparator.comparingDouble(component -> -component.weight));
        return best;
    }

    private static int check(double[][] data) {
        if (data.length == 0 || data[0].length == 0) {
            throw new IllegalArgumentException("data have " + data.length + " columns, expected at least one point");
        }
        for (int c = 0; c < data.length; c++) {
            if (data[c].length != data[0].length) {
                throw new IllegalArgumentException("column " + c + " of the data has " + data[c].length
                        + " points, expected " + data[0].length + " as the first has");
            }
            for (int i = 0; i < data[c].length; i++) {
                if (!Double.isFinite(data[c][i])) {
                    throw new IllegalArgumentException(
                            "data[" + c + "][" + i + "] = " + data[c][i] + ", expected a finite number");
                }
            }
        }
        return data[0].length;
    }

    private static double[][] shifted(double[][] data, double[] shift) {
        double[][] shifted = new double[data.length][];
        Arrays.setAll(shifted, c -> Arrays.stream(data[c]).map(x -> x - shift[c]).toArray());
        return shifted;
    }

    /** Arrays that all iterations share. */
    private static final class Work {
        final double[][] responsibility; // [P][N]; logarithms first
        final double[] y;
        final double[] square;

        Work(int number, int points) {
            responsibility = new double[number][points];
            y = new double[points];
            square = new double[points];
        }
    }

    /** Draws P seeds far from each other; the number of the nearest for each point. */
    private static int[] nearestSeeds(double[][] data, int number, boolean withoutSign, SplittableRandom random) {
        int points = data[0].length;
        double[] norm = new double[points];
        for (double[] column : data) {
            for (int i = 0; i < points; i++) {
                norm[i] += column[i] * column[i];
            }
        }
        double[] nearest = new double[points];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        int[] owner = new int[points];
        int seed = random.nextInt(points);
        for (int p = 0; p < number; p++) {
            double sum = 0;
            double[] along = new double[points];
            for (double[] column : data) {
                double at = column[seed];
                for (int i = 0; i < points; i++) {
                    along[i] += at * column[i];
                }
            }
            for (int i = 0; i < points; i++) {
                double cross = withoutSign ? product(along[i], norm[i], norm[seed]) : along[i];
                double distance = Math.max(0, norm[i] + norm[seed] - 2 * cross);
                if (distance < nearest[i]) {
                    nearest[i] = distance;
                    owner[i] = p;
                }
                sum += nearest[i];
            }
            double draw = random.nextDouble() * sum;
            seed = points - 1;
            for (int i = 0; i < points; i++) {
                draw -= nearest[i];
                if (draw < 0) {
                    seed = i;
                    break;
                }
            }
        }
        return owner;
    }

    /** tr(x x' y y') / (|x| |y|). */
    private static double product(double xy, double xx, double yy) {
        double norms = Math.sqrt(xx * yy);
        return norms > 0 ? xy * xy / norms : 0;
    }

    private void iterate(double[][] data, Work work, int most) {
        // Responsibilities may be those of another start.
        logLikelihood = expect(data, work);
        double gain = Double.POSITIVE_INFINITY;
        for (int done = 0; done < most && gain >= ENOUGH * work.y.length; done++) {
            maximise(data, work);
            double next = expect(data, work);
            history.add(next);
            gain = next - logLikelihood;
            logLikelihood = next;
        }
    }

    /** Writes the responsibilities; returns the log likelihood of the present parameters. */
    private double expect(double[][] data, Work work) {
        for (int p = 0; p < components.length; p++) {
            components[p].logDensity(data, work.responsibility[p], work.y, work.square);
        }
        double sum = 0;
        for (int i = 0; i < work.y.length; i++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (double[] responsibility : work.responsibility) {
                largest = Math.max(largest, responsibility[i]);
            }
            double total = 0;
            for (double[] responsibility : work.responsibility) {
                double difference = responsibility[i] - largest;
                responsibility[i] = difference == 0 ? 1 : difference < NEGLIGIBLE ? 0 : Math.exp(difference);
                total += responsibility[i];
            }
            if (total > 1) {
                sum += largest + Math.log(total);
                for (double[] responsibility : work.responsibility) {
                    responsibility[i] /= total;
                }
            } else {
                sum += largest;
            }
        }
        return sum;
    }

    private void maximise(double[][] data, Work work) {
        for (int p = 0; p < components.length; p++) {
            components[p].estimate(data, work.responsibility[p], options.means == Means.ZERO, work.y);
        }
    }

    public Options options() {
        return options;
    }

    /** P. */
    public int number() {
        return components.length;
    }

    /** log p of all points that the mixture was fitted to, in nats. */
    public double logLikelihood() {
        return logLikelihood;
    }

    /** Free numbers: weights, means unless zero, covariances. */
    int parameters() {
        int dimensions = shift.length;
        int each = (options.means == Means.FREE ? dimensions : 0) + dimensions * (dimensions + 1) / 2;
        return components.length - 1 + components.length * each;
    }

    /**
     * The log evidence of the mixture in Schwarz's approximation (1978), in nats: log likelihood - (parameters / 2) log
     * N. It is -1/2 times what is printed as BIC.
     *
     * @param points N that it was fitted to
     */
    public double evidence(int points) {
        return logLikelihood - 0.5 * parameters() * Math.log(points);
    }

    /**
     * How far each point belongs to each component, r_ip, [P][N], summing to 1 over components.
     *
     * @param data [d][N], finite; not necessarily the points fitted to
     */
    public double[][] responsibilities(double[][] data) {
        Work work = new Work(components.length, check(data));
        expect(shifted(data, shift), work);
        return work.responsibility;
    }

    /**
     * The most probable component of each point.
     *
     * @param data [d][N], finite; not necessarily the points fitted to
     */
    public int[] assign(double[][] data) {
        int points = check(data);
        double[][] shifted = shifted(data, shift);
        Work work = new Work(1, points);
        double[] density = work.responsibility[0];
        int[] component = new int[points];
        double[] best = new double[points];
        Arrays.fill(best, Double.NEGATIVE_INFINITY);
        for (int p = 0; p < components.length; p++) {
            components[p].logDensity(shifted, density, work.y, work.square);
            for (int i = 0; i < points; i++) {
                if (density[i] > best[i]) {
                    best[i] = density[i];
                    component[i] = p;
                }
            }
        }
        return component;
    }
}
