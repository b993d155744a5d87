package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The client for Python, installed from its folder into an environment of its own, as a lab does it. */
final class Python {

    static final Path CLIENT = Path.of(System.getProperty("kappa.root"), "ingest", "clients", "python");

    private static final String NEEDED = "import setuptools, pip, confluent_kafka, google.protobuf, numpy, wheel, matplotlib";
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private final Path python;
    private final Path directory;

    private Python(Path python, Path directory) {
        this.python = python;
        this.directory = directory;
    }

    /**
     * Installs the client. The libraries that it stands on are the system's, as tests have no network.
     *
     * @param directory an empty one
     */
    static Python install(Path directory) {
        String system = "/usr/bin/python3";
        Ended found = ended(directory, Map.of(), system, "-c", NEEDED);
        if (found.code() != 0) {
            String reason = system + " lacks what the client needs: " + found.output();
            if ("true".equals(System.getenv("CI"))) {
                fail(reason);
            }
            abort(reason);
        }
        Path sources = directory.resolve("client");
        copy(CLIENT, sources); // setuptools writes beside what it builds
        Python installed = new Python(directory.resolve("venv").resolve("bin").resolve("python3"), directory);
        ended(directory, Map.of(), system, "-m", "venv", "--system-site-packages", "--without-pip", "venv")
                .shouldBeSuccess();
        ended(directory, Map.of(), system, "-m", "pip", "--python", installed.python.toString(), "install", "--quiet",
                "--no-index", "--no-deps", "--no-build-isolation", sources.toString()).shouldBeSuccess();
        return installed;
    }

    /** Runs Python, and gives what it printed. */
    String run(Map<String, String> environment, String... arguments) {
        Ended ended = ended(directory, environment,
                Stream.concat(Stream.of(python.toString()), Arrays.stream(arguments)).toArray(String[]::new));
        ended.shouldBeSuccess();
        return ended.output();
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(path -> !path.toString().contains("__pycache__")).toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private record Ended(List<String> command, int code, String output) {
        void shouldBeSuccess() {
            assertThat(code).as("exit code of %s\n%s", command, output).isZero();
        }
    }

    private static Ended ended(Path directory, Map<String, String> environment, String... command) {
        try {
            Path output = Files.createTempFile(directory, "python", ".out");
            ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                fail(new ArrayList<>(List.of(command)) + " did not end; it printed\n" + Files.readString(output));
            }
            return new Ended(List.of(command), process.exitValue(), Files.readString(output));
        } catch (IOException e) {
            return new Ended(List.of(command), -1, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
