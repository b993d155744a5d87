package kappa.ingest.rig.intan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.rig.FuzzedRig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** RHX's stream of spikes, with anything between and in them. */
@Isolated("the memory of the whole process is measured")
class IntanFuzzTest {

    private static final int INPUTS_IN_CI = 8_000;

    /** The bins of a clock that jumps by all it may. */
    private static final long MAX_ALLOCATED = 16L << 20;

    @TempDir
    Path directory;

    private static byte[] spikes(int from, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(SpikeRecords.BYTES * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putInt(SpikeRecords.MAGIC).put("A-01".getBytes(StandardCharsets.US_ASCII)).put((byte) ('0' + i % 10))
                    .putInt(from + 40 * i).put((byte) (1 << i % 4));
        }
        return bytes.array();
    }

    @Test
    void shouldUseOrSkipWhateverComes() {
        int[] number = new int[1];
        FuzzedRig[] rig = new FuzzedRig[1];
        IntanConnector[] connector = new IntanConnector[1];
        long[] bins = new long[1];
        Fuzzer.Report report = new Fuzzer("intan spikes", MAX_ALLOCATED).seed(spikes(1_000, 1)).seed(spikes(20_000, 40))
                .seed(spikes(-200, 20)).making(random -> spikes(number[0] * 400 + random.nextInt(100), 10))
                .run(INPUTS_IN_CI, bytes -> {
                    if (number[0]++ % 500 == 0) {
                        bins[0] += rig[0] == null ? 0 : rig[0].count();
                        rig[0] = new FuzzedRig(List.of("A-010/1", "A-011/2"), List.of(), 20_000, false,
                                directory.resolve("units"));
                        connector[0] = new IntanConnector(
                                new IntanConnector.Settings("localhost", 5001, 0, List.of(), 20_000, 0.05));
                        connector[0].begin(rig[0].bins(), rig[0].status());
                    }
                    long unusable = rig[0].status().unusableMessages();
                    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
                    int skipped = 0;
                    int portions = 0;
                    while (in.available() > 0) {
                        int some = connector[0].receive(in);
                        skipped += some;
                        portions += some > 0 ? 1 : 0;
                    }
                    assertThat(rig[0].status().unusableMessages() - unusable).as("counted").isEqualTo(portions);
                    return skipped == 0 ? null : "skipped " + skipped;
                });
        assertThat(report.accepted()).isPositive();
        assertThat(bins[0]).isPositive();
    }
}
