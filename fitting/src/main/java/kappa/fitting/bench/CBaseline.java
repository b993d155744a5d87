package kappa.fitting.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kappa.fitting.kernel.KernelProvider;

/**
 * A gradient step as C, in a process of its own on one thread: the program {@code gradient.c}, compiled for this machine and a
 * size. Not thread-safe.
 */
final class CBaseline implements Step {

    private static final String SOURCE = "gradient.c";
    private static final List<String> COMPILERS = List.of("cc", "gcc", "clang");
    private static final List<String> OPTIONS = List.of("-O3", "-march=native", "-ffast-math",
            "-fno-finite-math-only");
    private static final int NARROWEST = 4;
    private static final int COMPILE_SECONDS = 60;

    private final Path directory;
    private final Process process;
    private final PrintStream requests;
    private final BufferedReader answers;

    private CBaseline(Path directory, Path program) throws IOException {
        this.directory = directory;
        process = new ProcessBuilder(program.toString()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        requests = new PrintStream(process.getOutputStream(), true, StandardCharsets.US_ASCII);
        answers = process.inputReader(StandardCharsets.US_ASCII);
    }

    /** Compiles and starts the program, or says nothing where there is no C compiler that can do it. */
    static Optional<CBaseline> start(GradientSize size) {
        try {
            Path directory = Files.createTempDirectory("kappa-bench");
            Optional<Path> program = compile(size, directory);
            if (program.isPresent()) {
                return Optional.of(new CBaseline(directory, program.get()));
            }
            delete(directory);
        } catch (IOException e) {
            // Without a directory to write to and run from there is no such baseline.
            return Optional.empty();
        }
        return Optional.empty();
    }

    /** Compares the program's gradient with finite differences; nothing where there is no compiler. */
    static Optional<Boolean> agreesWithFiniteDifferences(GradientSize size) throws IOException {
        Path directory = Files.createTempDirectory("kappa-bench");
        try {
            Optional<Path> program = compile(size, directory);
            return program.isEmpty()
                    ? Optional.empty()
                    : Optional.of(succeeds(List.of(program.get().toString(), "check")));
        } finally {
            delete(directory);
        }
    }

    private static Optional<Path> compile(GradientSize size, Path directory) throws IOException {
        Path source = directory.resolve(SOURCE);
        Path program = directory.resolve("gradient");
        try (InputStream in = CBaseline.class.getResourceAsStream(SOURCE)) {
            Files.copy(in, source);
        }
        for (String compiler : COMPILERS) {
            List<String> command = new ArrayList<>(List.of(compiler));
            command.addAll(OPTIONS);
            command.addAll(List.of("-DN=" + size.neurons(), "-DK=" + size.rank(), "-DS=" + size.inputs(),
                    "-DT=" + size.bins(), "-DB=" + size.windows(), "-DLANES=" + lanes(), "-o", program.toString(),
                    source.toString(), "-lm"));
            if (succeeds(command)) {
                return Optional.of(program);
            }
        }
        return Optional.empty();
    }

    /** As wide as the kernels beside it, so that a virtual machine held to narrow vectors is compared with such a program. */
    private static int lanes() {
        return Math.max(NARROWEST, KernelProvider.probe().lanes());
    }

    private static boolean succeeds(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            boolean ended = process.waitFor(COMPILE_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            return ended && process.exitValue() == 0;
        } catch (IOException e) {
            // There is no such compiler.
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void run() {
        repeat(1);
    }

    @Override
    public Spent repeat(int runs) {
        requests.println(runs);
        try {
            String answer = answers.readLine();
            if (answer == null) {
                throw new IllegalStateException("the C program of a gradient step ended");
            }
            String[] ns = answer.split(" ");
            return new Spent(Long.parseLong(ns[0]), Long.parseLong(ns[1]), 0);
        } catch (IOException e) {
            throw new IllegalStateException("the C program of a gradient step does not answer", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
            delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
