package kappa.ingest.recording.npz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
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
 * @param elements    product of the extents, at most {@link #MAX_ARRAY_BYTES} divided by the type's size
 * @param headerBytes length of everything before the elements
 */
record NpyHeader(Type type, ByteOrder order, boolean fortran, int[] shape, int elements, int headerBytes) {

    /** A Java array holds no more. */
    static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    /** A header of a numeric array takes about 100 bytes; this only bounds what a hostile one makes us read. */
    static final int MAX_HEADER_BYTES = 1 << 16;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** NumPy aligns the elements of an array to this many bytes from the start of its entry. */
    private static final int ALIGNMENT = 64;

    /** The numeric element types of NumPy that a Java program can hold without loss. */
    enum Type {
        BOOL("b1", 1), INT8("i1", 1), INT16("i2", 2), INT32("i4", 4), INT64("i8", 8), UINT8("u1", 1), UINT16("u2",
                2), UINT32("u4",
                        4), UINT64("u8", 8), FLOAT16("f2", 2), FLOAT32("f4", 4), FLOAT64("f8", 8);

        final String code;
        final int bytes;

        Type(String code, int bytes) {
            this.code = code;
            this.bytes = bytes;
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
        return new Parser(new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1), where)
                .parse(headerBytes);
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

    /** Python's literal of a dictionary, as far as NPY needs it. */
    private static final class Parser {
        private final String text;
        private final String where;
        private int at;

        Parser(String text, String where) {
            this.text = text;
            this.where = where;
        }

        NpyHeader parse(int headerBytes) {
            String descr = null;
            Boolean fortran = null;
            int[] shape = null;
            expect('{');
            while (peek() != '}') {
                String key = quoted();
                expect(':');
                if (key.equals("descr") && descr == null) {
                    descr = descr();
                } else if (key.equals("fortran_order") && fortran == null) {
                    fortran = bool();
                } else if (key.equals("shape") && shape == null) {
                    shape = shape();
                } else {
                    throw malformed("unexpected or repeated key '" + key + "'");
                }
                if (peek() != '}') {
                    expect(',');
                }
            }
            expect('}');
            if (peek() != 0) {
                throw malformed("something follows the closing brace");
            }
            if (descr == null || fortran == null || shape == null) {
                throw malformed("expected the keys descr, fortran_order and shape");
            }
            Type type = type(descr);
            return new NpyHeader(type, order(descr), fortran, shape, elements(shape, type), headerBytes);
        }

        private String descr() {
            if (peek() == '[' || peek() == '(') {
                throw new InvalidInputException(where + ": structured dtype: expected bool, int, uint or float");
            }
            return quoted();
        }

        private Type type(String descr) {
            String code = descr.isEmpty() || "<>=|".indexOf(descr.charAt(0)) < 0 ? descr : descr.substring(1);
            if (code.equals("?")) {
                return Type.BOOL;
            }
            for (Type type : Type.values()) {
                if (type.code.equals(code)) {
                    return type;
                }
            }
            String kind = switch (code.isEmpty() ? ' ' : code.charAt(0)) {
                case 'O' -> " (Python objects, stored as pickle, which kappa never runs)";
                case 'c' -> " (complex)";
                case 'U', 'S', 'a', 'T' -> " (strings)";
                case 'M', 'm' -> " (dates)";
                case 'V' -> " (raw bytes)";
                default -> "";
            };
            throw new InvalidInputException(where + ": dtype '" + printable(descr) + "'" + kind
                    + ": expected bool, int8 to int64, uint8 to uint64 or float16 to float64");
        }

        private static ByteOrder order(String descr) {
            return switch (descr.charAt(0)) {
                case '<' -> ByteOrder.LITTLE_ENDIAN;
                case '>' -> ByteOrder.BIG_ENDIAN;
                default -> ByteOrder.nativeOrder();
            };
        }

        private int elements(int[] shape, Type type) {
            long elements = 1;
            for (int extent : shape) {
                if (extent == 0) {
                    return 0;
                }
            }
            for (int extent : shape) {
                elements *= extent; // below 2^31 * 2^31 while the check holds
                if (elements > MAX_ARRAY_BYTES / type.bytes) {
                    throw new InvalidInputException(where + ": shape " + Arrays.toString(shape) + " of "
                            + type.name().toLowerCase(Locale.ROOT) + " is too large: expected at most 2 GiB an array");
                }
            }
            return (int) elements;
        }

        private boolean bool() {
            peek();
            boolean value = text.startsWith("True", at);
            if (!value && !text.startsWith("False", at)) {
                throw malformed("fortran_order is neither True nor False");
            }
            at += value ? 4 : 5;
            return value;
        }

        private int[] shape() {
            int[] extents = new int[4];
            int count = 0;
            expect('(');
            while (peek() != ')') {
                int from = at;
                while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                    at++;
                }
                String digits = text.substring(from, at);
                if (digits.isEmpty()) {
                    throw malformed("an extent of the shape is not a whole number from 0");
                }
                // A Python 2 long ends in L.
                if (at < text.length() && text.charAt(at) == 'L') {
                    at++;
                }
                if (digits.length() > 10 || Long.parseLong(digits) > Integer.MAX_VALUE) {
                    throw new InvalidInputException(
                            where + ": extent " + printable(digits) + ": expected at most " + Integer.MAX_VALUE);
                }
                if (count == extents.length) {
                    extents = Arrays.copyOf(extents, 2 * count);
                }
                extents[count++] = Integer.parseInt(digits);
                if (peek() != ')') {
                    expect(',');
                }
            }
            expect(')');
            return Arrays.copyOf(extents, count);
        }

        private String quoted() {
            char quote = peek();
            if (quote != '\'' && quote != '"') {
                throw malformed("expected a quoted word");
            }
            int end = text.indexOf(quote, at + 1);
            if (end < 0) {
                throw malformed("a quote is not closed");
            }
            String word = text.substring(at + 1, end);
            at = end + 1;
            return word;
        }

        private void expect(char expected) {
            if (peek() != expected) {
                throw malformed("expected '" + expected + "'");
            }
            at++;
        }

        /** The next character that is not white space, or 0 at the end. */
        private char peek() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private InvalidInputException malformed(String what) {
            return new InvalidInputException(
                    where + ": malformed NPY header: " + printable(what) + ", at character " + at + " of it");
        }
    }

    /** Text out of a file, fit for one line of a message. */
    static String printable(String text) {
        String line = text.replaceAll("[^\\x20-\\x7e]", "?");
        return line.length() <= 80 ? line : line.substring(0, 77) + "...";
    }
}
