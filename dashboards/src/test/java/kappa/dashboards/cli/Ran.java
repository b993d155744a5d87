package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A command as a user gives it, run in this process, with what it printed. */
public record Ran(int code, String out, String err) {

    /** @param line words between single blanks; {@code D/} stands for the directory */
    static Ran run(Path directory, String line) {
        return run(line.replace("D/", directory + "/").split(" "));
    }

    /** As {@link Main#main} would. */
    public static Ran run(String... arguments) {
        try (Captured captured = Captured.start()) {
            int code = Main.execute(arguments);
            return new Ran(code, captured.out(), captured.err());
        }
    }

    /** Runs a command beside the test. */
    public static CompletableFuture<Ran> start(String... arguments) {
        CompletableFuture<Ran> ran = new CompletableFuture<>();
        Thread.ofPlatform().name("ran-" + arguments[0]).daemon().start(() -> {
            try {
                ran.complete(run(arguments));
            } catch (RuntimeException | Error e) {
                ran.completeExceptionally(e);
            }
        });
        return ran;
    }

    /** Fails unless the command failed with one line that holds all the parts. */
    static void assertFails(Path directory, String line, String... parts) {
        Ran ran = run(directory, line);
        assertThat(ran.code()).as(line).isEqualTo(1);
        assertThat(ran.err().lines().toList().getLast()).startsWith("kappa: ").contains(parts);
    }

    /** What went to standard error. */
    List<String> lines() {
        return err.lines().toList();
    }

    /** The one JSON object on standard output. */
    public JsonNode json() throws JsonProcessingException {
        assertThat(out).as(err).hasLineCount(1);
        return new ObjectMapper().readTree(out);
    }
}
