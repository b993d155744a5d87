package kappa.ingest.recording.suite2p;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The frame rate in an {@code ops.npy}: a dictionary of Python, pickled into an array of one object. The codes of the pickle are
 * walked one by one, and only their lengths are used; nothing is built or run. A number that directly follows the key {@code fs}
 * is the rate. If there is none, or several that differ, the rate is not known.
 */
final class PickledRate {

    private static final String KEY = "fs";
    private static final int MAX_LINE = 1 << 16;

    /** Codes without an argument. */
    private static final String PLAIN = "(012NQRabdelost])}u\u0081\u0085\u0086\u0087\u0088\u0089\u008f\u0090\u0091\u0092"
            + "\u0093\u0097\u0098";

    /** Places at which a pickle may remember the key; a writer remembers it once. */
    private static final int MAX_REMEMBERED = 16;

    private final DataInputStream in;
    private final Set<Long> remembered = new HashSet<>();
    private long memoized;
    private boolean afterKey;
    private double rate = Double.NaN;
    private boolean several;

    private PickledRate(DataInputStream in) {
        this.in = in;
    }

    /** Frames per second; empty if the file is missing, no such pickle, or does not say. */
    static OptionalDouble of(Path file) {
        if (!Files.isRegularFile(file)) {
            return OptionalDouble.empty();
        }
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            skipHeader(in);
            PickledRate reader = new PickledRate(in);
            boolean more = true;
            while (more) {
                more = reader.step();
            }
            return reader.several || !(reader.rate > 0 && Double.isFinite(reader.rate))
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(reader.rate);
        } catch (IOException | NumberFormatException e) {
            return OptionalDouble.empty(); // whoever asks says that the rate is not known
        }
    }

    /** What NumPy writes before the pickle: magic, version, and as many bytes as a number says. */
    private static void skipHeader(DataInputStream in) throws IOException {
        byte[] start = in.readNBytes(8);
        if (start.length < 8 || !new String(start, 0, 6, StandardCharsets.ISO_8859_1).equals("\u0093NUMPY")) {
            throw new EOFException();
        }
        in.skipNBytes(start[6] == 1 ? Short.toUnsignedInt(Short.reverseBytes(in.readShort())) : length4(in));
    }

    private static long length4(DataInputStream in) throws IOException {
        return Integer.toUnsignedLong(Integer.reverseBytes(in.readInt()));
    }

    /** @return whether there may be another code */
    private boolean step() throws IOException {
        int code = in.readUnsignedByte();
        switch (code) {
            case '.' -> {
                return false;
            }
            case 'G' -> number(in.readDouble());
            case 'K' -> number(in.readUnsignedByte());
            case 'M' -> number(Short.toUnsignedInt(Short.reverseBytes(in.readShort())));
            case 'J' -> number(Integer.reverseBytes(in.readInt()));
            case 'F' -> number(Double.parseDouble(line()));
            case 'I', 'L' -> number(Double.parseDouble(line().replaceAll("L$", "")));
            case 'X' -> text(length4(in));
            case 0x8c -> text(in.readUnsignedByte());
            case 0x8d -> text(length8());
            case 'T' -> text(length4(in));
            case 'U' -> text(in.readUnsignedByte());
            case 'S', 'V' -> afterKey = line().replaceAll("^['\"]|['\"]$", "").equals(KEY);
            // Remembering what was read does not come between a key and its value.
            case 'q' -> remember(in.readUnsignedByte());
            case 'r' -> remember(length4(in));
            case 'p' -> remember(Long.parseLong(line()));
            case 0x94 -> remember(memoized++);
            case 0x80 -> in.skipNBytes(1);
            case 0x95 -> in.skipNBytes(8);
            case 'h' -> afterKey = remembered.contains((long) in.readUnsignedByte());
            case 'j' -> afterKey = remembered.contains(length4(in));
            case 'g' -> afterKey = remembered.contains(Long.parseLong(line()));
            case 'B' -> other(length4(in));
            case 'C', 0x8a -> other(in.readUnsignedByte());
            case 0x8b -> other(length4(in));
            case 0x8e, 0x96 -> other(length8());
            case 0x82 -> other(1);
            case 0x83 -> other(2);
            case 0x84 -> other(4);
            case 'c', 'i' -> {
                line();
                line();
                afterKey = false;
            }
            case 'P' -> {
                line();
                afterKey = false;
            }
            default -> {
                if (PLAIN.indexOf(code) < 0) {
                    throw new EOFException("no code of a pickle: " + code);
                }
                afterKey = false;
            }
        }
        return true;
    }

    /** The same key may come again as a number of what was remembered. */
    private void remember(long place) {
        if (afterKey && remembered.size() < MAX_REMEMBERED) {
            remembered.add(place);
        }
    }

    private void number(double value) {
        if (afterKey) {
            several |= !Double.isNaN(rate) && rate != value;
            rate = value;
        }
        afterKey = false;
    }

    private void other(long length) throws IOException {
        in.skipNBytes(length);
        afterKey = false;
    }

    private void text(long length) throws IOException {
        if (length == KEY.length()) {
            afterKey = new String(in.readNBytes(KEY.length()), StandardCharsets.ISO_8859_1).equals(KEY);
        } else {
            other(length);
        }
    }

    private long length8() throws IOException {
        byte[] bytes = new byte[Long.BYTES];
        in.readFully(bytes);
        long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 0) {
            throw new EOFException();
        }
        return length;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int value = in.readUnsignedByte(); value != '\n'; value = in.readUnsignedByte()) {
            if (line.size() == MAX_LINE) {
                throw new EOFException();
            }
            line.write(value);
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }
}
