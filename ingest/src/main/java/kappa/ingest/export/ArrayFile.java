package kappa.ingest.export;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.npz.NpzWriter;

/**
 * A file of named arrays. A name with slashes, {@code models/m}, is a plain name in NPZ and a path of groups in HDF5, so that
 * {@code file["models/m"]} finds the array in both.
 *
 * <p>Elements are given in C order, little-endian; they are asked for once, when the file is closed at the latest.
 *
 * <p>The file appears when it is closed, whole; after a failure it does not. Not thread-safe.
 */
interface ArrayFile extends AutoCloseable {

    /**
     * Begins a file of the kind its name says: .npz, or .h5 or .hdf5.
     *
     * @throws InvalidInputException if the name says neither, or nothing can be written there
     */
    static ArrayFile create(Path file) {
        return isHdf(file) ? new HdfArrayFile(file) : new NpzArrayFile(file);
    }

    /**
     * Whether the name asks for HDF5 and not for NPZ.
     *
     * @throws InvalidInputException if it asks for neither
     */
    static boolean isHdf(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".h5") || name.endsWith(".hdf5")) {
            return true;
        }
        if (!name.endsWith(".npz")) {
            throw new InvalidInputException("--out " + file + ": expected a name that ends in .npz or .h5");
        }
        return false;
    }

    void put(String name, ElementType type, NpzWriter.Bytes elements, long... shape);

    default void longs(String name, long[] values, long... shape) {
        put(name, ElementType.INT64, out -> {
            ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asLongBuffer().put(values);
            out.write(bytes.array());
        }, shape);
    }

    default void doubles(String name, double[] values, long... shape) {
        put(name, ElementType.FLOAT64, out -> {
            ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asDoubleBuffer().put(values);
            out.write(bytes.array());
        }, shape);
    }

    /** Text of any length, one string an element; {@code values} [n], or a scalar for {@code shape} (). */
    void text(String name, List<String> values, long... shape);

    /** Strings of bytes, padded with zeros: ASCII or UTF-8 text too long for four bytes a character. */
    void bytes(String name, int elementBytes, NpzWriter.Bytes elements, long... shape);

    @Override
    void close();
}
