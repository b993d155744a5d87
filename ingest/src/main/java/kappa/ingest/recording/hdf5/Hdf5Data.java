package kappa.ingest.recording.hdf5;

import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.exceptions.HdfException;
import io.jhdf.object.datatype.BitField;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.EnumDataType;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import io.jhdf.object.datatype.StringData;
import io.jhdf.object.datatype.VariableLength;
import io.jhdf.object.message.DataLayout;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;

/**
 * A data set of an HDF5 file: rows along its first extent, the others flat, last fastest. Numbers of every width come out as
 * doubles, booleans as 0 and 1. Before memory is taken, what is asked for is held against the memory Java has, and against the
 * file: no more numbers than so many bytes can unfold to, and {@value #UNWRITTEN} for what was never written.
 */
public final class Hdf5Data {

    /** What the elements are. */
    public enum Kind {
        NUMBER, BOOL, TEXT, OTHER;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Numbers that one may ask for of a file of any size. */
    private static final long UNWRITTEN = 1 << 21;
    /** Bytes that naming a chunk takes in a file, at least, and how many may be missing. */
    private static final int LEAST_PER_CHUNK = 8;
    private static final int UNWRITTEN_CHUNKS = 1 << 12;

    /** Bytes: a compact data set is part of a header's message, whose length is of 16 bits. */
    private static final int MOST_COMPACT = 1 << 16;

    private static final Set<String> BOOLS = Set.of("TRUE", "FALSE");

    private final Hdf5File file;
    private final Dataset data;
    private final String path;
    private final long[] shape;
    private final Kind kind;
    private final long width;

    Hdf5Data(Hdf5File file, Dataset data, String path) {
        this.file = file;
        this.data = data;
        this.path = path;
        this.shape = file.read(path, data::getDimensionsAsLong);
        this.kind = file.read(path, () -> kind(data.getDataType()));
        this.width = file.read(path, () -> {
            long product = 1;
            for (int axis = 1; axis < shape.length; axis++) {
                product = Math.multiplyExact(product, shape[axis]);
            }
            Math.multiplyExact(Math.multiplyExact(product, rows()), (long) Double.BYTES); // whoever reads it relies on this
            return product;
        });
    }

    private static Kind kind(DataType type) {
        return switch (type) {
            case FixedPoint _,FloatingPoint _ -> Kind.NUMBER;
            case EnumDataType names when names.getEnumMapping().size() == 2
                    && BOOLS.containsAll(names.getEnumMapping().values()) ->
                Kind.BOOL;
            case EnumDataType _,StringData _ -> Kind.TEXT;
            case BitField _ -> Kind.BOOL;
            case VariableLength variable when variable.isVariableLengthString() -> Kind.TEXT;
            default -> Kind.OTHER;
        };
    }

    public String path() {
        return path;
    }

    public Kind kind() {
        return kind;
    }

    /** Extents; empty for a scalar. */
    public long[] shape() {
        return shape.clone();
    }

    /** The first extent; 1 for a scalar. */
    public long rows() {
        return shape.length == 0 ? 1 : shape[0];
    }

    /** Elements of a row. */
    public long width() {
        return width;
    }

    /** Rows that are decompressed together; 1 where any can be read by itself. */
    public long rowsPerChunk() {
        return file.read(path,
                () -> data instanceof ChunkedDataset chunked ? Math.max(1, chunked.getChunkDimensions()[0]) : 1);
    }

    public Dataset node() {
        return data;
    }

    public InvalidInputException invalid(String complaint) {
        return file.invalid(path + ": " + complaint);
    }

    public double[] numbers() {
        return numbers(0, rows());
    }

    /** Elements of rows {@code first} to {@code first + rows}. */
    public double[] numbers(long first, long rows) {
        if (kind != Kind.NUMBER && kind != Kind.BOOL) {
            throw invalid("holds " + kind + ", expected numbers");
        }
        return toDoubles(elements(first, rows));
    }

    /** All elements as whole numbers, exactly. */
    public long[] wholes() {
        Object elements = kind == Kind.NUMBER && data.getDataType() instanceof FixedPoint ? elements(0, rows()) : null;
        return switch (elements) {
            case null -> throw invalid("holds " + kind + ", expected whole numbers");
            case BigInteger[] values -> file.read(path,
                    () -> Arrays.stream(values).mapToLong(BigInteger::longValueExact).toArray());
            case Object values when values.getClass().getComponentType().isPrimitive() ->
                IntStream.range(0, Array.getLength(values)).mapToLong(i -> Array.getLong(values, i)).toArray();
            default -> throw invalid("holds whole numbers of a size that cannot be read, expected 1, 2, 4 or 8 bytes");
        };
    }

    /** All elements, which are references to objects, as the objects' addresses. */
    long[] addresses() {
        Object elements = elements(0, rows());
        return IntStream.range(0, Array.getLength(elements)).mapToLong(i -> Array.getLong(elements, i)).toArray();
    }

    /** All elements as text; one that is missing is empty. */
    public String[] texts() {
        if (kind != Kind.TEXT) {
            throw invalid("holds " + kind + ", expected text");
        }
        return Arrays.stream((Object[]) elements(0, rows())).map(text -> text == null ? "" : ((String) text).strip())
                .toArray(String[]::new);
    }

    /** @throws InvalidInputException if the file has not bytes enough to hold so many rows */
    public void requireHeld(long rows) {
        long count = Math.multiplyExact(rows, width);
        long most = BoundedFilter.MAX_INFLATION * file.size() + UNWRITTEN;
        double each = file.read(path, () -> data.getDataType().getSize());
        boolean plain = file.read(path, () -> !data.isEmpty() && data.getDataLayout() == DataLayout.CONTIGUOUS);
        if (count > most || each * count > (double) Double.BYTES * most || (plain && each * count > file.size())) {
            throw invalid("shape " + Arrays.toString(shape) + ": " + count + " elements of " + Math.round(each)
                    + " bytes out of a file of " + file.size() + " bytes, which cannot hold as many: expected fewer");
        }
        // jHDF makes room for a whole chunk, which may be larger than the data set.
        int[] chunk = file.read(path,
                () -> data instanceof ChunkedDataset chunked ? chunked.getChunkDimensions() : new int[0]);
        if (Arrays.stream(chunk).anyMatch(extent -> extent < 1)) {
            throw invalid("chunks of " + Arrays.toString(chunk) + " elements: expected at least 1 along each axis");
        }
        double ofChunk = Arrays.stream(chunk).asDoubleStream().reduce(each, (a, b) -> a * b);
        if (ofChunk > most) {
            throw invalid("chunks of " + Arrays.toString(chunk) + " elements of " + Math.round(each)
                    + " bytes out of a file of " + file.size()
                    + " bytes, which cannot hold as many: expected smaller ones");
        }
        // jHDF looks at each chunk, also at those that were never written.
        double chunks = chunk.length == 0 ? 0 : 1;
        for (int axis = 0; axis < Math.min(chunk.length, shape.length); axis++) {
            chunks *= Math.ceil((double) (axis == 0 ? rows : shape[axis]) / Math.max(1, chunk[axis]));
        }
        if (chunks > (double) file.size() / LEAST_PER_CHUNK + UNWRITTEN_CHUNKS) {
            throw invalid("shape " + Arrays.toString(shape) + " in " + Math.round(chunks) + " chunks of "
                    + Arrays.toString(chunk) + ", more than a file of " + file.size()
                    + " bytes can name: expected fewer");
        }
    }

    /** A flat array of whatever jHDF makes of the elements. */
    private Object elements(long first, long rows) {
        requireHeld(rows);
        long count = Math.multiplyExact(rows, width);
        double each = file.read(path, () -> data.getDataType().getSize());
        // jHDF makes room for all of a compact one before it looks whether there is as much.
        boolean compact = file.read(path, () -> !data.isEmpty() && data.getDataLayout() == DataLayout.COMPACT);
        if (compact && each * rows() * width > MOST_COMPACT) {
            throw invalid(
                    "shape " + Arrays.toString(shape) + ": a compact data set cannot hold as many, expected fewer");
        }
        long memory = Runtime.getRuntime().maxMemory();
        if (count > memory / 4 / Double.BYTES || count > Integer.MAX_VALUE / Double.BYTES) {
            throw invalid("shape " + Arrays.toString(shape) + ": " + count
                    + " numbers are needed at once, Java may use only " + (memory >> 20)
                    + " MiB: expected fewer, or a larger -Xmx");
        }
        if (count == 0) {
            return kind == Kind.TEXT ? new String[0] : kind == Kind.OTHER ? new Object[0] : new long[0];
        }
        return file.read(path, () -> {
            if (data.isEmpty()) {
                return unwritten((int) count);
            }
            if (shape.length == 0) {
                return scalar(data.getData());
            }
            boolean all = first == 0 && rows == rows();
            if (all || compact) { // a compact one cannot be sliced
                Object whole = data.getDataFlat();
                return all ? filled(whole, first) : slice(whole, (int) (first * width), (int) count);
            }
            long[] offset = new long[shape.length];
            offset[0] = first;
            int[] extents = new int[shape.length];
            for (int axis = 0; axis < extents.length; axis++) {
                extents[axis] = Math.toIntExact(axis == 0 ? rows : shape[axis]);
            }
            return filled(flat(data.getData(offset, extents), (int) count), first);
        });
    }

    private static Object scalar(Object value) {
        Object array = Array.newInstance(value instanceof String ? String.class : value.getClass(), 1);
        Array.set(array, 0, value);
        return array;
    }

    /** An array of arrays as one of what they hold. */
    private static Object flat(Object nested, int count) {
        if (!nested.getClass().getComponentType().isArray()) {
            return nested;
        }
        Class<?> element = nested.getClass();
        while (element.isArray()) {
            element = element.getComponentType();
        }
        Object flat = Array.newInstance(element, count);
        copy(nested, flat, 0);
        return flat;
    }

    private static int copy(Object nested, Object flat, int at) {
        int next = at;
        if (nested.getClass().getComponentType().isArray()) {
            for (Object part : (Object[]) nested) {
                next = copy(part, flat, next);
            }
            return next;
        }
        int length = Array.getLength(nested);
        System.arraycopy(nested, 0, flat, at, length);
        return at + length;
    }

    private static Object slice(Object whole, int from, int count) {
        Object part = Array.newInstance(whole.getClass().getComponentType(), count);
        System.arraycopy(whole, from, part, 0, count);
        return part;
    }

    /** HDF5 says that what was never written is the fill value. */
    private Object unwritten(int count) {
        if (kind == Kind.TEXT || kind == Kind.OTHER) {
            return new String[count];
        }
        double[] values = new double[count];
        Arrays.fill(values, data.getFillValue() instanceof Number fill ? fill.doubleValue() : 0);
        return values;
    }

    /** jHDF takes chunks that were never written as 0; the file may say otherwise. */
    private Object filled(Object elements, long first) {
        if (kind != Kind.NUMBER || shape.length > 2 || !(data instanceof ChunkedDataset chunked)
                || !(data.getFillValue() instanceof Number fill) || fill.doubleValue() == 0) {
            return elements;
        }
        double[] values = toDoubles(elements);
        int[] extents = chunked.getChunkDimensions();
        long end = first + values.length / width;
        for (long row = first / extents[0] * extents[0]; row < end; row += extents[0]) {
            for (int column = 0; column < width; column += shape.length == 1 ? 1 : extents[1]) {
                int[] corner = shape.length == 1 ? new int[]{(int) row} : new int[]{(int) row, column};
                if (isThere(chunked, corner)) {
                    continue;
                }
                for (long r = Math.max(row, first); r < Math.min(row + extents[0], end); r++) {
                    int from = (int) ((r - first) * width + column);
                    int to = shape.length == 1 ? from + 1 : (int) Math.min(from + extents[1], (r - first + 1) * width);
                    Arrays.fill(values, from, to, fill.doubleValue());
                }
            }
        }
        return values;
    }

    private static boolean isThere(ChunkedDataset chunked, int... corner) {
        try {
            chunked.getRawChunkBuffer(corner);
            return true;
        } catch (HdfException e) {
            return false; // which is how jHDF tells
        }
    }

    private double[] toDoubles(Object elements) {
        double[] values = elements instanceof double[] doubles ? doubles : new double[Array.getLength(elements)];
        switch (elements) {
            case double[] _ -> {
                // Done.
            }
            case float[] from -> Arrays.setAll(values, i -> from[i]);
            case long[] from -> Arrays.setAll(values, i -> (double) from[i]);
            case int[] from -> Arrays.setAll(values, i -> from[i]);
            case short[] from -> Arrays.setAll(values, i -> from[i]);
            case byte[] from -> Arrays.setAll(values, i -> from[i]);
            case boolean[] from -> Arrays.setAll(values, i -> from[i] ? 1 : 0);
            case BigInteger[] from -> Arrays.setAll(values, i -> from[i].doubleValue());
            case Number[] from -> Arrays.setAll(values, i -> from[i].doubleValue());
            case String[] from -> Arrays.setAll(values, i -> "TRUE".equals(from[i]) ? 1 : 0);
            default -> throw invalid("holds " + elements.getClass().getSimpleName() + ", expected numbers");
        }
        return values;
    }
}
