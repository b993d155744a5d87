package kappa.ingest.rig.openephys;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import kappa.ingest.InvalidInputException;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.rig.FuzzedRig;
import kappa.ingest.rig.openephys.OpenEphysSettings.Line;
import kappa.ingest.rig.openephys.OpenEphysSettings.Unsorted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Messages in the shape of the plugin's, whose JSON, numbers and payloads may be anything. */
@Isolated("the memory of the whole process is measured")
class OpenEphysFuzzTest {

    private static final int INPUTS_IN_CI = 8_000;

    /** A parser that has to be made anew, and the bins of a clock that jumps by all it may. */
    private static final long MAX_ALLOCATED = 16L << 20;

    private static final int RATE = 30_000;
    private static final String DATA = "{\"message_num\":%d,\"type\":\"data\",\"content\":{\"stream\":\"A\","
            + "\"channel_num\":0,\"channel_name\":\"CH1\",\"num_samples\":32,\"sample_num\":%d,\"sample_rate\":30000.0},"
            + "\"data_size\":128,\"timestamp\":1751900000000}";
    private static final String TTL = "{\"message_num\":%d,\"type\":\"event\",\"content\":{\"stream\":\"A\","
            + "\"source_node\":100,\"type\":3,\"sample_num\":%d},\"data_size\":10,\"timestamp\":1751900000000}";
    private static final String SPIKE = "{\"message_num\":%d,\"type\":\"spike\",\"spike\":{\"stream\":\"A\","
            + "\"source_node\":103,\"electrode\":\"Electrode 7\",\"sample_num\":%d,\"num_channels\":1,\"num_samples\":40,"
            + "\"sorted_id\":1,\"threshold\":[-50.0]},\"timestamp\":1751900000000}";

    @TempDir
    Path directory;

    private FuzzedRig rig;
    private PluginStream stream;
    private long arrivalNs = System.nanoTime();
    private int next;
    private long bins;

    /** Three frames, each after its length. */
    private static byte[] message(String topic, String header, byte[] payload) {
        byte[] json = header.getBytes(UTF_8);
        return ByteBuffer.allocate(3 + topic.length() + json.length + payload.length).order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) topic.length()).put(topic.getBytes(ISO_8859_1)).putShort((short) json.length).put(json)
                .put(payload).array();
    }

    private static byte[] edge(int line, boolean high) {
        return ByteBuffer.allocate(18).order(ByteOrder.LITTLE_ENDIAN).put((byte) line).put((byte) (high ? 1 : 0))
                .putLong(high ? 1L << line : 0).array();
    }

    private static byte[] made(int kind, int number, long sample) {
        return switch (kind) {
            case 0 -> message("DATA\0", String.format(DATA, number, sample), new byte[128]);
            case 1 -> message("EVENT\0", String.format(TTL, number, sample), edge(0, number % 2 == 0));
            case 2 -> message("EVENT", String.format(TTL, number, sample), edge(3, number % 3 == 0));
            default -> message("EVENT\0", String.format(SPIKE, number, sample), new byte[160]);
        };
    }

    private void connect(boolean continuous) {
        bins += rig == null ? 0 : rig.count();
        rig = new FuzzedRig(List.of("Electrode 7/1", "Electrode 8/1"), continuous ? List.of("CH1") : List.of("reward"),
                RATE, true, directory.resolve("units"));
        TreeMap<Integer, String> channels = new TreeMap<>();
        if (continuous) {
            channels.put(0, "CH1");
        }
        FoundStream found = new FoundStream("A", RATE, channels, new TreeMap<>(), Set.of());
        List<Line> lines = continuous ? List.of() : List.of(Line.parse("--input-line", "3=reward"));
        List<String> names = continuous ? List.of("CH1") : List.of();
        OpenEphysSettings settings = new OpenEphysSettings("tcp://127.0.0.1:5556", 0.02, RATE, 0.05,
                Line.parse("--trial-line", "0"), false, lines, names, names, Unsorted.AUTO);
        stream = new PluginStream(settings, found, new UnitPlaces(rig.units(), Unsorted.AUTO), rig.bins(),
                rig.status());
    }

    /** Now and then a new session, so that what happens before the first bin is tried, too. */
    private String take(byte[] bytes) throws InterruptedException {
        if (next++ % 500 == 0) {
            connect(next % 1_000 == 1);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte[] topic = new byte[in.hasRemaining() ? Math.min(Byte.toUnsignedInt(in.get()), in.remaining()) : 0];
        in.get(topic);
        byte[] header = new byte[in.remaining() > 1 ? Math.min(Short.toUnsignedInt(in.getShort()), in.remaining()) : 0];
        in.get(header);
        byte[] payload = new byte[in.remaining()];
        in.get(payload);
        arrivalNs += 1_000_000;
        Reception.Message message = new Reception.Message(arrivalNs, topic, header, payload, bytes.length == 0);
        long unusable = rig.status().unusableMessages();
        try {
            stream.message(message);
            stream.idle(arrivalNs);
        } catch (InvalidInputException e) {
            // The rig's sample rate is another one, time and again.
            assertThat(e.getMessage()).contains("samples per second now").doesNotContain("\n");
            connect(true);
            return e.getMessage();
        }
        assertThat(rig.status().unusableMessages() - unusable).as("counted").isBetween(0L, 1L);
        return rig.status().unusableMessages() > unusable
                ? new String(message.header(), ISO_8859_1).replaceAll("[^{}\\[\\]:,]", "")
                : null;
    }

    @Test
    void shouldUseOrCountEveryMessage() {
        Fuzzer fuzzer = new Fuzzer("zmq messages", MAX_ALLOCATED)
                .tokens("\"sample_num\":", "\"message_num\":", "\"sorted_id\":0", "null", "true", "1e999", "-0", "[[[[",
                        "{\"a\":", "\\ud800", "\\u0000", "\"type\":\"spike\"", "9223372036854775807",
                        "-9223372036854775808", "2147483647", "NaN")
                // Not a number, on a channel that is an input and behaviour: one message, and counted once.
                .once(message("DATA\0", String.format(DATA, 21, 20_940),
                        "\u00ff".repeat(128).getBytes(ISO_8859_1)))
                .once(message("DATA", "[".repeat(60_000), new byte[0]))
                .once(message("DATA", "{\"a\":".repeat(12_000), new byte[0]))
                .once(message("DATA", "{\"" + "x".repeat(60_000) + "\":1}", new byte[0]))
                .once(message("DATA", "{\"type\":\"" + "x".repeat(60_000) + "\"}", new byte[0]))
                .once(message("DATA", "{\"message_num\":" + "9".repeat(60_000) + "}", new byte[0]))
                .making(new Rig()::message);
        for (int kind = 0; kind < 4; kind++) {
            fuzzer.seed(made(kind, 17 + kind, 20_910 + kind));
        }
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, this::take);
        assertThat(report.accepted()).isPositive();
        assertThat(bins).isPositive();
    }

    /** A rig that is sound mostly, so that sessions get under way. */
    private static final class Rig {
        private int number;
        private long sample = 1_000;

        byte[] message(Random random) {
            number += random.nextInt(20) == 0 ? random.nextInt(5) : 1;
            sample += random.nextInt(200) == 0 ? random.nextInt(200_000) : 30;
            return made(random.nextInt(4), number, sample);
        }
    }

    @Test
    void shouldNeverThrowWhateverAHeaderHolds() {
        MessageHeader header = new MessageHeader();
        Fuzzer fuzzer = new Fuzzer("zmq json", MAX_ALLOCATED).tokens("{", "}", "[", "]", "\"", ":", ",", "\\u", "1e9",
                "-",
                "null", "\"spike\"", "\"content\"", "\u00e9", "\u00ff");
        for (String json : List.of(DATA, TTL, SPIKE)) {
            fuzzer.seed(String.format(json, 17, 20_910).getBytes(UTF_8));
        }
        Fuzzer.Report report = fuzzer.run(2 * INPUTS_IN_CI, bytes -> header.read(bytes)
                ? null
                : "no header " + Arrays.toString(new Object[]{header.numbered, header.kind}));
        assertThat(report.accepted()).isPositive();
    }
}
