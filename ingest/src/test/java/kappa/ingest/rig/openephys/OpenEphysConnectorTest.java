package kappa.ingest.rig.openephys;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.openephys.OpenEphysSettings.Unsorted;
import kappa.ingest.rig.openephys.PluginFixture.Channel;
import kappa.ingest.rig.openephys.PluginFixture.Edge;
import kappa.ingest.rig.openephys.PluginFixture.Setup;
import kappa.ingest.rig.openephys.PluginFixture.Spike;
import kappa.ingest.wire.Bin;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

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
        Bin.Builder bin = Bin.newBuilder();
        do {
            assertThat(source.next(bin)).isTrue();
            bins.add(bin.build());
        } while (bin.getClock().getEpoch() < epoch || bin.getClock().getSample() < until);
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
            assertThat(bins.get(i).getClock().getSample() - bins.get(i - 1).getClock().getSample()).isEqualTo(BIN);
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
}
