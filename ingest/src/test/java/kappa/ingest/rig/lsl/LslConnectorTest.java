package kappa.ingest.rig.lsl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.lsl.Lsl.Format;
import kappa.ingest.rig.lsl.Lsl.Stream;
import kappa.ingest.rig.lsl.LslRecording.Kind;
import kappa.ingest.wire.Bin;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The connector against senders of a real liblsl, on loopback. */
class LslConnectorTest {

    private static final double WIDTH_S = 0.02;
    private static final long WIDTH_NS = 20_000_000;

    /** More than it takes in use: this test's own threads may be held up for so long on a busy machine. */
    private static final double LATENESS_S = 0.4;

    private static Lsl lsl;

    @TempDir
    java.nio.file.Path directory;

    @BeforeAll
    static void findLibrary() {
        lsl = LslOutlet.machinesLibrary("kappa-" + ProcessHandle.current().pid());
    }

    /** Reads bins as the publisher does. */
    private static final class Reader implements AutoCloseable {
        private final RigSource source;
        private final List<Bin> bins = new ArrayList<>();
        private final Thread thread;
        private volatile Throwable failure;

        Reader(RigSource source) {
            this.source = source;
            thread = Thread.ofPlatform().start(() -> {
                try {
                    Bin.Builder bin = Bin.newBuilder();
                    while (source.next(bin)) {
                        synchronized (bins) {
                            bins.add(bin.build());
                        }
                    }
                } catch (RuntimeException | Error e) {
                    failure = e;
                }
            });
        }

        List<Bin> bins() {
            synchronized (bins) {
                return List.copyOf(bins);
            }
        }

        List<Bin> awaitEnd(long tick) {
            await(() -> failure != null || (!bins().isEmpty() && bins().getLast().getClock().getSample() >= tick));
            assertThat(failure).isNull();
            return bins();
        }

        @Override
        public void close() {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            source.close();
        }
    }

    private static void await(BooleanSupplier condition) {
        Instant end = Instant.now().plus(Duration.ofSeconds(15));
        while (!condition.getAsBoolean()) {
            assertThat(Instant.now()).as("what was waited for").isBefore(end);
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static void until(double localTime) {
        await(() -> lsl.localClock() >= localTime);
    }

    private static List<String> labels(int channels) {
        return IntStream.range(0, channels).mapToObj(i -> "Cz" + i + "µ").toList();
    }

    private static Stream find(String name) {
        return LslRecording.find(lsl, name, "--stream", 5);
    }

    private static long ns(double seconds) {
        return Math.round(seconds * 1e9);
    }

    private Reader read(LslRecording recording, UnitTable units, List<Stream> markers, MarkerRules rules) {
        RigLayout layout = new RigLayout("lsl-test", "test", units == null ? recording.neurons() : units.names(),
                rules.inputs().stream().map(MarkerRules.Input::name).toList(), List.of(),
                recording.kind().observation(),
                WIDTH_S, LslConnector.TICKS_PER_SECOND, rules.trials(), false);
        return new Reader(new RigSource(layout, units, new LslConnector(lsl,
                new LslConnector.Settings(recording, markers, rules, units, LATENESS_S)), 1));
    }

    private static boolean unobserved(Bin bin) {
        return !bin.getUnobserved().isEmpty();
    }

    @Test
    void shouldTakeEachBinsMeanOfARegularStreamAndMarkWhatIsMissing() {
        int channels = 6;
        Random random = new Random(1);
        try (LslOutlet outlet = new LslOutlet(lsl, "regular", "EEG", 1000, Format.FLOAT32, "regular-1",
                labels(channels))) {
            Stream stream = find("regular");
            LslRecording recording = new LslRecording(stream, Kind.CURRENTS, labels(channels), 0.0015, 0);
            try (Reader reader = read(recording, null, List.of(), MarkerRules.NONE)) {
                assertThat(outlet.waitForReader(5)).isTrue();
                // Read from the first bin on that is whole for sure: what was sent while nobody was counted in is not there.
                double start = outlet.now() - 2;
                float[][] sent = new float[4000][];
                for (int k = 0; k < sent.length; k++) {
                    double[] row = random.doubles(channels, -50, 50).toArray();
                    sent[k] = new float[channels];
                    for (int c = 0; c < channels; c++) {
                        sent[k][c] = (float) row[c];
                    }
                    boolean missing = (k >= 1207 && k < 1250) || k == 2010;
                    if (!missing) {
                        outlet.push(start + k * 1e-3, row);
                    }
                }
                List<Bin> bins = reader.awaitEnd(ns(start + 3.98));

                long origin = bins.getFirst().getClock().getSample() - WIDTH_NS;
                int skipped = (int) Math.round((origin + 500_000 - ns(start)) / 1e6);
                assertThat(skipped).isBetween(0, 500);
                for (int b = 0; b < bins.size(); b++) {
                    int from = skipped + b * 20;
                    boolean touched = (from + 20 > 1207 && from < 1250) || (from <= 2010 && from + 20 > 2010);
                    assertThat(unobserved(bins.get(b))).as("bin from sample " + from).isEqualTo(touched);
                    assertThat(bins.get(b).getClock().getLost() > 0).isEqualTo(touched);
                    for (int c = 0; c < channels && !touched; c++) {
                        double sum = 0;
                        for (int k = from; k < from + 20; k++) {
                            sum += sent[k][c];
                        }
                        assertThat(bins.get(b).getValues(c)).isEqualTo((float) (sum / 20));
                    }
                }
            }
        }
    }

    @Test
    void shouldCountSpikesAndFollowMarkersOnOneTimeBase() {
        Random random = new Random(2);
        try (LslOutlet spikes = new LslOutlet(lsl, "units", "Spikes", 0, Format.INT32, "units-1", List.of("unit"));
                LslOutlet marks = new LslOutlet(lsl, "marks", "Markers", 0, Format.STRING, "marks-1",
                        List.of("marks"))) {
            LslRecording recording = new LslRecording(find("units"), Kind.SPIKES, List.of(), 0, 0);
            UnitTable units = UnitTable.begin(List.of("unit 0", "unit 1", "unit 2", "unit 3"), 1,
                    directory.resolve("units"));
            MarkerRules rules = MarkerRules.parse("trial .*", "end", List.of("go=go", "coherence=coh (.*)/blank"));
            try (Reader reader = read(recording, units, List.of(find("marks")), rules)) {
                assertThat(spikes.waitForReader(5) && marks.waitForReader(5)).isTrue();
                await(() -> !reader.bins().isEmpty());
                double start = spikes.now();
                List<double[]> sent = new ArrayList<>();
                marks.push(start + 0.1, "trial 1");
                for (double t = start; t < start + 0.8; t = Math.max(t + 0.01, spikes.now())) {
                    until(t);
                    for (int s = 0; s < 5; s++) {
                        // As detection does: stamped with when it was, and not in order.
                        double stamp = t - random.nextDouble(0.02);
                        int unit = random.nextInt(5);
                        sent.add(new double[]{stamp, unit});
                        spikes.push(stamp, unit);
                    }
                }
                marks.push(start + 0.5, "go");
                marks.push(start + 0.505, "coh -0.5");
                marks.push(start + 0.79, "blank");
                marks.push(start + 0.8, "end");
                List<Bin> bins = reader.awaitEnd(ns(start + 1));

                long origin = bins.getFirst().getClock().getSample() - WIDTH_NS;
                int[][] truth = new int[bins.size()][5];
                for (double[] spike : sent) {
                    truth[(int) Math.floorDiv(ns(spike[0]) - origin, WIDTH_NS)][(int) spike[1]]++;
                }
                for (int b = 0; b < bins.size(); b++) {
                    assertThat(bins.get(b).getCountsList()).as("bin " + b)
                            .isEqualTo(IntStream.of(truth[b]).boxed().toList());
                    double from = (origin + b * WIDTH_NS) * 1e-9;
                    boolean inside = from + WIDTH_S > start + 0.1 && from <= start + 0.8;
                    assertThat(bins.get(b).getPhase()).as("phase of bin " + b).isEqualTo(inside ? 1 : 2);
                    // The mean over a bin; marks lie on the spikes' own clock, to the nanosecond.
                    assertThat((double) bins.get(b).getInputs(0)).isCloseTo(
                            overlap(from, start + 0.5, start + 0.8), within(1e-4));
                    assertThat((double) bins.get(b).getInputs(1)).isCloseTo(
                            -0.5 * overlap(from, start + 0.505, start + 0.79), within(1e-4));
                }
                assertThat(bins.stream().mapToLong(bin -> bin.getClock().getLost()).sum()).isZero();
                assertThat(bins.getLast().getTrial()).isEqualTo(bins.getFirst().getTrial() + 1);
                assertThat(source(reader)).doesNotContain("late");
            }
        }
    }

    private static String source(Reader reader) {
        return reader.source.status();
    }

    private static double overlap(double from, double on, double off) {
        return Math.max(0, Math.min(off, from + WIDTH_S) - Math.max(on, from)) / WIDTH_S;
    }
}
