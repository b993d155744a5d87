package kappa.ingest.recording.npz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import kappa.ingest.InvalidInputException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files are built here byte by byte from NumPy's description of the format, so that reader and writer share no code. */
class NpzTest {

    private static final int[][] SHAPES = {{}, {7}, {3, 5}, {2, 3, 4}, {4, 1, 3}, {0, 3}, {2, 1, 2, 3}};
    private static final List<String> CODES = List.of("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4",
            "f8");

    @TempDir
    Path directory;

    static Stream<Arguments> kindsOfArrays() {
        List<Arguments> kinds = new ArrayList<>();
        for (String code : CODES) {
            for (char order : new char[]{'<', '>', '=', '|'}) {
                for (boolean fortran : new boolean[]{false, true}) {
                    for (int[] shape : SHAPES) {
                        kinds.add(Arguments.of(order + code, fortran, shape));
                    }
                }
            }
        }
        return kinds.stream();
    }

    @ParameterizedTest
    @MethodSource("kindsOfArrays")
    void shouldReadEveryDtypeByteOrderMemoryOrderAndShape(String descr, boolean fortran, int[] shape)
            throws IOException {
        double[] expected = values(descr.substring(1), shape);
        Path file = zip(Map.of("a.npy", npy(1, descr, fortran, shape, expected)), ZipEntry.DEFLATED);
        NpyArray array = read(file, "a");
        assertThat(array.shape()).isEqualTo(shape);
        assertThat(array.doubles()).isEqualTo(expected);
        assertThat(array.longs()).isEqualTo(Arrays.stream(expected).mapToLong(v -> (long) v).toArray());
        float[] floats = array.floats();
        for (int i = 0; i < expected.length; i++) {
            assertThat(floats[i]).isEqualTo((float) expected[i]);
        }
        // From every element to the end, and every element alone.
        for (int i = 0; i < expected.length; i++) {
            assertThat(array.doubles(i, expected.length - i))
                    .isEqualTo(Arrays.copyOfRange(expected, i, expected.length));
            assertThat(array.doubles(i, 1)).containsExactly(expected[i]);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,0", "2,0", "3,0", "1,8", "2,8", "3,8"})
    void shouldReadEveryFormatVersionStoredOrDeflated(int version, int method) throws IOException {
        double[] expected = {1.5, -2, 3};
        Path file = zip(Map.of("a.npy", npy(version, "<f8", false, new int[]{3}, expected)), method);
        assertThat(read(file, "a").doubles()).isEqualTo(expected);
    }

    @Test
    void shouldKeepTheExtremesOfWideIntegers() throws IOException {
        byte[] bits = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(-1).putLong(Long.MIN_VALUE + 1)
                .array();
        Path file = zip(Map.of("u.npy", npy(1, dictionary("<u8", false, 2), bits), "i.npy",
                npy(1, dictionary("<i8", false, 2), bits)), ZipEntry.STORED);
        assertThat(read(file, "u").doubles()).containsExactly(new BigInteger("18446744073709551615").doubleValue(),
                new BigInteger("9223372036854775809").doubleValue());
        assertThat(read(file, "i").longs()).containsExactly(-1, Long.MIN_VALUE + 1);
        assertThatThrownBy(() -> read(file, "u").longs()).isInstanceOf(InvalidInputException.class)
                .hasMessage(file + ": array 'u': u[0] = 18446744073709551615: expected at most 9223372036854775807");
    }

    @Test
    void shouldReadHeadersOfOtherWriters() throws IOException {
        byte[] one = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(2.5).array();
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("a.npy", npy(1, "{\"shape\":(1L,),\"descr\":\"<f8\",\"fortran_order\":False}", one));
        entries.put("b.npy", npy(1, "{ 'fortran_order' : True , 'descr' : 'f8' , 'shape' : ( 1 , 1 ) , } \n", one));
        Path file = zip(entries, ZipEntry.STORED);
        assertThat(read(file, "a").scalar()).isEqualTo(2.5);
        assertThat(read(file, "b").scalar()).isEqualTo(2.5);
    }

    @Test
    void shouldReadBackWhatItWroteInTheSameBytesEveryTime() throws IOException {
        Path file = directory.resolve("a.npz");
        write(file);
        try (Npz npz = Npz.open(file)) {
            assertThat(npz.names()).containsExactly("f", "d", "l", "i", "u", "s", "big", "none");
            assertThat(npz.array("f").floats()).containsExactly(1, -2.5f, Float.NaN, 4, 5, 6);
            assertThat(npz.array("f").shape()).containsExactly(2, 3);
            assertThat(npz.array("d").doubles()).containsExactly(Math.PI);
            assertThat(npz.array("l").longs()).containsExactly(Long.MIN_VALUE, Long.MAX_VALUE);
            assertThat(npz.array("i").longs()).containsExactly(Integer.MIN_VALUE, 7);
            assertThat(npz.array("u").longs()).containsExactly(0, 255);
            assertThat(npz.array("u").dtype()).isEqualTo("uint8");
            assertThat(npz.array("s").shape()).isEmpty();
            assertThat(npz.array("s").scalar()).isEqualTo(0.02);
            // Longer than the writer's buffer.
            assertThat(npz.array("big").doubles()).hasSize(100_000).endsWith(99_999);
            assertThat(npz.array("none").shape()).containsExactly(0, 4);
            assertThat(npz.find("other")).isEmpty();
        }
        Path again = directory.resolve("again.npz");
        write(again);
        assertThat(again).hasSameBinaryContentAs(file);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactlyInAnyOrder(file, again);
        }
    }

    private static void write(Path file) {
        double[] big = new double[100_000];
        Arrays.setAll(big, i -> i);
        try (NpzWriter writer = NpzWriter.create(file)) {
            writer.put("f", new float[]{1, -2.5f, Float.NaN, 4, 5, 6}, 2, 3);
            writer.put("d", new double[]{Math.PI}, 1);
            writer.put("l", new long[]{Long.MIN_VALUE, Long.MAX_VALUE}, 2);
            writer.put("i", new int[]{Integer.MIN_VALUE, 7}, 2);
            writer.putUnsigned("u", new byte[]{0, -1}, 2);
            writer.put("s", 0.02);
            writer.put("big", big, 10, 10_000);
            writer.put("none", new float[0], 0, 4);
        }
    }

    @Test
    void shouldLeaveTheOldFileWhenWritingFails() throws IOException {
        Path file = directory.resolve("a.npz");
        write(file);
        byte[] before = Files.readAllBytes(file);
        assertThatThrownBy(() -> {
            try (NpzWriter writer = NpzWriter.create(file)) {
                writer.put("a", 1.0);
                writer.put("b", new float[5], 2, 3);
            }
        }).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("b: 5 elements do not make an array of shape [2, 3]");
        assertThat(file).hasBinaryContent(before);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
        assertThatThrownBy(() -> NpzWriter.create(directory.resolve("missing").resolve("a.npz")))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("cannot be written");
        assertThatThrownBy(() -> NpzWriter.create(directory)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("is a directory");
    }

    @Test
    void shouldExchangeFilesWithNumPyBothWays() throws IOException, InterruptedException {
        assumeTrue(python("import numpy") == 0, "python3 with numpy is not on this machine");
        Path ours = directory.resolve("ours.npz");
        Path theirs = directory.resolve("theirs.npz");
        write(ours);
        // NumPy checks what we wrote, then writes every dtype, order and shape for us.
        String script = """
                import sys, numpy as np
                d = np.load(sys.argv[1], allow_pickle=False)
                assert list(d) == ['f', 'd', 'l', 'i', 'u', 's', 'big', 'none'], list(d)
                f = np.array([[1, -2.5, np.nan], [4, 5, 6]], np.float32)
                assert d['f'].dtype == np.float32 and np.array_equal(d['f'], f, equal_nan=True)
                assert d['d'].dtype == np.float64 and d['d'].tolist() == [np.pi]
                assert d['l'].dtype == np.int64 and d['l'].tolist() == [-2**63, 2**63 - 1]
                assert d['i'].dtype == np.int32 and d['i'].tolist() == [-2**31, 7]
                assert d['u'].dtype == np.uint8 and d['u'].tolist() == [0, 255]
                assert d['s'].shape == () and float(d['s']) == 0.02
                assert np.array_equal(d['big'], np.arange(100000.).reshape(10, 10000))
                assert d['none'].shape == (0, 4)
                out = {}
                for c in 'b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8'.split():
                    for e in '<>':
                        for o in 'CF':
                            for s in [(), (6,), (2, 3), (2, 3, 4), (3, 0)]:
                                v = np.arange(1, 1 + int(np.prod(s))).reshape(s) % 100
                                v = v % 2 if c == 'b1' else v
                                name = '%s_%s_%s_%d' % (c, 'le' if e == '<' else 'be', o, len(s) if 0 not in s else 9)
                                out[name] = np.array(v, dtype=e + c, order=o)
                out['text'] = np.array(['not', 'a', 'number'])
                out['objects'] = np.array([{}, None], dtype=object)
                np.savez_compressed(sys.argv[2], **out)
                """;
        assertThat(python(script, ours.toString(), theirs.toString())).isZero();
        try (Npz npz = Npz.open(theirs)) {
            assertThat(npz.names()).hasSize(12 * 2 * 2 * 5 + 2);
            for (String name : npz.names()) {
                if (name.equals("text") || name.equals("objects")) {
                    assertThatThrownBy(() -> npz.array(name)).isInstanceOf(InvalidInputException.class);
                    continue;
                }
                NpyArray array = npz.array(name);
                double[] expected = new double[array.size()];
                Arrays.setAll(expected, i -> name.startsWith("b1") ? (i + 1) % 2 : (i + 1) % 100);
                assertThat(array.doubles()).as(name).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"'|O'; Python objects", "'<c16'; complex", "'<U3'; strings", "'|S3'; strings",
        "'<M8[s]'; dates", "'|V8'; raw bytes", "'<f16'; dtype '<f16'", "''; dtype ''", "'<'; dtype '<'"})
    void shouldRefuseOtherDtypesByNameOnlyWhenAskedForThem(String descr, String kind) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("odd.npy", npy(1, dictionary(descr, false, 1), new byte[16]));
        entries.put("good.npy", npy(1, "<f8", false, new int[]{1}, new double[]{3}));
        Path file = zip(entries, ZipEntry.DEFLATED);
        assertThat(read(file, "good").scalar()).isEqualTo(3);
        assertRefused(() -> read(file, "odd"), file + ": array 'odd': ", kind,
                "expected bool, int8 to int64, uint8 to uint64 or float16 to float64");
    }

    @Test
    void shouldRefuseStructuredDtypes() throws IOException {
        Path file = zip(Map.of("a.npy", npy(1, "{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,), }",
                new byte[8])), ZipEntry.DEFLATED);
        assertRefused(() -> read(file, "a"), "array 'a': structured dtype");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{}", "{'descr': '<f8'}", "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': 1, 'shape': ()}", "{'descr': '<f8', 'fortran_order': False, 'shape': 3}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1.5,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f8, 'fortran_order': False, 'shape': (1,)}", "{'descr': <f8}", "{'descr", "descr",
        "{'descr': '<f8' 'fortran_order': False, 'shape': (1,)}"})
    void shouldRefuseAMalformedHeader(String header) throws IOException {
        Path file = zip(Map.of("a.npy", npy(1, header, new byte[8])), ZipEntry.DEFLATED);
        assertRefused(() -> read(file, "a"), file + ": array 'a': malformed NPY header");
    }

    @ParameterizedTest
    @ValueSource(strings = {"(99999999999999999999,)", "(4294967296,)", "(2147483647, 2147483647, 2147483647)",
        "(65536, 65536, 65536, 65536)", "(268435456,)", "(100000000,)", "(2,)", "()", "(0,)"})
    void shouldTrustNoShapeThatItsEntryDoesNotBearOut(String shape) throws IOException {
        Path file = zip(Map.of("a.npy",
                npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }", new byte[24])),
                ZipEntry.DEFLATED);
        assertRefused(() -> read(file, "a"), file + ": array 'a': ");
    }

    @Test
    void shouldRefuseMoreThanDeflateCanHold() throws IOException {
        byte[] whole = npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000,), }", new byte[24]);
        byte[] bytes = Files.readAllBytes(zip(Map.of("a.npy", whole), ZipEntry.DEFLATED));
        // The directory claims a gigabyte too: size is at byte 24 of the central header.
        int header = whole.length - 24;
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(centralHeader(bytes) + 24, 1_000_000_000 + header);
        Path file = Files.write(directory.resolve("bomb.npz"), bytes);
        assertRefused(() -> read(file, "a"), "more than deflate can hold");
    }

    @Test
    void shouldRefuseAnOversizedHeaderAndUnknownVersions() throws IOException {
        byte[] huge = npy(2, " ".repeat(1 << 17), new byte[8]);
        byte[] claims = npy(2, "{}", new byte[0]);
        Arrays.fill(claims, 8, 12, (byte) 0xff);
        byte[] version = npy(1, dictionary("<f8", false, 1), new byte[8]);
        version[6] = 4;
        byte[] magic = npy(1, dictionary("<f8", false, 1), new byte[8]);
        magic[0] = 0;
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("huge.npy", huge);
        entries.put("claims.npy", claims);
        entries.put("version.npy", version);
        entries.put("magic.npy", magic);
        entries.put("empty.npy", new byte[0]);
        entries.put("short.npy", Arrays.copyOf(magic, 9));
        Path file = zip(entries, ZipEntry.DEFLATED);
        assertRefused(() -> read(file, "huge"), "array 'huge': header of 131073 bytes");
        assertRefused(() -> read(file, "claims"), "array 'claims': header of 4294967295 bytes");
        assertRefused(() -> read(file, "version"), "array 'version': NPY format version 4.0");
        assertRefused(() -> read(file, "magic"), "array 'magic': not an NPY array");
        assertRefused(() -> read(file, "empty"), "array 'empty': not an NPY array");
        assertRefused(() -> read(file, "short"), "array 'short': ");
    }

    @Test
    void shouldNameWhatIsNotAnNpzFile() throws IOException {
        Path missing = directory.resolve("missing.npz");
        Path empty = Files.createFile(directory.resolve("empty.npz"));
        Path text = Files.writeString(directory.resolve("text.npz"), "bin,neuron\n1,2\n");
        Path npy = Files.write(directory.resolve("a.npy"), npy(1, "<f8", false, new int[]{1}, new double[]{1}));
        assertRefused(() -> Npz.open(missing), missing + ": no such file");
        assertRefused(() -> Npz.open(directory), directory + ": not a regular file");
        assertRefused(() -> Npz.open(empty), empty + ": not an NPZ file", "the file is empty");
        assertRefused(() -> Npz.open(text), text + ": not an NPZ file", "62696e2c");
        assertRefused(() -> Npz.open(npy), npy + ": not an NPZ file", "934e554d");
        Path other = zip(Map.of("readme.txt", new byte[3], "../x.npy",
                npy(1, "<f8", false, new int[]{1}, new double[]{1})), ZipEntry.DEFLATED);
        // A path in a name is just a name: nothing is extracted.
        assertThat(read(other, "../x").scalar()).isEqualTo(1);
        assertRefused(() -> read(other, "counts"), other + ": array 'counts' is missing: the file holds ../x");
    }

    @Test
    void shouldRefuseANameThatIsThereTwice() throws IOException {
        byte[] array = npy(1, "<f8", false, new int[]{1}, new double[]{1});
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("a.npy", array);
        entries.put("b.npy", array);
        byte[] bytes = Files.readAllBytes(zip(entries, ZipEntry.STORED));
        for (int i = 0; i + 5 <= bytes.length; i++) {
            if (new String(bytes, i, 5, StandardCharsets.US_ASCII).equals("b.npy")) {
                bytes[i] = 'a';
            }
        }
        Path file = Files.write(directory.resolve("twice.npz"), bytes);
        assertRefused(() -> Npz.open(file), file + ": array 'a' is in the file twice");
    }

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void shouldNeverReadDamagedElementsNorThrowAnythingElse(int method) throws IOException {
        double[] values = new Random(1).doubles(60).toArray();
        byte[] array = npy(1, "<f8", true, new int[]{3, 4, 5}, values);
        byte[] whole = Files.readAllBytes(zip(Map.of("a.npy", array), method));
        Path file = directory.resolve("damaged.npz");
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertRefused(() -> read(file, "a"), file.toString());
        }
        Random random = new Random(2);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            double[] seen;
            try {
                seen = read(file, "a").doubles();
            } catch (InvalidInputException e) {
                assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
                continue;
            }
            // What is left are times, attributes and the local copy of the name.
            assertThat(seen).as("byte %d", i).isEqualTo(values);
        }
    }

    @Test
    void shouldReadZip64AsNumPyWritesItForStreams() throws IOException {
        // Sizes and offset of the central header stand in a ZIP64 extra field, and the archive ends with ZIP64 records.
        byte[] array = npy(1, "<f8", false, new int[]{1}, new double[]{4.5});
        CRC32 crc = new CRC32();
        crc.update(array);
        byte[] name = "a.npy".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer zip = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
        zip.putInt(0x04034b50).putShort((short) 45).putShort((short) 0).putShort((short) 0).putInt(0x00210000)
                .putInt((int) crc.getValue()).putInt(-1).putInt(-1).putShort((short) 5).putShort((short) 20).put(name)
                .putShort((short) 1).putShort((short) 16).putLong(array.length).putLong(array.length).put(array);
        int central = zip.position();
        zip.putInt(0x02014b50).putShort((short) 45).putShort((short) 45).putShort((short) 0).putShort((short) 0)
                .putInt(0x00210000).putInt((int) crc.getValue()).putInt(-1).putInt(-1).putShort((short) 5)
                .putShort((short) 28).putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0).putInt(-1)
                .put(name)
                .putShort((short) 1).putShort((short) 24).putLong(array.length).putLong(array.length).putLong(0);
        int end = zip.position();
        zip.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0).putLong(1)
                .putLong(1)
                .putLong(end - central).putLong(central);
        zip.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        zip.putInt(0x06054b50).putShort((short) 0).putShort((short) 0).putShort((short) -1).putShort((short) -1)
                .putInt(-1)
                .putInt(-1).putShort((short) 0);
        Path file = Files.write(directory.resolve("zip64.npz"), Arrays.copyOf(zip.array(), zip.position()));
        assertThat(read(file, "a").scalar()).isEqualTo(4.5);
    }

    @Test
    void shouldReadBackWhatIsStreamedInPieces() {
        Path file = directory.resolve("streamed.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.stream("f", NpyHeader.Type.FLOAT32, floats -> {
                floats.accept(new float[]{1f, Float.NaN});
                floats.accept(new float[0]);
                floats.accept(new float[]{-3f, 4f, 5f, 6f});
            }, 2, 3);
            for (long max : new long[]{255, 256, 65_536, 1L << 32}) {
                npz.stream("max " + max, RecordingWriter.smallest(max), whole -> {
                    whole.accept(new float[]{max});
                    whole.accept(new float[]{7f});
                }, 2);
            }
            npz.put("after", 4.5);
        }
        assertThat(read(file, "f").shape()).containsExactly(2, 3);
        assertThat(read(file, "f").floats()).containsExactly(1f, Float.NaN, -3f, 4f, 5f, 6f);
        assertThat(read(file, "max 255").dtype()).isEqualTo("uint8");
        assertThat(read(file, "max 256").dtype()).isEqualTo("uint16");
        assertThat(read(file, "max 65536").dtype()).isEqualTo("int32");
        assertThat(read(file, "max 4294967296").longs()).containsExactly(1L << 32, 7);
        assertThat(read(file, "after").scalar()).isEqualTo(4.5);
    }

    @Test
    void shouldLeaveNoFileBehindWhenAStreamedArrayIsNotWhole() {
        Path file = directory.resolve("half.npz");
        for (float[] mistake : List.of(new float[]{1}, // one is missing
                new float[]{1, 2, 3}, // one too many
                new float[]{1, 256}, // does not fit uint8
                new float[]{1.5f, 2})) {
            assertThatThrownBy(() -> {
                try (NpzWriter npz = NpzWriter.create(file)) {
                    npz.stream("a", NpyHeader.Type.UINT8, stream -> stream.accept(mistake), 2);
                }
            }).isInstanceOfAny(IllegalArgumentException.class, IllegalStateException.class);
            assertThat(directory).isEmptyDirectory();
        }
    }

    private static NpyArray read(Path file, String name) {
        try (Npz npz = Npz.open(file)) {
            return npz.array(name);
        }
    }

    private static void assertRefused(ThrowingCallable reading, String... parts) {
        assertThatThrownBy(reading).isInstanceOf(InvalidInputException.class).message().contains(parts)
                .doesNotContain("\n");
    }

    /** Elements in C order that the type holds exactly, negative ones too where it can. */
    private static double[] values(String code, int[] shape) {
        double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        Arrays.setAll(values, i -> switch (code.charAt(0)) {
            case 'b' -> i % 3 == 0 ? 1 : 0;
            case 'u' -> code.equals("u1") ? 255 - i : 60_000 + i;
            default -> code.equals("i1") || code.equals("f2") ? 7 * i - 50 : 300 * i - 900;
        });
        return values;
    }

    static byte[] npy(int version, String descr, boolean fortran, int[] shape, double[] cOrder) {
        String code = descr.substring(1);
        ByteBuffer elements = ByteBuffer.allocate(8 * cOrder.length)
                .order(descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < cOrder.length; i++) {
            double value = cOrder[fortran ? cIndex(i, shape) : i];
            switch (code) {
                case "b1", "i1", "u1" -> elements.put((byte) value);
                case "i2", "u2" -> elements.putShort((short) (int) value);
                case "i4", "u4" -> elements.putInt((int) (long) value);
                case "i8", "u8" -> elements.putLong((long) value);
                case "f2" -> elements.putShort(Float.floatToFloat16((float) value));
                case "f4" -> elements.putFloat((float) value);
                case "f8" -> elements.putDouble(value);
                default -> throw new IllegalArgumentException(code);
            }
        }
        return npy(version, dictionary(descr, fortran, shape), Arrays.copyOf(elements.array(), elements.position()));
    }

    /** The C-order index of the element that stands at place {@code i} of Fortran order. */
    private static int cIndex(int i, int[] shape) {
        int[] position = new int[shape.length];
        int rest = i;
        for (int axis = 0; axis < shape.length; axis++) {
            position[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        int index = 0;
        for (int axis = 0; axis < shape.length; axis++) {
            index = index * shape[axis] + position[axis];
        }
        return index;
    }

    static String dictionary(String descr, boolean fortran, int... shape) {
        StringBuilder extents = new StringBuilder();
        for (int extent : shape) {
            extents.append(extent).append(shape.length == 1 ? "," : ", ");
        }
        return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + extents
                + "), }";
    }

    static byte[] npy(int version, String header, byte[] elements) {
        byte[] text = (header + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(12 + text.length + elements.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) version).put((byte) 0);
        if (version == 1) {
            bytes.putShort((short) text.length);
        } else {
            bytes.putInt(text.length);
        }
        bytes.put(text).put(elements);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private Path zip(Map<String, byte[]> entries, int method) throws IOException {
        return zip(directory, entries, method);
    }

    static Path zip(Path directory, Map<String, byte[]> entries, int method) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                ZipEntry header = new ZipEntry(entry.getKey());
                header.setMethod(method);
                if (method == ZipEntry.STORED) {
                    CRC32 crc = new CRC32();
                    crc.update(entry.getValue());
                    header.setCrc(crc.getValue());
                    header.setSize(entry.getValue().length);
                }
                zip.putNextEntry(header);
                zip.write(entry.getValue());
            }
        }
        return Files.write(Files.createTempFile(directory, "case", ".npz"), bytes.toByteArray());
    }

    private static int centralHeader(byte[] zip) {
        for (int i = 0; i + 4 <= zip.length; i++) {
            if (ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN).getInt(i) == 0x02014b50) {
                return i;
            }
        }
        throw new IllegalArgumentException("no central header");
    }

    private static int python(String script, String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("python3", "-c", script));
        command.addAll(List.of(arguments));
        try {
            Process python = new ProcessBuilder(command).inheritIO().start();
            assertThat(python.waitFor(60, TimeUnit.SECONDS)).as("python ended within a minute").isTrue();
            return python.exitValue();
        } catch (IOException e) {
            return -1; // there is no python3
        }
    }
}
