package kappa.ingest.rig.openephys;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.ingest.Await;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.openephys.OpenEphysSettings.Line;
import kappa.ingest.rig.openephys.OpenEphysSettings.Unsorted;
import kappa.ingest.rig.openephys.PluginFixture.Channel;
import kappa.ingest.rig.openephys.PluginFixture.Edge;
import kappa.ingest.rig.openephys.PluginFixture.Setup;
import kappa.ingest.rig.openephys.PluginFixture.Spike;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.RecordingCodec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A rig that behaves as the wire's description says, through real sockets. */
@Timeout(60)
class OpenEphysConnectorTest {

    private static final double RATE = 30_000;
    private static final int BIN = 600;
    private static final int UNITS = 20;

    @TempDir
    private Path directory;

    private Random random;
    private Recording truth;

    @BeforeEach
    void begin() {
        random = new Random(1);
        truth = new Recording();
    }

    /** What was sent, binned on its own. */
    private static final class Recording {
        private final TreeMap<Long, int[]> counts = new TreeMap<>();

        void add(Spike spike, int unit) {
            counts.computeIfAbsent(Math.floorDiv(spike.sample(), (long) BIN), bin -> new int[UNITS])[unit]++;
        }

        int[] of(long bin) {
            return counts.getOrDefault(bin, new int[UNITS]);
        }
    }

    private static String electrode(String prefix, int unit) {
        return prefix + " " + (unit / 2 + 1);
    }

    private List<Spike> spikes(String prefix, long from, int samples, double perSecond) {
        List<Spike> spikes = new ArrayList<>();
        for (int unit = 0; unit < UNITS; unit++) {
            for (int i = 0; i < samples; i++) {
                if (random.nextDouble() < perSecond / RATE) {
                    Spike spike = new Spike(from + i, electrode(prefix, unit), unit % 2 + 1);
                    spikes.add(spike);
                    truth.add(spike, unit);
                }
            }
        }
        return spikes;
    }

    /** Sends blocks of the GUI's varying length from {@code from} until at least {@code to}; where it got to. */
    private long send(PluginFixture rig, String prefix, long from, long to, List<Edge> edges) {
        long at = from;
        while (at < to) {
            int samples = 690 + random.nextInt(15);
            long start = at;
            rig.block(start, samples, spikes(prefix, start, samples, 20),
                    edges.stream().filter(edge -> edge.sample() >= start && edge.sample() < start + samples).toList());
            at += samples;
        }
        return at;
    }

    private static SortedMap<Integer, String> channels(String... names) {
        SortedMap<Integer, String> channels = new TreeMap<>();
        for (String name : names) {
            channels.put(channels.size(), name);
        }
        return channels;
    }

    private static List<String> names(String prefix) {
        return IntStream.range(0, UNITS).mapToObj(unit -> electrode(prefix, unit) + "/" + (unit % 2 + 1)).toList();
    }

    private static OpenEphysSettings settings(PluginFixture rig) {
        return new OpenEphysSettings(rig.endpoint(), 0.02, Double.NaN, 0.05, null, false, List.of(), List.of(),
                List.of(), Unsorted.AUTO);
    }

    private RigSource connect(OpenEphysSettings settings, Setup setup, SortedMap<Integer, String> channels,
            String prefix, int spare) {
        FoundStream found = new FoundStream(setup.stream(), setup.rate(), channels, new TreeMap<>(), new TreeSet<>());
        UnitTable units = UnitTable.begin(names(prefix), spare, directory.resolve("late-units"));
        return new RigSource(found.layout("rig", settings, units.names()), units,
                new OpenEphysConnector(settings, found, units), Double.POSITIVE_INFINITY);
    }

    /** Bins until one ends at or after a sample of an epoch. */
    private static List<Bin> read(RigSource source, int epoch, long until) {
        List<Bin> bins = new ArrayList<>();
        RecordedBin bin = source.describe().newBin();
        do {
            assertThat(source.next(bin)).isTrue();
            bins.add(RecordingCodec.bin(bin, Observation.COUNTS));
        } while (bin.epoch < epoch || bin.sample < until);
        return bins;
    }

    private void assertExact(List<Bin> bins) {
        for (Bin bin : bins) {
            assertThat(bin.getClock().getSample() % BIN).isZero();
            if (bin.getClock().getLost() == 0) {
                assertThat(bin.getUnobserved().isEmpty()).isTrue();
                assertThat(bin.getCountsList()).as("bin that ends at %s", bin.getClock().getSample())
                        .containsExactly(boxed(truth.of(bin.getClock().getSample() / BIN - 1)));
            }
        }
    }

    private static Integer[] boxed(int[] counts) {
        return IntStream.of(counts).boxed().toArray(Integer[]::new);
    }

    private static void assertContiguous(List<Bin> bins) {
        for (int i = 1; i < bins.size(); i++) {
            assertThat(bins.get(i).getClock().getSample() - bins.get(i - 1).getClock().getSample())
                    .as("bin %s, %s after %s", i, bins.get(i).getClock(), bins.get(i - 1).getClock()).isEqualTo(BIN);
        }
    }

    /** Starts the source's connector, whose subscription the rig waits for, and reads on a thread of its own. */
    private static Thread reading(RigSource source, int epoch, long until, List<Bin> into) {
        return Thread.ofPlatform().start(() -> into.addAll(read(source, epoch, until)));
    }

    @Test
    void shouldCountEverySpikeInItsBinHoweverABlockIsOrdered() throws InterruptedException {
        try (PluginFixture rig = new PluginFixture(0).with(new Channel(0, "CH1", sample -> 0));
                RigSource source = connect(settings(rig), Setup.plain(), channels("CH1"), "Electrode", 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 0, 100_000 + 290_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            send(rig, "Electrode", 100_000, 400_000, List.of());
            reader.join();
            assertThat(bins).hasSizeGreaterThan(470).allMatch(bin -> bin.getClock().getLost() == 0);
            assertContiguous(bins);
            assertExact(bins);
            assertThat(source.status()).doesNotContain("late", "lost");
        }
    }

    @Test
    void shouldMarkEveryBinThatALostMessageMayHaveBelongedTo() throws InterruptedException {
        Random losses = new Random(3);
        try (PluginFixture rig = new PluginFixture(0).with(new Channel(0, "CH1", sample -> 0));
                RigSource source = connect(settings(rig), Setup.plain(), channels("CH1"), "Electrode", 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 0, 100_000 + 590_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            // Single messages, and now and then a stretch over several blocks; none at the start, where no bin has begun.
            rig.dropping(number -> number > 100 && (losses.nextInt(150) == 0 || number % 1_500 < 60));
            send(rig, "Electrode", 100_000, 700_000, List.of());
            reader.join();
            assertContiguous(bins);
            assertExact(bins);
            assertThat(bins.stream().filter(bin -> bin.getClock().getLost() == 0)).hasSizeGreaterThan(300);
            long first = bins.getFirst().getClock().getSample() - BIN;
            long last = bins.getLast().getClock().getSample();
            assertThat(rig.dropped).hasSizeGreaterThan(100);
            for (long sample : rig.dropped) {
                if (sample >= first && sample < last) {
                    assertThat(bins.get((int) ((sample - first) / BIN)).getClock().getLost())
                            .as("bin of lost sample %s", sample).isPositive();
                }
            }
        }
    }

    @Test
    void shouldBeginAnEpochWhereAcquisitionBeginsAgainAndNotShiftABin() throws InterruptedException {
        try (PluginFixture rig = new PluginFixture(0).with(new Channel(0, "CH1", sample -> 0));
                RigSource source = connect(settings(rig), Setup.plain(), channels("CH1"), "Electrode", 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 2, 580_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            rig.numbersFrom(5_000); // a late subscriber's first number is no loss
            send(rig, "Electrode", 50_000, 90_000, List.of());
            // Samples begin anew, as those of most sources do; what was sent of the bins they fall on is another epoch's.
            Recording first = truth;
            truth = new Recording();
            rig.startAcquisition();
            send(rig, "Electrode", 0, 90_000, List.of());
            Recording second = truth;
            truth = new Recording();
            rig.startAcquisition();
            // And this time from a sample that lies ahead.
            send(rig, "Electrode", 500_000, 590_000, List.of());
            reader.join();
            Recording third = truth;
            for (int epoch = 0; epoch < 3; epoch++) {
                truth = List.of(first, second, third).get(epoch);
                int which = epoch;
                List<Bin> one = bins.stream().filter(bin -> bin.getClock().getEpoch() == which).toList();
                assertThat(one).hasSizeGreaterThan(60);
                assertContiguous(one);
                assertExact(one);
                // Only the last bins of an epoch, whose rest never came, are not whole.
                assertThat(one.stream().limit(one.size() - 3)).allMatch(bin -> bin.getClock().getLost() == 0);
            }
            assertThat(source.status()).contains("epoch 3").doesNotContain("late");
        }
    }

    @Test
    void shouldReconnectToAGuiThatWasStartedAgainAndTellStoppedFromGone() throws InterruptedException {
        PluginFixture rig = new PluginFixture(0).with(new Channel(0, "CH1", sample -> 0));
        try (RigSource source = connect(settings(rig), Setup.plain(), channels("CH1"), "Electrode", 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 1, 90_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            send(rig, "Electrode", 30_000, 120_000, List.of());
            Await.until("the status: acquiring", () -> source.status().contains("acquiring"));
            Await.until("the status: acquisition is stopped", () -> source.status().contains("acquisition is stopped"));
            assertThat(rig.heartbeats()).isPositive();
            rig.close();
            Await.until("the status: the GUI is gone", () -> source.status().contains("the GUI is gone"));
            Recording first = truth;
            truth = new Recording();
            try (PluginFixture again = new PluginFixture(rig.port()).with(new Channel(0, "CH1", sample -> 0))) {
                again.awaitSubscriber();
                again.startAcquisition();
                send(again, "Electrode", 30_000, 120_000, List.of());
                reader.join();
            }
            assertExact(bins.stream().filter(bin -> bin.getClock().getEpoch() == 1).toList());
            truth = first;
            assertExact(bins.stream().filter(bin -> bin.getClock().getEpoch() == 0).toList());
            assertThat(bins).hasSizeGreaterThan(220);
        } finally {
            rig.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00b5Probe \u03a9",
        "\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b8\u03b9\u03ba\u03bb\u03bc\u03bd\u03be\u03bf\u03c0",
        "\u795e\u7d4c \ud83e\udde0"})
    void shouldReadHeadersWhoseEndIsCutOffByNamesThatAreNotAscii(String name) throws InterruptedException {
        Setup cut = new Setup(name, RATE, true, true, true);
        try (PluginFixture rig = new PluginFixture(0).with(cut).with(new Channel(0, name, sample -> 0));
                RigSource source = connect(settings(rig), cut, channels(name), name, 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 0, 100_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            send(rig, name, 30_000, 110_000, List.of());
            reader.join();
            assertContiguous(bins);
            assertExact(bins);
            assertThat(bins).allMatch(bin -> bin.getClock().getLost() == 0);
            assertThat(source.status()).doesNotContain("unusable", "lost", "place");
        }
    }

    @Test
    void shouldReadWhatPluginsWithoutTimestampsAndChannelNamesSend() throws InterruptedException {
        Setup old = new Setup("example_data", RATE, false, false, false);
        try (PluginFixture rig = new PluginFixture(0).with(old).with(new Channel(7, "unknown", sample -> 0.5));
                RigSource source = connect(withChannels(rig, List.of("7"), List.of()), old,
                        new TreeMap<>(Map.of(7, "")), "Electrode", 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 0, 100_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            send(rig, "Electrode", 30_000, 110_000, List.of());
            reader.join();
            assertExact(bins);
            assertThat(bins).allMatch(bin -> bin.getClock().getLost() == 0 && bin.getInputs(0) == 0.5f);
        }
    }

    private static OpenEphysSettings withChannels(PluginFixture rig, List<String> inputs, List<String> behaviors) {
        return new OpenEphysSettings(rig.endpoint(), 0.02, Double.NaN, 0.05, null, false, List.of(), inputs, behaviors,
                Unsorted.AUTO);
    }

    @Test
    void shouldTakeTheMeanOfAContinuousChannelOverEachBin() throws InterruptedException {
        Channel clock = new Channel(0, "CH1", sample -> 0);
        Channel ramp = new Channel(3, "ADC1", sample -> sample * 1e-3);
        Channel lever = new Channel(5, "lever \u00b5m", sample -> sample % 2 == 0 ? -2 : 4);
        try (PluginFixture rig = new PluginFixture(0).with(ramp, lever, clock);
                RigSource source = connect(withChannels(rig, List.of("ADC1"), List.of("lever \u00b5m")), Setup.plain(),
                        new TreeMap<>(Map.of(0, "CH1", 3, "ADC1", 5, "lever \u00b5m")), "Electrode", 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 0, 100_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            send(rig, "Electrode", 30_000, 110_000, List.of());
            reader.join();
            assertExact(bins);
            for (Bin bin : bins) {
                double middle = bin.getClock().getSample() - (BIN + 1) / 2.0;
                // Single precision of the samples on the wire.
                assertThat(bin.getInputs(0)).isCloseTo((float) (middle * 1e-3), within(1e-5f));
                assertThat(bin.getBehavior(0)).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldMakeTrialsAndInputsOfLinesAndFindTheirStateAgainAfterALoss() throws InterruptedException {
        OpenEphysSettings lines;
        List<Edge> edges = new ArrayList<>();
        // Trials of 30 bins, every 40 bins; a cue on line 5 for bins 10.5 to 20 of each.
        for (int trial = 0; trial < 8; trial++) {
            long start = 60_000 + trial * 40L * BIN;
            edges.add(new Edge(start, 2, true));
            edges.add(new Edge(start + 10 * BIN + BIN / 2, 5, true));
            edges.add(new Edge(start + 20 * BIN, 5, false));
            edges.add(new Edge(start + 30 * BIN, 2, false));
        }
        try (PluginFixture rig = new PluginFixture(0).with(new Channel(0, "CH1", sample -> 0))) {
            lines = new OpenEphysSettings(rig.endpoint(), 0.02, Double.NaN, 0.05, Line.parse("--trial-line", "2"),
                    false, List.of(Line.parse("--input-line", "100:5=cue")), List.of(), List.of(), Unsorted.AUTO);
            try (RigSource source = connect(lines, Setup.plain(), channels("CH1"), "Electrode", 0)) {
                List<Bin> bins = new ArrayList<>();
                long end = 60_000 + 8 * 40 * BIN;
                Thread reader = reading(source, 0, end, bins);
                rig.awaitSubscriber();
                rig.startAcquisition();
                // The fourth trial's end is lost, which the fifth's start tells.
                int[] seen = {0};
                rig.droppingEdges(edge -> edge.line() == 2 && !edge.high() && ++seen[0] == 4);
                send(rig, "Electrode", 30_000, end + 5_000, edges);
                reader.join();
                assertExact(bins);
                assertThat(bins.stream().filter(bin -> bin.getClock().getLost() > 0)).hasSizeBetween(1, 4);
                for (Bin bin : bins) {
                    long at = (bin.getClock().getSample() - BIN - 60_000) / BIN; // its number from the first trial's start
                    if (at < 0 || bin.getClock().getSample() <= 60_000) {
                        assertThat(bin.getPhase()).isEqualTo(2);
                        continue;
                    }
                    long within = at % 40;
                    boolean fourth = at / 40 == 3 && within >= 30;
                    assertThat(bin.getTrial()).as("trial of bin %s", at).isEqualTo(at / 40 + 1);
                    assertThat(bin.getPhase()).as("phase of bin %s", at).isEqualTo(within < 30 || fourth ? 1 : 2);
                    assertThat(bin.getInputs(0)).as("cue in bin %s", at)
                            .isEqualTo(within == 10 ? 0.5f : within > 10 && within < 20 ? 1 : 0);
                }
            }
        }
    }

    @Test
    void shouldCloseBinsByTheClockOnTheWallWhereNoContinuousChannelComes() throws InterruptedException {
        OpenEphysSettings settings;
        try (PluginFixture rig = new PluginFixture(0)) {
            settings = new OpenEphysSettings(rig.endpoint(), 0.02, RATE, 1, null, false, List.of(), List.of(),
                    List.of(), Unsorted.AUTO);
            try (RigSource source = connect(settings, Setup.plain(), new TreeMap<>(), "Electrode", 0)) {
                List<Bin> bins = new ArrayList<>();
                long start = 30_000;
                Thread reader = reading(source, 0, start + 120_000, bins);
                rig.awaitSubscriber();
                rig.startAcquisition();
                int[] number = {0};
                rig.dropping(message -> message > 400 && ++number[0] <= 10);
                // In real time: a second is granted for what a busy machine may take, in place of 0.05.
                sendInRealTime(rig, start, start + 160_000);
                reader.join();
                assertContiguous(bins);
                assertExact(bins);
                assertThat(bins.stream().filter(bin -> bin.getClock().getLost() == 0)).hasSizeGreaterThan(10);
                long first = bins.getFirst().getClock().getSample() - BIN;
                assertThat(rig.dropped).hasSize(10).allSatisfy(sample -> assertThat(
                        bins.get((int) ((sample - first) / BIN)).getClock().getLost()).isPositive());
            }
        }
    }

    @Test
    void shouldGoOnAfterTheCounterOverflows() throws InterruptedException {
        try (PluginFixture rig = new PluginFixture(0).with(new Channel(0, "CH1", sample -> 0));
                RigSource source = connect(settings(rig), Setup.plain(), channels("CH1"), "Electrode", 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 0, 100_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            rig.numbersFrom(Integer.MAX_VALUE - 300);
            rig.dropping(number -> number == Integer.MIN_VALUE || number == Integer.MAX_VALUE);
            send(rig, "Electrode", 30_000, 110_000, List.of());
            reader.join();
            assertContiguous(bins);
            assertExact(bins);
            assertThat(bins.stream().filter(bin -> bin.getClock().getLost() > 0)).hasSizeBetween(1, 4)
                    .allMatch(bin -> bin.getClock().getLost() == 2);
        }
    }

    @Test
    void shouldCountHostileMessagesAndGoOn() throws InterruptedException {
        try (PluginFixture rig = new PluginFixture(0).with(new Channel(0, "CH1", sample -> 0));
                RigSource source = connect(settings(rig), Setup.plain(), channels("CH1"), "Electrode", 0)) {
            List<Bin> bins = new ArrayList<>();
            Thread reader = reading(source, 0, 180_000, bins);
            rig.awaitSubscriber();
            rig.startAcquisition();
            long at = send(rig, "Electrode", 30_000, 60_000, List.of());
            byte[] event = "EVENT\0".getBytes(UTF_8);
            byte[] data = "DATA\0".getBytes(UTF_8);
            byte[] deep = "[".repeat(60_000).getBytes(UTF_8);
            byte[] noise = new byte[2_000];
            random.nextBytes(noise);
            List<byte[][]> hostile = List.of(new byte[][]{{}}, new byte[][]{event}, new byte[][]{event, {}},
                    new byte[][]{event, deep}, new byte[][]{event, noise, noise}, new byte[][]{noise, noise},
                    new byte[][]{data, "{}".getBytes(UTF_8), noise}, new byte[][]{data, new byte[1_000_000], noise},
                    new byte[][]{event, "null".getBytes(UTF_8)}, new byte[][]{event, "{}{}".getBytes(UTF_8)},
                    new byte[][]{event, ("{\"message_num\":" + "9".repeat(100) + "}").getBytes(UTF_8)},
                    new byte[][]{event, "{\"message_num\":1e9,\"type\":\"spike\"}".getBytes(UTF_8)},
                    new byte[][]{event, data, data, data, data, data});
            for (byte[][] frames : hostile) {
                rig.raw(frames);
                at = send(rig, "Electrode", at, at + 1, List.of());
            }
            // In good form, with numbers that follow, and samples that cannot be: no bin may be made up to there.
            for (String sample : List.of("9223372036854775807", "-9223372036854775808", "1099511627776", "-5")) {
                rig.spike("Electrode 1", sample, 1);
                at = send(rig, "Electrode", at, at + 1, List.of());
            }
            rig.spike("x".repeat(5_000), Long.toString(at), 1); // longer than any name
            at = send(rig, "Electrode", at, at + 1, List.of());
            rig.spike("never seen", Long.toString(at), 70_000); // without a place, as there is no spare one
            send(rig, "Electrode", at, 190_000, List.of());
            reader.join();
            assertContiguous(bins);
            assertExact(bins);
            assertThat(bins).allMatch(bin -> bin.getClock().getEpoch() == 0);
            assertThat(source.status()).contains((hostile.size() + 5) + " unusable",
                    "1 spikes of units without a place");
        }
    }

    @Test
    void shouldGoOnWithTheSameBinsWhenTheConnectorIsStartedAgain() throws InterruptedException {
        try (PluginFixture rig = new PluginFixture(0).with(new Channel(0, "CH1", sample -> 0))) {
            List<Bin> before = new ArrayList<>();
            List<Bin> after = new ArrayList<>();
            Thread sender;
            try (RigSource source = connect(settings(rig), Setup.plain(), channels("CH1"), "Electrode", 0)) {
                Thread reader = reading(source, 0, 60_000, before);
                rig.awaitSubscriber();
                rig.startAcquisition();
                sender = Thread.ofPlatform().start(() -> sendInRealTime(rig, 30_000, 165_000));
                reader.join();
            }
            try (RigSource source = connect(settings(rig), Setup.plain(), channels("CH1"), "Electrode", 0)) {
                source.resume(before.size(), RecordingCodec
                        .bin(RecordingCodec.header(source.describe()).build(), before.getLast()));
                reading(source, 0, 150_000, after).join();
            }
            sender.join();
            List<Bin> bins = new ArrayList<>(before);
            bins.addAll(after);
            assertContiguous(bins);
            assertExact(bins);
            assertThat(bins).allMatch(bin -> bin.getClock().getEpoch() == 0);
            assertThat(after.getFirst().getClock().getLost()).as("what came while nobody listened").isPositive();
            assertThat(after.getLast().getClock().getLost()).isZero();
            // This machine's clock, as it was mapped: arrivals in real time, within what a busy machine may hold them up.
            long expected = (bins.getLast().getClock().getSample() - bins.get(20).getClock().getSample()) * 100_000 / 3;
            assertThat(bins.getLast().getClock().getHostUnixNs() - bins.get(20).getClock().getHostUnixNs())
                    .isCloseTo(expected, within(500_000_000L));
        }
    }

    /** Blocks at the pace of their samples. */
    private void sendInRealTime(PluginFixture rig, long from, long to) {
        long begun = System.nanoTime();
        for (long at = from; at < to;) {
            while (System.nanoTime() < begun + (long) ((at + 697 - from) * 1e9 / RATE)) {
                LockSupport.parkNanos(500_000);
            }
            at = send(rig, "Electrode", at, at + 1, List.of());
        }
    }

    /** The same bytes as another implementation of ZeroMQ and JSON writes them. */
    @Test
    void shouldReadWhatAPythonProgramSends() throws IOException, InterruptedException {
        Path python = Path.of("/usr/bin/python3");
        assumeTrue(Files.isExecutable(python)
                && new ProcessBuilder(python.toString(), "-c", "import zmq").start().waitFor() == 0,
                "needs /usr/bin/python3 with zmq (Debian's python3-zmq)");
        int port;
        try (PluginFixture free = new PluginFixture(0)) {
            port = free.port();
        }
        Path script = Path.of(System.getProperty("kappa.root"), "ingest/src/test/python/plugin.py");
        Process rig = new ProcessBuilder(python.toString(), script.toString(), Integer.toString(port), "120")
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader told = rig.inputReader(UTF_8)) {
            assertThat(told.readLine()).isEqualTo("bound");
            OpenEphysSettings settings = new OpenEphysSettings("tcp://127.0.0.1:" + port, 0.02, Double.NaN, 0.05, null,
                    false, List.of(), List.of(), List.of(), Unsorted.AUTO);
            FoundStream found = new FoundStream("Probe-A", RATE, channels("CH1"), new TreeMap<>(), new TreeSet<>());
            List<String> names = IntStream.range(0, 8)
                    .mapToObj(unit -> "Tetrode " + (unit / 2 + 1) + "/" + (unit % 2 + 1))
                    .toList();
            UnitTable units = UnitTable.begin(names, 0, directory.resolve("late"));
            List<Bin> bins;
            try (RigSource source = new RigSource(found.layout("rig", settings, units.names()), units,
                    new OpenEphysConnector(settings, found, units), Double.POSITIVE_INFINITY)) {
                bins = read(source, 0, 30_000 + 118 * 690);
            }
            Map<Long, List<Integer>> counts = new TreeMap<>();
            for (String line = told.readLine(); !line.equals("end"); line = told.readLine()) {
                List<Long> numbers = Stream.of(line.split(" ")).map(Long::valueOf).toList();
                counts.put(numbers.getFirst(), numbers.stream().skip(1).map(Long::intValue).toList());
            }
            assertThat(bins).hasSizeGreaterThan(120);
            for (Bin bin : bins) {
                assertThat(bin.getClock().getLost()).isZero();
                assertThat(bin.getCountsList())
                        .isEqualTo(
                                counts.getOrDefault(bin.getClock().getSample() / BIN - 1, Collections.nCopies(8, 0)));
            }
        } finally {
            rig.destroy();
        }
    }
}
