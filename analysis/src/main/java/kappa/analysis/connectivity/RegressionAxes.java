package kappa.analysis.connectivity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.TaskConditions;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.DecompositionSolver;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * Axes along which activity encodes task variables, by targeted dimensionality reduction (Mante, Sussillo, Shenoy &amp;
 * Newsome 2013): in each bin t the activity y_i of each neuron is regressed over the trials j on the variables and a
 * constant,
 *
 * <pre>
 * y_ij(t) = beta_0i(t) + sum_v beta_vi(t) x_vj + error        (least squares)
 * </pre>
 *
 * <p>the axis of variable v is beta_v in the bin where it is longest, and axes are made orthogonal in the order of the
 * variables (QR). There is no denoising by principal components: activity that a model predicts has none to lose.
 * Columns may as well be currents x or the K numbers kappa. An activity of NaN was not observed, and a trial counts in
 * the bins it has; a neuron that V + 1 trials or fewer observed in a bin has no part in the axes there.
 *
 * @param names V
 * @param columns N
 * @param bins [V] where each axis was taken
 * @param coefficients beta_v there, [V,N]
 * @param axes orthonormal, [V,N]; NaN for a variable whose axis lies in the span of those before it
 */
public record RegressionAxes(List<String> names, int columns, int[] bins, double[] coefficients, double[] axes) {

    /** Relative length that a float32 rounding error leaves of a vector in the span of others. */
    private static final double ROUNDING = 1e-6;

    /**
     * Regresses a session's activity on what distinguishes its trials: the context by its number, the strengths of signals,
     * and what was wanted.
     *
     * @throws InvalidInputException if the trials differ in nothing, or variables cannot be told apart in them
     */
    public static RegressionAxes of(Recording recording, SeenTrials seen) {
        TaskConditions conditions = TaskConditions.of(seen);
        List<String> names = new ArrayList<>();
        List<double[]> values = new ArrayList<>();
        if (conditions.contexts().size() > 1) {
            names.add("context");
            values.add(Arrays.stream(conditions.contextOf()).asDoubleStream().toArray());
        }
        for (TaskConditions.Signal signal : conditions.signals()) {
            names.add(signal.channel());
            values.add(signal.strength());
        }
        if (seen.outputs() > 0) {
            names.add(seen.outputNames().getFirst());
            values.add(seen.wanted());
        }
        if (names.isEmpty()) {
            throw new InvalidInputException(recording.name() + ": its trials differ neither in their inputs nor in what"
                    + " was wanted, expected something to regress on");
        }
        int trials = recording.trials();
        double[][] variables = new double[trials][];
        Arrays.setAll(variables, j -> values.stream().mapToDouble(value -> value[j]).toArray());
        int longest = IntStream.range(0, trials).map(recording::bins).max().orElseThrow();
        return of(IntStream.range(0, trials).mapToObj(recording::activity).toList(), recording.neurons(), variables,
                names, 0, longest);
    }

    /**
     * @param activity a trial each, [bins,N] by rows
     * @param columns N
     * @param variables value of each variable in each trial, [trials][V]
     * @param names V
     * @param from first bin looked at
     * @param to bin after the last; axes are taken from bins that have enough trials
     * @throws InvalidInputException if variables cannot be told apart in these trials, or there is no bin with enough
     *        trials
     */
    public static RegressionAxes of(List<float[]> activity, int columns, double[][] variables, List<String> names,
            int from, int to) {
        int count = names.size();
        check(activity, columns, variables, count);
        double[] coefficients = new double[count * columns];
        double[] longest = new double[count];
        int[] at = new int[count];
        Arrays.fill(at, -1);
        for (int t = from; t < to; t++) {
            int bin = t;
            int[] trials = IntStream.range(0, activity.size())
                    .filter(j -> activity.get(j).length >= (bin + 1) * columns).toArray();
            if (trials.length <= count + 1) {
                continue;
            }
            double[][] beta = regress(activity, columns, variables, names, t, trials);
            for (int v = 0; v < count; v++) {
                double square = 0;
                for (double value : beta[v]) {
                    square += value * value;
                }
                if (at[v] < 0 || square > longest[v]) {
                    longest[v] = square;
                    at[v] = t;
                    System.arraycopy(beta[v], 0, coefficients, v * columns, columns);
                }
            }
        }
        if (count > 0 && at[0] < 0) {
            throw new InvalidInputException("bins " + from + " to " + to + ": no bin is in more than " + (count + 1)
                    + " trials, expected that many to regress on " + count + " variables");
        }
        return new RegressionAxes(List.copyOf(names), columns, at, coefficients, orthonormal(coefficients, columns));
    }

    private static void check(List<float[]> activity, int columns, double[][] variables, int count) {
        if (variables.length != activity.size()) {
            throw new IllegalArgumentException(
                    "variables of " + variables.length + " trials, expected " + activity.size());
        }
        for (int j = 0; j < variables.length; j++) {
            if (variables[j].length != count) {
                throw new IllegalArgumentException(
                        "trial " + j + " has " + variables[j].length + " variables, expected " + count);
            }
            if (activity.get(j).length % columns != 0) {
                throw new IllegalArgumentException("activity of trial " + j + " has " + activity.get(j).length
                        + " elements, expected a multiple of " + columns);
            }
            for (double value : variables[j]) {
                if (!Double.isFinite(value)) {
                    throw new InvalidInputException(
                            "trial " + j + ": a task variable is " + value + ", expected a finite number");
                }
            }
        }
    }

    /** beta [V][N] in one bin. */
    private static double[][] regress(List<float[]> activity, int columns, double[][] variables, List<String> names,
            int bin, int[] trials) {
        int count = names.size();
        double[][] beta = new double[count][columns];
        DecompositionSolver everyTrial = null;
        for (int i = 0; i < columns; i++) {
            int at = bin * columns + i;
            int[] seen = Arrays.stream(trials).filter(j -> !Float.isNaN(activity.get(j)[at])).toArray();
            if (seen.length <= count + 1) {
                continue; // too few trials saw this neuron here: it has no part in the axes
            }
            DecompositionSolver solver;
            if (seen.length < trials.length) {
                solver = solver(variables, seen, names, bin);
            } else {
                everyTrial = everyTrial == null ? solver(variables, trials, names, bin) : everyTrial;
                solver = everyTrial;
            }
            RealVector y = new ArrayRealVector(Arrays.stream(seen).mapToDouble(j -> activity.get(j)[at]).toArray(),
                    false);
            RealVector solution = solver.solve(y);
            for (int v = 0; v < count; v++) {
                beta[v][i] = solution.getEntry(v + 1);
            }
        }
        return beta;
    }

    private static DecompositionSolver solver(double[][] variables, int[] trials, List<String> names, int bin) {
        int count = names.size();
        RealMatrix design = new Array2DRowRealMatrix(trials.length, count + 1);
        List<double[]> before = new ArrayList<>();
        for (int v = 0; v <= count; v++) {
            double[] column = new double[trials.length];
            for (int j = 0; j < trials.length; j++) {
                column[j] = v == 0 ? 1 : variables[trials[j]][v - 1];
            }
            design.setColumn(v, column);
            if (!orthonormalise(column, before)) {
                throw new InvalidInputException("task variable '" + names.get(v - 1) + "' in bin " + bin
                        + ": constant or a sum of other variables in the trials there, expected one that varies on its"
                        + " own");
            }
            before.add(column);
        }
        return new QRDecomposition(design).getSolver();
    }

    private static double[] orthonormal(double[] rows, int columns) {
        double[] axes = new double[rows.length];
        List<double[]> before = new ArrayList<>();
        for (int from = 0; from < rows.length; from += columns) {
            double[] axis = Arrays.copyOfRange(rows, from, from + columns);
            if (orthonormalise(axis, before)) {
                before.add(axis);
            } else {
                Arrays.fill(axis, Double.NaN);
            }
            System.arraycopy(axis, 0, axes, from, columns);
        }
        return axes;
    }

    /** Gram-Schmidt, twice for orthogonality to rounding; false if nothing is left of the vector. */
    private static boolean orthonormalise(double[] vector, List<double[]> before) {
        double length = Math.sqrt(dot(vector, vector));
        for (int pass = 0; pass < 2; pass++) {
            for (double[] direction : before) {
                double along = dot(vector, direction);
                for (int i = 0; i < vector.length; i++) {
                    vector[i] -= along * direction[i];
                }
            }
        }
        double rest = Math.sqrt(dot(vector, vector));
        if (!(rest > ROUNDING * length)) {
            return false;
        }
        for (int i = 0; i < vector.length; i++) {
            vector[i] /= rest;
        }
        return true;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** The axes with their names, to be compared with connectivity vectors by {@link VectorOverlaps}. */
    public List<VectorOverlaps.Named> vectors() {
        List<VectorOverlaps.Named> vectors = new ArrayList<>();
        for (int v = 0; v < names.size(); v++) {
            vectors.add(new VectorOverlaps.Named("axis of " + names.get(v),
                    Arrays.copyOfRange(axes, v * columns, (v + 1) * columns)));
        }
        return vectors;
    }
}
