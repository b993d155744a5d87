package kappa.fitting.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkFileTest {

    @TempDir
    Path directory;

    @Test
    void shouldReadBackTheLowRankNetworkItWrote() {
        LowRankNetwork built = HandBuiltNetworks.named("two-population", 30, 1).network();
        float[] b = new float[30];
        float[] h0 = new float[30];
        float[] gain = new float[30];
        float[] readout = new float[60];
        for (int i = 0; i < 30; i++) {
            b[i] = i * 0.1f;
            h0[i] = -i;
            gain[i] = 1 + i;
            readout[i] = i;
            readout[30 + i] = 2 * i;
        }
        LowRankNetwork network = new LowRankNetwork(30, 2, 3, 0.25, built.m(), built.n(), built.w(), b)
                .withReadout(readout).withInitialState(h0).withGain(gain);
        Path file = directory.resolve("net.npz");
        NetworkFile.write(file, network);

        LowRankNetwork read = (LowRankNetwork) NetworkFile.read(file);
        assertThat(read).isEqualTo(network);
        assertThat(read.readout()).containsExactly(readout);
        assertThat(read.initialState()).containsExactly(h0);
        assertThat(read.gain()).containsExactly(gain);
        try (Npz npz = Npz.open(file)) {
            assertThat(npz.array("m").shape()).containsExactly(30, 2);
            assertThat(npz.array("m").floats(7 * 2 + 1, 1)).containsExactly(network.m()[30 + 7]);
            assertThat(npz.array("wi").shape()).containsExactly(3, 30);
            assertThat(npz.array("wo").shape()).containsExactly(30, 2);
            assertThat(npz.array("alpha").shape()).isEmpty();
        }
    }

    @Test
    void shouldReadBackTheUnitOfTheCurrentsThatItWasFittedTo() {
        LowRankNetwork built = new LowRankNetwork(3, 1, 0, 0.2, new float[]{1, 2, 3}, new float[]{4, 5, 6},
                new float[0],
                new float[3]);
        LowRankNetwork network = built.fittedTo(new LowRankNetwork.FittedTo(new float[0], new float[]{300, 0, 2},
                new float[]{3000, 2750, -1}, 0, Optional.empty()));
        Path file = directory.resolve("net.npz");
        NetworkFile.write(file, network);
        assertThat(NetworkFile.read(file)).isEqualTo(network);
        assertThat(NetworkFile.read(file).currentOffset()).containsExactly(3000, 2750, -1);
        NetworkFile.write(file, built);
        assertThat(NetworkFile.read(file).currentScale()).isEmpty();
    }

    @Test
    void shouldReadBackTheFullRankNetworkItWrote() {
        float[] wrec = {1, 2, 3, 4, 5, 6, 7, 8, 9};
        FullRankNetwork network = new FullRankNetwork(3, 0, 0.2, wrec, new float[0], new float[3]);
        Path file = directory.resolve("full.npz");
        NetworkFile.write(file, network.withInitialState(new float[]{1, 0, 0}));
        FullRankNetwork read = (FullRankNetwork) NetworkFile.read(file);
        assertThat(read.wrec()).containsExactly(wrec);
        assertThat(read.inputs()).isZero();
        assertThat(read.readout()).isEmpty();
        assertThat(read.initialState()).containsExactly(1, 0, 0);
    }

    @Test
    void shouldFoldTheAuthorsScalesIntoTheWeights() {
        Path file = written(npz -> {
            npz.put("m", new float[]{1, 2}, 2, 1);
            npz.put("n", new float[]{3, 4}, 2, 1);
            npz.put("wi", new float[]{1, 2, 3, 4}, 2, 2);
            npz.put("si", new float[]{10, 100}, 2);
            npz.put("wo", new float[]{5, 6}, 2, 1);
            npz.put("so", new float[]{2}, 1);
        });
        Network read = NetworkFile.read(file);
        assertThat(read.w()).containsExactly(10, 20, 300, 400);
        assertThat(read.readout()).containsExactly(10, 12);
        assertThat(read.alpha()).isEqualTo(0.2);
    }

    @Test
    void shouldSayInOneLineWhatIsWrongWithAFile() throws Exception {
        Path junk = Files.writeString(directory.resolve("junk.npz"), "no zip");
        refuses(junk, "junk.npz");
        refuses(directory.resolve("absent.npz"), "absent.npz");
        refuses(written(npz -> npz.put("activity", new float[4], 2, 2)), "not a network", "activity");
        refuses(written(npz -> npz.put("m", new float[4], 4, 1)), "'n'", "missing");
        refuses(written(npz -> {
            npz.put("m", new float[4], 4, 1);
            npz.put("n", new float[4], 1, 4);
        }), "'n'", "[1, 4]", "[4, 1]");
        refuses(written(npz -> {
            npz.put("m", new float[]{1, Float.NaN}, 2, 1);
            npz.put("n", new float[2], 2, 1);
        }), "m[1, 0]", "NaN", "finite");
        refuses(written(npz -> npz.put("wrec", new float[6], 2, 3)), "'wrec'", "[2, 3]", "[2, 2]");
        refuses(written(npz -> {
            npz.put("wrec", new float[4], 2, 2);
            npz.put("m", new float[2], 2, 1);
        }), "wrec", "'m'");
        refuses(written(npz -> {
            npz.put("wrec", new float[4], 2, 2);
            npz.put("alpha", 20.0);
        }), "'alpha'", "20.0", "(0, 1]");
        refuses(written(npz -> {
            npz.put("wrec", new float[4], 2, 2);
            npz.put("wi", new float[6], 2, 3);
        }), "'wi'", "[2, 3]");
    }

    private Path written(Consumer<NpzWriter> contents) {
        Path file = directory.resolve("net.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            contents.accept(npz);
        }
        return file;
    }

    private static void refuses(Path file, String... parts) {
        assertThatThrownBy(() -> NetworkFile.read(file)).isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll(parts).hasMessageContaining(file.getFileName().toString())
                .message().doesNotContain("\n");
    }
}
