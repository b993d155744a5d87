package kappa.dashboards.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import kappa.dashboards.web.Browser;
import kappa.ingest.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;

/** A report as a reader opens it: from a file, in a real browser. */
class ReportBrowserTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    static Path directory;

    private static ChromeDriver browser;

    @BeforeAll
    static void open() {
        Browser.assumeThere();
        Report report = new Report(directory.resolve("report"), "Fit of a session");
        report.summary(List.of("Rank 2 beats psth+tracker; ./kappa fit --baselines says by how much."));
        SvgPlot plot = new SvgPlot("\u03ba1 by condition", "s of the trial", "\u03ba1", 0, 1, 0, 1);
        plot.series("left").line(new double[]{0, 1}, new double[]{0.25, 0.5}, SvgPlot.COLOURS.get(0), false, 2);
        report.figures(List.of(plot, plot));
        report.table(List.of("a wide table", "of one", "line"),
                List.of(List.of("x".repeat(60), "y".repeat(60), "z".repeat(60))));
        report.command(
                "./kappa fit a/rather/long/path/to/a/session/that/does/not/fit/on/the/screen/of/a/phone/session.npz");
        browser = Browser.open(directory);
        browser.get(report.write().toUri().toString());
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.quit();
        }
    }

    @Test
    void shouldSaveAFigureAndItsNumbers() throws Exception {
        Path saved = Files.createDirectories(directory.resolve("saved"));
        browser.executeCdpCommand("Browser.setDownloadBehavior",
                Map.of("behavior", "allow", "downloadPath", saved.toString()));
        for (String kind : List.of("csv", "svg")) {
            browser.findElements(By.cssSelector("[data-save=" + kind + "]")).get(1).click();
            Path file = saved.resolve("02-kappa-1-by-condition." + kind);
            Await.until(file + " is there", LIMIT, () -> Files.exists(file));
            assertThat(file).content(StandardCharsets.UTF_8)
                    .contains("series,s of the trial,kappa 1\nleft,0,0.25\nleft,1,0.5\n");
        }
    }

    @Test
    void shouldFitOnAPhoneAndFollowTheReadersColours() {
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", 420, "height", 900, "deviceScaleFactor", 1, "mobile", true));
        assertThat(browser.executeScript("return document.documentElement.scrollWidth")).isEqualTo(420L);
        String colour = "return getComputedStyle(document.body).backgroundColor";
        assertThat(browser.executeScript(colour)).isEqualTo("rgb(255, 255, 255)");
        browser.executeCdpCommand("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
        assertThat(browser.executeScript(colour)).isNotEqualTo("rgb(255, 255, 255)");
        assertThat(browser.executeScript("return getComputedStyle(document.querySelector('figure svg rect')).fill"))
                .as("a figure is not a white card").isNotEqualTo("rgb(255, 255, 255)");
    }

    @Test
    void shouldPrint() {
        Map<String, Object> printed = browser.executeCdpCommand("Page.printToPDF", Map.of("preferCSSPageSize", true));
        assertThat(Base64.getDecoder().decode((String) printed.get("data")))
                .startsWith("%PDF".getBytes(StandardCharsets.US_ASCII))
                .hasSizeGreaterThan(5_000);
    }
}
