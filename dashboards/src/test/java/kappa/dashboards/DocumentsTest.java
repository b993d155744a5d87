package kappa.dashboards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents stay true: the classes, packages and files that they name exist. */
class DocumentsTest {

    private static final Path ROOT = Path.of(System.getProperty("kappa.root"));
    private static final List<String> MODULES = List.of("ingest", "fitting", "analysis", "dashboards");
    private static final Pattern CLASS = Pattern.compile("`([A-Z][a-z]+[A-Za-z]*)`");
    private static final Pattern PACKAGE = Pattern.compile("`((?:ingest|fitting|analysis|dashboards)\\.[a-z.]+)`");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)(?:#[^)]*)?\\)");
    /** What is named like a class and is none: headers and messages of protocols. */
    private static final Set<String> OTHERS = Set.of("Host", "Origin");

    private static String text(String document) {
        try {
            return Files.readString(ROOT.resolve(document));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> named(Pattern pattern, String document) {
        return pattern.matcher(text(document)).results().map((MatchResult found) -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> classes() throws IOException {
        Set<String> names = new TreeSet<>(OTHERS);
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
                files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".java"))
                        .forEach(name -> names.add(name.substring(0, name.length() - ".java".length())));
            }
        }
        Pattern.compile("message (\\w+)").matcher(text("ingest/src/main/proto/kappa/wire.proto")).results()
                .forEach(message -> names.add(message.group(1)));
        return names;
    }

    @Test
    void shouldNameClassesThatExist() throws IOException {
        Set<String> named = named(CLASS, "ARCHITECTURE.md");
        assertThat(named).hasSizeGreaterThan(50);
        assertThat(classes()).containsAll(named);
        assertThat(classes()).containsAll(named(CLASS, "SECURITY.md")).containsAll(
                named(CLASS, "dashboards/docs/overload.md"));
    }

    @Test
    void shouldNamePackagesThatExist() {
        assertThat(named(PACKAGE, "ARCHITECTURE.md")).hasSizeGreaterThan(15).allSatisfy(name -> {
            String module = name.substring(0, name.indexOf('.'));
            assertThat(ROOT.resolve(module).resolve("src/main/java/kappa").resolve(name.replace('.', '/')))
                    .isDirectory();
        });
    }

    /** Every document of the repository. */
    static Stream<String> documents() throws IOException {
        List<String> found = new ArrayList<>();
        for (String folder : List.of("", "ingest/docs", "ingest/clients/python", "fitting/docs", "analysis/docs",
                "dashboards/docs")) {
            try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
                files.filter(file -> file.toString().endsWith(".md"))
                        .forEach(file -> found.add(ROOT.relativize(file).toString()));
            }
        }
        return found.stream();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void shouldLinkToFilesThatExist(String document) {
        Path folder = ROOT.resolve(document).getParent();
        assertThat(named(LINK, document)).allSatisfy(link -> assertThat(folder.resolve(link)).exists());
    }

    @Test
    void shouldHaveAShortReadme() {
        assertThat(text("README.md").lines()).hasSizeLessThan(120);
    }

    @Test
    void shouldLinkEveryTopLevelDocumentFromTheReadme() {
        assertThat(named(LINK, "README.md")).contains("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md",
                "SECURITY.md",
                "CITATION.cff");
    }
}
