package kappa.dashboards.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What is shipped, as the build lists it for scanners before the tests run. */
final class Shipped {

    private static final Path BILL = Run.ROOT.resolve("dashboards/target/kappa/kappa.cdx.json");

    private Shipped() {}

    /** The bill of materials. A test that asks for it is skipped if the classes were not built by Maven. */
    static JsonNode bill() throws IOException {
        assumeTrue(Files.exists(BILL), "Maven has not written " + BILL);
        return new ObjectMapper().readTree(BILL.toFile());
    }

    static String file(JsonNode library) {
        return library.get("name").asText() + "-" + library.get("version").asText() + ".jar";
    }

    /** A library on the class path of the tests. */
    static Path jar(JsonNode library) {
        return classPath().stream().filter(entry -> entry.endsWith(file(library))).findFirst()
                .orElseThrow(() -> new AssertionError(file(library) + " is not on the class path"));
    }

    /** The class path without what only tests need. */
    static List<Path> shippedClassPath() throws IOException {
        Set<String> shipped = new TreeSet<>();
        bill().get("components").forEach(library -> shipped.add(file(library)));
        List<Path> entries = new ArrayList<>();
        for (Path entry : classPath()) {
            String name = entry.getFileName().toString();
            boolean ours = !entry.toString().contains("test-classes") && !name.contains("-tests")
                    && (Files.isDirectory(entry) || name.startsWith("kappa-"));
            if (ours || shipped.contains(name)) {
                entries.add(entry);
            }
        }
        assertThat(entries).hasSizeGreaterThan(70);
        return entries;
    }

    private static List<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.isEmpty()).map(Path::of).filter(Files::exists).toList();
    }
}
