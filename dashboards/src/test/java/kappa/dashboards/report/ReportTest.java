package kappa.dashboards.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    @TempDir
    Path directory;

    private static SvgPlot plot(String title) {
        return new SvgPlot(title, "s", "\u03ba1", 0, 1, 0, 1).line(new double[]{0, 1}, new double[]{0, 1}, "red", false,
                1);
    }

    @Test
    void shouldHoldSentencesFiguresAndTablesInThisOrderAndNothingFromElsewhere() throws IOException {
        Report report = new Report(directory.resolve("new"), "Fit of <a> session");
        report.summary(List.of("Rank 2 beats all; see --ranks 1 or ./kappa fit --baselines.", ""));
        report.figures(List.of(plot("\u03ba1 < 2"), plot("second")));
        report.table(List.of("model", "score"), List.of(List.of("a & b", "1")));
        report.command("./kappa fit 'my session.npz'");
        String page = Files.readString(report.write());
        assertThat(page)
                .containsSubsequence("Fit of &lt;a&gt; session", "<p>Rank 2 beats all; see <code>--ranks 1</code>",
                        "<code>./kappa fit --baselines</code>", "<figure id=\"01-kappa-1-2\">", "data-save=\"svg\"",
                        "data-save=\"csv\"",
                        "<figure id=\"02-second\">", "a &amp; b", "./kappa fit 'my session.npz'")
                .contains("@media print", "prefers-color-scheme: dark")
                .doesNotContain("src=", "href=\"", "url(", "@import", "<p></p>");
        assertThat(directory.resolve("new/01-kappa-1-2.svg")).content().startsWith("<svg ");
        assertThat(directory.resolve("new/01-kappa-1-2.csv")).content().isEqualTo("series,s,kappa 1\n,0,0\n,1,1\n");
    }

    @Test
    void shouldTakePicturesThatAreThereAlready() throws IOException {
        Report report = new Report(directory, "Papers");
        report.pictures(SvgPlot.pictures(List.of(plot("one"), plot("two"))));
        report.pictures("<svg xmlns=\"http://www.w3.org/2000/svg\"><title>older</title></svg>\n");
        assertThat(Files.readString(report.write())).contains("<figure id=\"02-two\">", "<figure id=\"03-older\">")
                .containsPattern("(?s)data-save=\"csv\".*data-save=\"csv\".*03-older(?!.*data-save=\"csv\")");
        assertThat(directory.resolve("01-one.svg")).doesNotExist();
    }

    @Test
    void shouldRefuseAPageOfSomebodyElse() throws IOException {
        new Report(directory, "first").write();
        Report.requireUsable("--report", directory);
        Files.writeString(directory.resolve("index.html"), "<h1>The lab</h1>");
        assertThatThrownBy(() -> Report.requireUsable("--report", directory)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("another directory");
    }
}
