package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every {@code ./kappa} command that a document shows. The real command line takes all of them; those in a block of {@code sh}
 * are run, one after another in one folder.
 */
class ShownCommandsTest {

    private static final Path ROOT = Path.of(System.getProperty("kappa.root"));
    private static final Pattern SHOWN = Pattern.compile("\\./kappa ([a-z-][^`#\n]*)");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

    /** What stands for a number or for one of several words. */
    private static final Map<String, String> EXAMPLES = Map.of("S", "0.02", "N", "2", "TIME", "1:00", "FROM:TO", "0:1",
            "ITEM", "figure-2.1", "COMMAND", "live", "K", "2");

    private static Stream<Path> documents() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> top = Files.list(ROOT)) {
            // What has changed may show what is no more.
            top.filter(file -> file.toString().endsWith(".md") && !file.endsWith("CHANGELOG.md")).forEach(found::add);
        }
        for (String folder : new String[]{"ingest/docs", "fitting/docs", "analysis/docs", "dashboards/docs"}) {
            try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(found::add);
            }
        }
        found.add(ROOT.resolve("docker/compose.yaml"));
        return found.stream().sorted();
    }

    private static String text(Path document) {
        try {
            return Files.readString(document).replace("\\\n", " ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<String> shown() throws IOException {
        return documents().flatMap(document -> SHOWN.matcher(text(document)).results()
                .map(found -> found.group(1).replaceAll(" \\([^)]*$| *[.,;:)]+$", "").strip())).distinct();
    }

    /** The words of a shown command: of what is optional all, of alternatives the first. */
    private static List<String> words(String shown) {
        List<String> words = new ArrayList<>();
        String plain = shown.replace("[", " ").replace("]", " ").replace("…", "").replace(" ...", " ")
                .replaceAll("(<|>|&&|;|\\|\\|| \\| ).*", "");
        WORD.matcher(plain).results().forEach(found -> {
            String word = found.group(1) != null
                    ? found.group(1)
                    : found.group(2) != null ? found.group(2) : found.group(3);
            word = word.replaceFirst("^([^|=]+)\\|.*$", "$1");
            words.add(EXAMPLES.getOrDefault(word, word));
        });
        return words;
    }

    @ParameterizedTest
    @MethodSource("shown")
    void shouldBeTakenByTheCommandLine(String shown) {
        String[] words = words(shown).toArray(String[]::new);
        // A sentence that names a command without its operands shows no command line.
        boolean named = words.length <= 2 && Stream.of(words).noneMatch(word -> word.startsWith("-"));
        var line = Main.commandLine(words);
        if (named) {
            assertThat(line.getSubcommands()).containsKey(words[0]);
        } else {
            assertThat(line.parseArgs(words).errors()).isEmpty();
        }
    }

    @Test
    void shouldListEveryCommand() {
        String table = text(ROOT.resolve("dashboards/docs/commands.md"));
        assertThat(Main.commandLine().getSubcommands().keySet()).filteredOn(name -> !name.equals("help"))
                .allSatisfy(name -> assertThat(table).contains("./kappa " + name));
    }

    static Stream<Path> run() throws IOException {
        return documents().filter(document -> BLOCK.matcher(text(document)).results()
                .anyMatch(block -> block.group(1).contains("./kappa ")));
    }

    @ParameterizedTest
    @MethodSource("run")
    void shouldSucceed(Path document, @TempDir Path folder) {
        BLOCK.matcher(text(document)).results().flatMap(block -> SHOWN.matcher(block.group(1)).results())
                .map(found -> words(found.group(1))).forEach(words -> {
                    String[] there = words.stream().map(word -> word.matches("[\\w-]+\\.(npz|npy|csv)|report")
                            ? folder.resolve(word).toString()
                            : word).toArray(String[]::new);
                    Ran ran = Ran.run(there);
                    assertThat(ran.code()).as("%s: %s", words, ran.err()).isZero();
                });
    }
}
