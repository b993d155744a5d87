package kappa.ingest.recording.npz;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.SharedData;
import kappa.ingest.fuzz.Fuzzer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Session files of a hostile kind: arrays in sound archives, and archives themselves. */
@Isolated("the memory of the whole process is measured")
class NpzFuzzTest {

    private static final int INPUTS_IN_CI = 3_000;

    /** A file of at most 64 KiB, unfolded as far as deflate goes, 20 bytes a trial of one bin of it, and what is constant. */
    private static final long MAX_ALLOCATED = 96L << 20;

    private static final String[] NAMES = {"activity", "counts", "bin_width", "inputs", "behavior", "targets", "mask",
        "trial_length"};

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void chooseAFile() throws IOException {
        // In memory where that can be had: a million files are written.
        Path memory = Path.of("/dev/shm");
        file = Files.isWritable(memory)
                ? Files.createTempFile(memory, "kappa-fuzz", ".npz")
                : directory.resolve("fuzz.npz");
        file.toFile().deleteOnExit();
    }

    // ------------------------------------------------------------------ seeds

    /** An array as NumPy writes it. */
    private static byte[] npy(String descr, byte[] elements, long... shape) {
        byte[] header = NpyHeader.write(descr, shape);
        byte[] all = Arrays.copyOf(header, header.length + elements.length);
        System.arraycopy(elements, 0, all, header.length, elements.length);
        return all;
    }

    private static byte[] floats(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat(0.1f * (i % 9));
        }
        return bytes.array();
    }

    private static byte[] real(double value) {
        return npy("<f8", ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(value).array());
    }

    /** A session of 3 trials of 4 bins, one array of which is another. */
    private static byte[] session(boolean stored, String name, byte[] other) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            put(zip, stored, "activity", name, other, npy("<f4", floats(24), 3, 4, 2));
            put(zip, stored, "inputs", name, other, npy("<f4", floats(12), 3, 4, 1));
            put(zip, stored, "behavior", name, other, npy("<f4", floats(12), 3, 4, 1));
            put(zip, stored, "targets", name, other, npy("<f4", floats(12), 3, 4, 1));
            put(zip, stored, "mask", name, other, npy("|i1", new byte[12], 3, 4, 1));
            put(zip, stored, "trial_length", name, other, npy("|u1", new byte[]{4, 2, 3}, 3));
            put(zip, stored, "bin_width", name, other, real(0.02));
            if (name.equals("counts")) {
                put(zip, stored, "counts", name, other, other);
            }
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, boolean stored, String name, String replaced, byte[] other, byte[] npy)
            throws IOException {
        byte[] bytes = name.equals(replaced) ? other : npy;
        ZipEntry entry = new ZipEntry(name + ".npy");
        if (stored) {
            CRC32 crc = new CRC32();
            crc.update(bytes);
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(bytes.length);
            entry.setCrc(crc.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    // ------------------------------------------------------------------ the target

    /** Opens a file as a session and reads what a replay does, and every other array that there is. */
    private String read(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        String line = null;
        try {
            NpzRecording session = NpzRecording.open(file, null);
            assertThat(session.name()).matches("[A-Za-z0-9._-]{1,128}");
            for (int trial = 0; trial < Math.min(3, session.trials()); trial++) {
                int bins = Math.min(10, session.bins(trial));
                session.activity(trial, 0, bins);
                session.inputs(trial, session.bins(trial) - bins, bins);
                session.behavior(trial, 0, bins);
            }
        } catch (InvalidInputException e) {
            line = e.getMessage();
            assertThat(line).startsWith(file.toString()).doesNotContain("\n");
        }
        if (Arrays.hashCode(bytes) % 4 != 0) {
            return line;
        }
        try (Npz npz = Npz.open(file)) {
            for (String name : npz.names()) {
                NpyArray array = npz.array(name);
                if (array.size() > 0) {
                    array.doubles(array.size() - 1, 1);
                    array.at(array.size() - 1);
                }
            }
        } catch (InvalidInputException e) {
            assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
        }
        return line;
    }

    // ------------------------------------------------------------------ the families

    @Test
    void shouldReadOrRefuseEveryArray() {
        Fuzzer fuzzer = new Fuzzer("npz arrays", MAX_ALLOCATED).seed(npy("<f4", floats(24), 3, 4, 2))
                .seed(npy(">i2", new byte[48], 3, 4, 2)).seed(npy("|u1", new byte[]{4, 4, 4}, 3)).seed(real(0.02))
                .seed(npy("<f4", floats(12), 3, 4, 1)).seed(npy("<f2", new byte[16], 4, 2))
                .tokens("descr", "fortran_order", "True", "False", "shape", "(", ")", "[", "{", "}", ",", "'", "\"",
                        "<f4", "<f8", "|O", "<U12", "<c16", "|b1", "<u8", "<M8[ns]", "()", "(0,)", "(1L,)",
                        "2147483647", "4294967296", "(46341, 46341)", "\u0002\u0000", "\u0003\u0000");
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI,
                npy -> read(session(true, NAMES[Math.floorMod(Arrays.hashCode(npy), NAMES.length)], npy)));
        assertThat(report.accepted()).isPositive();
        assertThat(report.kinds()).isGreaterThan(20);
    }

    @Test
    void shouldReadOrRefuseEveryArchive() throws IOException {
        byte[] npy = npy("<f4", floats(24), 3, 4, 2);
        Fuzzer fuzzer = new Fuzzer("npz archives", MAX_ALLOCATED).seed(session(true, "activity", npy))
                .seed(session(false, "activity", npy)).seed(zip64(session(true, "activity", npy)))
                .once(bomb(1 << 25))
                .tokens("activity.npy", "../../activity.npy", "/etc/passwd", "a/b.npy", "PK\u0001\u0002",
                        "PK\u0003\u0004", "PK\u0005\u0006", "PK\u0006\u0006", "PK\u0006\u0007", "PK\u0007\u0008",
                        "\u0001\u0000\u0018\u0000")
                .mending(NpzFuzzTest::mend);
        try (NpzWriter writer = NpzWriter.create(directory.resolve("ours.npz"))) {
            writer.put("activity", new float[24], 3, 4, 2);
            writer.put("bin_width", new double[]{0.02});
        }
        fuzzer.seed(Files.readAllBytes(directory.resolve("ours.npz")));
        Optional<Path> numpys = SharedData.find("nwb/pynwb-counts.npz");
        if (numpys.isPresent()) {
            fuzzer.seed(Files.readAllBytes(numpys.get()));
        }
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, this::read);
        assertThat(report.accepted()).isPositive();
        assertThat(report.kinds()).isGreaterThan(20);
    }

    /** Counts of 0, each deflated to almost nothing. */
    private static byte[] bomb(int bytes) throws IOException {
        return session(false, "counts", npy("|u1", new byte[bytes], bytes / 32, 32));
    }

    /** The same archive with a second, ZIP64, end. */
    private static byte[] zip64(byte[] zip) {
        ByteBuffer end = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
        int at = zip.length - 22;
        ByteBuffer out = ByteBuffer.allocate(zip.length + 76).order(ByteOrder.LITTLE_ENDIAN);
        out.put(zip, 0, at);
        out.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0)
                .putLong(end.getShort(at + 8)).putLong(end.getShort(at + 10)).putLong(end.getInt(at + 12))
                .putLong(end.getInt(at + 16));
        out.putInt(0x07064b50).putInt(0).putLong(at).putInt(1);
        out.putInt(0x06054b50).putInt(0).putShort((short) -1).putShort((short) -1).putInt(-1).putInt(-1)
                .putShort((short) 0);
        return out.array();
    }

    /** Gives stored entries their check sums again, and the directory what the entries say. */
    private static byte[] mend(byte[] bytes) {
        byte[] mended = bytes.clone();
        ByteBuffer zip = ByteBuffer.wrap(mended).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 46 <= mended.length; at++) {
            if (mended[at] != 'P' || zip.getInt(at) != 0x02014b50) {
                continue;
            }
            int local = zip.getInt(at + 42);
            int size = zip.getInt(at + 24);
            if (local < 0 || local > mended.length - 30 || zip.getInt(local) != 0x04034b50
                    || zip.getShort(at + 10) != 0) {
                continue;
            }
            int data = local + 30 + Short.toUnsignedInt(zip.getShort(local + 26))
                    + Short.toUnsignedInt(zip.getShort(local + 28));
            if (data <= mended.length && size >= 0 && size <= mended.length - data) {
                CRC32 crc = new CRC32();
                crc.update(mended, data, size);
                zip.putInt(at + 16, (int) crc.getValue());
                zip.putInt(local + 14, (int) crc.getValue());
            }
        }
        return mended;
    }

    // ------------------------------------------------------------------ what was found

    @Test
    void shouldRefuseAnArchiveWhoseEntriesShareTheirBytes() throws IOException {
        byte[] one = session(false, "counts", npy("|u1", new byte[1 << 20], 1 << 15, 32));
        ByteBuffer zip = ByteBuffer.wrap(one).order(ByteOrder.LITTLE_ENDIAN);
        // Each of the directory's entries names the last one's bytes, as overlapping bombs do.
        int last = -1;
        for (int at = one.length - 46; at >= 0; at--) {
            if (zip.getInt(at) == 0x02014b50) {
                if (last < 0) {
                    last = at;
                } else {
                    for (int field : new int[]{16, 20, 24, 42}) {
                        zip.putInt(at + field, zip.getInt(last + field));
                    }
                }
            }
        }
        Files.write(file, one);
        assertThatThrownBy(() -> Npz.open(file)).isInstanceOf(InvalidInputException.class).message()
                .startsWith(file.toString()).contains("bytes that the file does not have").doesNotContain("\n");
    }

    @Test
    void shouldTellInOneLineOfAnArrayWhoseNameIsMore() throws IOException {
        Files.write(file, session(false, "counts", npy("|u1", new byte[0], 3)));
        byte[] bytes = Files.readAllBytes(file);
        for (int at = 0; at + 6 <= bytes.length; at++) {
            if (new String(bytes, at, 6, US_ASCII).equals("counts")) {
                bytes[at + 1] = '\n';
            }
        }
        Files.write(file, bytes);
        try (Npz npz = Npz.open(file)) {
            assertThatThrownBy(() -> npz.array("c\nunts")).isInstanceOf(InvalidInputException.class).message()
                    .contains("array 'c?unts'").doesNotContain("\n");
        }
    }

    @Test
    void shouldRefuseArraysThatTogetherTakeMoreMemoryThanThereIs() throws IOException {
        Files.write(file, session(false, "counts", npy("|u1", new byte[1 << 20], 1 << 15, 32)));
        try (Npz npz = Npz.open(file, 2 << 20)) {
            assertThat(npz.array("counts").size()).isEqualTo(1 << 20);
            // 1 MiB of the 1.5 MiB that are for arrays is taken.
            assertThatThrownBy(() -> npz.array("counts")).isInstanceOf(InvalidInputException.class).message()
                    .startsWith(file.toString()).contains("beside the 1 MiB of others", "-Xmx").doesNotContain("\n");
        }
    }
}
