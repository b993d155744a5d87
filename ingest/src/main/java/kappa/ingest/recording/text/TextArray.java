package kappa.ingest.recording.text;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.arrays.NumericArray;

/**
 * A table of numbers as text: [rows, columns], separated by tabs, semicolons, commas or blanks, whichever the first row has, with
 * the names of the columns in the first row. A first column without a name, or named time, index, bin or frame, is left out. An
 * empty field, NaN and NA are no number.
 *
 * <p>Opening a file finds its rows. Numbers are read when they are asked for, block by block, so that a file may be larger than
 * memory. Thread-safe; one thread reads at a time.
 */
final class TextArray implements NumericArray, AutoCloseable {

    /** Rows of a block that is in memory, unless they are long. */
    private static final int MAX_BLOCK_ROWS = 256;

    private static final int MAX_BLOCK_NUMBERS = 1 << 20;

    private static final int MAX_COLUMNS = 1 << 17;
    private static final int MAX_ROW_BYTES = 1 << 24;
    private static final int BUFFER = 1 << 16;
    private static final Set<String> NOT_A_NEURON = Set.of("", "time", "t", "time_s", "timestamp", "timestamps",
            "index",
            "bin", "frame");
    private static final Set<String> UNKNOWN = Set.of("", "nan", "na", "n/a", "null");

    private final Path file;
    private final RandomAccessFile source; // no channel, which an interrupted reader would close
    private final char separator; // a blank for any number of them
    private final int skipped; // columns before the first neuron
    private final int fields; // of a row
    private final List<String> neurons;
    private final int rows;
    private final int blockRows;
    private final long[] blockStart; // of each block and of the end, bytes
    private double[] block;
    private int loaded = -1;

    /** @throws InvalidInputException if there is no such file, or no table in it */
    static TextArray open(Path file) {
        try {
            RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r");
            try {
                return new TextArray(file, bytes);
            } catch (IOException | RuntimeException | Error e) {
                bytes.close();
                throw e;
            }
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": cannot be read (" + InvalidInputException.oneLine(e.toString()) + ")", e);
        }
    }

    private TextArray(Path file, RandomAccessFile source) throws IOException {
        this.file = file;
        this.source = source;
        Lines lines = new Lines(0);
        String first = lines.line();
        while (first != null && first.isBlank()) {
            first = lines.line();
        }
        if (first == null) {
            throw invalid("holds no row, expected the names of the neurons and then a row of numbers for each bin");
        }
        separator = separator(first);
        List<String> names = header(first);
        fields = names.size();
        if (isNumber(names.getFirst()) && names.stream().allMatch(name -> isNumber(name) || isUnknown(name))) {
            throw invalid(
                    "line " + lines.number + ": '" + shortened(first) + "': expected the names of the neurons, such as "
                            + String.join(separator == ' ' ? " " : String.valueOf(separator),
                                    IntStream.range(0, Math.min(3, fields)).mapToObj(i -> "n" + i).toList())
                            + (fields > 3 ? " and so on" : ""));
        }
        skipped = NOT_A_NEURON.contains(names.getFirst().toLowerCase(Locale.ROOT)) ? 1 : 0;
        neurons = List.copyOf(names.subList(skipped, fields));
        requireNames();
        blockRows = Math.clamp(MAX_BLOCK_NUMBERS / neurons.size(), 1, MAX_BLOCK_ROWS);
        long[] starts = new long[16];
        int count = 0;
        int found = 0;
        long start = lines.position;
        for (String line = lines.line(); line != null; line = lines.line()) {
            if (!isEmpty(line)) {
                if (found % blockRows == 0) {
                    starts = count + 1 < starts.length ? starts : Arrays.copyOf(starts, 2 * starts.length);
                    starts[count++] = start;
                }
                if (found == Integer.MAX_VALUE) {
                    throw invalid("more than " + Integer.MAX_VALUE + " rows, expected fewer");
                }
                found++;
            }
            start = lines.position;
        }
        starts[count++] = start;
        rows = found;
        blockStart = Arrays.copyOf(starts, count);
        if (rows == 0) {
            throw invalid("holds the names of the neurons only, expected a row of numbers for each bin");
        }
    }

    private void requireNames() {
        if (neurons.isEmpty() || neurons.size() > MAX_COLUMNS) {
            throw invalid(neurons.size() + " columns of neurons, expected 1 to " + MAX_COLUMNS);
        }
        Set<String> seen = new HashSet<>();
        for (String name : neurons) {
            if (name.isBlank() || !seen.add(name)) {
                throw invalid("its first row names "
                        + (name.isBlank() ? "a column with nothing" : "'" + shortened(name) + "' twice")
                        + ", expected each neuron's name once");
            }
        }
    }

    /** Tabs alone are a row of which nothing is known. */
    private boolean isEmpty(String line) {
        return separator == '\t' ? line.isEmpty() : line.isBlank();
    }

    private static char separator(String line) {
        for (char candidate : new char[]{'\t', ';', ','}) {
            if (line.indexOf(candidate) >= 0) {
                return candidate;
            }
        }
        return ' ';
    }

    /** Fields of the first row, which may be in quotes. */
    private List<String> header(String line) {
        List<String> names = new ArrayList<>();
        String text = line.startsWith("\uFEFF") ? line.substring(1) : line;
        text = text.startsWith("#") ? text.substring(1).strip() : text; // as numpy.savetxt begins it
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (char c : (separator == ' ' ? text.strip().replaceAll("\\s+", " ") : text).toCharArray()) {
            if (c == '"') {
                quoted = !quoted;
            } else if (c == separator && !quoted) {
                names.add(field.toString().strip());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        names.add(field.toString().strip());
        return names;
    }

    private static boolean isNumber(String text) {
        try {
            Double.parseDouble(text);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static boolean isUnknown(String text) {
        return UNKNOWN.contains(text.toLowerCase(Locale.ROOT));
    }

    private static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }

    /** Names of the columns that are neurons. */
    List<String> neurons() {
        return neurons;
    }

    @Override
    public String name() {
        return Recording.name(file, "csv|tsv|txt");
    }

    @Override
    public int[] shape() {
        return new int[]{rows, neurons.size()};
    }

    /** Text says nothing of types. */
    @Override
    public boolean integral() {
        return false;
    }

    @Override
    public synchronized void doubles(long from, int count, double[] values) {
        int width = neurons.size();
        if (from < 0 || count < 0 || count > elements() - from) {
            throw new IndexOutOfBoundsException("elements " + from + " to " + (from + count) + " of " + elements());
        }
        for (int i = 0; i < count;) {
            long element = from + i;
            int wanted = (int) (element / width / blockRows);
            if (wanted != loaded) {
                load(wanted);
            }
            int within = (int) (element - (long) wanted * blockRows * width);
            int copied = Math.min(block.length - within, count - i);
            System.arraycopy(block, within, values, i, copied);
            i += copied;
        }
    }

    private void load(int wanted) {
        int first = wanted * blockRows;
        int count = Math.min(blockRows, rows - first);
        int width = neurons.size();
        double[] read = new double[count * width];
        try {
            Lines lines = new Lines(blockStart[wanted]);
            for (int row = 0; row < count;) {
                String line = lines.line();
                if (line == null) {
                    throw invalid("ends after " + (first + row) + " bins, it had " + rows + ": it has become shorter");
                }
                if (!isEmpty(line)) {
                    parse(line, first + row, read, row * width);
                    row++;
                }
            }
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": cannot be read (" + InvalidInputException.oneLine(e.toString()) + ")", e);
        }
        block = read;
        loaded = wanted;
    }

    private void parse(String line, int bin, double[] out, int offset) {
        int at = 0;
        int field = 0;
        int end = line.length();
        if (separator == ' ') {
            while (at < end && Character.isWhitespace(line.charAt(at))) {
                at++;
            }
            while (end > at && Character.isWhitespace(line.charAt(end - 1))) {
                end--;
            }
        }
        while (at <= end) {
            int stop = at;
            while (stop < end && (separator == ' '
                    ? !Character.isWhitespace(line.charAt(stop))
                    : line.charAt(stop) != separator)) {
                stop++;
            }
            if (field >= skipped && field < fields) {
                out[offset + field - skipped] = number(line.substring(at, stop), bin, field);
            }
            field++;
            at = stop + 1;
            while (separator == ' ' && at < end && Character.isWhitespace(line.charAt(at))) {
                at++;
            }
        }
        if (field != fields) {
            throw invalid(
                    "bin " + bin + " has " + field + " fields, expected " + fields + ", one for each name in the first"
                            + " row");
        }
    }

    private double number(String text, int bin, int field) {
        String stripped = text.strip();
        if (isUnknown(stripped)) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(stripped);
        } catch (NumberFormatException e) {
            throw new InvalidInputException(file + ": bin " + bin + ", column '"
                    + shortened(neurons.get(field - skipped))
                    + "': '" + shortened(stripped) + "', expected a number with a decimal point, or nothing where it is"
                    + " not known", e);
        }
    }

    @Override
    public InvalidInputException invalid(String complaint) {
        return new InvalidInputException(file + ": " + complaint);
    }

    @Override
    public void close() {
        try {
            source.close();
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be closed (" + e + ")", e);
        }
    }

    /** Lines from a place in the file on. */
    private final class Lines {
        private final byte[] buffer = new byte[BUFFER];
        private int next;
        private int filled;
        private byte[] bytes = new byte[256];
        private long filledTo;
        private long position; // after the last line
        private long number; // of the last line, from 1

        Lines(long start) {
            filledTo = start;
            position = start;
        }

        /** A line without its end; null at the end of the file. */
        String line() throws IOException {
            int length = 0;
            boolean any = false;
            while (next < filled || fill()) {
                any = true;
                byte value = buffer[next++];
                position++;
                if (value == '\n') {
                    break;
                }
                if (length == MAX_ROW_BYTES) {
                    throw invalid("line " + (number + 1) + " has more than " + MAX_ROW_BYTES
                            + " bytes, expected a row of numbers for each bin");
                }
                if (length == bytes.length) {
                    bytes = Arrays.copyOf(bytes, 2 * length);
                }
                bytes[length++] = value;
            }
            if (!any) {
                return null;
            }
            number++;
            length -= length > 0 && bytes[length - 1] == '\r' ? 1 : 0;
            return new String(bytes, 0, length, StandardCharsets.UTF_8);
        }

        private boolean fill() throws IOException {
            source.seek(filledTo);
            filled = Math.max(0, source.read(buffer));
            next = 0;
            filledTo += filled;
            return filled > 0;
        }
    }
}
