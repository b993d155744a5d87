package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import kappa.dashboards.BesideOthers;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The networks of the papers by name: written to files, and wherever a network file is expected. */
@BesideOthers
class NetworkCommandTest {

    @TempDir
    static Path directory;

    private static Ran run(String line) {
        Ran ran = Ran.run(directory, line);
        assertThat(ran.code()).as(ran.err()).isZero();
        return ran;
    }

    static Iterable<String> names() {
        return HandBuiltNetworks.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldWriteEachNetworkWithItsReadout(String name) throws Exception {
        Path file = directory.resolve(name + "-written.npz");
        var figures = run("network " + name + " --neurons 64 --seed 3 --json --out " + file).json();
        assertThat(figures.get("name").asText()).isEqualTo(name);
        assertThat(figures.get("neurons").asInt()).isEqualTo(64);
        assertThat(figures.get("seed").asLong()).isEqualTo(3);
        assertThat(NetworkFile.read(file)).isEqualTo(HandBuiltNetworks.named(name, 64, 3).withReadout());
    }

    @Test
    void shouldUnderstandANameWhereverANetworkFileIsExpected() throws Exception {
        assertThat(run("simulate decision --task dm --trials 20 --observe rates --out D/dm.npz --json").json()
                .get("neurons").asInt()).isEqualTo(HandBuiltNetworks.defaultNeurons("decision"));
        assertThat(run("evaluate decision D/dm.npz --teacher decision --json").json().get("cc").asDouble())
                .isEqualTo(1);
        assertThat(run("inactivate decision D/dm.npz --silence 0-99 --verify decision --json").json().get("sets"))
                .isNotEmpty();
        assertThat(run("inspect figure-4.1d").out()).contains("rank 2", "./kappa analyze figure-4.1d");
        assertThat(run("analyze figure-4.1d --json").json().get("limit_cycles")).isNotEmpty();
    }

    @Test
    void shouldTakeAFileOfThatNameFirst() throws Exception {
        Path here = Path.of("bimodal");
        assertThat(here).doesNotExist();
        try {
            run("network decision --neurons 24 --out bimodal");
            assertThat(run("inspect bimodal --json").json().get("rank").asInt()).isEqualTo(1);
        } finally {
            Files.deleteIfExists(here);
        }
        assertThat(run("inspect bimodal --json").json().get("rank").asInt()).isEqualTo(2);
    }
}
