package kappa.dashboards.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.Await;

/**
 * A kappa of its own process, run as the launcher runs it, on the classes under test (the launcher would run those of the last
 * {@code package}). Its output goes to files. Closing kills it, and none survives the tests.
 */
final class KappaProcess implements AutoCloseable {

    private static final Path ROOT = Path.of(System.getProperty("kappa.root")).toAbsolutePath().normalize();
    private static final int SHOWN_LINES = 40;

    /** Options of Java for a process without kernels, which is over before a better compiler would pay. */
    static final List<String> CLIENT = List.of("-XX:TieredStopAtLevel=1");

    /**
     * Of every process: it lives for seconds and keeps little, and other tests run beside it. So garbage is collected by one
     * thread, and only what is called four times as often as usual is compiled for speed.
     */
    private static final List<String> SHORT_LIVED = List.of("-Dkappa.kafka-port=0", "-XX:-UseG1GC", "-XX:+UseSerialGC",
            "-XX:Tier4InvocationThreshold=20000", "-XX:Tier4MinInvocationThreshold=2400",
            "-XX:Tier4CompileThreshold=60000", "-XX:Tier4BackEdgeThreshold=160000");

    /** Most conditions read a file, or ask a broker, which takes time from the process that they wait for. */
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Set<Process> CHILDREN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> CHILDREN.forEach(Process::destroyForcibly)));
    }

    private final String name;
    private final Process process;
    private final Path out;
    private final Path err;

    private KappaProcess(String name, Process process, Path out, Path err) {
        this.name = name;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts {@code ./kappa ARGUMENTS}, with its output in {@code directory}. */
    static KappaProcess start(Path directory, String... arguments) {
        return startWith(List.of(), directory, arguments);
    }

    /** Starts {@code ./kappa ARGUMENTS} with KAPPA_JAVA_OPTS. */
    static KappaProcess startWith(List<String> options, Path directory, String... arguments) {
        List<String> command = new ArrayList<>(options);
        command.addAll(List.of("-Dkappa.home=" + directory, "kappa.dashboards.cli.Main"));
        command.addAll(Arrays.asList(arguments));
        return java(directory, arguments[0], classPath(), command, Map.of());
    }

    /** Starts {@code ./kappa ARGUMENTS} with a log for machines. */
    static KappaProcess startForMachines(Path directory, String... arguments) {
        return startIn(Map.of("KAPPA_LOG", "json"), directory, arguments);
    }

    /** Starts {@code ./kappa ARGUMENTS} with more in its environment. */
    static KappaProcess startIn(Map<String, String> environment, Path directory, String... arguments) {
        List<String> command = new ArrayList<>(List.of("-Dkappa.home=" + directory, "kappa.dashboards.cli.Main"));
        command.addAll(Arrays.asList(arguments));
        return java(directory, arguments[0], classPath(), command, environment);
    }

    /** Starts another program of the tests. */
    static KappaProcess start(Path directory, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(main.getName()));
        command.addAll(Arrays.asList(arguments));
        return java(directory, main.getSimpleName(), System.getProperty("java.class.path"), command, Map.of());
    }

    private static KappaProcess java(Path directory, String name, String classPath, List<String> rest,
            Map<String, String> environment) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + ROOT.resolve("dashboards/src/main/launch/jvm.args")));
        command.addAll(SHORT_LIVED);
        command.addAll(List.of("-cp", classPath));
        command.addAll(rest);
        try {
            Path out = Files.createTempFile(directory, name, ".out");
            Path err = Files.createTempFile(directory, name, ".err");
            ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile())
                    .redirectInput(new File("/dev/null")).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            CHILDREN.add(process);
            return new KappaProcess(name, process, out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Without the tests, whose settings of the log would win over kappa's own. */
    private static String classPath() {
        return String.join(File.pathSeparator, Arrays.stream(System.getProperty("java.class.path")
                .split(File.pathSeparator))
                .filter(entry -> !entry.contains("test-classes") && !entry.contains("-tests"))
                .toList());
    }

    /** Waits until a line on standard error matches, and gives its first group. */
    String awaitLine(String regex, Duration limit) {
        Pattern pattern = Pattern.compile(regex);
        Matcher[] found = new Matcher[1];
        await("a line like " + regex, limit, () -> {
            Matcher matcher = pattern.matcher(err());
            found[0] = matcher.find() ? matcher : null;
            return found[0] != null;
        });
        return found[0].groupCount() == 0 ? found[0].group() : found[0].group(1);
    }

    /** Waits for a condition that this process is to bring about, and fails if it ends before. */
    void await(String what, Duration limit, BooleanSupplier condition) {
        try {
            Await.until(what, limit, POLL, () -> {
                if (condition.getAsBoolean()) {
                    return true;
                }
                // Looked at once more, since it may have come true just before the end.
                if (!process.isAlive() && !condition.getAsBoolean()) {
                    throw new AssertionError("ended with exit code " + process.exitValue() + " before " + what);
                }
                return false;
            });
        } catch (AssertionError e) {
            throw new AssertionError(name + ": " + e.getMessage() + shown(), e);
        }
    }

    /** Waits for the end, whatever it is, and tells the exit code. */
    int awaitEnd(Duration limit) {
        try {
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new AssertionError(name + " did not end within " + limit.toSeconds() + " s" + shown());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return process.exitValue();
    }

    /** Waits for the end and fails unless the exit code is 0. */
    void awaitSuccess(Duration limit) {
        if (awaitEnd(limit) != 0) {
            throw new AssertionError(name + " ended with exit code " + process.exitValue() + shown());
        }
    }

    /** The JSON object on the last line of standard output. */
    JsonNode figures() {
        List<String> lines = out().lines().toList();
        try {
            return new ObjectMapper().readTree(lines.getLast());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String shown() {
        List<String> lines = err().lines().toList();
        return "; its standard error ends with\n"
                + String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
    }

    /** SIGTERM, which is to kappa what Ctrl-C is, and waits until the process has ended by itself; tells the exit code. */
    int stop(Duration limit) {
        process.destroy();
        return awaitEnd(limit);
    }

    /** SIGKILL, and waits until the process is gone. */
    void kill() {
        process.destroyForcibly().onExit().join();
        CHILDREN.remove(process);
    }

    /** SIGSTOP: it does nothing any more, and its connections stay open. */
    void stop() {
        signal("STOP");
    }

    /** SIGCONT: it goes on, unaware of the time that has passed. */
    void goOn() {
        signal("CONT");
    }

    private void signal(String signal) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).inheritIO().start();
            if (kill.waitFor() != 0) {
                throw new AssertionError("kill -" + signal + " of " + name + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Fails unless the process ends with exit code 1, and the last line of standard error, which is given, says why. */
    String awaitLastLine(Duration limit) {
        int code = awaitEnd(limit);
        String last = err().lines().toList().getLast();
        if (code != 1 || !last.startsWith("kappa: ")) {
            throw new AssertionError(name + " ended with exit code " + code + shown());
        }
        shouldHaveShownNoTrace();
        return last;
    }

    /** Fails if a stack trace was printed. */
    void shouldHaveShownNoTrace() {
        if (err().contains("\tat ")) {
            throw new AssertionError(name + " has printed a stack trace" + shown());
        }
    }

    /** Fails if the process has ended with an error. */
    void shouldRunOrSucceed() {
        if (!process.isAlive() && process.exitValue() != 0) {
            shouldRun();
        }
    }

    /** Fails if the process has ended. */
    void shouldRun() {
        if (!process.isAlive()) {
            throw new AssertionError(name + " ended with exit code " + process.exitValue() + shown());
        }
    }

    @Override
    public void close() {
        kill();
    }
}
