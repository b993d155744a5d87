package kappa.fitting.file;

import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Silencing;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.npz.NpyArray;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.npz.NpzWriter;

/**
 * Networks as NPZ files, with the names and shapes of the LINT authors' parameters: {@code m} [N,K], {@code n} [N,K],
 * {@code wi} [S,N], and if present {@code wo} [N,O], {@code h0} [N], {@code b} [N], {@code alpha} []; a full-rank network has
 * {@code wrec} [N,N] in place of {@code m} and {@code n}. A missing {@code alpha} is 0.2 (20 ms over 100 ms). The authors'
 * scales {@code si} [S] and {@code so} [O] are multiplied into {@code wi} and {@code wo} on reading and never written.
 * kappa's own files also hold, where it applies, {@code gain} [N], the g of spike counts with mean g (1 + phi(x)) per bin;
 * {@code hidden} [], how many of the N, the last ones, nobody recorded; and {@code input_basis} [2], bumps and bins of the
 * {@link InputBasis} that the inputs were made with.
 *
 * <p>In memory m, n and wo lie the other way round, one row per latent dimension or output. Stateless.
 */
public final class NetworkFile {

    private static final double DEFAULT_ALPHA = 0.2;

    /** Large enough for the readout of a rank-1 network to reach the targets while kappa is still of order one. */
    private static final double INITIAL_READOUT = 4;

    /** What a network file holds. Arrays are shared, not copied, and nobody writes to them. */
    public sealed interface Contents {

        /** N. */
        int neurons();

        /** S. */
        int inputs();

        /** Bin width over time constant. */
        double alpha();

        /** [N] biases. */
        float[] biases();

        /** [S,N] input weights. */
        float[] inputWeights();

        /** [O,N] readout, or empty: z = readout phi(x) / N for low rank, readout phi(x) for full rank. */
        float[] readout();

        /** [N] currents x before a trial's first bin. */
        float[] initialState();

        /** O, the number of outputs; 0 without a readout. */
        default int outputs() {
            return readout().length / neurons();
        }

        /** The factor of the readout: z = scale times readout phi(x). */
        double readoutScale();

        /**
         * The network when some neurons are silent: its state has the same form, so that a run may change from one network to
         * the other between two bins.
         *
         * @param silenced neurons from 0 to N - 1, in any order
         * @throws IllegalArgumentException if one of them is not there, or none is left after {@link Silencing#DELETION}
         */
        Contents silencing(int[] silenced, Silencing how);
    }

    /**
     * A low-rank network.
     *
     * @param network m, n, W, b and alpha
     * @param readout [O,N], or empty
     * @param initialState [N]
     * @param gain [N] g of spike counts, or empty if unknown
     * @param scope what of it stands for a recording
     */
    public record LowRank(LowRankNetwork network, float[] readout, float[] initialState, float[] gain, Scope scope)
            implements
                Contents {

        /** A network all of whose neurons were recorded, on the recording's own inputs. */
        public LowRank(LowRankNetwork network, float[] readout, float[] initialState, float[] gain) {
            this(network, readout, initialState, gain, Scope.WHOLE);
        }

        public LowRank {
            if (scope.hidden() < 0 || scope.hidden() >= network.neurons()) {
                throw new IllegalArgumentException(scope.hidden() + " of " + network.neurons() + " neurons are hidden");
            }
            checkLengths(network.neurons(), readout, initialState);
            if (gain.length != 0 && gain.length != network.neurons()) {
                throw new IllegalArgumentException("gain has " + gain.length + " elements");
            }
        }

        /** The connections among the neurons that were recorded. */
        public LowRankNetwork recorded() {
            return scope.hidden() == 0 ? network : network.among(network.neurons() - scope.hidden());
        }

        /** A network that starts at x = 0, without readout and with unknown gain. */
        public static LowRank of(LowRankNetwork network) {
            return new LowRank(network, new float[0], new float[network.neurons()], new float[0]);
        }

        /** A network to begin training from, with a Gaussian readout of standard deviation 4. */
        public static LowRank initial(int neurons, int rank, int inputs, double alpha, SplittableRandom random) {
            LowRankNetwork network = LowRankNetwork.initial(neurons, rank, inputs, alpha, random);
            return new LowRank(network, LowRankNetwork.gaussian(neurons, INITIAL_READOUT, random), new float[neurons],
                    new float[0]);
        }

        @Override
        public int neurons() {
            return network.neurons();
        }

        @Override
        public int inputs() {
            return network.inputs();
        }

        @Override
        public double alpha() {
            return network.alpha();
        }

        @Override
        public float[] biases() {
            return network.b();
        }

        @Override
        public float[] inputWeights() {
            return network.w();
        }

        @Override
        public double readoutScale() {
            return LowRankNetwork.connectivityScale(network.neurons());
        }

        @Override
        public LowRank silencing(int[] silenced, Silencing how) {
            return new LowRank(network.silencing(silenced, how), how.outgoing(readout, neurons(), silenced, true),
                    initialState, gain, scope);
        }
    }

    /**
     * How a fitted network relates to the recording it was fitted to.
     *
     * @param hidden how many of its neurons, the last ones, nobody recorded
     * @param basis that its inputs are made with, if they are not the recording's own
     */
    public record Scope(int hidden, Optional<InputBasis> basis) {

        /** Every neuron recorded, and the recording's own inputs. */
        public static final Scope WHOLE = new Scope(0, Optional.empty());
    }

    /**
     * A full-rank network.
     *
     * @param network wrec, W, b and alpha
     * @param readout [O,N], or empty
     * @param initialState [N]
     */
    public record FullRank(FullRankNetwork network, float[] readout, float[] initialState) implements Contents {

        public FullRank {
            checkLengths(network.neurons(), readout, initialState);
        }

        /** A network to begin training from. */
        public static FullRank initial(int neurons, int inputs, double alpha, SplittableRandom random) {
            FullRankNetwork network = FullRankNetwork.initial(neurons, inputs, alpha, random);
            return new FullRank(network,
                    LowRankNetwork.gaussian(neurons, FullRankNetwork.readoutDeviation(neurons), random),
                    new float[neurons]);
        }

        @Override
        public int neurons() {
            return network.neurons();
        }

        @Override
        public int inputs() {
            return network.inputs();
        }

        @Override
        public double alpha() {
            return network.alpha();
        }

        @Override
        public float[] biases() {
            return network.b();
        }

        @Override
        public float[] inputWeights() {
            return network.w();
        }

        @Override
        public double readoutScale() {
            return 1;
        }

        @Override
        public FullRank silencing(int[] silenced, Silencing how) {
            return new FullRank(network.silencing(silenced, how), how.outgoing(readout, neurons(), silenced, false),
                    initialState);
        }
    }

    private static void checkLengths(int neurons, float[] readout, float[] initialState) {
        if (readout.length % neurons != 0 || initialState.length != neurons) {
            throw new IllegalArgumentException("readout has " + readout.length + ", initial state "
                    + initialState.length + " elements for " + neurons + " neurons");
        }
    }

    private NetworkFile() {}

    /**
     * Reads a network of either kind.
     *
     * @throws InvalidInputException if the file is no NPZ file, lacks an array, or one has the wrong shape or a value that is
     *         not finite
     */
    public static Contents read(Path file) {
        try (Npz npz = Npz.open(file)) {
            boolean full = npz.names().contains("wrec");
            if (full && (npz.names().contains("m") || npz.names().contains("n"))) {
                throw new InvalidInputException(
                        file + ": holds 'wrec' beside 'm' or 'n', expected one network, of full or of low rank");
            }
            if (!full && !npz.names().contains("m")) {
                throw new InvalidInputException(file + ": is no network: it holds " + npz.names()
                        + ", expected 'm' and 'n' (low rank) or 'wrec' (full rank)");
            }
            NpyArray first = npz.array(full ? "wrec" : "m");
            if (first.dimensions() != 2 || first.size() == 0) {
                throw first.invalid("shape " + first.shapeText() + ", expected " + (full ? "[N,N]" : "[N,K]"));
            }
            int neurons = first.shape()[0];
            double alpha = alpha(npz);
            float[] w = npz.find("wi").map(wi -> scaledRows(matrix(wi, -1, neurons), npz, "si", neurons))
                    .orElse(new float[0]);
            float[] readout = npz.find("wo")
                    .map(wo -> scaledRows(transposed(matrix(wo, neurons, -1), neurons), npz, "so", neurons))
                    .orElse(new float[0]);
            float[] initialState = vector(npz, "h0", neurons).orElse(new float[neurons]);
            float[] b = vector(npz, "b", neurons).orElse(new float[neurons]);
            int inputs = w.length / neurons;
            if (full) {
                float[] wrec = matrix(first, neurons, neurons);
                return new FullRank(new FullRankNetwork(neurons, inputs, alpha, wrec, w, b), readout, initialState);
            }
            int rank = first.shape()[1];
            float[] m = transposed(matrix(first, neurons, rank), neurons);
            float[] n = transposed(matrix(npz.array("n"), neurons, rank), neurons);
            float[] gain = vector(npz, "gain", neurons).orElse(new float[0]);
            for (int i = 0; i < gain.length; i++) {
                if (!(gain[i] > 0)) {
                    throw npz.array("gain").invalid("gain[" + i + "] = " + gain[i] + ", expected a number above 0");
                }
            }
            return new LowRank(new LowRankNetwork(neurons, rank, inputs, alpha, m, n, w, b), readout, initialState,
                    gain, scope(npz, neurons));
        }
    }

    /**
     * Writes a network, replacing an older file in one step.
     *
     * @throws InvalidInputException if the file cannot be written
     */
    public static void write(Path file, Contents contents) {
        int neurons = contents.neurons();
        try (NpzWriter npz = NpzWriter.create(file)) {
            switch (contents) {
                case LowRank(LowRankNetwork network, var _, var _, float[] gain, Scope scope) -> {
                    int rank = network.rank();
                    npz.put("m", transposed(network.m(), rank), neurons, rank);
                    npz.put("n", transposed(network.n(), rank), neurons, rank);
                    if (gain.length > 0) {
                        npz.put("gain", gain, neurons);
                    }
                    if (scope.hidden() > 0) {
                        npz.put("hidden", scope.hidden());
                    }
                    scope.basis().ifPresent(
                            basis -> npz.put("input_basis", new float[]{basis.bumps(), basis.bins()}, 2));
                }
                case FullRank(FullRankNetwork network, var _, var _) -> npz.put("wrec", network.wrec(), neurons,
                        neurons);
            }
            npz.put("wi", contents.inputWeights(), contents.inputs(), neurons);
            int outputs = contents.outputs();
            if (outputs > 0) {
                npz.put("wo", transposed(contents.readout(), outputs), neurons, outputs);
            }
            npz.put("h0", contents.initialState(), neurons);
            npz.put("b", contents.biases(), neurons);
            npz.put("alpha", contents.alpha());
        }
    }

    private static Scope scope(Npz npz, int neurons) {
        double hidden = npz.find("hidden").map(NpyArray::scalar).orElse(0.0);
        if (!(hidden >= 0 && hidden < neurons && hidden == Math.rint(hidden))) {
            throw npz.array("hidden").invalid(hidden + ", expected how many of the " + neurons
                    + " neurons nobody recorded");
        }
        Optional<InputBasis> basis = vector(npz, "input_basis", 2).map(values -> {
            if (values[0] != Math.rint(values[0]) || values[1] != Math.rint(values[1])) {
                throw npz.array("input_basis").invalid("[" + values[0] + ", " + values[1]
                        + "], expected whole numbers of bumps and bins");
            }
            return new InputBasis((int) values[0], (int) values[1]);
        });
        return new Scope((int) hidden, basis);
    }

    private static double alpha(Npz npz) {
        Optional<NpyArray> array = npz.find("alpha");
        double alpha = array.map(NpyArray::scalar).orElse(DEFAULT_ALPHA);
        if (!(alpha > 0 && alpha <= 1)) {
            throw array.orElseThrow().invalid(alpha + ", expected bin width / time constant, a number in (0, 1]");
        }
        return alpha;
    }

    /** A matrix of finite numbers with the given extents, -1 for any. */
    private static float[] matrix(NpyArray array, int rows, int columns) {
        int[] shape = array.shape();
        if (shape.length != 2 || (rows >= 0 && shape[0] != rows) || (columns >= 0 && shape[1] != columns)) {
            throw array.invalid("shape " + array.shapeText() + ", expected [" + (rows < 0 ? "any" : rows) + ", "
                    + (columns < 0 ? "any" : columns) + "]");
        }
        return finite(array);
    }

    private static Optional<float[]> vector(Npz npz, String name, int length) {
        return npz.find(name).map(array -> {
            if (array.dimensions() != 1 || array.size() != length) {
                throw array.invalid("shape " + array.shapeText() + ", expected [" + length + "]");
            }
            return finite(array);
        });
    }

    private static float[] finite(NpyArray array) {
        float[] values = array.floats();
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw array.invalid(array.at(i) + " = " + values[i] + ", expected a finite number");
            }
        }
        return values;
    }

    private static float[] scaledRows(float[] matrix, Npz npz, String scale, int neurons) {
        vector(npz, scale, matrix.length / neurons).ifPresent(factors -> {
            for (int i = 0; i < matrix.length; i++) {
                matrix[i] *= factors[i / neurons];
            }
        });
        return matrix;
    }

    /** The transpose of a matrix with the given number of rows. */
    private static float[] transposed(float[] matrix, int rows) {
        int columns = matrix.length / rows;
        float[] result = new float[matrix.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                result[c * rows + r] = matrix[r * columns + c];
            }
        }
        return result;
    }
}
