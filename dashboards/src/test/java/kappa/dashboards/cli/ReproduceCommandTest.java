package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import kappa.dashboards.BesideOthers;
import kappa.dashboards.reproduce.Item;
import kappa.dashboards.reproduce.Items;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@BesideOthers
class ReproduceCommandTest {

    @TempDir
    static Path directory;

    private static Ran run(String line) {
        Ran ran = Ran.run(directory, line);
        assertThat(ran.code()).as(ran.err()).isZero();
        return ran;
    }

    @Test
    void shouldNameEveryItemWithItsSource() {
        assertThat(run("reproduce --list").out().lines()).hasSize(Items.all().size());
        for (Item item : Items.all()) {
            assertThat(run("reproduce --list " + item.name()).out().lines()).singleElement().asString()
                    .startsWith(item.name() + " ").contains(item.title(), item.source());
        }
        assertThat(Items.all()).extracting(Item::name).doesNotHaveDuplicates()
                .contains("figure-2.1", "figure-4.1", "poster-dms", "dms-second");
    }

    @Test
    void shouldHoldFiguresAgainstThePaperOnASelfContainedPage() throws Exception {
        JsonNode figures = run("reproduce figure-2.1 figure-2.2 figure-4.4 --quick --out D/page --json").json();
        assertThat(figures.get("items").asInt()).isEqualTo(3);
        assertThat(figures.get("agreeing").asInt()).isEqualTo(figures.get("findings").asInt()).isGreaterThan(7);
        assertThat(figures.get("results").get("figure-4.4").get(2).get("found").asText()).startsWith("-2.0");
        assertThat(directory.resolve("page/index.html")).content()
                .contains("figure-2.1: Rank one", "the paper", "found here", "./kappa ", "<svg", "first seed 1")
                .contains("All " + figures.get("findings").asInt() + " rows agree with the papers.")
                .doesNotContain("NaN", "src=", "href=\"");
    }

    @Test
    void shouldGoOnWhereItWasInterruptedUnlessToldToBeginAgain() throws Exception {
        run("reproduce figure-2.2 --quick --out D/kept");
        Path kept = directory.resolve("kept/figure-2.2.json");
        FileTime old = FileTime.fromMillis(0);
        Files.setLastModifiedTime(kept, old);
        assertThat(run("reproduce figure-2.2 figure-4.6 --quick --out D/kept").err())
                .contains("figure-2.2 (1 of 2): from an earlier run", "figure-4.6 (2 of 2): n2");
        assertThat(Files.getLastModifiedTime(kept)).isEqualTo(old);
        assertThat(directory.resolve("kept/index.html")).content().contains("figure-2.2", "figure-4.6");
        assertThat(run("reproduce figure-2.2 --quick --again --out D/kept").err()).doesNotContain("earlier");
        assertThat(Files.getLastModifiedTime(kept)).isGreaterThan(old);
        // A result of another seed is another result.
        assertThat(run("reproduce figure-2.2 --quick --seed 2 --out D/kept").err()).doesNotContain("earlier");
    }

    @Test
    void shouldSayInOneLineWhatIsWrong() throws Exception {
        Ran.assertFails(directory, "reproduce figure-9.9", "item: 'figure-9.9', expected one of figure-2.1");
        Files.writeString(Files.createDirectory(directory.resolve("broken")).resolve("figure-2.2.json"), "{");
        Ran.assertFails(directory, "reproduce figure-2.2 --out D/broken", "figure-2.2.json: is no result", "--again");
        Files.writeString(Files.createDirectory(directory.resolve("site")).resolve("index.html"), "<h1>The lab</h1>");
        Ran.assertFails(directory, "reproduce figure-2.2 --quick --out D/site", "--out", "another directory");
    }
}
