package kappa.ingest.recording.matlab;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipException;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.matlab.ColumnMajorArray.ElementType;

/**
 * A MAT-file of level 5, after MathWorks' "MAT-File Format": a header of 128 bytes, then elements, each a tag (type and number of
 * bytes) with data, padded to 8 bytes. A variable is an element {@value #MATRIX}, which holds further elements: flags, extents,
 * name, and numbers, in any type that can hold them, or other matrices. From v7 on each variable is compressed by itself.
 *
 * <p>The file may be hostile. No element may reach beyond the one that holds it, and no memory is taken for a size that is only
 * claimed: a compressed element must be able to hold what it says it does, and all arrays together take at most three quarters of
 * the memory Java has. What is not asked for is passed over. One thread.
 */
final class Mat5File implements MatlabArrays {

    /** Where the elements begin. */
    static final int HEADER = 128;

    private static final int MATRIX = 14;
    private static final int COMPRESSED = 15;
    private static final int INT8 = 1;
    private static final int INT32 = 5;
    private static final int UINT32 = 6;

    private static final int CELL = 1;
    private static final int STRUCT = 2;
    private static final int OBJECT = 3;
    private static final int CHAR = 4;
    private static final int SPARSE = 5;
    private static final int FIRST_NUMBER = 6;
    private static final int LAST_NUMBER = 15;
    private static final int FUNCTION = 16;
    private static final int OPAQUE = 17;
    private static final int COMPLEX_FLAG = 1 << 11;
    private static final int LOGICAL_FLAG = 1 << 9;

    /** MATLAB's numeric classes, from {@value #FIRST_NUMBER} on. */
    private static final List<String> NUMBERS = List.of("double", "single", "int8", "uint8", "int16", "uint16", "int32",
            "uint32", "int64", "uint64");

    /** The types in which elements are stored, by MATLAB's numbers for them. */
    private static final Map<Integer, ElementType> STORED = Map.of(1, ElementType.INT8, 2, ElementType.UINT8, 3,
            ElementType.INT16, 4, ElementType.UINT16,
            5, ElementType.INT32, 6, ElementType.UINT32, 7, ElementType.FLOAT32, 9, ElementType.FLOAT64, 12,
            ElementType.INT64, 13, ElementType.UINT64);

    private static final int MAX_EXTENTS = 32;

    /** MATLAB's own limit for names is 63. */
    private static final int MAX_NAME = 1 << 10;

    private static final int MAX_NAMES_BYTES = 1 << 20;

    /** A Java array holds no more. */
    private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    /** Deflate makes at most 258 bytes of 2 bits. */
    private static final long MAX_INFLATION = 1032;

    private final Path file;
    private final FileChannel channel;
    private final ByteOrder order;
    private final long size;
    private final long memory;
    private final Map<String, MatlabVariable> variables = new LinkedHashMap<>();
    private final Map<String, Root> roots = new LinkedHashMap<>();
    private long taken;

    /** Where a variable lies in the file. */
    private record Root(long from, long bytes, boolean compressed) {}

    /** @param padding bytes after the data that mean nothing */
    private record Tag(int type, long bytes, int padding) {}

    /** What is being looked for in a variable, and what was found of it. */
    private static final class Search {
        private final String wanted; // null to list all
        private ColumnMajorArray found;
        private List<String> texts;

        Search(String wanted) {
            this.wanted = wanted;
        }
    }

    static Mat5File open(Path file) {
        return open(file, Runtime.getRuntime().maxMemory());
    }

    /** @param memory that Java may use, bytes */
    static Mat5File open(Path file, long memory) {
        FileChannel channel = null;
        boolean opened = false;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
            Mat5File mat = new Mat5File(file, channel, memory);
            mat.list();
            opened = true;
            return mat;
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + e + ")", e);
        } finally {
            if (!opened && channel != null) {
                close(file, channel);
            }
        }
    }

    private Mat5File(Path file, FileChannel channel, long memory) throws IOException {
        this.file = file;
        this.channel = channel;
        this.memory = memory;
        this.size = channel.size();
        ByteBuffer header = ByteBuffer.allocate(HEADER);
        while (header.hasRemaining() && channel.read(header, header.position()) > 0) {
            // Until it is there.
        }
        if (header.hasRemaining()) {
            throw new InvalidInputException(
                    file + ": " + size + " bytes, expected a MATLAB file, whose header alone has "
                            + HEADER);
        }
        order = header.get(HEADER - 2) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }

    @Override
    public Map<String, MatlabVariable> variables() {
        return variables;
    }

    @Override
    public ColumnMajorArray read(MatlabVariable variable) {
        ColumnMajorArray found = search(variable.name()).found;
        if (found == null) {
            throw damaged("variable " + variable.name() + " is not where it was");
        }
        return found;
    }

    @Override
    public List<String> texts(MatlabVariable variable) {
        List<String> found = search(variable.name()).texts;
        if (found == null) {
            throw damaged("variable " + variable.name() + " is not where it was");
        }
        return found;
    }

    private Search search(String name) {
        String first = name.contains(".") && !roots.containsKey(name) ? name.substring(0, name.indexOf('.')) : name;
        Search search = new Search(name);
        root(roots.get(first), search);
        return search;
    }

    private void list() {
        long at = HEADER;
        while (at < size) {
            if (size - at < 2 * Integer.BYTES) {
                throw damaged("it ends inside the tag of an element at byte " + at);
            }
            ByteBuffer tag = ByteBuffer.allocate(2 * Integer.BYTES).order(order);
            try {
                while (tag.hasRemaining() && channel.read(tag, at + tag.position()) > 0) {
                    // Until it is there.
                }
            } catch (IOException e) {
                throw new InvalidInputException(file + ": cannot be read (" + e + ")", e);
            }
            int type = tag.getInt(0);
            long bytes = Integer.toUnsignedLong(tag.getInt(Integer.BYTES));
            long from = at + 2 * Integer.BYTES;
            if (type != MATRIX && type != COMPRESSED) {
                throw damaged("byte " + at + " begins an element of type " + type + ", expected a variable");
            }
            if (bytes > size - from) {
                throw damaged("the variable at byte " + at + " has " + bytes + " bytes, of which " + (size - from)
                        + " are there: expected a whole file");
            }
            if (bytes > 0) {
                root(new Root(from, bytes, type == COMPRESSED), new Search(null));
            }
            at = from + bytes;
        }
    }

    /** Goes through a variable. */
    private void root(Root root, Search search) {
        try (ElementBytes in = root.compressed
                ? ElementBytes.inflated(channel, root.from, root.bytes, order)
                : ElementBytes.plain(channel, root.from, root.bytes, order)) {
            long end = root.bytes;
            if (root.compressed) {
                Tag tag = tag(in, Long.MAX_VALUE);
                if (tag.type != MATRIX || tag.bytes > MAX_INFLATION * (root.bytes + 1)) {
                    throw damaged("byte " + root.from + ": " + root.bytes
                            + " compressed bytes claim to hold an element of type "
                            + tag.type + " of " + tag.bytes + " bytes, expected a variable that they can hold");
                }
                end = in.position() + tag.bytes;
            }
            matrix(in, end, null, root, 0, search);
        } catch (EOFException e) {
            throw damaged("the variable at byte " + root.from + " ends before it is complete", e);
        } catch (ZipException e) {
            throw damaged("the variable at byte " + root.from + " cannot be decompressed (" + printable(e.getMessage())
                    + ")", e);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + e + ")", e);
        }
    }

    /**
     * Goes through a matrix, of which the tag was read.
     *
     * @param end where it ends
     * @param path its name if it is a field, null if it has one of its own
     */
    private void matrix(ElementBytes in, long end, String path, Root root, int depth, Search search)
            throws IOException {
        if (in.position() == end) {
            if (path != null) { // an empty array has not even flags
                found(MatlabVariable.number(path, "double", 0, 0), search);
                if (path.equals(search.wanted)) {
                    search.found = new ColumnMajorArray(file.toString(), path, ElementType.FLOAT64, order,
                            new int[]{0, 0},
                            new byte[0]);
                }
            }
            return;
        }
        int[] flags = ints(in, expect(tag(in, end), UINT32, "flags", 2 * Integer.BYTES));
        int type = flags.length == 0 ? 0 : flags[0] & 0xff;
        if (type == OPAQUE) {
            opaque(in, end, path, root, search);
            return;
        }
        int[] shape = ints(in, expect(tag(in, end), INT32, "extents", MAX_EXTENTS * Integer.BYTES));
        long elements = elements(shape);
        String own = name(in, end);
        String name = path == null ? own : path;
        if (name.isEmpty()) {
            return; // what objects and functions keep their state in
        }
        if (path == null && search.wanted == null && roots.put(name, root) != null) {
            throw damaged("variable " + printable(name) + " is there twice: expected each once");
        }
        switch (type) {
            case CELL -> {
                found(MatlabVariable.cell(name, shape), search);
                if (name.equals(search.wanted)) {
                    search.texts = cells(in, end, name, elements);
                }
            }
            case CHAR -> {
                found(MatlabVariable.text(name, shape), search);
                if (name.equals(search.wanted)) {
                    search.texts = characters(in, end, name, shape);
                }
            }
            case SPARSE -> found(MatlabVariable.sparse(name, shape), search);
            case FUNCTION -> found(MatlabVariable.object(name, "function_handle", shape), search);
            case STRUCT -> struct(in, end, name, shape, elements, root, depth, search);
            case OBJECT -> found(MatlabVariable.object(name, name(in, end), shape), search);
            default -> {
                if (type < FIRST_NUMBER || type > LAST_NUMBER) {
                    throw damaged(
                            "variable " + printable(name) + " is of class " + type + ", which MATLAB does not have");
                }
                String words = (flags[0] & LOGICAL_FLAG) != 0 ? "logical" : NUMBERS.get(type - FIRST_NUMBER);
                if ((flags[0] & COMPLEX_FLAG) != 0) {
                    found(MatlabVariable.complex(name, words, shape), search);
                } else {
                    found(MatlabVariable.number(name, words, shape), search);
                    if (name.equals(search.wanted)) {
                        search.found = numbers(in, end, name, shape, elements);
                    }
                }
            }
        }
        if (path != null && search.found == null && search.texts == null) {
            in.skip(end - in.position());
        }
    }

    private List<String> cells(ElementBytes in, long end, String name, long elements) throws IOException {
        if (elements > MAX_TEXTS) {
            throw invalid(name, "has " + elements + " cells, expected at most " + MAX_TEXTS + " texts");
        }
        List<String> texts = new ArrayList<>();
        for (long cell = 1; cell <= elements; cell++) {
            Tag tag = tag(in, end);
            long endOfCell = in.position() + tag.bytes;
            List<String> rows = List.of();
            if (tag.type == MATRIX && tag.bytes > 0) {
                int[] flags = ints(in, expect(tag(in, endOfCell), UINT32, "flags", 2 * Integer.BYTES));
                int[] shape = ints(in, expect(tag(in, endOfCell), INT32, "extents", MAX_EXTENTS * Integer.BYTES));
                name(in, endOfCell);
                rows = flags.length > 0 && (flags[0] & 0xff) == CHAR && shape.length == 2
                        ? characters(in, endOfCell, name, shape)
                        : rows;
            }
            if (rows.size() != 1) {
                throw invalid(name, "holds something else than one text in cell " + cell
                        + ", expected texts, such as {'a1', 'a2'}");
            }
            texts.add(rows.getFirst());
            in.skip(endOfCell - in.position());
        }
        return texts;
    }

    private List<String> characters(ElementBytes in, long end, String name, int[] shape) throws IOException {
        Tag tag = tag(in, end);
        if (shape.length != 2 || shape[0] > MAX_TEXTS || tag.bytes > MAX_NAMES_BYTES) {
            throw invalid(name, "is text of shape " + Arrays.toString(shape) + " and " + tag.bytes
                    + " bytes, expected rows of short texts");
        }
        String text = Characters.decoded(bytes(in, tag), tag.type, order)
                .orElseThrow(() -> invalid(name, "holds text of type " + tag.type + ", which MATLAB does not have"));
        return Characters.rows(text, shape[0]);
    }

    private InvalidInputException invalid(String name, String complaint) {
        return new InvalidInputException(file + ": array '" + printable(name) + "' " + complaint);
    }

    private void found(MatlabVariable variable, Search search) {
        if (search.wanted != null) {
            return;
        }
        if (variables.size() == MAX_VARIABLES) {
            throw damaged("more than " + MAX_VARIABLES + " variables and fields: expected fewer");
        }
        if (variables.put(variable.name(), variable) != null) {
            throw damaged("variable " + printable(variable.name()) + " is there twice: expected each once");
        }
    }

    /** An object of a newer kind has no extents: its name, its system and its class stand here. */
    private void opaque(ElementBytes in, long end, String path, Root root, Search search) throws IOException {
        String own = name(in, end);
        name(in, end);
        String type = name(in, end);
        String name = path == null ? own : path;
        if (path == null && search.wanted == null && roots.put(name, root) != null) {
            throw damaged("variable " + printable(name) + " is there twice: expected each once");
        }
        found(MatlabVariable.object(name, printable(type)), search);
        if (path != null) {
            in.skip(end - in.position());
        }
    }

    private void struct(ElementBytes in, long end, String name, int[] shape, long elements, Root root, int depth,
            Search search) throws IOException {
        int[] length = ints(in, expect(tag(in, end), INT32, "length of field names", Integer.BYTES));
        byte[] names = bytes(in, expect(tag(in, end), INT8, "field names", MAX_NAMES_BYTES));
        if (length.length != 1 || length[0] < 0
                || (length[0] == 0 ? names.length > 0 : names.length % length[0] != 0)) {
            throw damaged("struct " + printable(name) + ": field names of " + names.length
                    + " bytes, expected a multiple of their length, " + Arrays.toString(length));
        }
        List<String> fields = new ArrayList<>();
        for (int at = 0; at < names.length; at += length[0]) {
            fields.add(text(names, at, length[0]));
        }
        if (elements != 1 || depth == MAX_DEPTH) {
            found(MatlabVariable.structArray(name, fields, shape), search);
            return;
        }
        found(MatlabVariable.struct(name, fields, shape), search);
        for (String field : fields) {
            Tag tag = tag(in, end);
            if (tag.type != MATRIX) {
                throw damaged("field " + printable(field) + " of struct " + printable(name) + " is of type " + tag.type
                        + ", expected an array");
            }
            matrix(in, in.position() + tag.bytes, name + "." + field, root, depth + 1, search);
            if (search.found != null || search.texts != null) {
                return;
            }
        }
    }

    private ColumnMajorArray numbers(ElementBytes in, long end, String name, int[] shape, long elements)
            throws IOException {
        Tag tag = tag(in, end);
        ElementType type = STORED.get(tag.type);
        if (type == null || tag.bytes != elements * type.bytes) {
            throw damaged("variable " + printable(name) + " has " + tag.bytes + " bytes of numbers of type " + tag.type
                    + ", which is not what its shape " + Arrays.toString(shape) + " takes");
        }
        if (tag.bytes > MAX_ARRAY_BYTES || taken + tag.bytes > memory / 4 * 3) {
            throw new InvalidInputException(file + ": variable " + printable(name) + " takes " + (tag.bytes >> 20)
                    + " MiB"
                    + (taken == 0 ? "" : " beside the " + (taken >> 20) + " MiB of others") + ", Java may use only "
                    + (memory >> 20) + " MiB, and 2 GiB for one array: expected a larger -Xmx, or a part of the array");
        }
        taken += tag.bytes;
        byte[] numbers = new byte[(int) tag.bytes];
        in.readFully(numbers);
        return new ColumnMajorArray(file.toString(), name, type, order, shape, numbers);
    }

    /** The product of extents, which may be anything. */
    private long elements(int[] shape) {
        long elements = 1;
        for (int extent : shape) {
            if (extent < 0) {
                throw damaged("extents " + Arrays.toString(shape) + ", expected none below 0");
            }
            elements = Math.multiplyHigh(elements, extent) == 0 ? elements * extent : -1;
            if (elements < 0 || elements > Long.MAX_VALUE / Long.BYTES) {
                throw damaged("extents " + Arrays.toString(shape) + " are of more elements than any file holds");
            }
        }
        if (shape.length < 2) {
            throw damaged("extents " + Arrays.toString(shape) + ", expected two or more");
        }
        return elements;
    }

    // ------------------------------------------------------------------ elements

    /** @param end of the element that holds this one */
    private Tag tag(ElementBytes in, long end) throws IOException {
        long at = in.position();
        if (end - at < 2 * Integer.BYTES) {
            throw damaged("an element at byte " + at + " of a variable is cut off by the end of the one around it");
        }
        int first = in.readInt();
        if (first >>> Short.SIZE != 0) { // a small one, of which 4 bytes stand in the tag
            int bytes = first >>> Short.SIZE;
            if (bytes > Integer.BYTES) {
                throw damaged("an element at byte " + at + " of a variable has " + bytes
                        + " bytes in its tag, expected 4 at most");
            }
            return new Tag(first & 0xffff, bytes, Integer.BYTES - bytes);
        }
        long bytes = Integer.toUnsignedLong(in.readInt());
        if (bytes > end - in.position()) {
            throw damaged("an element at byte " + at + " of a variable claims " + bytes + " bytes, of which "
                    + (end - in.position()) + " are there");
        }
        return new Tag(first, bytes, (int) Math.min(-bytes & 7, end - in.position() - bytes));
    }

    private Tag expect(Tag tag, int type, String what, int most) {
        if (tag.type != type || tag.bytes > most) {
            throw damaged(
                    what + ": an element of type " + tag.type + " of " + tag.bytes + " bytes, expected type " + type
                            + " of at most " + most);
        }
        return tag;
    }

    private static byte[] bytes(ElementBytes in, Tag tag) throws IOException {
        byte[] bytes = new byte[(int) tag.bytes];
        in.readFully(bytes);
        in.skip(tag.padding);
        return bytes;
    }

    private int[] ints(ElementBytes in, Tag tag) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(bytes(in, tag)).order(order);
        int[] ints = new int[bytes.capacity() / Integer.BYTES];
        bytes.asIntBuffer().get(ints);
        return ints;
    }

    private String name(ElementBytes in, long end) throws IOException {
        byte[] bytes = bytes(in, expect(tag(in, end), INT8, "name", MAX_NAME));
        return text(bytes, 0, bytes.length);
    }

    /** Up to the first NUL. */
    private static String text(byte[] bytes, int from, int length) {
        int count = 0;
        while (count < length && bytes[from + count] != 0) {
            count++;
        }
        return new String(bytes, from, count, US_ASCII);
    }

    // ------------------------------------------------------------------ messages

    private InvalidInputException damaged(String complaint) {
        return damaged(complaint, null);
    }

    private InvalidInputException damaged(String complaint, Throwable cause) {
        return new InvalidInputException(file + ": damaged MATLAB file: " + complaint, cause);
    }

    private static String printable(String text) {
        String line = text == null ? "" : text.replaceAll("[^\\x20-\\x7e]", "?");
        return line.length() <= 80 ? line : line.substring(0, 77) + "...";
    }

    @Override
    public void close() {
        close(file, channel);
    }

    private static void close(Path file, FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be closed (" + e + ")", e);
        }
    }
}
