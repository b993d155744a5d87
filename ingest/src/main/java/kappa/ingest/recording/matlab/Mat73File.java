package kappa.ingest.recording.matlab;

import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.object.datatype.CompoundDataType;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kappa.ingest.recording.hdf5.Hdf5Data;
import kappa.ingest.recording.hdf5.Hdf5File;
import kappa.ingest.recording.matlab.ColumnMajorArray.ElementType;

/**
 * A MAT-file of version 7.3: HDF5, in which a variable is a data set with its extents in reverse order, a struct a group, and the
 * attribute {@code MATLAB_class} says what it is. Cells and struct arrays are references, which are followed to texts only. One
 * thread.
 */
final class Mat73File implements MatlabArrays {

    private static final String CLASS = "MATLAB_class";

    /** Classes whose data sets hold the numbers themselves. */
    private static final Set<String> NUMBERS = Set.of("double", "single", "int8", "uint8", "int16", "uint16", "int32",
            "uint32", "int64", "uint64", "logical");

    /** Numbers read at a time. */
    private static final int BLOCK = 1 << 20;

    /** A Java array holds no more. */
    private static final long MAX_CHARACTERS = 1 << 20;
    private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    private final Hdf5File file;
    private final long memory;
    private final Map<String, MatlabVariable> variables = new LinkedHashMap<>();
    private final Map<String, Hdf5Data> data = new LinkedHashMap<>();
    private final Set<Long> groups = new HashSet<>();
    private long taken;

    static Mat73File open(Path path) {
        Hdf5File file = Hdf5File.open(path);
        try {
            return file.read("the file", () -> new Mat73File(file, Runtime.getRuntime().maxMemory()));
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private Mat73File(Hdf5File file, long memory) {
        this.file = file;
        this.memory = memory;
        fields(file.root(), "", 0);
    }

    @Override
    public Map<String, MatlabVariable> variables() {
        return variables;
    }

    /** Goes through the root or a struct; what MATLAB keeps for itself begins with a hash. */
    private void fields(Group group, String prefix, int depth) {
        // A hard link can make a group a part of itself.
        if (depth > MAX_DEPTH || !groups.add(file.read(Hdf5File.path(group), group::getAddress))) {
            return;
        }
        for (String name : file.names(group)) {
            if (!name.startsWith("#")) {
                add(group, name, prefix + name, depth);
            }
        }
    }

    private void add(Group parent, String child, String name, int depth) {
        if (variables.size() == MAX_VARIABLES) {
            throw file.invalid("more than " + MAX_VARIABLES + " variables and fields: expected fewer");
        }
        Node node = file.child(parent, child);
        String type = file.text(node, CLASS);
        if (node instanceof Group group) {
            if (file.number(node, "MATLAB_sparse").isPresent()) {
                variables.put(name, MatlabVariable.sparse(name));
            } else if (type.isEmpty() || type.equals("struct")) {
                List<String> names = file.names(group);
                variables.put(name, MatlabVariable.struct(name, names));
                fields(group, name + ".", depth + 1);
            } else {
                variables.put(name, MatlabVariable.object(name, Hdf5File.printable(type)));
            }
        } else if (node instanceof Dataset) {
            Hdf5Data elements = file.data(parent, child);
            variables.put(name, variable(node, elements, type, name));
            data.put(name, elements);
        }
    }

    private MatlabVariable variable(Node node, Hdf5Data elements, String type, String name) {
        int[] shape = shape(node, elements);
        DataType stored = file.read(elements.path(), () -> elements.node().getDataType());
        if (type.equals("char")) {
            return MatlabVariable.text(name, shape);
        }
        if (type.equals("cell")) {
            return MatlabVariable.cell(name, shape);
        }
        if (!type.isEmpty() && !NUMBERS.contains(type)) {
            return MatlabVariable.object(name, Hdf5File.printable(type), shape);
        }
        if (stored instanceof CompoundDataType) {
            return MatlabVariable.complex(name, type.isEmpty() ? "double" : type, shape);
        }
        if (stored instanceof FixedPoint || stored instanceof FloatingPoint) {
            return MatlabVariable.number(name, type.isEmpty() ? words(stored) : type, shape);
        }
        // References without a class are what the elements of a struct array have in this field.
        return elements.kind() == Hdf5Data.Kind.OTHER && name.contains(".")
                ? MatlabVariable.fieldOfStructArray(name, shape)
                : MatlabVariable.object(name, elements.kind().toString(), shape);
    }

    private static String words(DataType stored) {
        return (stored instanceof FloatingPoint ? "float" : "integer") + " of " + stored.getSize() + " bytes";
    }

    /** As MATLAB has it; of an empty array the elements are its extents. */
    private int[] shape(Node node, Hdf5Data elements) {
        if (file.number(node, "MATLAB_empty").orElse(0) != 0) {
            return new int[]{0, 0};
        }
        long[] stored = elements.shape();
        int[] shape = new int[stored.length];
        for (int axis = 0; axis < shape.length; axis++) {
            long extent = stored[shape.length - 1 - axis];
            if (extent < 0 || extent > Integer.MAX_VALUE) {
                throw elements.invalid("extent " + extent + ", expected at most " + Integer.MAX_VALUE);
            }
            shape[axis] = (int) extent;
        }
        return shape;
    }

    @Override
    public ColumnMajorArray read(MatlabVariable variable) {
        Hdf5Data elements = data.get(variable.name());
        ElementType type = type(elements);
        long count = 1;
        for (int extent : variable.shape()) {
            count = Math.multiplyExact(count, (long) extent); // which Hdf5Data has looked at
        }
        long bytes = count * type.bytes;
        if (bytes > MAX_ARRAY_BYTES || taken + bytes > memory / 4 * 3) {
            throw elements.invalid("takes " + (bytes >> 20) + " MiB"
                    + (taken == 0 ? "" : " beside the " + (taken >> 20) + " MiB of others") + ", Java may use only "
                    + (memory >> 20) + " MiB, and 2 GiB for one array: expected a larger -Xmx, or a part of the array");
        }
        elements.requireHeld(count == 0 ? 0 : elements.rows());
        taken += bytes;
        ByteBuffer numbers = ByteBuffer.allocate((int) bytes).order(ByteOrder.nativeOrder());
        long chunk = elements.rowsPerChunk();
        long step = Math.max(1, Math.max(chunk, BLOCK / Math.max(1, elements.width()) / chunk * chunk));
        for (long row = 0; row < elements.rows() && count > 0; row += step) {
            put(elements.numbers(row, Math.min(step, elements.rows() - row)), type, numbers);
        }
        return new ColumnMajorArray(file.file().toString(), variable.name(), type, numbers.order(), variable.shape(),
                numbers.array());
    }

    @Override
    public List<String> texts(MatlabVariable variable) {
        Hdf5Data elements = data.get(variable.name());
        if (elements == null) {
            throw file.invalid(variable.name() + " is a group, expected a data set of texts");
        }
        if (variable.type().equals("char")) {
            return characters(elements);
        }
        List<String> texts = new ArrayList<>();
        for (Hdf5Data cell : file.referenced(elements, MAX_TEXTS)) {
            List<String> rows = file.text(cell.node(), CLASS).equals("char") ? characters(cell) : List.of();
            if (rows.size() != 1) {
                throw elements.invalid("holds something else than one text in cell " + (texts.size() + 1)
                        + ", expected texts, such as {'a1', 'a2'}");
            }
            texts.add(rows.getFirst());
        }
        return texts;
    }

    /** Characters are whole numbers of two bytes, with the extents in C's order. */
    private static List<String> characters(Hdf5Data elements) {
        long[] shape = elements.shape();
        if (shape.length != 2 || elements.kind() != Hdf5Data.Kind.NUMBER || shape[1] > MAX_TEXTS
                || shape[0] * shape[1] > MAX_CHARACTERS) {
            throw elements.invalid("is text of shape " + Arrays.toString(shape) + ", expected rows of short texts");
        }
        StringBuilder text = new StringBuilder();
        for (double character : elements.numbers()) {
            text.append((char) character);
        }
        return Characters.rows(text.toString(), (int) shape[1]);
    }

    private static void put(double[] values, ElementType type, ByteBuffer numbers) {
        for (double value : values) {
            switch (type) {
                case INT8, UINT8 -> numbers.put((byte) (int) value);
                case INT16, UINT16 -> numbers.putShort((short) (int) value);
                case INT32, UINT32 -> numbers.putInt((int) (long) value);
                case INT64, UINT64 -> throw new IllegalStateException("kept as doubles");
                case FLOAT32 -> numbers.putFloat((float) value);
                case FLOAT64 -> numbers.putDouble(value);
            }
        }
    }

    /** The smallest type that holds what jHDF makes of the elements; integers of 64 bits are doubles by then. */
    private ElementType type(Hdf5Data elements) {
        DataType stored = file.read(elements.path(), () -> elements.node().getDataType());
        if (stored instanceof FixedPoint whole) {
            return switch (whole.getSize()) {
                case 1 -> whole.isSigned() ? ElementType.INT8 : ElementType.UINT8;
                case 2 -> whole.isSigned() ? ElementType.INT16 : ElementType.UINT16;
                case 4 -> whole.isSigned() ? ElementType.INT32 : ElementType.UINT32;
                default -> ElementType.FLOAT64;
            };
        }
        return stored.getSize() <= Float.BYTES ? ElementType.FLOAT32 : ElementType.FLOAT64;
    }

    @Override
    public void close() {
        file.close();
    }
}
