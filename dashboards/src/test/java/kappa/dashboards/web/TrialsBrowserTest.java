package kappa.dashboards.web;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.logging.Level;
import kappa.ingest.Await;
import kappa.ingest.UnixTime;
import kappa.ingest.log.ControlPublisher;
import kappa.ingest.wire.Author;
import kappa.ingest.wire.Note;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogType;

/** Trials, notes, the table of sessions and the tour, in a real browser. Records are folded directly; there is no broker. */
class TrialsBrowserTest {

    private static final String CONTROL_TOKEN = "0123456789abcdef0123456789abcdef";

    @TempDir
    static Path directory;

    private static ActorSystem<Void> system;
    private static ChromeDriver browser;
    private static LiveView view;
    private static DashboardServer server;

    @BeforeAll
    static void startEverything() {
        Browser.assumeThere();
        system = ActorSystem.create(Behaviors.empty(), "trials-browser-test");
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        view = new LiveView(meters, UnixTime::nowNs, System::nanoTime);
        server = DashboardServer.start(system,
                new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL_TOKEN), view, meters,
                () -> new DashboardServer.Readiness(true, "test"), new ControlPublisher(TrialsBrowserTest::publish));
        browser = Browser.open(directory);
    }

    @AfterAll
    static void stopEverything() {
        if (browser != null) {
            browser.quit();
            server.close();
            view.close();
            system.terminate();
        }
    }

    @BeforeEach
    void forget() {
        browser.get("http://localhost:" + server.port() + "/");
        browser.executeScript("sessionStorage.clear(); localStorage.clear()");
    }

    @Test
    void shouldAverageConditionsAroundAnEventBesideARasterAndTheBehaviour() throws IOException {
        SimulatedPipeline pipeline = announce("trials", "simulated");
        run(pipeline, 1_250);
        open("#trials?session=trials&window=86400");
        waitFor("document.getElementById('eventsOf').textContent.startsWith('12 trials, rate of unit-')");
        assertThat(text("eventsLegend")).contains("context, motion +", "context, motion −", "all, motion +");
        assertThat(coloursOf("#events canvas")).as("colours of the averages").isGreaterThan(10);
        assertThat(coloursOf("#raster")).as("colours of the raster").isGreaterThan(3);
        assertThat(coloursOf("#behavior canvas")).as("colours of the behaviour").isGreaterThan(3);
        assertThat(text("behaviorNothing")).isNotEmpty();
        assertThat(shown("behaviorNothing")).isFalse();
        // Two points for each of some 700 pixels at most; a day's window would have had a handful for all its bins.
        assertThat(Integer.parseInt(data("points"))).as("a window larger than the data").isBetween(600, 1_250);
        choose("event", "phase decision");
        choose("rateOf", "population 2");
        waitFor("document.getElementById('eventsOf').textContent.endsWith('rate of population 2')");
        assertThat(browser.getCurrentUrl()).contains("event=phase+decision", "rateOf=population+2");
        choose("rateOf", "nobody");
        waitFor("document.getElementById('eventsUnknown').textContent.startsWith('Nothing is called nobody. unit-')");
        Browser.screenshot(browser, "trials.png");
        assertNoConsoleErrors();
    }

    @Test
    void shouldSayInEachPanelOfTrialsWhyThereIsNothing() {
        SimulatedPipeline pipeline = announce("begun", "simulated");
        run(pipeline, 30);
        open("#trials?session=begun");
        waitFor("document.body.dataset.session === 'begun' && document.body.dataset.newest === '29'");
        waitFor("document.getElementById('eventsNothing').textContent.startsWith('The event does not occur')");
        assertThat(shown("eventsNothing")).isTrue();
        assertNoConsoleErrors();
    }

    @Test
    void shouldPutANoteOnTheTimeAxisAndSayWhyDataStopped() throws IOException {
        SimulatedPipeline pipeline = announce("noted", "simulated");
        run(pipeline, 300);
        open("#live?session=noted");
        waitFor("document.body.dataset.session === 'noted' && document.body.dataset.newest === '299'");
        assertThat((Boolean) browser.executeScript("return document.getElementById('noteText').disabled"))
                .as("without the token").isTrue();
        open("?token=" + CONTROL_TOKEN + "#live?session=noted");
        waitFor("!document.getElementById('noteText').disabled");
        String hostile = "<img src=x onerror=\"document.title='harmed'\"> valve cleaned";
        browser.findElement(By.id("noteText")).sendKeys(hostile, Keys.ENTER);
        waitFor("document.querySelector('#notes summary').textContent === '1 note'");
        assertThat(text("notes")).contains("3.0 s: " + hostile);
        assertThat((Long) browser.executeScript("return document.querySelectorAll('#notes img').length")).isZero();
        assertThat((String) browser.executeScript("return document.getElementById('noteText').value")).isEmpty();
        take(Note.newBuilder().setSchemaVersion(1).setSession("noted").setText("acquisition is stopped").setBin(299)
                .setAuthor(Author.RIG).build());
        waitFor("/^no data for .*: acquisition is stopped$/.test(document.getElementById('badge').textContent)");
        assertThat(text("notes")).contains("rig: acquisition is stopped");
        Browser.screenshot(browser, "noted.png");
        take(Note.newBuilder().setSchemaVersion(1).setSession("noted").setText("acquiring").setBin(299)
                .setAuthor(Author.RIG).build());
        waitFor("/^no data for [^:]*$/.test(document.getElementById('badge').textContent)");
        assertThat(browser.getTitle()).doesNotContain("harmed");
        assertNoConsoleErrors();
    }

    @Test
    void shouldListSessionsPresentAndPastAndShowTheOneThatIsChosen() throws IOException {
        for (int number = 0; number < LiveView.MAX_SESSIONS + 2; number++) {
            run(announce("listed-" + number, "<b>rig</b> " + number), 100);
        }
        open("");
        waitFor("document.body.dataset.newest === '99'");
        browser.findElement(By.id("openSessions")).click();
        waitFor("document.querySelectorAll('#sessionRows tr').length >= " + (LiveView.MAX_SESSIONS + 2));
        assertThat(text("sessionRows")).contains("listed-0", "<b>rig</b> 0", "no longer kept here", "open");
        Browser.screenshot(browser, "sessions.png");
        browser.executeScript("[...document.querySelectorAll('#sessionRows button')]"
                + ".find(button => button.textContent === 'listed-5').click()");
        waitFor("document.body.dataset.session === 'listed-5' && !document.getElementById('sessions').open");
        assertThat(browser.getCurrentUrl()).contains("session=listed-5");
        assertNoConsoleErrors();
    }

    @Test
    void shouldOfferATourOnceOnTheSimulatedRigAndBeLeftByTheKeyboard() throws IOException {
        run(announce("toured", "simulated rig: network decision"), 200);
        open("#live?session=toured");
        waitFor("!document.getElementById('tour').hidden");
        assertThat(text("tourTitle")).isEqualTo("1 of 5 · This is a simulated rig");
        for (int step = 2; step <= 5; step++) {
            browser.findElement(By.id("tourNext")).sendKeys(Keys.ENTER);
            assertThat(text("tourTitle")).startsWith(step + " of 5");
            assertThat((Long) browser.executeScript("return document.querySelectorAll('[data-toured]').length"))
                    .isEqualTo(1);
        }
        Browser.screenshot(browser, "tour.png");
        browser.findElement(By.tagName("body")).sendKeys(Keys.ESCAPE);
        waitFor("document.getElementById('tour').hidden && !document.querySelector('[data-toured]')");
        open("#live?session=toured");
        waitFor("Number(document.body.dataset.frames) > 3");
        assertThat(shown("tour")).as("once dismissed").isFalse();
        browser.executeScript("localStorage.clear()");
        run(announce("recorded", "a file"), 200);
        open("#live?session=recorded");
        waitFor("Number(document.body.dataset.frames) > 3");
        assertThat(shown("tour")).as("of a recording").isFalse();
        assertNoConsoleErrors();
    }

    @Test
    void shouldFitAPhoneInEveryView() {
        SimulatedPipeline pipeline = announce("narrow", "simulated rig: network decision");
        run(pipeline, 800);
        take(Note.newBuilder().setSchemaVersion(1).setSession("narrow").setText("x".repeat(500)).setBin(700).build());
        resize(420, 900);
        for (String name : List.of("live", "connectivity", "silencing", "trials")) {
            open("#" + name + "?session=narrow");
            waitFor("document.body.dataset.session === 'narrow' && Number(document.body.dataset.frames) > 3");
            browser.executeScript("document.getElementById('notes').open = true");
            assertThat((Boolean) browser.executeScript("return document.documentElement.scrollWidth <= innerWidth"))
                    .as("%s at 420 px", name).isTrue();
        }
        resize(1280, 800);
        assertNoConsoleErrors();
    }

    // ------------------------------------------------------------------------------------------------- the pipeline

    private static SimulatedPipeline announce(String session, String origin) {
        SimulatedPipeline pipeline = new SimulatedPipeline(session, 2);
        pipeline.origin = origin;
        take(pipeline.header(UnixTime.nowNs()));
        return pipeline;
    }

    private static void run(SimulatedPipeline pipeline, int bins) {
        for (int t = 0; t < bins; t++) {
            pipeline.step(UnixTime.nowNs(), (activity, latents) -> {
                take(activity);
                take(latents);
            });
            if (pipeline.next() % SimulatedPipeline.TRIAL_BINS == 0) {
                take(pipeline.model());
            }
        }
        take(pipeline.analysis());
        take(pipeline.inactivations());
    }

    private static void take(Message message) {
        view.take(Folded.record(message, UnixTime.nowNs()));
        view.news();
    }

    private static CompletionStage<Void> publish(String topic, int partition, String session, MessageLite record) {
        take((Note) record);
        return CompletableFuture.completedFuture(null);
    }

    // -------------------------------------------------------------------------------------------------- the browser

    private static void open(String rest) {
        browser.get("about:blank");
        browser.get("http://localhost:" + server.port() + "/" + rest);
    }

    private static void choose(String id, String value) {
        browser.executeScript("const field = document.getElementById(arguments[0]); field.value = arguments[1];"
                + " field.dispatchEvent(new Event('change'));", id, value);
    }

    private static boolean shown(String id) {
        return (Boolean) browser.executeScript("return document.getElementById(arguments[0]).clientHeight > 0", id);
    }

    private static String data(String name) {
        return (String) browser.executeScript("return document.body.dataset[arguments[0]]", name);
    }

    private static String text(String id) {
        return (String) browser.executeScript("return document.getElementById(arguments[0]).textContent", id);
    }

    private static void waitFor(String condition) {
        Browser.waitFor(browser, Await.LIMIT, condition);
    }

    private static long coloursOf(String selector) {
        return (Long) browser.executeScript("""
                const canvas = document.querySelector(arguments[0]);
                const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                return new Set(new Uint32Array(image.data.buffer)).size;
                """, selector);
    }

    private static void resize(int width, int height) {
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    private static void assertNoConsoleErrors() {
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
                .filteredOn(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue()).isEmpty();
    }
}
