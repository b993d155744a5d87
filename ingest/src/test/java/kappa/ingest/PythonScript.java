package kappa.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs scripts of Python, which write files as other software writes them. Where there is no Python with the modules that a
 * script needs, the test is skipped with the reason; in continuous integration, which sets {@code CI=true}, it fails.
 */
public final class PythonScript {

    /** Debian's own, because another python3 need not have the modules. */
    private static final List<String> PYTHONS = List.of("/usr/bin/python3", "python3");

    private PythonScript() {}

    /**
     * Runs a script of this module's {@code src/test/python}.
     *
     * @param modules that it imports, separated by commas
     */
    public static void run(String script, String modules, Path directory) throws InterruptedException {
        Path file = Path.of(System.getProperty("kappa.root"), "ingest", "src", "test", "python", script);
        run(file, modules, directory, directory.toString());
    }

    /** Runs a script in a directory. */
    public static void run(Path script, String modules, Path directory, String... arguments)
            throws InterruptedException {
        for (String python : PYTHONS) {
            if (exitCode(directory, python, "-c", "import " + modules) == 0) {
                String[] command = Stream
                        .concat(Stream.of(python, script.toAbsolutePath().toString()), Stream.of(arguments))
                        .toArray(String[]::new);
                assertThat(exitCode(directory, command)).as(script.toString()).isZero();
                return;
            }
        }
        String reason = "no python3 with " + modules + " on this machine";
        if ("true".equals(System.getenv("CI"))) {
            fail(reason);
        }
        abort(reason);
    }

    private static int exitCode(Path directory, String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).directory(directory.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(command[0] + " ends").isTrue();
            return process.exitValue();
        } catch (IOException e) {
            return -1; // there is no such program
        }
    }
}
