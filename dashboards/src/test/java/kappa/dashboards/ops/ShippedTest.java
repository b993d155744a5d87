package kappa.dashboards.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of the libraries that are shipped, and the texts of their licences. */
class ShippedTest {

    private static final Path LICENCES = Run.ROOT.resolve("dashboards/src/main/launch/licences");

    /** A licence's text in a jar. */
    private static final Pattern TEXT = Pattern.compile("(?i)(.*/)?(licen[cs]e|copying)[^/]*(?<!\\.class)");

    @Test
    void shouldListEachLibraryForScanners() throws IOException {
        assertThat(Shipped.bill().get("bomFormat").asText()).isEqualTo("CycloneDX");
        Set<String> files = new TreeSet<>();
        for (JsonNode library : Shipped.bill().get("components")) {
            assertThat(library.get("purl").asText()).isEqualTo("pkg:maven/" + library.get("group").asText() + "/"
                    + library.get("name").asText() + "@" + library.get("version").asText() + "?type=jar");
            assertThat(library.get("licenses").findValuesAsText("id")).isNotEmpty();
            files.add(Shipped.file(library));
        }
        assertThat(files).hasSizeGreaterThan(70).contains("kafka-clients-" + version("kafka") + ".jar",
                "akka-http_2.13-" + version("akka-http") + ".jar")
                .noneMatch(file -> file.startsWith("assertj"));
    }

    @Test
    void shouldShipTheTextOfEachLicence() throws IOException {
        assertThat(Run.ROOT.resolve("LICENSE")).content().contains("Apache License");
        assertThat(Run.ROOT.resolve("dashboards/pom.xml")).content().contains("<include>LICENSE</include>",
                "<directory>src/main/launch</directory>");
        // Two bring a native library whose licence is another one than theirs.
        Set<String> needed = new TreeSet<>(List.of("lz4-java.txt", "snappy-java.txt"));
        for (JsonNode library : Shipped.bill().get("components")) {
            boolean apache = library.get("licenses").findValuesAsText("id").equals(List.of("Apache-2.0"));
            if (!apache && !bringsItsText(Shipped.jar(library))) {
                needed.add(library.get("name").asText() + ".txt");
            }
        }
        try (Stream<Path> texts = Files.list(LICENCES)) {
            assertThat(texts.map(text -> text.getFileName().toString())).containsExactlyInAnyOrderElementsOf(needed);
        }
    }

    private static boolean bringsItsText(Path jar) throws IOException {
        try (JarFile files = new JarFile(jar.toFile())) {
            return files.stream().anyMatch(file -> TEXT.matcher(file.getName()).matches());
        }
    }

    private static String version(String library) throws IOException {
        Matcher version = Pattern.compile("<" + library + ".version>(.*)</")
                .matcher(Files.readString(Run.ROOT.resolve("pom.xml")));
        assertThat(version.find()).isTrue();
        return version.group(1);
    }
}
