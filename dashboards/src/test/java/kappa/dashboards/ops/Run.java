package kappa.dashboards.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A command that has ended.
 *
 * @param exitCode its exit code
 * @param out its standard output
 * @param err its standard error
 */
record Run(int exitCode, String out, String err) {

    /** The checkout under test. */
    static final Path ROOT = Path.of(System.getProperty("kappa.root")).toAbsolutePath().normalize();

    private static final long LIMIT_SECONDS = 120;

    /** A command under way. */
    record Started(Process process, Path out, Path err) {

        Run await() throws IOException, InterruptedException {
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            assertThat(ended).as("ends within %d s", LIMIT_SECONDS).isTrue();
            Run run = new Run(process.exitValue(), Files.readString(out), Files.readString(err));
            Files.delete(out);
            Files.delete(err);
            return run;
        }
    }

    /** Starts a command in exactly this environment. Output goes to files, so that a full pipe cannot stop it. */
    static Started start(Path directory, Map<String, String> environment, String... command) throws IOException {
        Path out = Files.createTempFile("out", ".txt");
        Path err = Files.createTempFile("err", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile())
                .redirectInput(new File("/dev/null")).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return new Started(builder.start(), out, err);
    }

    /** Runs a command in the environment of the tests. */
    static Run of(Path directory, String... command) throws IOException, InterruptedException {
        return start(directory, System.getenv(), command).await();
    }

    /** A program on the PATH of the tests. */
    static Optional<Path> find(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(place -> Path.of(place, program))
                .filter(Files::isExecutable).findFirst();
    }
}
