package kappa.fitting.file;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.SavedModel;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.npz.NpyArray;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.npz.NpzWriter;

/**
 * Networks as NPZ files, with the names and shapes of the LINT authors' parameters: {@code m} [N,K], {@code n} [N,K],
 * {@code wi} [S,N], and if present {@code wo} [N,O], {@code h0} [N], {@code b} [N], {@code alpha} []; a full-rank network has
 * {@code wrec} [N,N] in place of {@code m} and {@code n}. A missing {@code alpha} is 0.2 (20 ms over 100 ms). The authors'
 * scales {@code si} [S] and {@code so} [O] are multiplied into {@code wi} and {@code wo} on reading and never written.
 * kappa's own files also hold, where it applies, {@code gain} [N], the g of spike counts with mean g (1 + phi(x)) per bin;
 * {@code current_scale} and {@code current_offset} [N], for activity current_scale x + current_offset where it was fitted to
 * currents; {@code hidden} [], how many of the N, the last ones, nobody recorded; and
 * {@code input_basis} [2], bumps and bins of the
 * {@link InputBasis} that the inputs were made with.
 *
 * <p>A file of a fit also holds all that a session can start from, a {@link SavedModel}: {@code neuron_names} [N - hidden] and
 * {@code input_names} [S], texts; {@code observation} [1], what activity is; {@code bin_width} [] in seconds; {@code gain} and
 * {@code offset} [N] of the observation map unless it is of currents, {@code noise} [N] of any; {@code process_noise} and
 * {@code start_covariance} [K,K]; {@code kappa_std} and {@code start} [K]; {@code mean} [N] of activity, NaN for a neuron that
 * was never observed; {@code version}, {@code bins_learned} and {@code steps} []. This class is the only one that turns a model
 * into a file and back.
 *
 * <p>In memory m, n and wo lie the other way round, one row per latent dimension or output. Stateless.
 */
public final class NetworkFile {

    private static final double DEFAULT_ALPHA = 0.2;

    private NetworkFile() {}

    /**
     * Reads a network of either kind.
     *
     * @throws InvalidInputException if the file is no NPZ file, lacks an array, or one has the wrong shape or a value that is
     *         not finite
     */
    public static Network read(Path file) {
        try (Npz npz = Npz.open(file)) {
            boolean full = npz.names().contains("wrec");
            if (full && (npz.names().contains("m") || npz.names().contains("n"))) {
                throw new InvalidInputException(
                        file + ": holds 'wrec' beside 'm' or 'n', expected one network, of full or of low rank");
            }
            if (!full && !npz.names().contains("m")) {
                throw new InvalidInputException(file + ": not a network: it holds " + npz.names()
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
                return new FullRankNetwork(neurons, inputs, alpha, wrec, w, b, readout, initialState);
            }
            int rank = first.shape()[1];
            float[] m = transposed(matrix(first, neurons, rank), neurons);
            float[] n = transposed(matrix(npz.array("n"), neurons, rank), neurons);
            Optional<Observation> fitted = npz.names().contains("observation")
                    ? Optional.of(observation(npz))
                    : Optional.empty();
            float[] gain = fitted.orElse(Observation.COUNTS) == Observation.COUNTS
                    ? vector(npz, "gain", neurons).orElse(new float[0])
                    : new float[0];
            for (int i = 0; i < gain.length; i++) {
                if (!(gain[i] > 0)) {
                    throw npz.array("gain").invalid("gain[" + i + "] = " + gain[i] + ", expected a number above 0");
                }
            }
            float[] scale = vector(npz, "current_scale", neurons).orElse(new float[0]);
            float[] offset = vector(npz, "current_offset", neurons).orElse(new float[scale.length]);
            if (offset.length != scale.length) {
                throw new InvalidInputException(
                        file + ": holds 'current_offset' without 'current_scale', expected both");
            }
            return new LowRankNetwork(neurons, rank, inputs, alpha, m, n, w, b, readout, initialState,
                    new LowRankNetwork.FittedTo(gain, scale, offset, hidden(npz, neurons), basis(npz)));
        }
    }

    /** Whether a network file holds the model of a fit with all that a session can start from, see {@link #model}. */
    public static boolean holdsModel(Path file) {
        try (Npz npz = Npz.open(file)) {
            return holdsModel(npz);
        }
    }

    /** The names of the S inputs, if the file has them. */
    public static Optional<List<String>> inputNames(Path file) {
        try (Npz npz = Npz.open(file)) {
            return npz.texts("input_names");
        }
    }

    private static boolean holdsModel(Npz npz) {
        return npz.names().contains("process_noise") && npz.names().contains("mean");
    }

    /**
     * Reads the model of a fit with all that a session can start from.
     *
     * @throws InvalidInputException if the file holds something else, such as a network that was trained, or was written before
     *         files kept it
     */
    public static SavedModel model(Path file) {
        if (!(read(file) instanceof LowRankNetwork network)) {
            throw new InvalidInputException(file + ": a network of full rank, expected the model of a fit");
        }
        try (Npz npz = Npz.open(file)) {
            if (!holdsModel(npz)) {
                throw new InvalidInputException(file + ": holds a network without the noise and the names of a fit,"
                        + " expected a file that --out of fit, live, rig or replay has written with this version");
            }
            int N = network.neurons();
            int K = network.rank();
            boolean currents = observation(npz) == Observation.CURRENTS;
            KernelModel model = KernelModel.of(new LowRankNetwork(N, K, network.inputs(), network.alpha(), network.m(),
                    network.n(), network.w(), network.b()), observation(npz),
                    required(npz, currents ? "current_scale" : "gain", N),
                    required(npz, currents ? "current_offset" : "offset", N), required(npz, "noise", N));
            PublishedModel published = new PublishedModel(count(npz, "version"), model,
                    doubles(npz, "process_noise", K, K), doubles(npz, "kappa_std", K), doubles(npz, "start", K),
                    doubles(npz, "start_covariance", K, K), count(npz, "bins_learned"), count(npz, "steps"));
            return new SavedModel(published, names(npz, "neuron_names", N - network.hidden()),
                    names(npz, "input_names", network.inputs()), npz.array("bin_width").scalar(), network.basis(),
                    mean(npz, N));
        }
    }

    /**
     * Writes a network, replacing an older file in one step.
     *
     * @throws InvalidInputException if the file cannot be written
     */
    public static void write(Path file, Network network) {
        try (NpzWriter npz = NpzWriter.create(file)) {
            put(npz, network);
            if (network.gain().length > 0) {
                npz.put("gain", network.gain(), network.neurons());
            }
        }
    }

    /**
     * Writes the model of a fit, replacing an older file in one step.
     *
     * @throws InvalidInputException if the file cannot be written
     */
    public static void write(Path file, SavedModel saved) {
        PublishedModel published = saved.model();
        KernelModel model = published.model();
        int N = model.network().neurons();
        int K = model.network().rank();
        try (NpzWriter npz = NpzWriter.create(file)) {
            put(npz, saved.network());
            if (model.kind() != Observation.CURRENTS) {
                npz.put("gain", model.gain(), N);
                npz.put("offset", model.offset(), N);
            }
            npz.put("noise", model.noise(), N);
            npz.put("observation", List.of(model.kind().name().toLowerCase(Locale.ROOT)), 1);
            npz.put("bin_width", saved.binWidthSeconds());
            npz.put("neuron_names", saved.neurons(), saved.neurons().size());
            npz.put("input_names", saved.inputs(), saved.inputs().size());
            npz.put("process_noise", published.processNoise(), K, K);
            npz.put("kappa_std", published.kappaStd(), K);
            npz.put("start", published.start(), K);
            npz.put("start_covariance", published.startCovariance(), K, K);
            if (saved.mean().length > 0) {
                npz.put("mean", saved.mean(), N);
            }
            npz.put("version", new long[]{published.version()});
            npz.put("bins_learned", new long[]{published.binsLearned()});
            npz.put("steps", new long[]{published.steps()});
        }
    }

    private static void put(NpzWriter npz, Network network) {
        int neurons = network.neurons();
        switch (network) {
            case LowRankNetwork low -> {
                npz.put("m", transposed(low.m(), low.rank()), neurons, low.rank());
                npz.put("n", transposed(low.n(), low.rank()), neurons, low.rank());
                if (low.currentScale().length > 0) {
                    npz.put("current_scale", low.currentScale(), neurons);
                    npz.put("current_offset", low.currentOffset(), neurons);
                }
                if (low.hidden() > 0) {
                    npz.put("hidden", low.hidden());
                }
                low.basis().ifPresent(basis -> npz.put("input_basis", new float[]{basis.bumps(), basis.bins()}, 2));
            }
            case FullRankNetwork full -> npz.put("wrec", full.wrec(), neurons, neurons);
        }
        npz.put("wi", network.w(), network.inputs(), neurons);
        int outputs = network.outputs();
        if (outputs > 0) {
            npz.put("wo", transposed(network.readout(), outputs), neurons, outputs);
        }
        npz.put("h0", network.initialState(), neurons);
        npz.put("b", network.b(), neurons);
        npz.put("alpha", network.alpha());
    }

    private static Observation observation(Npz npz) {
        String text = names(npz, "observation", 1).getFirst();
        return Arrays.stream(Observation.values()).filter(kind -> kind.name().equalsIgnoreCase(text)).findFirst()
                .orElseThrow(() -> new InvalidInputException(npz.file() + ": array 'observation' is '" + text
                        + "', expected rates, currents or counts"));
    }

    /** Texts, each once. */
    private static List<String> names(Npz npz, String array, int count) {
        List<String> names = npz.texts(array).orElseThrow(() -> missing(npz, array));
        if (names.size() != count || names.stream().distinct().count() != count) {
            throw new InvalidInputException(npz.file() + ": array '" + array + "' holds " + names.size()
                    + " names, expected " + count + ", each once");
        }
        return names;
    }

    private static float[] required(Npz npz, String name, int length) {
        return vector(npz, name, length).orElseThrow(() -> missing(npz, name));
    }

    private static InvalidInputException missing(Npz npz, String name) {
        return new InvalidInputException(npz.file() + ": array '" + name + "' is missing");
    }

    private static double[] doubles(Npz npz, String name, int... shape) {
        NpyArray array = npz.array(name);
        if (!Arrays.equals(array.shape(), shape)) {
            throw array.invalid("shape " + array.shapeText() + ", expected " + Arrays.toString(shape));
        }
        double[] values = array.doubles();
        for (int i = 0; i < values.length; i++) {
            if (!Double.isFinite(values[i])) {
                throw array.invalid(array.at(i) + " = " + values[i] + ", expected a finite number");
            }
        }
        return values;
    }

    private static long count(Npz npz, String name) {
        NpyArray array = npz.array(name);
        double value = array.scalar();
        if (!(value >= 0 && value < 1L << 53 && value == Math.rint(value))) {
            throw array.invalid(value + ", expected a whole number from 0");
        }
        return (long) value;
    }

    /** NaN says that a neuron was never observed. */
    private static float[] mean(Npz npz, int neurons) {
        NpyArray array = npz.array("mean");
        if (array.dimensions() != 1 || array.size() != neurons) {
            throw array.invalid("shape " + array.shapeText() + ", expected [" + neurons + "]");
        }
        return array.floats();
    }

    private static int hidden(Npz npz, int neurons) {
        double hidden = npz.find("hidden").map(NpyArray::scalar).orElse(0.0);
        if (!(hidden >= 0 && hidden < neurons && hidden == Math.rint(hidden))) {
            throw npz.array("hidden").invalid(hidden + ", expected how many of the " + neurons
                    + " neurons nobody recorded");
        }
        return (int) hidden;
    }

    private static Optional<InputBasis> basis(Npz npz) {
        return vector(npz, "input_basis", 2).map(values -> {
            if (values[0] != Math.rint(values[0]) || values[1] != Math.rint(values[1])) {
                throw npz.array("input_basis").invalid("[" + values[0] + ", " + values[1]
                        + "], expected whole numbers of bumps and bins");
            }
            return new InputBasis((int) values[0], (int) values[1]);
        });
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
