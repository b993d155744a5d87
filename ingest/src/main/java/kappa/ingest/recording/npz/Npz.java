package kappa.ingest.recording.npz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.arrays.SessionArrays;

/**
 * Reads NumPy's NPZ: a zip archive (ZIP64 too, stored or deflated) whose entries {@code NAME.npy} are arrays in the NPY
 * format. An array is only looked at when asked for, so that others in the file may be of any kind.
 *
 * <p>The file may be hostile: nothing in it is run or extracted, and entry names serve only as names. The entries together must
 * fit into the file, so that no byte of it is there twice. Before memory is taken for an array its declared shape must agree
 * with the size of its entry, that size with what so many compressed bytes can hold, and both with a limit of 2 GiB an array
 * and, with all arrays read before, three quarters of the memory Java has. So no file makes this take more than
 * {@value #MAX_INFLATION} times its own size, and {@value #MAX_NAMES} names.
 *
 * <p>Not thread-safe. Arrays stay valid after closing.
 */
public final class Npz implements SessionArrays, AutoCloseable {

    /** What the JDK says of an entry that is compressed with LZMA, for instance. */
    private static final String BAD_METHOD = "bad compression method";

    private static final String SUFFIX = ".npy";

    /** PK 3 4 begins an entry, PK 5 6 the end of an archive without entries. */
    private static final String ENTRY_MAGIC = "504b0304";

    private static final String EMPTY_MAGIC = "504b0506";

    /** Deflate makes at most 258 bytes of 2 bits; the constant leaves room for the empty stream. */
    static final long MAX_INFLATION = 1032;

    /** Far more than any file of arrays has. */
    static final int MAX_NAMES = 65_536;

    private final Path file;
    private final ZipFile zip;
    private final Map<String, ZipEntry> entries;
    private final long memory;
    private long taken;

    private Npz(Path file, ZipFile zip, Map<String, ZipEntry> entries, long memory) {
        this.memory = memory;
        this.file = file;
        this.zip = zip;
        this.entries = entries;
    }

    /**
     * Opens a file and reads its table of contents.
     *
     * @throws InvalidInputException if it cannot be read, is not a whole zip archive, or names an array twice
     */
    public static Npz open(Path file) {
        return open(file, Runtime.getRuntime().maxMemory());
    }

    /** @param memory that Java may use, bytes */
    static Npz open(Path file, long memory) {
        if (!Files.exists(file)) {
            throw new InvalidInputException(file + ": no such file");
        }
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException(file + ": not a regular file: expected an NPZ file");
        }
        checkMagic(file);
        try {
            ZipFile zip = new ZipFile(file.toFile(), StandardCharsets.UTF_8);
            try {
                return new Npz(file, zip, contents(file, zip), memory);
            } catch (RuntimeException | Error e) {
                zip.close();
                throw e;
            }
        } catch (IOException | IllegalArgumentException e) {
            boolean otherCompression = reason(e).contains(BAD_METHOD);
            throw new InvalidInputException(file + ": " + (otherCompression
                    ? "compressed in a way that is not read (" + reason(e)
                            + "): expected what np.savez or np.savez_compressed writes"
                    : "truncated or damaged zip archive (" + reason(e) + "): expected a whole NPZ file"), e);
        }
    }

    private static void checkMagic(Path file) {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(4);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + reason(e) + ")", e);
        }
        String found = HexFormat.of().formatHex(start);
        if (!found.equals(ENTRY_MAGIC) && !found.equals(EMPTY_MAGIC)) {
            throw new InvalidInputException(file + ": not an NPZ file: expected a zip archive of NumPy arrays, "
                    + (start.length == 0 ? "the file is empty" : "it begins with the bytes " + found));
        }
    }

    private static Map<String, ZipEntry> contents(Path file, ZipFile zip) throws IOException {
        if (zip.size() > MAX_NAMES) {
            throw new InvalidInputException(file + ": " + zip.size() + " entries: expected at most " + MAX_NAMES);
        }
        Map<String, ZipEntry> entries = new LinkedHashMap<>();
        long compressed = 0;
        for (ZipEntry entry : Collections.list(zip.entries())) {
            String name = entry.getName();
            compressed += entry.getCompressedSize();
            if (entry.getCompressedSize() < 0 || compressed < 0 || compressed > Files.size(file)) {
                throw new InvalidInputException(file + ": its entries take " + (compressed < 0 ? "" : compressed + " ")
                        + "bytes that the file does not have, or has once for several of them: expected a whole NPZ file");
            }
            if (name.endsWith(SUFFIX)) {
                String array = name.substring(0, name.length() - SUFFIX.length());
                if (entries.put(array, entry) != null) {
                    throw new InvalidInputException(file + ": array '" + NpyHeader.printable(array)
                            + "' is in the file twice: expected each name once");
                }
            }
        }
        return entries;
    }

    @Override
    public Path file() {
        return file;
    }

    /** The arrays' names in the file's order, without {@code .npy}. */
    @Override
    public List<String> names() {
        return List.copyOf(entries.keySet());
    }

    /**
     * Reads an array that must be there.
     *
     * @throws InvalidInputException if it is missing, damaged, not numeric, or too large
     */
    public NpyArray array(String name) {
        return find(name).orElseThrow(() -> new InvalidInputException(file + ": array '" + name
                + "' is missing: the file holds " + listing()));
    }

    /**
     * Reads an array if it is there.
     *
     * @throws InvalidInputException if it is damaged, not numeric, or too large
     */
    @Override
    public Optional<NpyArray> find(String name) {
        return read(name, NpyHeader::read)
                .map(array -> new NpyArray(file.toString(), name, array.header, array.elements));
    }

    /**
     * Reads an array of texts, of one dimension, if it is there.
     *
     * @throws InvalidInputException if it is damaged, no such array, or too large
     */
    @Override
    public Optional<List<String>> texts(String name) {
        return read(name, NpyHeader::readTexts).map(array -> NpyHeader.texts(array.header, array.elements));
    }

    private interface HeaderReader {
        NpyHeader read(InputStream in, String where) throws IOException;
    }

    private record Read(NpyHeader header, byte[] elements) {}

    private Optional<Read> read(String name, HeaderReader headers) {
        ZipEntry entry = entries.get(name);
        if (entry == null) {
            return Optional.empty();
        }
        String where = file + ": array '" + NpyHeader.printable(name) + "'";
        try (CheckedInputStream in = new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
            NpyHeader header = headers.read(in, where);
            long expected = header.elements() * header.type().bytes;
            checkSize(entry, header, expected, where);
            byte[] elements = new byte[(int) expected];
            int read = in.readNBytes(elements, 0, elements.length);
            if (read < expected) {
                throw new InvalidInputException(
                        where + ": truncated: " + read + " bytes of elements, expected " + expected);
            }
            if (in.read() >= 0) {
                throw new InvalidInputException(where + ": more bytes than its directory entry says");
            }
            // The JDK checks sums only when it reads an archive as a stream.
            if (in.getChecksum().getValue() != entry.getCrc()) {
                throw new InvalidInputException(where + ": damaged: its bytes do not match their check sum (CRC-32)");
            }
            return Optional.of(new Read(header, elements));
        } catch (IOException | IllegalArgumentException e) {
            throw new InvalidInputException(where + ": truncated or damaged (" + reason(e) + ")", e);
        }
    }

    private void checkSize(ZipEntry entry, NpyHeader header, long expected, String where) {
        long present = entry.getSize() - header.headerBytes();
        if (present != expected) {
            throw new InvalidInputException(where + ": holds " + present + " bytes of elements, but its shape "
                    + Arrays.toString(header.shape()) + " takes " + expected);
        }
        if (entry.getSize() > MAX_INFLATION * (entry.getCompressedSize() + 1)) {
            throw new InvalidInputException(where + ": claims " + entry.getSize() + " bytes out of "
                    + entry.getCompressedSize() + " compressed ones, more than deflate can hold");
        }
        if (taken + expected > memory / 4 * 3) {
            throw new InvalidInputException(where + ": takes " + (expected >> 20) + " MiB"
                    + (taken == 0 ? "" : " beside the " + (taken >> 20) + " MiB of others") + ", Java may use only "
                    + (memory >> 20) + " MiB: expected a larger -Xmx");
        }
        taken += expected;
    }

    @Override
    public String listing() {
        return entries.isEmpty() ? "no arrays" : NpyHeader.printable(String.join(", ", entries.keySet()));
    }

    private static String reason(Exception e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : NpyHeader.printable(message);
    }

    @Override
    public void close() {
        try {
            zip.close();
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be closed (" + reason(e) + ")", e);
        }
    }
}
