package kappa.dashboards.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import kappa.dashboards.BesideOthers;
import kappa.ingest.Meters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

/** The site of the documentation: all of it is there, every link leads somewhere, and nothing comes from elsewhere. */
@BesideOthers
class DocsSiteTest {

    private static final Path ROOT = Path.of(System.getProperty("kappa.root"));
    private static final Pattern LINK = Pattern.compile("(?:href|src)=\"([^\"]+)\"");
    private static final Pattern ANCHOR = Pattern.compile(" id=\"([^\"]+)\"");

    private static final Map<String, byte[]> SITE = DocsSite.build();

    private static String text(String name) {
        return new String(SITE.get(name), UTF_8);
    }

    private static Set<String> found(Pattern pattern, String in) {
        return pattern.matcher(in).results().map((MatchResult found) -> found.group(1)).collect(Collectors.toSet());
    }

    private static Stream<String> pages() {
        return SITE.keySet().stream().filter(name -> name.endsWith(".html"));
    }

    @Test
    void shouldLeadSomewhereWithEveryLink() {
        assertThat(pages()).hasSizeGreaterThan(20).allSatisfy(page -> assertThat(found(LINK, text(page)))
                .filteredOn(link -> !link.matches("https?:.*")).as(page).allSatisfy(link -> {
                    String[] parts = link.split("#", 2);
                    String target = parts[0].isEmpty() ? page : parts[0];
                    assertThat(SITE).containsKey(target);
                    if (parts.length > 1) {
                        assertThat(found(ANCHOR, text(target))).as(target).contains(parts[1]);
                    }
                }));
    }

    @Test
    void shouldLoadNothingFromElsewhereAndRunNothing() {
        assertThat(pages()).allSatisfy(page -> assertThat(text(page)).as(page).doesNotContain("<script", "style=")
                .doesNotContainPattern("src=\"https?:"));
    }

    @Test
    void shouldHavePicturesThatABrowserCanDraw() throws Exception {
        for (String name : SITE.keySet()) {
            if (name.endsWith(".svg")) {
                Document picture = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                        .parse(new ByteArrayInputStream(SITE.get(name)));
                assertThat(picture.getDocumentElement().getTagName()).as(name).isEqualTo("svg");
            }
        }
        assertThat(SITE).containsKeys("rank-one.svg", "plane.svg");
    }

    @Test
    void shouldHaveEachDocumentAsAPage() throws IOException {
        for (String module : new String[]{"ingest", "fitting", "analysis", "dashboards"}) {
            try (Stream<Path> files = Files.list(ROOT.resolve(module).resolve("docs"))) {
                assertThat(files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".md"))
                        .map(name -> name.replace(".md", ".html"))).as(module).allMatch(SITE::containsKey);
            }
        }
    }

    @Test
    void shouldHaveTheSchemaAndNameWhatIsInTheRepositoryOnly() {
        assertThat(text("wire.proto")).contains("message SessionHeader");
        assertThat(text("python.html")).contains("<a href=\"wire.proto\">").contains("<table>");
        assertThat(text("runbook.html")).contains("<code>kappa.json</code>");
    }

    @Test
    void shouldHaveAnAnchorForEachPanelOfThePage() {
        assertThat(found(ANCHOR, text("page.html"))).contains("latent-trajectory", "phase-portrait",
                "observed-and-predicted-activity", "prequential-quality", "connectivity", "overlap-matrix",
                "eigenvalues", "inactivation", "closed-loop");
    }

    @Test
    void shouldListEveryMetric() {
        assertThat(Meters.values()).allSatisfy(meter -> assertThat(text("metrics.html"))
                .contains(meter.meterName().replace('.', '_')).contains(meter.description()));
    }

    @Test
    void shouldWriteTheSiteIntoAFolder(@TempDir Path folder) throws IOException {
        Path first = DocsSite.write(folder.resolve("docs"));
        assertThat(first).hasFileName("index.html").content().contains("<h1 id=\"start-in-five-minutes\">");
        assertThat(folder.resolve("docs").resolve("live.png")).isNotEmptyFile();
    }
}
