package kappa.ingest.rig.openephys;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import kappa.ingest.rig.openephys.MessageHeader.Kind;
import org.junit.jupiter.api.Test;

/** What of a header is read, and that nothing in one can do harm. */
class MessageHeaderTest {

    private static final String DATA = """
            {"message_num":17,"type":"data","content":{"stream":"A","channel_num":0,"channel_name":"CH1",
             "num_samples":697,"sample_num":20910,"sample_rate":30000.0},"data_size":2788,"timestamp":1751900000000}
            """;
    private static final String TTL = """
            {"message_num":18,"type":"event","content":{"stream":"A","source_node":100,"type":3,
             "sample_num":21003},"data_size":10,"timestamp":1751900000000}
            """;
    private static final String SPIKE = """
            {"message_num":19,"type":"spike","spike":{"stream":"A","source_node":103,"electrode":"Electrode 7",
             "sample_num":21044,"num_channels":1,"num_samples":40,"sorted_id":1,"threshold":[-50.0]},"timestamp":1751900000000}
            """;

    private final MessageHeader header = new MessageHeader();

    private boolean read(String json) {
        return header.read(json.replace("\n", "\r\n").getBytes(UTF_8));
    }

    @Test
    void shouldReadTheThreeKindsOfMessagesAsTheyAreWrittenDown() {
        assertThat(read(DATA)).isTrue();
        assertThat(header.kind).isEqualTo(Kind.DATA);
        assertThat(header.number).isEqualTo(17);
        assertThat("A".contentEquals(header.stream)).isTrue();
        assertThat(header.channel).isZero();
        assertThat(header.channelName).hasToString("CH1");
        assertThat(header.samples).isEqualTo(697);
        assertThat(header.sample).isEqualTo(20_910);
        assertThat(header.rate).isEqualTo(30_000);
        assertThat(read(TTL)).isTrue();
        assertThat(header.kind).isEqualTo(Kind.TTL);
        assertThat(header.node).isEqualTo(100);
        assertThat(header.sample).isEqualTo(21_003);
        assertThat(read(SPIKE)).isTrue();
        assertThat(header.kind).isEqualTo(Kind.SPIKE);
        assertThat(header.number).isEqualTo(19);
        assertThat(header.electrode).hasToString("Electrode 7");
        assertThat(UnitPlaces.hash(header.electrode)).isEqualTo("Electrode 7".hashCode());
        assertThat(header.sample).isEqualTo(21_044);
        assertThat(header.sortedId).isEqualTo(1);
    }

    @Test
    void shouldNeverTakeANumberWhoseEndIsCutOffForWhole() {
        for (String whole : new String[]{DATA, TTL, SPIKE}) {
            byte[] bytes = whole.strip().getBytes(UTF_8);
            for (int length = 0; length <= bytes.length; length++) {
                String what = new String(bytes, 0, length, UTF_8);
                boolean usable = header.read(Arrays.copyOf(bytes, length));
                if (usable) {
                    assertThat(header.number).as(what).isBetween(17, 19);
                    assertThat(header.sample).as(what).isIn(20_910L, 21_003L, 21_044L);
                    assertThat(header.kind != Kind.SPIKE || header.sortedId == 1).as(what).isTrue();
                }
                // All but what is needed may be missing.
                boolean needed = what.matches("(?s).*\"sample_num\":\\d+[,}].*")
                        && (!whole.equals(SPIKE) || what.matches("(?s).*\"sorted_id\":\\d+,.*"));
                assertThat(usable).as(what).isEqualTo(needed);
                // And the next header is not harmed.
                assertThat(read(SPIKE)).as("after " + what).isTrue();
            }
        }
    }

    @Test
    void shouldReadEscapedNamesAndFieldsInAnyOrderAndSkipWhatItDoesNotKnow() {
        assertThat(
                read("""
                {"new":{"content":{"sample_num":1},"a":[1,[2,{}]]},"spike":{"sorted_id":65535,"sample_num":-7,
                 "electrode":"\\u00b5 \\"1\\"","new":[{"sample_num":3}],"stream":"A"},"type":"spike","message_num":-3}"""))
                .isTrue();
        assertThat(header.number).isEqualTo(-3);
        assertThat(header.sample).isEqualTo(-7);
        assertThat(header.sortedId).isEqualTo(65_535);
        assertThat(header.electrode).hasToString("\u00b5 \"1\"");
    }

    @Test
    void shouldLeaveOutWhatIsNoHeaderAndGoOn() {
        for (String bad : new String[]{"", " ", "{", "}", "[]", "null", "17", "{\"message_num\":17}",
            "{\"type\":\"spike\"}",
            "{\"message_num\":\"17\",\"type\":\"data\"}", DATA.replace("17", "4294967296"),
            DATA.replace("20910", "1e4"), DATA.replace("20910", "99999999999999999999"), DATA + DATA, DATA + "x",
            SPIKE.replace("Electrode 7", "x".repeat(9_000)), SPIKE.replace("Electrode 7", "x".repeat(70_000)),
            SPIKE.replace("Electrode 7", ""), "{\"a\":".repeat(1_000), SPIKE.replace("19", "9".repeat(500))}) {
            boolean usable = read(bad);
            // A second header in the same frame is left out; the first one stands.
            assertThat(usable).as(bad).isEqualTo(bad.startsWith(DATA));
            assertThat(read(SPIKE)).as("after " + bad).isTrue();
        }
    }

    @Test
    void shouldSurviveAnyBytes() {
        Random random = new Random(5);
        byte[] spike = SPIKE.getBytes(UTF_8);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = spike.clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            header.read(Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
        }
        assertThat(read(SPIKE)).isTrue();
    }

    @Test
    void shouldAllocateNothingToSpeakOfForAMessage() {
        byte[][] frames = new byte[500][];
        for (int i = 0; i < frames.length; i++) {
            String json = SPIKE.replace("Electrode 7", "Electrode " + i).replace("21044",
                    Long.toString((1L << 33) + i));
            frames[i] = json.getBytes(UTF_8);
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        int messages = 30_000;
        for (int i = -messages; i < messages; i++) {
            if (i == 0) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            assertThatRead(frames[Math.floorMod(i, frames.length)]);
        }
        double bytes = (double) (threads.getCurrentThreadAllocatedBytes() - before) / messages;
        // Nothing per message; the tolerance is for what the runtime does meanwhile on this thread.
        assertThat(bytes).isLessThan(16);
    }

    private void assertThatRead(byte[] frame) {
        if (!header.read(frame)) {
            throw new AssertionError(new String(frame, UTF_8));
        }
    }
}
