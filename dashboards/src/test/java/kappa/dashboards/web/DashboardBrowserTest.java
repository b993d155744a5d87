package kappa.dashboards.web;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.google.protobuf.MessageLite;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.logging.Level;
import kappa.ingest.Await;
import kappa.ingest.log.ControlPublisher;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.PlaybackState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Alert;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.ExpectedConditions;
import org.openqa.selenium.support.ui.WebDriverWait;

/** The page in a real browser, fed through a real broker. */
class DashboardBrowserTest {

    private static final String CONTROL_TOKEN = "0123456789abcdef0123456789abcdef";

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaProducer<byte[], byte[]> producer;
    private static ActorSystem<Void> system;
    private static LiveView view;
    private static DashboardServer server;
    private static ChromeDriver browser;
    private static volatile Intervention requested;
    private static final List<PlaybackControl> controls = new CopyOnWriteArrayList<>();

    private ScheduledExecutorService rig;
    private ScheduledFuture<?> ticking;

    @BeforeAll
    static void startEverything() throws IOException {
        Browser.assumeThere();
        broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        KafkaConnection kafka = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(kafka, 2);
        producer = new KafkaProducer<>(kafka.producer());
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        system = ActorSystem.create(Behaviors.empty(), "browser-test");
        view = LiveView.start(kafka, meters);
        server = DashboardServer.start(system,
                new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL_TOKEN), view, meters,
                () -> new DashboardServer.Readiness(true, "test"), new ControlPublisher(DashboardBrowserTest::request));
        browser = Browser.open(directory);
    }

    @AfterAll
    static void stopEverything() {
        if (browser != null) {
            browser.quit();
        }
        if (server != null) {
            server.close();
            view.close();
            system.terminate();
            producer.close();
            broker.close();
        }
    }

    @AfterEach
    void stopRig() throws InterruptedException {
        if (rig != null) {
            assertThat(ticking.isDone()).as("the rig failed").isFalse();
            rig.shutdownNow();
            assertThat(rig.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void shouldShowMovingKappaFlowAndFixedPointsOfARankTwoSession() throws IOException {
        SimulatedPipeline pipeline = announce("rank-two", 2);
        runLive(pipeline);
        open();
        waitFor("document.body.dataset.session === 'rank-two' && Number(document.body.dataset.bins) > 900");
        assertThat(data("state")).isEqualTo("live");
        String before = data("kappa");
        waitFor("document.body.dataset.kappa !== " + quoted(before));
        waitFor("Number(document.body.dataset.analysisVersion) >= 3");
        assertThat(before.split(" ")).hasSize(2);
        assertThat(coloursOf("#trace canvas")).as("colours in the trace").isGreaterThan(20);
        assertThat(coloursOf("#portrait")).as("colours in the phase portrait").isGreaterThan(20);
        assertThat(coloursOf("#activity canvas")).as("colours in the activity").isGreaterThan(20);
        assertThat(coloursOf("#quality canvas")).as("colours in the quality").isGreaterThan(10);
        assertThat(text("marks")).contains("▲ 1 source").contains("✕ 2 saddles").contains("▼ 2 stable");
        assertThat((Boolean) browser.executeScript(
                "const page = document.documentElement;"
                        + " return page.scrollHeight <= innerHeight && page.scrollWidth <= innerWidth"))
                .as("fits 1280 x 800 without scrolling").isTrue();
        waitForFrames(2);
        screenshot("rank-two.png");
        darken(true);
        waitForFrames(2);
        screenshot("rank-two-dark.png");
        darken(false);
        assertNoConsoleErrors();
    }

    @Test
    void shouldShowHowTheNetworkIsConnected() throws IOException {
        SimulatedPipeline pipeline = announce("connected", 2);
        runLive(pipeline);
        open("#connectivity");
        waitFor("document.body.dataset.session === 'connected' && Number(document.body.dataset.analysisVersion) >= 3");
        waitFor("document.getElementById('populationLegend').textContent.includes('population 2')");
        assertThat(coloursOf("#connectivity canvas")).as("colours in the scatter").isGreaterThan(10);
        assertThat(coloursOf("#overlap canvas")).as("colours in the matrix").isGreaterThan(10);
        assertThat(coloursOf("#eigenvalues canvas")).as("colours of eigenvalues").isGreaterThan(10);
        assertThat(coloursOf("#portrait")).as("colours in the phase portrait").isGreaterThan(20);
        assertThat(text("connectivityOf")).matches("model \\d+, bins to [\\d,]+");
        assertThat(text("populationNumbers")).contains("1 (−900, 1.00) · 2 (−860, 0.90)");
        assertThat(text("overlapCaption")).contains("90 % of n 1");
        assertThat(text("saturation")).contains("no input 0.10").contains("motion 0.40");
        choose("condition", "motion");
        waitForFrames(3);
        assertThat(text("marks")).containsPattern("◯ limit cycle, period [\\d.]+ s")
                .containsPattern("◌ unstable limit cycle, period [\\d.]+ s")
                .contains("no others");
        screenshot("connectivity.png");
        darken(true);
        waitForFrames(2);
        screenshot("connectivity-dark.png");
        darken(false);
        choose("vectorX", "motion");
        choose("matrix", "connection");
        waitFor("document.getElementById('overlapCaption').textContent.includes('mean of J')");
        waitForFrames(2);
        screenshot("connectivity-chosen.png");
        choose("condition", "none");
        assertNoConsoleErrors();
    }

    @Test
    void shouldShowWhatSilencingDoesAndAskTheRigForItOnlyWithTheToken() throws IOException {
        SimulatedPipeline pipeline = announce("silenced", 2);
        runLive(pipeline);
        open("#silencing");
        waitFor("document.body.dataset.session === 'silenced'"
                + " && document.querySelectorAll('#choices tr').length === 5");
        assertThat(enabled("silence")).as("without the token").isFalse();
        assertThat(text("silenceStatus")).isEqualTo("open the link that kappa printed: it contains the control token");
        assertThat(text("loopCorrelation")).isEqualTo("–");
        assertThat(text("loopTrials")).isEqualTo("0");

        open("?token=" + CONTROL_TOKEN + "#silencing");
        assertThat(browser.getCurrentUrl()).doesNotContain(CONTROL_TOKEN).endsWith("/#silencing");
        waitFor("!document.getElementById('silence').disabled");
        choose("silenceSet", "population 2");
        waitFor("document.getElementById('inactivationCaption').textContent.includes('0.40 ± 0.04')");
        assertThat(coloursOf("#inactivation canvas")).as("colours of the traces").isGreaterThan(10);
        browser.executeScript("document.getElementById('silenceTrials').value = '7'");
        browser.findElement(By.id("silence")).click();
        waitFor("document.getElementById('confirm').open");
        assertThat(text("confirmWhat")).containsPattern("population 2 of model \\d+: \\d+ of 80 neurons")
                .contains("until 7 trials are perturbed");
        assertThat(text("confirmEffect")).contains("0.40 (90 % interval 0.33 to 0.47)");
        assertThat(text("confirmTrial")).contains("9 of 10 trials", "± 0.50");
        assertThat(text("confirmRandom")).contains("5 random sets of", "0.35 (90 % interval 0.27 to 0.43)",
                "does no more than random neurons do");
        String frozen = text("confirmWhat").split(":")[0];
        assertThat(requested).as("before it is confirmed").isNull();
        browser.findElement(By.id("confirmYes")).click();
        waitFor("/^i-[0-9]+: the rig is asked to silence [0-9]+ neurons$/.test("
                + "document.getElementById('silenceStatus').textContent)");
        waitUntil("the request", () -> requested != null);
        assertThat(requested.getName()).as("what the dialog showed").isEqualTo(frozen);
        assertThat(requested.getNeuronsCount()).isPositive();
        assertThat(requested.getTrials()).isEqualTo(7);
        // The rig obeys: seven perturbed trials and as many intact ones, at once.
        pipeline.obey(requested);
        var unused = rig.submit(() -> publishBins(pipeline, 15 * SimulatedPipeline.TRIAL_BINS));
        waitFor("document.getElementById('loopTrials').textContent === '7'");
        assertThat(Double.parseDouble(text("loopCorrelation").replace('−', '-'))).isBetween(-1.0, 1.0);
        assertThat(text("loopInside")).matches("[0-7] of 7");
        assertThat(text("loopVerdict")).isNotEmpty();
        assertThat(text("loopRequest")).contains("population 2").contains("7 of 7 trials perturbed");
        assertThat(coloursOf("#loop canvas")).as("colours of the closed loop").isGreaterThan(10);
        waitForFrames(2);
        screenshot("silencing.png");
        darken(true);
        waitForFrames(2);
        screenshot("silencing-dark.png");
        darken(false);
        browser.findElement(By.id("callOff")).click();
        waitFor("document.getElementById('loopRequest').textContent.endsWith('called off')");
        forgetToken();
        assertNoConsoleErrors();
    }

    @Test
    void shouldShowTheRigsClocksAndWhereBinsWereLost() throws IOException {
        SimulatedPipeline pipeline = announce("clocks", 1);
        long start = unixNs();
        pipeline.clock = bin -> BinClock.newBuilder().setSample(300 * (bin + 1)).setEpoch(bin < 120 ? 0 : 1)
                .setHostUnixNs(start + 10_000_000 * bin).setErrorNs(400_000).setLost(bin >= 350 && bin < 353 ? 4 : 0)
                .build();
        publishBins(pipeline, 200);
        pipeline.lose(60);
        publishBins(pipeline, 240);
        open();
        waitFor("document.body.dataset.session === 'clocks' && Number(document.body.dataset.newest) === 499");
        assertThat(text("rigTime")).isEqualTo("0:05.000");
        assertThat(text("sample")).isEqualTo("150,000");
        assertThat(text("epoch")).isEqualTo("1");
        assertThat(text("host")).endsWith(" ± 0.40 ms");
        assertThat(text("lost")).isEqualTo("60 in 1 gap · 3 in part");
        assertThat((String) browser.executeScript("return document.getElementById('lostTile').title"))
                .contains("bins 200 to 259, after 0:02.000: never came")
                .contains("bins 350 to 352, after 0:03.500: 12 messages or samples");
        assertThat(shown("playback")).as("a rig cannot be sought").isFalse();
        screenshot("clocks.png");
        darken(true);
        waitForFrames(2);
        screenshot("clocks-dark.png");
        darken(false);
        assertNoConsoleErrors();
    }

    @Test
    void shouldControlAReplayFromTheKeyboard() throws IOException {
        SimulatedPipeline pipeline = announce("replayed", 2);
        pipeline.clock = bin -> BinClock.newBuilder().setSample(bin + 1).build();
        PlaybackState.Builder state = PlaybackState.newBuilder().setSchemaVersion(1).setSession("replayed")
                .setBins(30_000).setUntil(30_000).setSpeed(1).setLoop(true).setPublishedUnixNs(unixNs());
        publish(Topics.PLAYBACKS, "replayed", state.build());
        runLive(pipeline);
        forgetToken();
        open();
        waitFor("document.body.dataset.session === 'replayed' && Number(document.body.dataset.bins) > 800");
        assertThat(enabled("play")).as("without the token").isFalse();
        open("?token=" + CONTROL_TOKEN);
        waitFor("!(document.getElementById('play').disabled)");
        assertThat(text("playbackTime")).endsWith(" / 5:00.0");
        assertThat(shown("looping")).isTrue();
        browser.findElement(By.id("play")).sendKeys(Keys.ENTER);
        waitUntil("the control", () -> controls.size() == 1);
        assertThat(controls.getLast().getPause()).isTrue();
        publish(Topics.PLAYBACKS, "replayed", state.setPaused(true).setPublishedUnixNs(unixNs()).build());
        waitFor("document.body.dataset.state === 'paused' && document.getElementById('play').textContent === 'play'");
        browser.findElement(By.id("seek")).sendKeys(Keys.END);
        waitUntil("the control", () -> controls.size() == 2);
        assertThat(controls.getLast().getSeekS()).as("the last of the slider's steps").isBetween(290.0, 299.99);
        publish(Topics.PLAYBACKS, "replayed",
                state.setPosition(29_990).setEpoch(1).setPublishedUnixNs(unixNs()).build());
        waitFor("document.getElementById('playbackTime').textContent === '4:59.9 / 5:00.0'");
        choose("speed", "max");
        waitUntil("the control", () -> controls.size() == 3);
        assertThat(controls.getLast().getSpeed()).isInfinite();
        waitFor("document.getElementById('playbackStatus').textContent.startsWith('the replay does not answer')");
        waitForFrames(2);
        screenshot("replay.png");
        darken(true);
        waitForFrames(3);
        screenshot("replay-dark.png");
        darken(false);
        resize(700, 1_000);
        waitForFrames(3);
        screenshot("replay-narrow.png");
        resize(1280, 800);
        forgetToken();
        assertNoConsoleErrors();
    }

    @Test
    void shouldSayInEachPanelThatThereIsNothingYet() throws IOException {
        SimulatedPipeline pipeline = announce("bare", 1);
        pipeline.step(unixNs(), (activity, latents) -> {
            publish(Topics.ACTIVITY, pipeline.session, activity);
            publish(Topics.LATENTS, pipeline.session, latents);
        });
        open("#connectivity");
        choose("session", "bare");
        waitFor("document.body.dataset.session === 'bare' && Number(document.body.dataset.bins) === 1");
        waitForFrames(2);
        for (String id : List.of("connectivityNothing", "overlapNothing", "eigenvalueNothing")) {
            assertThat(shown(id)).as(id).isTrue();
            assertThat(text(id)).as(id).startsWith("No ");
        }
        screenshot("connectivity-bare.png");
        browser.executeScript("location.hash = '#silencing'");
        waitForFrames(2);
        for (String id : List.of("inactivationNothing", "loopNothing")) {
            assertThat(shown(id)).as(id).isTrue();
            assertThat(text(id)).as(id).startsWith("No ");
        }
        screenshot("silencing-bare.png");
        assertNoConsoleErrors();
    }

    @Test
    void shouldHoldThePictureNameUnknownNeuronsAndKeepTheViewInItsAddress() throws IOException {
        SimulatedPipeline pipeline = announce("held", 2);
        runLive(pipeline);
        open("#live?session=held&neurons=nobody&window=5");
        waitFor("document.body.dataset.session === 'held' && Number(document.body.dataset.bins) > 300");
        waitFor("document.getElementById('unknownNeurons').textContent === 'No neuron is called nobody.'");
        assertThat(coloursOf("#activity canvas")).as("the most active neurons are shown instead").isGreaterThan(10);
        assertThat(browser.executeScript("return document.getElementById('window').value")).isEqualTo("5");
        choose("window", "30");
        assertThat(browser.getCurrentUrl()).endsWith("#live?session=held&window=30&neurons=nobody");

        browser.findElement(By.tagName("body")).sendKeys(" ");
        waitFor("document.body.hasAttribute('data-held')");
        String held = data("kappa");
        double since = ((Number) browser.executeScript("return performance.now()")).doubleValue();
        waitFor("performance.now() > " + (since + 700));
        assertThat(data("kappa")).as("bins go on, the picture does not").isEqualTo(held);
        browser.findElement(By.id("freeze")).click();
        waitFor("!document.body.hasAttribute('data-held') && document.body.dataset.kappa !== " + quoted(held));

        browser.findElement(By.id("openCard")).click();
        assertThat(text("cardFacts")).contains("held", "rank", "2, chosen before the session");
        assertThat(text("cardCommands")).contains("./kappa export --session held --out session.npz");
        browser.findElement(By.id("cardClose")).click();
        assertThat((Boolean) browser.executeScript("return document.querySelectorAll('button.save').length === 24"))
                .as("each panel can be saved").isTrue();
        assertNoConsoleErrors();
    }

    @Test
    void shouldShowPotentialOfARankOneSession() throws IOException {
        SimulatedPipeline pipeline = announce("rank-one", 1);
        runLive(pipeline);
        open();
        waitFor("document.body.dataset.session === 'rank-one' && Number(document.body.dataset.bins) > 900"
                + " && Number(document.body.dataset.analysisVersion) >= 3");
        assertThat(text("marks")).contains("▲ 1 source").contains("▼ 2 stable");
        assertThat(coloursOf("#portrait")).isGreaterThan(20);
        screenshot("rank-one.png");
        assertNoConsoleErrors();
    }

    @Test
    void shouldShowAPairOfDimensionsOfARankThreeSession() throws IOException {
        SimulatedPipeline pipeline = announce("rank-three", 3);
        runLive(pipeline);
        open();
        waitFor("document.body.dataset.session === 'rank-three' && Number(document.body.dataset.bins) > 300");
        assertThat((Boolean) browser.executeScript("return !document.getElementById('dimensionY').hidden")).isTrue();
        assertThat(coloursOf("#portrait")).isGreaterThan(10);
        screenshot("rank-three.png");
        assertNoConsoleErrors();
    }

    @Test
    void shouldGiveASlowPageConflatedFramesAndNoBacklog() throws IOException {
        SimulatedPipeline pipeline = announce("slow", 2);
        runLive(pipeline);
        open();
        waitFor("document.body.dataset.session === 'slow' && Number(document.body.dataset.bins) > 100");
        // The page does nothing while its alert is open. It counts its frames itself: a question from outside takes the
        // time of several.
        browser.executeScript("""
                setTimeout(() => {
                    const state = document.body.dataset;
                    const frames = Number(state.frames);
                    const conflated = Number(state.conflated);
                    new MutationObserver((changes, observer) => {
                        if (Number(state.conflated) >= conflated + 40) {
                            observer.disconnect();
                            state.framesToCatchUp = Number(state.frames) - frames;
                            state.caughtUpTo = state.newest;
                        }
                    }).observe(document.body, { attributes: true });
                    alert('busy');
                });
                """);
        Alert alert = new WebDriverWait(browser, Await.LIMIT).until(ExpectedConditions.alertIsPresent());
        long slots = frameSlots();
        waitUntil("45 frames that the page was too slow for", () -> frameSlots() >= slots + 45);
        long newest = ofView(() -> view.session("slow").newest());
        alert.accept();
        waitFor("Number(document.body.dataset.framesToCatchUp) > 0");
        // A frame that was already on its way, and the one that holds all the rest.
        assertThat(Long.parseLong(data("framesToCatchUp"))).isBetween(1L, 3L);
        assertThat(Long.parseLong(data("caughtUpTo"))).isGreaterThanOrEqualTo(newest);
        waitFor("/view thinned: \\d+ frames conflated/.test(document.getElementById('pace').textContent)");
        waitFor("document.body.dataset.state === 'live'");
        screenshot("thinned.png");
        assertNoConsoleErrors();
    }

    @Test
    void shouldCostNothingWhileHiddenAndCatchUpWhenShownAgain() {
        SimulatedPipeline pipeline = announce("hidden", 2);
        runLive(pipeline);
        open();
        waitFor("document.body.dataset.session === 'hidden' && Number(document.body.dataset.bins) > 50");
        String page = browser.getWindowHandle();
        browser.switchTo().newWindow(WindowType.TAB);
        open();
        waitFor("document.body.dataset.session === 'hidden' && Number(document.body.dataset.bins) > 50");
        // A frame may be on its way to each, also while the other page learns that it is hidden.
        waitUntil("no more questions of the hidden page", () -> framesOfTheOtherPage(10) <= 2);
        assertThat(framesOfTheOtherPage(30)).as("frames for the hidden page while the other one got 30")
                .isLessThanOrEqualTo(2);
        long left = pipeline.next();
        browser.close();
        browser.switchTo().window(page);
        waitFor("Number(document.body.dataset.newest) >= " + left);
        waitFor("document.body.dataset.state === 'live'");
        assertNoConsoleErrors();
    }

    @Test
    void shouldSayWhatGivesWayWhenTheNewestBinIsStaleAndWhenTheSessionIsOver() throws IOException {
        SimulatedPipeline pipeline = announce("stale", 1);
        pipeline.shed = 75;
        publishBins(pipeline, 100);
        open();
        waitFor("document.body.dataset.session === 'stale' && document.body.dataset.modelVersion === '1'");
        publishBins(pipeline, 150);
        List<Latents> late = new ArrayList<>();
        for (int t = 0; t < 500; t++) {
            pipeline.step(unixNs(), (activity, latents) -> {
                publish(Topics.ACTIVITY, pipeline.session, activity);
                late.add(latents);
            });
        }
        waitFor("document.getElementById('pace').textContent"
                + " === 'learning reduced: 75 of 100 steps shed · behind by 500 bins'");
        assertThat((String) browser.executeScript("return document.getElementById('pace').title"))
                .contains("In all: 150 of 200 steps shed");
        screenshot("pressed.png");
        late.forEach(latents -> publish(Topics.LATENTS, pipeline.session, latents));
        waitFor("Number(document.body.dataset.bins) === 750");
        waitFor("document.body.dataset.state === 'stale'");
        assertThat(text("badge")).startsWith("no data for ");
        publish(Topics.ACTIVITY, pipeline.session, pipeline.end());
        waitFor("document.body.dataset.state === 'ended'");
        assertThat(text("badge")).isEqualTo("session over");
        waitFor("document.getElementById('pace').textContent === '–'");
        assertNoConsoleErrors();
    }

    @Test
    void shouldShowTheNeuronsThatWereTypedAndSayWhichDoNotExist() {
        SimulatedPipeline pipeline = announce("chosen", 1);
        runLive(pipeline);
        open();
        waitFor("document.body.dataset.session === 'chosen' && Number(document.body.dataset.bins) > 50");
        browser.executeScript("const field = document.getElementById('neurons'); field.value = 'unit-3, unit-999';"
                + " field.dispatchEvent(new Event('change'));");
        waitFor("document.getElementById('neurons').title === 'no neuron is called unit-999'");
        waitForFrames(3);
        assertNoConsoleErrors();
    }

    @Test
    void shouldSayHowToStartWhileThereIsNothingToShowAndReconnectAfterTheServerIsGone() throws IOException {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        LiveView empty = new LiveView(meters, System::nanoTime, System::nanoTime);
        DashboardServer waiting = DashboardServer.start(system, new DashboardSettings("127.0.0.1", 0, Optional.empty()),
                empty, meters,
                () -> new DashboardServer.Readiness(false, "waiting"),
                new ControlPublisher(DashboardBrowserTest::request));
        int port = waiting.port();
        browser.get("http://localhost:" + port + "/");
        waitFor("Number(document.body.dataset.frames) > 0");
        assertThat(text("waiting")).contains("Waiting for a session").contains("./kappa rig simulate");
        assertThat(data("state")).isEqualTo("waiting");
        screenshot("waiting.png");
        assertNoConsoleErrors();
        waiting.close();
        waitFor("document.body.dataset.state === 'disconnected'");
        DashboardServer again = DashboardServer.start(system,
                new DashboardSettings("127.0.0.1", port, Optional.empty()), empty,
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                () -> new DashboardServer.Readiness(false, "waiting"),
                new ControlPublisher(DashboardBrowserTest::request));
        waitFor("document.body.dataset.state === 'waiting'");
        again.close();
        browser.get("about:blank");
        browser.manage().logs().get(LogType.BROWSER); // refused connections while the server was gone
    }

    // ------------------------------------------------------------------------------------------------- the pipeline

    private SimulatedPipeline announce(String session, int rank) {
        SimulatedPipeline pipeline = new SimulatedPipeline(session, rank);
        publish(Topics.SESSIONS, session, pipeline.header(unixNs()));
        return pipeline;
    }

    private void publishBins(SimulatedPipeline pipeline, int bins) {
        for (int t = 0; t < bins; t++) {
            pipeline.step(unixNs(), (activity, latents) -> {
                publish(Topics.ACTIVITY, pipeline.session, activity);
                publish(Topics.LATENTS, pipeline.session, latents);
            });
            if (pipeline.next() % SimulatedPipeline.TRIAL_BINS == 0) {
                publish(Topics.MODELS, pipeline.session, pipeline.model());
                publish(Topics.ANALYSES, pipeline.session, pipeline.analysis());
                publish(Topics.INACTIVATIONS, pipeline.session, pipeline.inactivations());
            }
        }
    }

    /** 800 bins at once, as a past, then 100 a second. */
    private void runLive(SimulatedPipeline pipeline) {
        publishBins(pipeline, 800);
        rig = Executors.newSingleThreadScheduledExecutor();
        ticking = rig.scheduleAtFixedRate(() -> publishBins(pipeline, 1), 0, 10, TimeUnit.MILLISECONDS);
    }

    private static void publish(String topic, String session, MessageLite message) {
        // A record that is not delivered shows as a bin that never comes.
        var unused = producer.send(
                new ProducerRecord<>(topic, session.getBytes(StandardCharsets.UTF_8), message.toByteArray()));
    }

    /** As the pipeline would have it. */
    private static CompletionStage<Void> request(String topic, int partition, String session, MessageLite request) {
        CompletableFuture<Void> published = new CompletableFuture<>();
        // The producer's own choice of a partition is that of the session's other records here.
        producer.send(new ProducerRecord<>(topic, session.getBytes(StandardCharsets.UTF_8), request.toByteArray()),
                (metadata, failure) -> {
                    if (failure != null || metadata.partition() != partition) {
                        published.completeExceptionally(
                                new IllegalStateException("partition " + metadata.partition(), failure));
                    } else {
                        if (request instanceof PlaybackControl control) {
                            controls.add(control);
                        } else {
                            requested = (Intervention) request;
                        }
                        published.complete(null);
                    }
                });
        return published;
    }

    private static long unixNs() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    // -------------------------------------------------------------------------------------------------- the browser

    private static void open() {
        open("");
    }

    /** @param rest of the address */
    private static void open(String rest) {
        // From another page, since only what follows # may differ.
        browser.get("about:blank");
        browser.get("http://localhost:" + server.port() + "/" + rest);
    }

    private static void choose(String id, String value) {
        browser.executeScript("const select = document.getElementById(arguments[0]); select.value = arguments[1];"
                + " select.dispatchEvent(new Event('change'));", id, value);
    }

    private static boolean enabled(String id) {
        return (Boolean) browser.executeScript("return !document.getElementById(arguments[0]).disabled", id);
    }

    private static boolean shown(String id) {
        return (Boolean) browser.executeScript("return document.getElementById(arguments[0]).clientHeight > 0", id);
    }

    private static void forgetToken() {
        browser.executeScript("sessionStorage.clear()");
    }

    private static void waitFor(String condition) {
        Browser.waitFor(browser, Await.LIMIT, condition);
    }

    private static void waitUntil(String what, BooleanSupplier condition) {
        Await.until(what, condition::getAsBoolean);
    }

    private static void waitForFrames(int more) {
        waitFor("Number(document.body.dataset.frames) > " + (Long.parseLong(data("frames")) + more));
    }

    private static double framesSent() {
        return view.frames.count();
    }

    /** Frames that were sent while this page drew so many, less those; what is on its way does not count. */
    private static double framesOfTheOtherPage(int drawn) {
        long drawnBefore = Long.parseLong(data("frames"));
        double sentBefore = framesSent();
        waitForFrames(drawn);
        double sent = framesSent() - sentBefore;
        return sent - (Long.parseLong(data("frames")) - drawnBefore);
    }

    /** Frames that a page which is never late would have been sent. */
    private static long frameSlots() {
        return ofView(view::frameSlots);
    }

    private static long ofView(LongSupplier value) {
        view.lock().lock();
        try {
            return value.getAsLong();
        } finally {
            view.lock().unlock();
        }
    }

    private static String data(String name) {
        return (String) browser.executeScript("return document.body.dataset[arguments[0]]", name);
    }

    private static String text(String id) {
        return (String) browser.executeScript("return document.getElementById(arguments[0]).textContent", id);
    }

    private static String quoted(String text) {
        return "'" + text + "'";
    }

    /** Number of different colours on a canvas: 1 on a blank one. */
    private static long coloursOf(String selector) {
        return (Long) browser.executeScript("""
                const canvas = document.querySelector(arguments[0]);
                const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                return new Set(new Uint32Array(image.data.buffer)).size;
                """, selector);
    }

    private static void darken(boolean dark) {
        browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features",
                List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    private static void resize(int width, int height) {
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    private static void screenshot(String name) throws IOException {
        Browser.screenshot(browser, name);
    }

    private static void assertNoConsoleErrors() {
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
                .filteredOn(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue()).isEmpty();
    }
}
