package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import kappa.dashboards.web.Browser;
import kappa.ingest.SharedData;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.support.ui.Select;

/** The prediction, held against the experiment while it runs. The rig hides a network that decides by context. */
@ProcessTest
@Tag("soak")
class LiveInactivationTest {

    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final int PERTURBED = 30;

    @TempDir
    private Path directory;

    @Test
    void shouldPredictWhatAClickDoesToTheAnimal() throws IOException {
        Browser.assumeThere();
        Path teacher = SharedData.file("teachers/cdm.npz");
        try (KappaProcess live = KappaProcess.start(directory, "live", "--network", teacher.toString(), "--task", "cdm",
                "--rank", "1", "--speed", "5", "--port", "0", "--data", directory.resolve("data").toString())) {
            String page = live.awaitLine("dashboard (http://\\S+)", LIMIT);
            ChromeDriver browser = Browser.open(directory);
            try {
                browser.get(page);
                // A fit is judged after a hundred trials.
                browser.findElement(By.id("viewSilencing")).click();
                Browser.waitFor(browser, LIMIT, "Number((document.getElementById('inactivationOf').textContent"
                        + ".match(/(\\d+) intact/) ?? [0, 0])[1]) >= 100");
                Select sets = new Select(browser.findElement(By.id("silenceSet")));
                sets.selectByIndex(0);
                assertThat(sets.getOptions()).as("populations and context neurons to choose from")
                        .hasSizeGreaterThan(2);
                browser.findElement(By.id("silence")).click();
                Browser.waitFor(browser, LIMIT,
                        "Number(document.getElementById('loopTrials').textContent) >= " + PERTURBED);
                double correlation = Double.parseDouble(browser.findElement(By.id("loopCorrelation")).getText());
                Browser.screenshot(browser, "closed-loop.png");
                assertThat(correlation).isGreaterThanOrEqualTo(0.9);
                browser.get(page.replaceFirst("/\\?.*", "/metrics"));
                assertThat(browser.getPageSource()).as("perturbed trials, which nothing is learned from")
                        .containsPattern("kappa_trials_perturbed_total [3-9][0-9]");
            } finally {
                browser.quit();
            }
        }
    }
}
