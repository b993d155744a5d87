package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script, in a real bash that is asked to complete words. */
class CompletionCommandTest {

    @TempDir
    static Path directory;

    private static Path script;

    @BeforeAll
    static void write() throws IOException {
        Ran ran = Ran.run("completion");
        assertThat(ran.code()).as(ran.err()).isZero();
        script = Files.writeString(directory.resolve("kappa.bash"), ran.out());
    }

    /** What bash offers for the last of some words. Outside of a line that is being typed there are no options of completion. */
    private static List<String> offered(String... words) throws IOException, InterruptedException {
        String line = String.join(" ", words);
        String asked = "compopt() { :; }; source '" + script
                + "'; f=$(complete -p kappa | sed 's/.*-F \\([^ ]*\\).*/\\1/'); COMP_WORDS=("
                + line
                + "); COMP_CWORD=" + (words.length - 1) + "; COMP_LINE='" + line + "'; COMP_POINT=" + line.length()
                + "; $f; printf '%s\\n' \"${COMPREPLY[@]}\"";
        Process bash = new ProcessBuilder("bash", "-c", asked).redirectError(directory.resolve("err").toFile()).start();
        List<String> lines = new String(bash.getInputStream().readAllBytes(), UTF_8).lines().map(String::strip)
                .toList();
        assertThat(bash.waitFor()).isZero();
        assertThat(directory.resolve("err")).isEmptyFile();
        return lines;
    }

    @Test
    void shouldCompleteCommands() throws Exception {
        assertThat(offered("kappa", "ev")).containsExactly("evaluate");
        assertThat(offered("kappa", "in")).containsExactlyInAnyOrder("intervene", "inactivate", "inspect");
        assertThat(offered("kappa", "rig", "open")).containsExactly("open-ephys");
    }

    @Test
    void shouldCompleteOptionsOfTheCommand() throws Exception {
        assertThat(offered("kappa", "fit", "--ra")).contains("--rank", "--ranks")
                .allMatch(option -> option.startsWith("--ra"));
        assertThat(offered("kappa", "fit", script.toString().substring(0, script.toString().length() - 3)))
                .as("files").containsExactly(script.toString());
        assertThat(offered("kappa", "analyze", "--rank")).allMatch(String::isEmpty);
    }
}
