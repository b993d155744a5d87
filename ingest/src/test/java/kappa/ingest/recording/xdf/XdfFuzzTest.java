package kappa.ingest.recording.xdf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kappa.ingest.InvalidInputException;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** XDF files with anything wrong in them: each is binned, or refused with one line. */
@Isolated("the memory of the whole process is measured")
class XdfFuzzTest {

    private static final int INPUTS_IN_CI = 1_500;

    /** Bins of a small file may take 64 MiB, and are made one by one. */
    private static final long MAX_ALLOCATED = 1L << 30;

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeSeeds() throws InterruptedException {
        XdfRecordingTest.write(directory);
    }

    private static XdfRecordingTest.Asked asked(int kind) {
        return switch (kind) {
            case 0 -> new XdfRecordingTest.Asked().stream("Small").markers("Task", "trial .*", "end", "go=go")
                    .behavior("Eye");
            case 1 -> new XdfRecordingTest.Asked().stream("Sorter").kind("spikes").markers("Task", "trial .*", null)
                    .width(0.5);
            case 2 -> new XdfRecordingTest.Asked().stream("Task").kind("spikes");
            default -> new XdfRecordingTest.Asked();
        };
    }

    private static void readAll(Path file, int kind) {
        try (XdfRecording session = XdfRecording.open(file, asked(kind).build())) {
            RecordedBin bin = session.describe().newBin();
            try (BinSource source = session.source()) {
                source.skip(Math.max(0, session.bins() - 100));
                while (source.next(bin)) {
                    assertThat(bin.trial).isBetween(0L, (long) session.trials());
                    for (float input : bin.inputs) {
                        assertThat(input).isFinite();
                    }
                }
            }
            session.activity(session.trials() - 1, 0, 1);
        }
    }

    @Test
    void shouldBinOrRefuseEveryFile() throws IOException {
        Path memory = Path.of("/dev/shm");
        Path file = Files.isWritable(memory)
                ? Files.createTempFile(memory, "kappa-fuzz", ".xdf")
                : directory.resolve("fuzz.xdf");
        file.toFile().deleteOnExit();
        Fuzzer fuzzer = new Fuzzer("xdf", MAX_ALLOCATED).tokens("XDF:", "<channel_count>", "</channel_count>",
                "<nominal_srate>", "float32", "string", "int64", "\3\0\1\0\0\0", "\4\0\1\0\0\0", "\2\0\1\0\0\0",
                "\6\0\1\0\0\0", "C\u00a5F\u00dc\u00cb\u00f5A\17\u00b3\16\u00d5Fs\u0083\u00cb\u00e4");
        for (String name : new String[]{"small", "small-spikes"}) {
            fuzzer.seed(Files.readAllBytes(directory.resolve(name + ".xdf")));
        }
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, bytes -> {
            Files.write(file, bytes);
            String line = null;
            try {
                int kind = Math.floorMod(Arrays.hashCode(bytes), 5);
                if (kind == 4) {
                    XdfContents.of(file);
                } else {
                    readAll(file, kind);
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
}
