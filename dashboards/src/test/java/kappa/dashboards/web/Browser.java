package kappa.dashboards.web;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** Headless Chromium, from Debian's packages. */
public final class Browser {

    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");

    private Browser() {}

    /** Skips the test where there is no Chromium. */
    public static void assumeThere() {
        assumeTrue(Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
                "needs Debian's chromium and chromium-driver");
    }

    /** With a profile of its own in a directory, and the viewport of a 1280 x 800 screen. */
    public static ChromeDriver open(Path directory) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM.toFile());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--window-size=1280,900", "--user-data-dir=" + directory.resolve("chromium"));
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
        ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
        ChromeDriver driver = new ChromeDriver(service, options);
        // Whatever the browser's own frame takes.
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", 1280, "height", 800, "deviceScaleFactor", 1, "mobile", false));
        return driver;
    }

    /** Waits until an expression of JavaScript is true. */
    public static void waitFor(ChromeDriver browser, Duration limit, String condition) {
        new WebDriverWait(browser, limit, Duration.ofMillis(50))
                .withMessage(() -> condition + ", but body has " + browser.executeScript(
                        "return JSON.stringify(document.body.dataset)") + " and the console "
                        + browser.manage().logs().get(LogType.BROWSER).getAll())
                .until(driver -> (Boolean) browser.executeScript("return " + condition));
    }

    /** Keeps what the page looks like under target/screenshots, where the property kappa.screenshots is true. */
    public static void screenshot(ChromeDriver browser, String name) throws IOException {
        if (!Boolean.getBoolean("kappa.screenshots")) {
            return;
        }
        Files.createDirectories(SCREENSHOTS);
        Files.write(SCREENSHOTS.resolve(name), browser.getScreenshotAs(OutputType.BYTES));
    }
}
