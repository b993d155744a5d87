package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import kappa.ingest.Meters;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.InputBasis;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Records that strangers write, on the way that the pipeline takes: parsed, held against the key and the session's header, put
 * in order, and what cannot be used put on kappa.rejected and counted.
 */
@Isolated("the memory of the whole process is measured")
class WireFuzzTest {

    private static final int INPUTS_IN_CI = 4_000;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final MockProducer<byte[], byte[]> producer = new MockProducer<>(true, new RoundRobinPartitioner(),
            new ByteArraySerializer(), new ByteArraySerializer());
    private final List<Throwable> failures = new ArrayList<>();
    private final Publisher publisher = new Publisher(producer, meters, failures::add);
    private long offset;

    private static SessionHeader.Builder header(String session, Observation observation, int neurons) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                .setBinWidthS(0.02).setObservation(observation).setTrials(true).addInputChannels("light")
                .addInputChannels("tone").addBehaviorChannels("x").addPhases("delay").setOrigin("a rig")
                .setCreatedUnixNs(1)
                .setFit(FitSettings.newBuilder().setRank(2).setSeed(3).setStepsPerTrial(10).setHiddenNeurons(5)
                        .setPrior(0.5).setTrackerBins(30))
                .setInputBasis(InputBasis.newBuilder().setBumps(4).setBins(30));
        for (int i = 0; i < neurons; i++) {
            header.addNeurons("unit-" + i);
        }
        return header;
    }

    private static Activity.Builder activity(String session, Observation observation, int neurons, long first,
            int bins) {
        Activity.Builder record = Activity.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(first)
                .setSentUnixNs(5);
        for (int t = 0; t < bins; t++) {
            Bin.Builder bin = Bin.newBuilder().setRigTimeNs(20_000_000 * (first + t)).setTrial((first + t) / 10)
                    .addInputs(1).addInputs(-0.5f).addBehavior(0.25f).setPhase(1)
                    .setUnobserved(ByteString.copyFrom(new byte[(neurons + 7) / 8]))
                    .setSilenced(ByteString.copyFrom(new byte[(neurons + 7) / 8])).setIntervention("i-1")
                    .setClock(BinClock.newBuilder().setSample(3).setHostUnixNs(4).setErrorNs(5).setEpoch(1).setLost(2));
            for (int i = 0; i < neurons; i++) {
                if (observation == Observation.COUNTS) {
                    bin.addCounts(i % 3);
                } else {
                    bin.addValues(0.1f * i);
                }
            }
            record.addBins(bin);
        }
        return record;
    }

    /** A message with fields drawn at random, of which few are wrong by themselves and the others together. */
    private static void scramble(Message.Builder message, Random random, int depth) {
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            if (random.nextInt(6) != 0) {
                continue;
            }
            if (field.isRepeated()) {
                int count = random.nextInt(8) == 0 ? random.nextInt(300) : random.nextInt(8);
                message.clearField(field);
                for (int i = 0; i < count; i++) {
                    message.addRepeatedField(field, value(message, field, random, depth));
                }
            } else if (random.nextInt(3) == 0) {
                message.clearField(field);
            } else {
                message.setField(field, value(message, field, random, depth));
            }
        }
    }

    private static Object value(Message.Builder message, FieldDescriptor field, Random random, int depth) {
        long[] odd = {0, 1, 2, 31, 32, 33, 1000, 1001, 100_000, 1L << 31, (1L << 32) - 1, Long.MAX_VALUE, -1,
            Long.MIN_VALUE};
        long whole = random.nextBoolean() ? random.nextInt(40) : odd[random.nextInt(odd.length)];
        double real = switch (random.nextInt(8)) {
            case 0 -> Double.NaN;
            case 1 -> Double.POSITIVE_INFINITY;
            case 2 -> -random.nextDouble();
            case 3 -> Double.MIN_VALUE;
            case 4 -> 1e300;
            default -> random.nextDouble() * 10;
        };
        return switch (field.getJavaType()) {
            case INT -> (int) whole;
            case LONG -> whole;
            case FLOAT -> (float) real;
            case DOUBLE -> real;
            case BOOLEAN -> random.nextBoolean();
            case STRING -> random.nextInt(8) == 0 ? "\u2028\n\u0000" + "x".repeat(random.nextInt(2_000)) : "s" + whole;
            case BYTE_STRING -> ByteString.copyFrom(new byte[random.nextInt(20)]);
            case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt(6));
            case MESSAGE -> {
                Message.Builder inner = message.newBuilderForField(field);
                if (depth < 4) {
                    scramble(inner, random, depth + 1);
                }
                yield inner.build();
            }
        };
    }

    private static ConsumerRecord<byte[], byte[]> record(String topic, long offset, String key, byte[] value) {
        return new ConsumerRecord<>(topic, 0, offset, key.getBytes(UTF_8), value);
    }

    private String reject(String key, ConsumerRecord<byte[], byte[]> record, Fault fault) {
        publisher.reject(key, record, fault, false);
        assertThat(fault.detail()).isNotBlank();
        // A mock keeps what was sent.
        producer.clear();
        return fault.reason() + " " + fault.detail();
    }

    private double counted() {
        return meters.find(Meters.RECORDS_REJECTED.meterName()).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    private void shouldHaveCountedEach(Fuzzer.Report report) {
        assertThat(counted()).isEqualTo((double) report.refusals());
        assertThat(failures).isEmpty();
        assertThat(report.accepted()).isPositive();
    }

    // ------------------------------------------------------------------ what costs much memory for few bytes

    /** {@code count} fields of a number, each of so many bytes. */
    private static byte[] fields(int number, int count, byte... content) {
        byte[] one = new byte[2 + content.length];
        one[0] = (byte) (number << 3 | 2);
        one[1] = (byte) content.length;
        System.arraycopy(content, 0, one, 2, content.length);
        byte[] all = new byte[count * one.length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return all;
    }

    /** Fields nobody knows, of ever other numbers. */
    private static byte[] unknown(int bytes) {
        byte[] all = new byte[bytes / 4 * 4];
        for (int at = 0; at < all.length; at += 4) {
            int number = 100 + at;
            all[at] = (byte) (number << 3 | 0x80);
            all[at + 1] = (byte) (number >> 4 | 0x80);
            all[at + 2] = (byte) (number >> 11 & 0x7f);
        }
        return all;
    }

    /** One field that holds all of it. */
    private static byte[] within(int number, byte[] content) {
        int length = content.length;
        byte[] all = new byte[5 + length];
        all[0] = (byte) ((number << 3) | 2);
        for (int i = 0; i < 4; i++) {
            all[1 + i] = (byte) (((length >> (7 * i)) & 0x7f) | (i < 3 ? 0x80 : 0));
        }
        System.arraycopy(content, 0, all, 5, length);
        return all;
    }

    /** Groups in groups, which end again, of a number nobody knows. */
    private static byte[] groups(int depth) {
        byte[] all = new byte[2 * depth];
        Arrays.fill(all, 0, depth, (byte) (15 << 3 | 3));
        Arrays.fill(all, depth, 2 * depth, (byte) (15 << 3 | 4));
        return all;
    }

    private static Fuzzer withTheCostly(Fuzzer fuzzer) {
        int most = Topics.MAX_RECORD_BYTES;
        return fuzzer.once(fields(4, most / 2)).once(fields(4, WireChecks.MAX_FIELDS))
                .once(fields(4, WireChecks.MAX_FIELDS, new byte[]{8, 1, 98, 0})).once(fields(3, most / 3, (byte) 'x'))
                .once(fields(3, WireChecks.MAX_FIELDS, (byte) 'x')).once(fields(5, most / 3, (byte) 'x'))
                .once(unknown(most)).once(within(4, unknown(most - 10))).once(within(10, unknown(most - 10)))
                .once(groups(most / 2)).once(groups(90)).once(fields(10, most / 2)).once(new byte[most + 1]);
    }

    // ------------------------------------------------------------------ the families

    @Test
    void shouldAcceptOrRejectEveryHeader() {
        Map<String, SessionHeader> headers = new HashMap<>();
        Fuzzer fuzzer = withTheCostly(new Fuzzer("wire headers", WireChecks.MAX_ALLOCATED))
                .seed(header("s", Observation.COUNTS, 10).build().toByteArray())
                .seed(header("s", Observation.RATES, 300).build().toByteArray())
                .tokens("unit-0", "s", "\u0012\u0001s").making(random -> {
                    SessionHeader.Builder header = header("s", Observation.COUNTS, 10);
                    scramble(header, random, 0);
                    return header.build().toByteArray();
                });
        shouldHaveCountedEach(fuzzer.run(INPUTS_IN_CI, value -> {
            ConsumerRecord<byte[], byte[]> record = record(Topics.SESSIONS, offset++, "s", value);
            CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), value);
            if (checked.fault().isPresent()) {
                return reject("s", record, checked.fault().get());
            }
            headers.put("s", checked.message(SessionHeader.class).orElseThrow());
            return null;
        }));
        assertThat(headers).isNotEmpty();
    }

    @Test
    void shouldAcceptOrRejectEveryRecordOfActivity() {
        List<SessionHeader> headers = List.of(header("counts", Observation.COUNTS, 10).build(),
                header("rates", Observation.RATES, 20).setTrials(false).build());
        Map<String, BinOrder<Arrival>> orders = new HashMap<>();
        AtomicInteger underWay = new AtomicInteger();
        int[] verdicts = new int[2];
        Fuzzer fuzzer = withTheCostly(new Fuzzer("wire activity", WireChecks.MAX_ALLOCATED))
                .tokens("counts", "rates", "i-1").making(random -> {
                    SessionHeader of = headers.get(random.nextInt(2));
                    Activity.Builder record = activity(of.getSession(), of.getObservation(), of.getNeuronsCount(),
                            random.nextInt(100), 1 + random.nextInt(4));
                    if (random.nextBoolean()) {
                        scramble(record, random, 0);
                    } else {
                        scramble(record.getBinsBuilder(random.nextInt(record.getBinsCount())), random, 0);
                    }
                    return record.build().toByteArray();
                });
        for (SessionHeader of : headers) {
            for (int bins : new int[]{1, 30}) {
                fuzzer.seed(activity(of.getSession(), of.getObservation(), of.getNeuronsCount(), 0, bins).build()
                        .toByteArray());
            }
            fuzzer.seed(Activity.newBuilder().setSchemaVersion(1).setSession(of.getSession()).setFirstBin(7)
                    .setEndOfSession(true).build().toByteArray());
        }
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, value -> {
            SessionHeader of = headers.get(Arrays.hashCode(value) & 1);
            ConsumerRecord<byte[], byte[]> record = record(Topics.ACTIVITY, offset++, of.getSession(), value);
            CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), value);
            Optional<Fault> fault = checked.fault().or(() -> checked.message(Activity.class)
                    .flatMap(activity -> WireChecks.activity(of, activity)));
            if (fault.isPresent()) {
                return reject(of.getSession(), record, fault.get());
            }
            // Whatever the order makes of it, it lets go of it, now or with the next one.
            Arrival arrival = new Arrival(checked.message(Activity.class).orElseThrow(), record, underWay);
            arrival.take();
            orders.computeIfAbsent(of.getSession(), session -> new BinOrder<>(new BinOrder.Verdicts<Arrival>() {
                @Override
                public void use(Arrival used, int skip, long missing) {
                    assertThat(skip).isBetween(0, used.activity().getBinsCount());
                    assertThat(missing).isNotNegative();
                    verdicts[0]++;
                    used.release();
                }

                @Override
                public void reject(Arrival rejected, Fault why, boolean used) {
                    assertThat(why.detail()).isNotBlank();
                    verdicts[1]++;
                    if (!used) {
                        rejected.release();
                    }
                }

                @Override
                public void clockJumped() {}
            }, of.getTrials())).offer(arrival, false);
            if (offset % 16 == 0) {
                orders.clear();
                underWay.set(0);
            }
            assertThat(underWay.get()).isNotNegative();
            return null;
        });
        shouldHaveCountedEach(report);
        assertThat(verdicts[0]).isPositive();
        assertThat(verdicts[1]).isPositive();
    }

    @Test
    void shouldAcceptOrRejectEveryRequest() {
        SessionHeader session = header("s", Observation.COUNTS, 10).build();
        Fuzzer fuzzer = withTheCostly(new Fuzzer("wire requests", WireChecks.MAX_ALLOCATED))
                .seed(Intervention.newBuilder().setSchemaVersion(1).setSession("s").setId("i-1").setName("set")
                        .addNeurons(1).addNeurons(9).setTrials(3).setEvery(2).setFirstBin(4).setBins(5).build()
                        .toByteArray())
                .seed(PlaybackControl.newBuilder().setSchemaVersion(1).setSession("s").setPause(true).setSeekS(3)
                        .setSpeed(10).build().toByteArray())
                .seed(PlaybackState.newBuilder().setSchemaVersion(1).setSession("s").setBins(10).setUntil(10)
                        .setSpeed(1).build().toByteArray())
                .making(random -> {
                    Message.Builder request = random.nextBoolean()
                            ? Intervention.newBuilder().setSchemaVersion(1).setSession("s").setId("i-1").addNeurons(1)
                            : PlaybackControl.newBuilder().setSchemaVersion(1).setSession("s").setSpeed(1);
                    scramble(request, random, 0);
                    return request.build().toByteArray();
                });
        shouldHaveCountedEach(fuzzer.run(INPUTS_IN_CI, value -> {
            boolean silence = (Arrays.hashCode(value) & 1) == 0;
            ConsumerRecord<byte[], byte[]> record = record(silence ? Topics.INTERVENTIONS : Topics.CONTROLS, offset++,
                    "s", value);
            CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), value);
            Optional<Fault> fault = checked.fault().or(() -> checked.message(Intervention.class)
                    .flatMap(request -> WireChecks.intervention(session, request)));
            return fault.isPresent() ? reject("s", record, fault.get()) : null;
        }));
    }
}
