package kappa.ingest.recording.xdf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A recording of a headstage, written after the XDF specification, that is larger than Java's memory. */
@Tag("soak")
class LargeXdfTest {

    private static final int CHANNELS = 64;
    private static final int RATE = 20_000;
    private static final int BINS_PER_SECOND = 50;
    /** A second of samples: their number, and each a sign whether it has a stamp, then its values. */
    private static final int SAMPLES_BYTES = 5 + Double.BYTES + RATE * (1 + CHANNELS * Float.BYTES);

    @TempDir
    static Path directory;

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void chunk(OutputStream out, int tag, byte[] content) throws IOException {
        byte[] head = new byte[7];
        little(head).put((byte) 4).putInt(content.length + 2).putShort((short) tag);
        out.write(head);
        out.write(content);
    }

    private static byte[] ofStream(byte[] content) {
        byte[] whole = new byte[4 + content.length];
        little(whole).putInt(1).put(content);
        return whole;
    }

    /** Every sample of a bin has the same value, so that the mean over the bin is that value. */
    private static float value(long bin, int channel) {
        return bin % 1000 + channel / 100f;
    }

    private static byte[] second(int second) {
        byte[] content = new byte[4 + SAMPLES_BYTES];
        ByteBuffer samples = little(content).putInt(1).put((byte) 4).putInt(RATE);
        for (int t = 0; t < RATE; t++) {
            samples.put((byte) (t == 0 ? Double.BYTES : 0));
            if (t == 0) {
                // The middle of the first sample's interval, so that no sample lies on the edge of a bin.
                samples.putDouble(second + 0.5 / RATE);
            }
            long bin = (long) second * BINS_PER_SECOND + (long) t * BINS_PER_SECOND / RATE;
            for (int channel = 0; channel < CHANNELS; channel++) {
                samples.putFloat(value(bin, channel));
            }
        }
        return content;
    }

    private static Path write(int seconds) throws IOException {
        Path file = directory.resolve("large.xdf");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            out.write("XDF:".getBytes(UTF_8));
            chunk(out, 1, "<?xml version=\"1.0\"?><info><version>1.0</version></info>".getBytes(UTF_8));
            chunk(out, 2,
                    ofStream(
                            ("<?xml version=\"1.0\"?><info><name>Probe</name><type>EEG</type><channel_count>" + CHANNELS
                                    + "</channel_count><nominal_srate>" + RATE
                                    + "</nominal_srate><channel_format>float32</channel_format>"
                                    + "<source_id>p</source_id><hostname>rig</hostname></info>").getBytes(UTF_8)));
            for (int second = 0; second < seconds; second++) {
                chunk(out, 3, second(second));
            }
        }
        return file;
    }

    @Test
    void shouldReadEveryBinOfARecordingThatIsLargerThanMemory() throws IOException {
        int seconds = (int) (Runtime.getRuntime().maxMemory() / SAMPLES_BYTES * 5 / 4 + 10);
        Path file = write(seconds);
        assertThat(Files.size(file)).isGreaterThan(Runtime.getRuntime().maxMemory());
        try (XdfRecording session = XdfRecording.open(file, new XdfRecordingTest.Asked().stream("Probe").build());
                BinSource source = session.source()) {
            assertThat(session.neurons()).isEqualTo(CHANNELS);
            RecordedBin bin = session.describe().newBin();
            long bins = 0;
            while (source.next(bin)) {
                for (int channel : new int[]{0, CHANNELS - 1}) {
                    // Means of some hundred equal floats.
                    assertThat(bin.activity[channel]).as("bin %d", bins).isCloseTo(value(bins, channel), within(1e-2f));
                }
                bins++;
            }
            // The last bin is complete, too: no sample can come before its end.
            assertThat(bins).isBetween((long) seconds * BINS_PER_SECOND - 1, (long) seconds * BINS_PER_SECOND);
        }
    }
}
