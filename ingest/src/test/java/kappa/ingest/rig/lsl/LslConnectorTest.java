package kappa.ingest.rig.lsl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import kappa.ingest.Await;
import kappa.ingest.UnixTime;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.lsl.Lsl.Format;
import kappa.ingest.rig.lsl.Lsl.Stream;
import kappa.ingest.rig.lsl.LslRecording.Kind;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.RecordingCodec;
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
    Path directory;

    @BeforeAll
    static void findLibrary() {
        lsl = TestSender.machinesLibrary("kappa-" + ProcessHandle.current().pid());
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
                    RecordedBin bin = source.describe().newBin();
                    while (source.next(bin)) {
                        synchronized (bins) {
                            bins.add(RecordingCodec.bin(bin, source.describe().observation()));
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
            Await.until("bin " + tick,
                    () -> failure != null || (!bins().isEmpty() && bins().getLast().getClock().getSample() >= tick));
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

    private static void until(double localTime) {
        Await.until("the time " + localTime, () -> lsl.localClock() >= localTime);
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
                new LslConnector.Settings(recording, markers, rules, LATENESS_S)), Double.POSITIVE_INFINITY));
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
                Await.until("the rig", () -> source(reader).contains("listening"));
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
                Await.until("the rig", () -> !reader.bins().isEmpty());
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

    @Test
    void shouldBeginAnEpochWhereASenderComesBackWithAnotherClockAndTellTheHostsTime() {
        try (Reader reader = countsOf(new LslOutlet(lsl, "counted", "spike counts", 100, Format.INT16, "counted-1",
                labels(3)), 0)) {
            double unixLessLocal = UnixTime.nowNs() * 1e-9 - lsl.localClock();
            List<Bin> first = reader.bins();
            for (Bin bin : first) {
                double expected = bin.getClock().getSample() * 1e-9 + unixLessLocal;
                // Besides the stated error, that of reading the two clocks one after the other here.
                assertThat(bin.getClock().getHostUnixNs() * 1e-9).isCloseTo(expected,
                        within(bin.getClock().getErrorNs() * 1e-9 + 0.01));
                assertThat(bin.getRigTimeNs()).isEqualTo(bin.getClock().getSample());
                assertThat(bin.getClock().getEpoch()).isZero();
            }
            try (LslOutlet again = new LslOutlet(lsl, "counted", "spike counts", 100, Format.INT16, "counted-2",
                    labels(3))) {
                // The reader is not told of the closed outlet by liblsl, and has to find out.
                assertThat(again.waitForReader(10)).isTrue();
                pushCounts(again, lsl.localClock() - 7);
                Await.until("the rig", () -> reader.bins().getLast().getClock().getEpoch() == 1
                        && reader.bins().getLast().getClock().getLost() == 0);
                List<Bin> second = reader.bins().stream().filter(bin -> bin.getClock().getEpoch() == 1).toList();
                assertThat(second.getFirst().getCountsList()).containsExactly(1 + 1, 2 + 2, 0);
                assertThat(second.getFirst().getRigTimeNs()).isLessThan(first.getLast().getRigTimeNs());
            }
        }
    }

    /** Each sample holds the counts 1, 2 and 0. */
    private static void pushCounts(LslOutlet outlet, double start) {
        for (int k = 0; k < 100; k++) {
            outlet.push(start + k * 0.01, 1, 2, 0);
        }
    }

    /** Reads a stream of counts out of an outlet that is closed after a second's worth of them. */
    private Reader countsOf(LslOutlet open, double ago) {
        List<String> told = new ArrayList<>();
        try (LslOutlet outlet = open) {
            LslRecording recording = LslRecording.listen(lsl, find("counted"), null, 0, told::add);
            assertThat(told.getFirst()).contains("counts", "type spike counts");
            assertThat(recording.neurons()).isEqualTo(labels(3));
            Reader reader = read(recording, null, List.of(), MarkerRules.NONE);
            Await.until("the rig", () -> source(reader).contains("listening"));
            double start = lsl.localClock() - ago;
            pushCounts(outlet, start);
            List<Bin> bins = reader.awaitEnd(ns(start + 0.9));
            assertThat(bins).allMatch(bin -> bin.getCountsList().equals(List.of(2, 4, 0)) && !unobserved(bin));
            return reader;
        }
    }

    @Test
    void shouldMarkTheOutageAndGoOnWhenTheSendersProcessWasKilledAndStartedAgain() throws IOException {
        Process sender = sender();
        try {
            LslRecording grid = LslRecording.listen(lsl, find("grid"), null, 0.3, line -> {});
            LslRecording fired = LslRecording.listen(lsl, find("fired"), null, 0.3, line -> {});
            assertThat(grid.kind()).isEqualTo(Kind.CURRENTS);
            assertThat(fired.neurons()).containsExactly("unit 0", "unit 1", "unit 2", "unit 3");
            UnitTable units = UnitTable.begin(fired.neurons(), 0, directory.resolve("fired"));
            try (Reader means = read(grid, null, List.of(), MarkerRules.NONE);
                    Reader counts = read(fired, units, List.of(), MarkerRules.NONE)) {
                Await.until("the rig", () -> means.bins().size() > 25 && counts.bins().size() > 25);
                double killed = lsl.localClock();
                sender.destroyForcibly();
                Await.until("the rig", () -> source(means).contains("the sender is gone")
                        && source(counts).contains("the sender is gone"));
                Await.until("the rig", () -> source(means).contains("NO DATA") && source(counts).contains("NO DATA"));
                double restarted = lsl.localClock();
                sender = sender();
                Await.until("the rig", () -> goesOnAfter(means, restarted) && goesOnAfter(counts, restarted));

                List<Bin> all = means.bins();
                for (Bin bin : all) {
                    assertThat(outage(bin, killed, restarted) && !unobserved(bin)).isFalse();
                    long first = Math.ceilDiv(bin.getClock().getSample() - WIDTH_NS, 1_000_000);
                    for (int c = 0; c < 2 && !unobserved(bin); c++) {
                        long sum = 0;
                        for (long k = first; k < first + 20; k++) {
                            sum += TestSender.value(k, c);
                        }
                        assertThat(bin.getValues(c)).isEqualTo((float) (sum / 20.0));
                    }
                }
                all = counts.bins();
                for (Bin bin : all) {
                    assertThat(outage(bin, killed, restarted) && !unobserved(bin)).isFalse();
                    long first = Math.ceilDiv(bin.getClock().getSample() - WIDTH_NS, 1_000_000);
                    for (int unit = 0; unit < 4 && !unobserved(bin); unit++) {
                        int truth = 0;
                        for (long k = first; k * 1_000_000 < bin.getClock().getSample(); k++) {
                            truth += TestSender.fires(k, unit) ? 1 : 0;
                        }
                        assertThat(bin.getCounts(unit)).isEqualTo(truth);
                    }
                }
                for (Reader reader : List.of(means, counts)) {
                    assertThat(reader.bins()).allMatch(bin -> bin.getClock().getEpoch() == 0);
                    assertThat(reader.bins().stream().filter(bin -> !unobserved(bin)).count()).isGreaterThan(40);
                    assertThat(source(reader)).doesNotContain("late");
                    // On one grid: an outage shifts nothing.
                    for (int b = 1; b < reader.bins().size(); b++) {
                        assertThat(reader.bins().get(b).getRigTimeNs() - reader.bins().get(b - 1).getRigTimeNs())
                                .isEqualTo(WIDTH_NS);
                    }
                }
            }
        } finally {
            sender.destroyForcibly();
        }
    }

    private static boolean outage(Bin bin, double killed, double restarted) {
        // The sender was alive until after the first of the two was read, and not before the second.
        return bin.getRigTimeNs() > ns(killed) + 100_000_000 && bin.getRigTimeNs() < ns(restarted);
    }

    private static boolean goesOnAfter(Reader reader, double local) {
        List<Bin> bins = reader.bins();
        return bins.size() > 25 && bins.subList(bins.size() - 20, bins.size()).stream()
                .allMatch(bin -> bin.getRigTimeNs() > ns(local) && !unobserved(bin));
    }

    private static Process sender() throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dkappa.lsl=" + System.getProperty("kappa.lsl", ""), "-cp", System.getProperty("java.class.path"),
                TestSender.class.getName(), "kappa-" + ProcessHandle.current().pid()).inheritIO().start();
    }

    private static String source(Reader reader) {
        return reader.source.status();
    }

    private static double overlap(double from, double on, double off) {
        return Math.max(0, Math.min(off, from + WIDTH_S) - Math.max(on, from)) / WIDTH_S;
    }
}
