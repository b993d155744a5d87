package kappa.ingest.rig.openephys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.openephys.OpenEphysSettings.Line;
import kappa.ingest.rig.openephys.OpenEphysSettings.Unsorted;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.RecordingCodec;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A session that leaves through the simulated plugin comes back through the connector as it was. */
@Timeout(60)
class PluginSimulatorTest {

    private static final int NEURONS = 12;
    private static final int TRIAL = 20;

    @TempDir
    private Path directory;

    /** Random counts, trials without pauses, one input that changes with every bin and one channel of behaviour. */
    private static final class Counts implements BinSource {
        private final List<Bin> made = new CopyOnWriteArrayList<>();
        private final Random random = new Random(4);
        private final Observation observation;

        Counts(Observation observation) {
            this.observation = observation;
        }

        @Override
        public String name() {
            return "counts";
        }

        @Override
        public RecordingDescription describe() {
            return new RecordingDescription(IntStream.range(0, NEURONS).mapToObj(i -> "neuron " + i).toList(), 0.02,
                    List.of("go \"now\""), List.of("lever"), observation, true, List.of(), "a test",
                    Optional.empty());
        }

        @Override
        public long bins() {
            return -1;
        }

        @Override
        public boolean next(RecordedBin bin) {
            bin.clear();
            bin.trial = made.size() / TRIAL;
            bin.inputs[0] = made.size() % 7;
            bin.behavior[0] = -made.size();
            for (int i = 0; i < NEURONS; i++) {
                bin.activity[i] = random.nextInt(3);
            }
            made.add(RecordingCodec.bin(bin, Observation.COUNTS));
            return true;
        }

        @Override
        public void skip(long bins) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private static String endpoint() {
        try (PluginFixture free = new PluginFixture(0)) {
            return free.endpoint();
        }
    }

    @Test
    void shouldBeReadBackBinForBin() throws InterruptedException {
        Counts session = new Counts(Observation.COUNTS);
        String endpoint = endpoint();
        PluginSimulator plugin = new PluginSimulator(session, endpoint, 1);
        Thread rig = Thread.ofPlatform().start(() -> {
            try (plugin) {
                plugin.run();
            }
        });
        FoundStream found = OpenEphysListener.listen(endpoint, 0.8, line -> {});
        assertThat(found.stream()).isEqualTo(PluginSimulator.STREAM);
        assertThat(found.sampleRate()).isEqualTo(PluginSimulator.RATE);
        assertThat(found.channels()).containsEntry(0, "go \"now\"").containsEntry(1, "lever");
        assertThat(found.neurons(Unsorted.AUTO)).hasSize(NEURONS).startsWith("Electrode 1/1", "Electrode 2/1")
                .endsWith("Electrode 12/1");
        OpenEphysSettings settings = new OpenEphysSettings(endpoint, 0.02, Double.NaN, 0.05,
                Line.parse("--trial-line", Integer.toString(PluginSimulator.TRIAL_LINE)), false, List.of(),
                List.of("go \"now\""), List.of("lever"), Unsorted.AUTO);
        UnitTable units = UnitTable.begin(found.neurons(Unsorted.AUTO), 0, directory.resolve("late"));
        List<Bin> bins = new ArrayList<>();
        try (RigSource source = new RigSource(found.layout("rig", settings, units.names()), units,
                new OpenEphysConnector(settings, found, units), Double.POSITIVE_INFINITY)) {
            RecordedBin bin = source.describe().newBin();
            while (bins.size() < 100) {
                assertThat(source.next(bin)).isTrue();
                bins.add(RecordingCodec.bin(bin, Observation.COUNTS));
            }
        }
        plugin.stop();
        rig.join();
        long firstTrial = -1;
        for (Bin bin : bins) {
            int number = (int) (bin.getClock().getSample() / 600) - 1;
            Bin truth = session.made.get(number);
            assertThat(bin.getClock().getLost()).isZero();
            assertThat(bin.getCountsList()).as("bin %s", number).isEqualTo(truth.getCountsList());
            assertThat(bin.getInputsList()).isEqualTo(truth.getInputsList());
            assertThat(bin.getBehaviorList()).isEqualTo(truth.getBehaviorList());
            if (firstTrial < 0 && number % TRIAL == 0) {
                firstTrial = number / TRIAL;
            }
            // The trial under way when the session began is none: its start was not seen.
            assertThat(bin.getPhase()).as("phase of bin %s", number).isEqualTo(firstTrial < 0 ? 2 : 1);
            if (firstTrial >= 0) {
                assertThat(bin.getTrial()).as("trial of bin %s", number).isEqualTo(truth.getTrial() - firstTrial + 1);
            }
        }
    }

    @Test
    void shouldSayWhyItCannotSend() {
        String endpoint = endpoint();
        ThrowingCallable rates = () -> new PluginSimulator(new Counts(Observation.RATES), endpoint, 1);
        assertThatThrownBy(rates).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("rates").hasMessageContaining("expected counts");
        try (PluginFixture there = new PluginFixture(0)) {
            assertThatThrownBy(
                    () -> new PluginSimulator(new Counts(Observation.COUNTS), there.endpoint(), 1))
                    .isInstanceOf(InvalidInputException.class).hasMessageContaining("free ports");
        }
    }
}
