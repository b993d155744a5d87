package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {

    @TempDir
    private Path directory;

    private Path file(String content) throws IOException {
        return Files.writeString(directory.resolve("rig.yaml"), content);
    }

    private static void shouldRefuse(Path file, String... parts) {
        Ran ran = Ran.run("train", "--config", file.toString(), "--out", "net.npz");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.lines()).singleElement().satisfies(
                line -> assertThat(line).startsWith("kappa: --config " + file + ": ").contains(parts));
    }

    @Test
    void shouldTakeOptionsFromAFileWhereTheCommandLineHasNone() throws IOException {
        Path file = file("seed: 7\nneurons: 64\ntask: dm\nrank: '1'\n");
        Path net = directory.resolve("net.npz");
        Ran ran = Ran.run("config", "train", "--config", file.toString(), "--neurons", "32", "--out", net.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out().lines()).contains("seed: 7", "task: dm", "neurons: 32", "out: " + net);
    }

    @Test
    void shouldPrintWhatItWouldTakeItself() throws IOException {
        Ran first = Ran.run("config", "live", "--rank", "3", "--trials", "4", "--until-end");
        assertThat(first.code()).as(first.err()).isZero();
        Path file = file(first.out());
        Ran second = Ran.run("config", "live", "--config", file.toString());
        assertThat(second.code()).as(second.err()).isZero();
        assertThat(second.out().replace("  # default", "")).isEqualTo(first.out().replace("  # default", ""));
        assertThat(first.out().lines()).contains("rank: 3", "until-end: true")
                .anySatisfy(line -> assertThat(line).startsWith("port: ").endsWith("  # default"));
    }

    @Test
    void shouldNameFileAndKeyOfWhatIsNoOption() throws IOException {
        shouldRefuse(file("rnak: 2\n"), "rnak: is no option of kappa train");
        shouldRefuse(file("- rank\n"), "expected one option a line, such as rank: 2");
        shouldRefuse(file("rank: [1\n"), "is no YAML");
        shouldRefuse(file("rank: 1\nrank: 2\n"), "is no YAML", "duplicate");
        shouldRefuse(file("!!java.io.File [x]\n"), "is no YAML");
        shouldRefuse(directory.resolve("absent.yaml"), "cannot be read");
    }
}
