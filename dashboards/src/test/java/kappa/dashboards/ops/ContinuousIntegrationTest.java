package kappa.dashboards.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kappa.dashboards.BesideOthers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code .ci/run} among programs that only say that they were called. */
@BesideOthers
class ContinuousIntegrationTest {

    @TempDir
    Path directory;

    private Path tools;
    private Path checkout;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void makeACheckout() throws IOException {
        tools = Files.createDirectories(directory.resolve("some tools"));
        checkout = Files.createDirectories(directory.resolve("a check out"));
        for (String tool : List.of("bash", "dirname")) {
            script(tools.resolve(tool), "exec '" + Run.find(tool).orElseThrow() + "' \"$@\"");
        }
        for (String installed : List.of("chromium", "chromedriver", "promtool", "python3")) {
            script(tools.resolve(installed), "exit 0");
        }
        script(tools.resolve("id"), "echo 0");
        script(tools.resolve("mvn"), "echo mvn \"$@\"");
        Path run = checkout.resolve(".ci/run");
        Files.createDirectories(run.getParent());
        Files.copy(Run.ROOT.resolve(".ci/run"), run);
        // The real one takes a second to say that it has its libraries.
        Files.writeString(run, Files.readString(run).replace("/usr/bin/python3 -c", "python3 -c"));
        script(checkout.resolve(".ci/image"), "echo image");
        environment.put("PATH", tools.toString());
    }

    @Test
    void shouldSayInOneLineThatThereIsNoEngineAndEndAsMavenDoes() throws IOException, InterruptedException {
        script(tools.resolve("mvn"), "echo mvn \"$@\"; exit 3");
        Run run = run("-Dtest=A");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines()).hasSize(2).first().asString().contains("image", "podman");
        assertThat(run.out()).endsWith("\nmvn -B verify -Dtest=A\n");
    }

    @Test
    void shouldTestTheImageAfterABuildThatPassed() throws IOException, InterruptedException {
        installAnEngine();
        assertThat(run("-Dtest=A")).isEqualTo(new Run(0, "mvn -B verify -Dtest=A\nimage\n", ""));
        script(checkout.resolve(".ci/image"), "echo image; exit 1");
        assertThat(run()).isEqualTo(new Run(1, "mvn -B verify\nimage\n", ""));
    }

    @Test
    void shouldLeaveTheImageOutAfterABuildThatFailed() throws IOException, InterruptedException {
        installAnEngine();
        script(tools.resolve("mvn"), "echo mvn \"$@\"; exit 3");
        assertThat(run()).isEqualTo(new Run(3, "mvn -B verify\n", ""));
    }

    @Test
    void shouldLeaveTheImageToTheNightAndToRoot() throws IOException, InterruptedException {
        installAnEngine();
        assertThat(Run.ROOT.resolve(".ci/nightly")).content().contains("\nKAPPA_IMAGE=later .ci/run ", "\n.ci/image ");
        environment.put("KAPPA_IMAGE", "later");
        assertThat(run()).isEqualTo(new Run(0, "mvn -B verify\n", ""));
        environment.remove("KAPPA_IMAGE");
        script(tools.resolve("id"), "echo 1000");
        assertThat(run().out()).contains("root").doesNotContain("image\n");
    }

    private void installAnEngine() throws IOException {
        script(tools.resolve("podman"), "exit 1");
        script(tools.resolve("mmdebstrap"), "exit 1");
    }

    private Run run(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[1 + arguments.length];
        command[0] = checkout.resolve(".ci/run").toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return Run.start(directory, environment, command).await();
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
