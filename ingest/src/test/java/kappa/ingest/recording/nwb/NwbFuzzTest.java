package kappa.ingest.recording.nwb;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jhdf.api.Group;
import io.jhdf.checksum.ChecksumUtils;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kappa.ingest.InvalidInputException;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.recording.hdf5.Hdf5Data;
import kappa.ingest.recording.hdf5.Hdf5File;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** NWB files of h5py with anything wrong in them: each is read, or refused with one line. */
@Isolated("the memory of the whole process is measured")
class NwbFuzzTest {

    private static final int INPUTS_IN_CI = 1_500;

    /** Files of at most 66 KiB are read in several ways. */
    private static final long MAX_ALLOCATED = 512L << 20;

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeSeeds() throws InterruptedException {
        UnusualNwbTest.write(directory);
    }

    /** With the check sums that stand at fixed places; those of old-style files there are none of. */
    private static byte[] mend(byte[] bytes) {
        ByteBuffer hdf = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 48 < bytes.length; at++) {
            switch (new String(bytes, at, 4, US_ASCII)) {
                case "OHDR" -> {
                    int flags = bytes[at + 5];
                    int size = at + 6 + ((flags & 32) != 0 ? 16 : 0) + ((flags & 16) != 0 ? 4 : 0);
                    if (size + 8 < bytes.length) {
                        long length = switch (flags & 3) {
                            case 0 -> Byte.toUnsignedInt(hdf.get(size));
                            case 1 -> Short.toUnsignedInt(hdf.getShort(size));
                            case 2 -> hdf.getInt(size);
                            default -> hdf.getLong(size);
                        };
                        sum(hdf, at, size - at + (1L << (flags & 3)) + length);
                    }
                }
                case "BTHD" -> sum(hdf, at, 34);
                case "FRHP" -> sum(hdf, at, 142);
                default -> {
                    // No check sum, or none at a place that is known.
                }
            }
        }
        return hdf.array();
    }

    private static void sum(ByteBuffer hdf, int at, long length) {
        if (length >= 0 && at + length + 4 <= hdf.capacity()) {
            hdf.putInt((int) (at + length), ChecksumUtils.checksum(hdf.slice(at, (int) length)));
        }
    }

    @Test
    void shouldReadOrRefuseEveryFile() throws IOException {
        Path memory = Path.of("/dev/shm");
        Path file = Files.isWritable(memory)
                ? Files.createTempFile(memory, "kappa-fuzz", ".nwb")
                : directory.resolve("fuzz.nwb");
        file.toFile().deleteOnExit();
        Fuzzer fuzzer = new Fuzzer("nwb", MAX_ALLOCATED)
                .tokens("TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "FRHP", "BTHD", "BTLF", "EAHD", "FAHD",
                        "units", "trials", "spike_times", "spike_times_index", "colnames", "data", "timestamps",
                        "\u0001\u0000\u0000\u0000")
                .mending(NwbFuzzTest::mend);
        for (String name : new String[]{"columns", "latest", "series", "gzip-shuffle-fletcher", "lzf", "compact",
            "user-block", "big-endian", "group-in-itself", "observed"}) {
            fuzzer.seed(Files.readAllBytes(directory.resolve(name + ".nwb")));
        }
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, bytes -> {
            Files.write(file, bytes);
            String line = null;
            try {
                if (Arrays.hashCode(bytes) % 2 == 0) {
                    UnusualNwbTest.readAll(file);
                } else {
                    NwbContents.of(file);
                }
            } catch (InvalidInputException e) {
                line = e.getMessage();
                assertThat(line).isNotBlank().doesNotContain("\n");
            }
            return line;
        });
        assertThat(report.accepted()).isPositive();
        assertThat(report.kinds()).isGreaterThan(20);
    }

    @Test
    void shouldRefuseACompactDataSetOfMoreThanItCanHold() throws IOException {
        byte[] bytes = Files.readAllBytes(directory.resolve("compact.nwb"));
        ByteBuffer hdf = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int spikes;
        try (Hdf5File file = Hdf5File.open(directory.resolve("compact.nwb"))) {
            spikes = (int) file.data((Group) file.root().getChild("units"), "spike_times").rows();
        }
        for (int at = 0; at + 16 < bytes.length; at += 8) {
            // A data space of one dimension, which says so and then how much it is.
            if (hdf.get(at) == 1 && hdf.get(at + 1) == 1 && hdf.getLong(at + 8) == spikes) {
                hdf.putLong(at + 8, 1 << 26);
            }
        }
        Path large = Files.write(directory.resolve("compact-and-large.nwb"), bytes);
        try (Hdf5File file = Hdf5File.open(large)) {
            Hdf5Data claimed = file.data((Group) file.root().getChild("units"), "spike_times");
            assertThat(claimed.rows()).isEqualTo(1 << 26);
            assertThatThrownBy(() -> claimed.numbers(0, 5)).isInstanceOf(InvalidInputException.class).message()
                    .contains("spike_times", "a compact data set cannot hold as many").doesNotContain("\n");
        }
    }

    @Test
    void shouldRefuseElementsThatAreLargerThanTheFile() throws IOException {
        byte[] bytes = Files.readAllBytes(directory.resolve("columns.nwb"));
        ByteBuffer hdf = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 20 < bytes.length; at += 8) {
            // A data type of 64-bit numbers of IEEE: of which class and version, three bytes of properties, and how large.
            if (hdf.get(at) == 0x11 && hdf.getInt(at + 4) == 8 && hdf.getInt(at + 8) == 0x00400000) {
                hdf.putInt(at + 4, 1 << 29);
            }
        }
        Path large = Files.write(directory.resolve("large-numbers.nwb"), bytes);
        try (Hdf5File file = Hdf5File.open(large)) {
            Hdf5Data claimed = file.data((Group) file.root().getChild("units"), "spike_times");
            assertThatThrownBy(() -> claimed.numbers(0, 3)).isInstanceOf(InvalidInputException.class).message()
                    .contains("spike_times", "elements of 536870912 bytes", "cannot hold as many").doesNotContain("\n");
        }
    }
}
