package kappa.ingest.recording.npz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;

/**
 * The header of an array in NumPy's NPY format (NEP 1), versions 1.0, 2.0 and 3.0: 6 bytes of magic, 2 of version, the length
 * of what follows (2 bytes little-endian in 1.0, else 4), then a Python dictionary with exactly the keys {@code descr},
 * {@code fortran_order} and {@code shape}.
 *
 * @param type        what one element is
 * @param order       byte order of the elements
 * @param fortran     whether the first index runs fastest, instead of the last
 * @param shape       extents, slowest index first; empty for a scalar
 * @param elements    product of the extents, at most what the reader allows for divided by the type's size
 * @param headerBytes length of everything before the elements
 */
record NpyHeader(Type type, ByteOrder order, boolean fortran, int[] shape, long elements, int headerBytes) {

    /** A Java array holds no more. */
    static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    /** A header of a numeric array takes about 100 bytes; this only bounds what a hostile one makes us read. */
    static final int MAX_HEADER_BYTES = 1 << 16;

    private static final int MAX_TEXT_BYTES = 1 << 24;

    private static final int MAX_TEXTS = 1 << 20;

    /** Strings of a number of code points, or of bytes. */
    private static final Pattern CHARACTERS = Pattern.compile("[<>|=]?([US])(\\d{1,9})");

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** NumPy aligns the elements of an array to this many bytes from the start of its entry. */
    private static final int ALIGNMENT = 64;

    private static final Pattern STRUCTURED = Pattern.compile("['\"]descr['\"]\\s*:\\s*[\\[(]");

    /** A key with a quoted word, a truth value or a tuple of extents. */
    private static final Pattern ENTRY = Pattern
            .compile("\\s*(['\"])(?<key>descr|fortran_order|shape)\\1\\s*:\\s*(?:(['\"])(?<word>[^'\"]*)\\3"
                    + "|(?<truth>True|False)|\\((?<extents>[^()]*)\\))\\s*(?:,|(?=\\}))");

    /** A Python 2 long ends in L. */
    private static final Pattern EXTENT = Pattern.compile("(\\d+)L?");

    /** The numeric element types of NumPy that a Java program can hold without loss. */
    enum Type {
        BOOL("b1"), INT8("i1"), INT16("i2"), INT32("i4"), INT64("i8"), UINT8("u1"), UINT16("u2"), UINT32("u4"), UINT64(
                "u8"), FLOAT16("f2"), FLOAT32("f4"), FLOAT64("f8");

        final String code;
        final int bytes;

        Type(String code) {
            this.code = code;
            bytes = code.charAt(1) - '0';
        }

        boolean integral() {
            return !code.startsWith("f");
        }

        /** NumPy's name of the type, little-endian. */
        String descr() {
            return (bytes == 1 ? "|" : "<") + code;
        }
    }

    /**
     * Reads the header and leaves {@code in} at the first element.
     *
     * @param where names file and array in messages
     * @throws InvalidInputException if it is no header of an array kappa can read
     * @throws IOException           from the stream
     */
    static NpyHeader read(InputStream in, String where) throws IOException {
        return read(in, where, MAX_ARRAY_BYTES, "is too large: expected at most 2 GiB an array");
    }

    /**
     * The same for elements of any number of bytes up to {@code maxBytes}.
     *
     * @param tooMany what is wrong with more, in words
     */
    static NpyHeader read(InputStream in, String where, long maxBytes, String tooMany) throws IOException {
        return read(in, where, maxBytes, tooMany, false);
    }

    private static NpyHeader read(InputStream in, String where, long maxBytes, String tooMany, boolean texts)
            throws IOException {
        byte[] start = in.readNBytes(MAGIC.length + 2);
        if (start.length < MAGIC.length + 2 || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new InvalidInputException(
                    where + ": not an NPY array: expected it to begin with the bytes \\x93NUMPY");
        }
        int major = start[MAGIC.length];
        int minor = start[MAGIC.length + 1];
        if (major < 1 || major > 3 || minor != 0) {
            throw new InvalidInputException(
                    where + ": NPY format version " + major + "." + minor + ": expected 1.0, 2.0 or 3.0");
        }
        byte[] lengthBytes = in.readNBytes(major == 1 ? 2 : 4);
        if (lengthBytes.length < (major == 1 ? 2 : 4)) {
            throw new InvalidInputException(where + ": ends inside its header");
        }
        ByteBuffer length = ByteBuffer.wrap(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
        long textLength = major == 1
                ? Short.toUnsignedLong(length.getShort())
                : Integer.toUnsignedLong(length.getInt());
        if (textLength > MAX_HEADER_BYTES) {
            throw new InvalidInputException(
                    where + ": header of " + textLength + " bytes: expected at most " + MAX_HEADER_BYTES);
        }
        byte[] text = in.readNBytes((int) textLength);
        if (text.length < textLength) {
            throw new InvalidInputException(where + ": ends inside its header");
        }
        int headerBytes = start.length + lengthBytes.length + text.length;
        NpyHeader header = parse(
                new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1), where,
                headerBytes, maxBytes, texts);
        if (header.elements < 0) {
            throw new InvalidInputException(where + ": shape " + Arrays.toString(header.shape) + " of "
                    + header.type.name().toLowerCase(Locale.ROOT) + " " + tooMany);
        }
        return header;
    }

    /**
     * The bytes of a version 1.0 header for an array in C order, as NumPy itself writes it.
     *
     * @param descr the element type as NumPy spells it, such as {@code <U12}
     */
    static byte[] write(String descr, long... shape) {
        StringBuilder extents = new StringBuilder("(");
        for (int i = 0; i < shape.length; i++) {
            extents.append(i == 0 ? "" : ", ").append(shape[i]);
        }
        extents.append(shape.length == 1 ? ",)" : ")");
        String dictionary = String.format(Locale.ROOT, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr,
                extents);
        int before = MAGIC.length + 4;
        int total = Math.ceilDiv(before + dictionary.length() + 1, ALIGNMENT) * ALIGNMENT;
        byte[] text = new byte[total - before];
        Arrays.fill(text, (byte) ' ');
        byte[] ascii = dictionary.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, text, 0, ascii.length);
        text[text.length - 1] = '\n';
        return ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN).put(MAGIC).put((byte) 1).put((byte) 0)
                .putShort((short) text.length).put(text).array();
    }

    /**
     * Reads the header of texts, of one dimension. They are taken for what they are made of: of n texts of w characters the shape
     * is [n, w], and an element a code point of 32 bits, or a byte.
     */
    static NpyHeader readTexts(InputStream in, String where) throws IOException {
        return read(in, where, MAX_TEXT_BYTES, "is too large: expected at most 16 MiB of text", true);
    }

    /** The texts of such an array; NumPy fills them up with zeros. */
    static List<String> texts(NpyHeader header, byte[] elements) {
        boolean bytes = header.type == Type.UINT8;
        Charset charset = bytes
                ? StandardCharsets.UTF_8
                : Charset.forName(header.order == ByteOrder.LITTLE_ENDIAN ? "UTF-32LE" : "UTF-32BE");
        int length = header.shape[1] * header.type.bytes;
        return IntStream.range(0, header.shape[0])
                .mapToObj(i -> new String(elements, i * length, length, charset).replaceAll("\\x00+$", "")).toList();
    }

    /** Reads Python's literal of a dictionary; elements are -1 if they are too many. */
    private static NpyHeader parse(String text, String where, int headerBytes, long maxBytes, boolean texts) {
        if (STRUCTURED.matcher(text).find()) {
            throw new InvalidInputException(where + ": structured dtype: expected bool, int, uint or float");
        }
        String dictionary = text.strip();
        Matcher entry = ENTRY.matcher(dictionary);
        String descr = null;
        String fortran = null;
        String extents = null;
        int entries = 0;
        int at = dictionary.startsWith("{") ? 1 : 0;
        for (; at > 0 && entry.region(at, dictionary.length()).lookingAt(); entries++) {
            switch (entry.group("key")) {
                case "descr" -> descr = entry.group("word");
                case "fortran_order" -> fortran = entry.group("truth");
                default -> extents = entry.group("extents");
            }
            at = entry.end();
        }
        if (entries != 3 || descr == null || fortran == null || extents == null
                || !dictionary.substring(at).strip().equals("}")) {
            throw new InvalidInputException(where + ": malformed NPY header at character " + at
                    + ": expected a dictionary with the keys descr, fortran_order and shape, each once");
        }
        Matcher characters = CHARACTERS.matcher(descr);
        if (texts && !characters.matches()) {
            throw new InvalidInputException(where + ": dtype '" + printable(descr) + "': expected strings");
        }
        Type type = !texts ? type(descr, where) : characters.group(1).equals("U") ? Type.UINT32 : Type.UINT8;
        int[] shape = shape(extents, where);
        if (texts) {
            if (shape.length != 1 || shape[0] > MAX_TEXTS) {
                throw new InvalidInputException(where + ": shape " + Arrays.toString(shape)
                        + ": expected a list of at most " + MAX_TEXTS + " strings");
            }
            shape = new int[]{shape[0], extent(characters.group(2), where)};
        }
        ByteOrder order = switch (descr.charAt(0)) {
            case '<' -> ByteOrder.LITTLE_ENDIAN;
            case '>' -> ByteOrder.BIG_ENDIAN;
            default -> ByteOrder.nativeOrder();
        };
        return new NpyHeader(type, order, fortran.equals("True"), shape, elements(shape, maxBytes / type.bytes),
                headerBytes);
    }

    private static Type type(String descr, String where) {
        String code = descr.isEmpty() || "<>=|".indexOf(descr.charAt(0)) < 0 ? descr : descr.substring(1);
        for (Type type : Type.values()) {
            if (type.code.equals(code.equals("?") ? Type.BOOL.code : code)) {
                return type;
            }
        }
        String kind = switch (code.isEmpty() ? ' ' : code.charAt(0)) {
            case 'O' ->
                " (Python objects, stored as pickle, which kappa never runs; if they are trials of unequal length,"
                        + " np.savez('SESSION.npz', counts=np.concatenate(list(x)), trial_length=[len(t) for t in x],"
                        + " bin_width=0.02) saves them as numbers)";
            case 'c' -> " (complex)";
            case 'U', 'S', 'a', 'T' -> " (strings)";
            case 'M', 'm' -> " (dates)";
            case 'V' -> " (raw bytes)";
            default -> "";
        };
        throw new InvalidInputException(where + ": dtype '" + printable(descr) + "'" + kind
                + ": expected bool, int8 to int64, uint8 to uint64 or float16 to float64");
    }

    private static int[] shape(String extents, String where) {
        List<String> given = Arrays.stream(extents.split(",", -1)).map(String::strip).toList();
        // A comma may follow the last extent; a scalar has none.
        return given.subList(0, given.getLast().isEmpty() ? given.size() - 1 : given.size()).stream()
                .mapToInt(extent -> extent(extent, where)).toArray();
    }

    private static int extent(String text, String where) {
        Matcher extent = EXTENT.matcher(text);
        if (!extent.matches()) {
            throw new InvalidInputException(where + ": malformed NPY header: extent '" + printable(text)
                    + "' of the shape, expected a whole number from 0");
        }
        String digits = extent.group(1);
        if (digits.length() > 10 || Long.parseLong(digits) > Integer.MAX_VALUE) {
            throw new InvalidInputException(
                    where + ": extent " + printable(digits) + ": expected at most " + Integer.MAX_VALUE);
        }
        return Integer.parseInt(digits);
    }

    /** Product of the extents; -1 if it is more than {@code most}. */
    private static long elements(int[] shape, long most) {
        if (Arrays.stream(shape).anyMatch(extent -> extent == 0)) {
            return 0;
        }
        long elements = 1;
        for (int extent : shape) {
            if (elements > most / extent) {
                return -1;
            }
            elements *= extent;
        }
        return elements > most ? -1 : elements;
    }

    /** Text out of a file, fit for one line of a message. */
    static String printable(String text) {
        String line = text.replaceAll("[^\\x20-\\x7e]", "?");
        return line.length() <= 80 ? line : line.substring(0, 77) + "...";
    }
}
