package kappa.dashboards.web;

import static kappa.dashboards.web.Folded.fold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.MessageLite;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import kappa.ingest.Await;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.ControlPublisher;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Author;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Note;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.Populations;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.SilencedSet;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who gets in, and what they get. Requests are written byte by byte, since clients do not let one forge a Host. */
class DashboardServerTest {

    private static final String TOKEN = "correct-horse-battery";

    private static ActorSystem<Void> system;

    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicLong laterNs = new AtomicLong();
    private volatile boolean stopped;
    private volatile RuntimeException failure;
    private final LiveView view = new LiveView(meters, System::nanoTime,
            () -> (stopped ? 0 : System.nanoTime()) + laterNs.get());
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private final List<Intervention> published = new CopyOnWriteArrayList<>();
    private final List<PlaybackControl> controls = new CopyOnWriteArrayList<>();
    private final List<Note> notes = new CopyOnWriteArrayList<>();
    private DashboardServer server;

    @BeforeAll
    static void startSystem() {
        system = ActorSystem.create(Behaviors.empty(), "server-test");
    }

    @AfterAll
    static void stopSystem() {
        system.terminate();
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void shouldServeThePageAndTheLibraryWithSecurityHeaders() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        for (String path : List.of("/", "/kappa.css", "/kappa.js", "/charts.js", "/portrait.js", "/theme.js",
                "/favicon.svg", "/lib/echarts.min.js")) {
            Response response = get(path);
            assertThat(response.status).as(path).isEqualTo(200);
            assertThat(response.head).as(path).contains("content-security-policy: default-src 'none'")
                    .contains("frame-ancestors 'none'").contains("x-content-type-options: nosniff")
                    .doesNotContain("unsafe-inline").doesNotContain("server:");
        }
        assertThat(get("/").head).contains("content-type: text/html; charset=utf-8");
        assertThat(get("/").body).doesNotContain("style=").doesNotContain("<script>").doesNotContain("http");
        assertThat(get("/lib/echarts.min.js").head).contains("cache-control: private, max-age=86400")
                .contains("javascript");
        assertThat(get("/../etc/passwd").status).isEqualTo(404);
        assertThat(request("POST / HTTP/1.1", "Host: localhost", "Content-Length: 2", "", "{}").status)
                .isEqualTo(405);
    }

    @Test
    void shouldServeMetricsAndHealth() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        assertThat(get("/metrics").body).contains("kappa_dashboards_clients 0")
                .contains("kappa_dashboards_frames_conflated_total");
        assertThat(get("/health/live").status).isEqualTo(200);
        assertThat(get("/health/ready").status).isEqualTo(200);
        ready.set(false);
        assertThat(get("/health/ready").status).isEqualTo(503);
        assertThat(get("/health/ready").body).isEqualTo("the reason\n");
        assertThat(get("/health").status).isEqualTo(503);
        assertThat(get("/health").body)
                .isEqualTo("{\"ready\":false,\"reason\":\"the reason\",\"kafka\":\"\"}\n");
    }

    @Test
    void shouldAnswerOnLoopbackOnlyToLoopbackNames() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        for (String host : List.of("localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080")) {
            assertThat(request("GET / HTTP/1.1", "Host: " + host).status).as(host).isEqualTo(200);
        }
        for (String host : List.of("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080",
                "192.168.1.2")) {
            assertThat(request("GET / HTTP/1.1", "Host: " + host).status).as(host).isEqualTo(421);
            assertThat(request("GET /health/ready HTTP/1.1", "Host: " + host).status).as(host).isEqualTo(421);
        }
    }

    @Test
    void shouldRefuseAWebSocketOfAPageFromElsewhere() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        assertThat(upgrade("Origin: http://localhost:" + server.port()).status).isEqualTo(101);
        assertThat(upgrade().status).as("a program, without Origin").isEqualTo(101);
        assertThat(upgrade("Origin: http://evil.example").status).isEqualTo(403);
        assertThat(upgrade("Origin: http://localhost:1").status).isEqualTo(403);
        assertThat(upgrade("Origin: null").status).isEqualTo(403);
        assertThat(get("/ws").status).isEqualTo(400);
    }

    @Test
    void shouldNeedATokenBeyondLoopback() {
        assertThatThrownBy(() -> new DashboardSettings("0.0.0.0", 0, Optional.empty()))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("dashboard host: 0.0.0.0")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() -> new DashboardSettings("rig.lab.example", 0, Optional.empty()))
                .isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> new DashboardSettings("0.0.0.0", 0, Optional.of("short")))
                .isInstanceOf(InvalidInputException.class).hasMessageNotContaining("short");
        assertThatThrownBy(() -> new DashboardSettings("localhost", 70_000, Optional.empty()))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("70000");
        assertThat(new DashboardSettings("0.0.0.0", 0, Optional.of(TOKEN)).toString()).doesNotContain(TOKEN);
        for (String loopback : List.of("localhost", "127.0.0.1", "::1")) {
            assertThat(new DashboardSettings(loopback, 0, Optional.empty()).host()).isEqualTo(loopback);
        }
    }

    @Test
    void shouldAdmitOnlyWithTheTokenOnceThereIsOne() throws IOException {
        start(new DashboardSettings("0.0.0.0", 0, Optional.of(TOKEN)));
        for (String path : List.of("/", "/metrics", "/ws", "/?token=wrong", "/metrics?token=" + TOKEN)) {
            assertThat(get(path).status).as(path).isEqualTo(401);
        }
        assertThat(upgrade().status).isEqualTo(401);
        assertThat(get("/health/live").status).isEqualTo(200);
        assertThat(get("/health/ready").status).isEqualTo(200);
        assertThat(request("GET / HTTP/1.1", "Host: rig", bearer(TOKEN)).status).isEqualTo(200);
        assertThat(request("GET /metrics HTTP/1.1", "Host: rig", bearer(TOKEN)).status).isEqualTo(200);
        assertThat(request("GET / HTTP/1.1", "Host: rig", bearer(TOKEN) + "x").status).isEqualTo(401);
        assertThat(upgrade(bearer(TOKEN)).status).isEqualTo(101);
    }

    /** A browser loads the page from its address alone. The page then shows the token for all that is data. */
    @Test
    void shouldGiveThePageToWhoeverShowsTheTokenInItsAddressAndKeepNoCookie() throws IOException {
        start(new DashboardSettings("0.0.0.0", 0, Optional.of(TOKEN)));
        Response page = get("/?token=" + TOKEN);
        assertThat(page.status).isEqualTo(200);
        assertThat(page.head).contains("cache-control: no-store").contains("referrer-policy: no-referrer")
                .doesNotContain("set-cookie");
        assertThat(get("/").body).as("the page without a token, which says so").isEqualTo(page.body);
        assertThat(get("/lib/echarts.min.js").status).as("what everybody can have anyway").isEqualTo(200);
        String shown = "Sec-WebSocket-Protocol: kappa, kappa.token."
                + HexFormat.of().formatHex(TOKEN.getBytes(StandardCharsets.UTF_8));
        Response socket = upgrade(shown);
        assertThat(socket.status).isEqualTo(101);
        assertThat(socket.head).contains("sec-websocket-protocol: kappa\r\n");
        assertThat(upgrade(shown + "00").status).isEqualTo(401);
        assertThat(upgrade("Sec-WebSocket-Protocol: kappa").status).isEqualTo(401);
    }

    @Test
    void shouldAnswerWhateverCookiesOtherServersOfTheHostHaveSet() throws IOException {
        start(new DashboardSettings("0.0.0.0", 0, Optional.of(TOKEN)));
        assertThat(
                request("GET / HTTP/1.1", "Host: rig", "Cookie: state={\"a\": [1, 2]}; q=\"; x", bearer(TOKEN)).status)
                .isEqualTo(200);
        assertThat(request("GET / HTTP/1.1", "Host: rig", "Cookie: kappa-dashboard=" + TOKEN).status).isEqualTo(401);
    }

    @Test
    void shouldAnswerItsOwnFailureInASentenceWithoutItsCause() throws IOException {
        server = DashboardServer.start(system, new DashboardSettings("127.0.0.1", 0, Optional.empty()), view, meters,
                () -> {
                    throw new IllegalStateException("inner words");
                }, new ControlPublisher(this::publish));
        Response response = get("/health/ready");
        assertThat(response.status).isEqualTo(500);
        assertThat(response.body).isEqualTo("kappa could not answer this request. Its log says why.\n");
        assertThat(response.head).contains("x-content-type-options: nosniff");
    }

    @Test
    void shouldServeThePageBeforeThereIsAPipelineAndSayThatItIsStarting() throws IOException {
        server = DashboardServer.listen(system, new DashboardSettings("127.0.0.1", 0, Optional.empty()), meters);
        assertThat(get("/").status).isEqualTo(200);
        assertThat(get("/health/live").status).isEqualTo(200);
        assertThat(get("/health/ready").status).isEqualTo(503);
        assertThat(get("/metrics").body).isEqualTo("kappa is starting.\n");
        server.serve(view, this::readiness, new ControlPublisher(this::publish), Optional.empty());
        assertThat(get("/").status).isEqualTo(200);
        assertThat(get("/metrics").body).contains("kappa_");
    }

    @Test
    void shouldSayInOneLineThatThePortIsTaken() {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        int taken = server.port();
        assertThatThrownBy(new DashboardSettings("127.0.0.1", taken, Optional.empty())::requireFree)
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("dashboard port: " + taken);
        assertThatThrownBy(
                () -> DashboardServer.start(system, new DashboardSettings("127.0.0.1", taken, Optional.empty()), view,
                        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), this::readiness,
                        new ControlPublisher(this::publish)))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("dashboard port: " + taken)
                .hasMessageNotContaining("\n");
    }

    @Test
    void shouldAnswerAQuestionAndSayWhatIsWrongWithABadOne() throws Exception {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        Conversation page = converse();
        page.ask("{\"resync\":true}");
        assertThat(page.next()).contains("\"sessions\":[]");
        assertThat(meters.get("kappa.dashboards.clients").gauge().value()).isEqualTo(1);
        for (String bad : List.of("nonsense", "[]", "{\"window\":-1}", "{\"neurons\":[1]}")) {
            page.ask(bad);
            assertThat(page.next()).startsWith("{\"error\":\"request: ");
        }
        page.close();
    }

    @Test
    void shouldCloseAPageThatSendsTooMuchOrBinaryAndRefuseOneTooMany() throws Exception {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        Conversation large = converse();
        large.ask("x".repeat(PageSocket.MAX_REQUEST_CHARACTERS + 1));
        assertThat(large.next()).isEqualTo("{\"error\":\"request: expected at most 8192 characters\"}");
        assertThat(large.next()).isEqualTo("closed");
        List<Conversation> pages = new ArrayList<>();
        awaitClients(0);
        for (int i = 0; i < PageSocket.MAX_CLIENTS; i++) {
            pages.add(converse());
        }
        awaitClients(PageSocket.MAX_CLIENTS);
        assertThat(upgrade().status).isEqualTo(503);
        pages.forEach(Conversation::close);
        awaitClients(0);
        assertThat(upgrade().status).isEqualTo(101);
    }

    @Test
    void shouldHoldNobodyUpForAPageThatAsksOnAndOnAndReadsNothing() throws Exception {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        fold(view, header("s"));
        Random random = new Random(1);
        for (int t = 0; t < LiveView.HISTORY_BINS; t += 64) {
            Latents.Builder latents = Latents.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(t);
            for (int j = 0; j < 64; j++) {
                latents.addBins(LatentBin.newBuilder().addKappa(random.nextFloat()).addCovariance(random.nextFloat()));
            }
            fold(view, latents.build());
        }
        AtomicLong questions = new AtomicLong();
        try (Socket slow = new Socket()) {
            slow.setReceiveBufferSize(4_096);
            slow.setSoTimeout((int) Await.LIMIT.toMillis());
            slow.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            OutputStream out = slow.getOutputStream();
            out.write(("GET /ws HTTP/1.1\r\nHost: localhost:" + server.port() + "\r\nUpgrade: websocket\r\n"
                    + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").getBytes(StandardCharsets.UTF_8));
            // As a browser does, which asks nothing before its connection is one.
            StringBuilder upgraded = new StringBuilder();
            while (upgraded.indexOf("\r\n\r\n") < 0) {
                upgraded.append(new String(slow.getInputStream().readNBytes(1), StandardCharsets.US_ASCII));
            }
            assertThat(upgraded.toString()).startsWith("HTTP/1.1 101 ");
            AtomicReference<IOException> end = new AtomicReference<>();
            Thread asking = Thread.ofVirtual().start(() -> end.set(askOnAndOn(out, questions)));
            Conversation quick = converse();
            // At first both get frames. Once nothing more fits between the slow one and the server, only this one does.
            Await.until("the server to stop answering", () -> {
                long before = questions.get();
                double frames = meters.get("kappa.dashboards.frames").counter().count();
                for (int i = 0; i < 10; i++) {
                    quick.ask("{\"resync\":true,\"window\":5,\"width\":100}");
                    assertThat(quick.next()).as("the answer to the quick page's question")
                            .contains("\"session\":\"s\"");
                }
                double others = meters.get("kappa.dashboards.frames").counter().count() - frames - 10;
                return others == 0 && questions.get() == before;
            });
            assertThat(end).as("it would ask on").hasNullValue();
            assertThat(asking.isAlive()).isTrue();
            quick.close();
        }
        awaitClients(0);
    }

    @Test
    void shouldAnswerHealthChecksAndPagesWhileHundredsOfConnectionsAskNothing() throws Exception {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        Conversation page = converse();
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                silent.add(new Socket(InetAddress.getLoopbackAddress(), server.port()));
            }
            assertThat(get("/health/live").status).isEqualTo(200);
            assertThat(get("/health/ready").status).isEqualTo(200);
            page.ask("{\"resync\":true}");
            assertThat(page.next()).contains("\"sessions\":[]");
            // It was the first that had kept silent, and is closed.
            silent.getFirst().setSoTimeout((int) Await.LIMIT.toMillis());
            assertThat(silent.getFirst().getInputStream().read()).isEqualTo(-1);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
        page.close();
    }

    /** As a browser frames it: one text, masked (with zeros, which leave it as it is). Returns what ended it. */
    private static IOException askOnAndOn(OutputStream out, AtomicLong questions) {
        byte[] question = "{\"resync\":true,\"window\":86400,\"width\":4000}".getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[6 + question.length];
        frame[0] = (byte) 0x81;
        frame[1] = (byte) (0x80 | question.length);
        System.arraycopy(question, 0, frame, 6, question.length);
        try {
            while (true) {
                out.write(frame);
                questions.incrementAndGet();
            }
        } catch (IOException e) {
            return e;
        }
    }

    // ------------------------------------------------------------------------------------------------ interventions

    @Test
    void shouldSilenceNeuronsOnlyForWhoShowsTheControlToken() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.of(TOKEN), CONTROL));
        announce();
        assertThat(intervene(REQUEST).status).as("nothing shown").isEqualTo(401);
        assertThat(intervene(REQUEST).head).contains("www-authenticate: bearer");
        assertThat(intervene(REQUEST, bearer(TOKEN)).status).as("the token of visitors").isEqualTo(401);
        assertThat(intervene(REQUEST, bearer(CONTROL + "0")).status).isEqualTo(401);
        assertThat(published).isEmpty();
        assertThat(intervene(REQUEST, bearer(CONTROL)).status).isEqualTo(202);
        assertThat(intervene(REQUEST, bearer(CONTROL)).status).isEqualTo(202);
        assertThat(published).hasSize(2).extracting(Intervention::getId).doesNotHaveDuplicates();
        assertThat(request("GET / HTTP/1.1", "Host: localhost", bearer(CONTROL)).status)
                .as("who may silence may look").isEqualTo(200);
    }

    @Test
    void shouldNeedTheControlTokenOnLoopbackTooWhereLookingNeedsNone() throws Exception {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty()));
        announce();
        assertThat(get("/").status).isEqualTo(200);
        assertThat(get("/?token=wrong").status).as("looks without control").isEqualTo(200);
        assertThat(intervene(REQUEST).status).isEqualTo(401);
        assertThat(DashboardSettings.newControlToken()).matches("[0-9a-f]{32}")
                .isNotEqualTo(DashboardSettings.newControlToken());
        assertThat(new DashboardSettings("localhost", 0, Optional.empty(), CONTROL).toString())
                .doesNotContain(CONTROL);
        assertThatThrownBy(() -> new DashboardSettings("localhost", 0, Optional.empty(), "short"))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("control token: 5")
                .hasMessageNotContaining("short");
    }

    @Test
    void shouldTellAPageAtItsUpgradeWhetherItMayControl() throws Exception {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        Conversation visitor = converse();
        visitor.ask("{\"resync\":true}");
        assertThat(visitor.next()).contains("\"control\":false");
        visitor.close();
        Conversation operator = converse("kappa",
                "kappa.token." + HexFormat.of().formatHex(CONTROL.getBytes(StandardCharsets.UTF_8)));
        operator.ask("{\"resync\":true}");
        assertThat(operator.next()).contains("\"control\":true");
        operator.close();
    }

    @Test
    void shouldRefuseToSilenceForAPageFromElsewhereAndForAForm() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        String here = "localhost:" + server.port();
        for (String origin : List.of("http://evil.example", "http://localhost:1", "null")) {
            assertThat(intervene(REQUEST, bearer(CONTROL), "Origin: " + origin).status).as(origin).isEqualTo(403);
        }
        assertThat(request("POST /interventions HTTP/1.1", "Host: evil.example", bearer(CONTROL)).status)
                .isEqualTo(421);
        for (String type : List.of("text/plain", "application/x-www-form-urlencoded")) {
            assertThat(post(type, REQUEST, bearer(CONTROL)).status).as(type).isEqualTo(415);
        }
        assertThat(request("GET /interventions HTTP/1.1", "Host: " + here, bearer(CONTROL)).status).isEqualTo(405);
        assertThat(published).isEmpty();
        assertThat(post("application/json", REQUEST, bearer(CONTROL), "Origin: http://" + here).status)
                .isEqualTo(202);
    }

    @Test
    void shouldPublishWhatWasAskedForAndCallItOff() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        Response accepted = intervene("{\"session\":\"s\",\"set\":\"odd\",\"trials\":30,\"every\":3,\"first_bin\":5,"
                + "\"bins\":7}", bearer(CONTROL));
        assertThat(accepted.status).isEqualTo(202);
        assertThat(accepted.head).contains("content-type: application/json");
        Intervention request = published.getFirst();
        assertThat(accepted.body).isEqualTo("{\"id\":\"" + request.getId() + "\",\"neurons\":2}");
        assertThat(request.getId()).matches("i-\\d+");
        assertThat(request.getName()).isEqualTo("odd");
        // Neuron 5 is hidden: nobody recorded it, and no rig can reach it.
        assertThat(request.getNeuronsList()).containsExactly(1, 3);
        assertThat(List.of(request.getTrials(), request.getEvery(), request.getFirstBin(), request.getBins()))
                .containsExactly(30, 3, 5, 7);
        Response all = intervene("{\"session\":\"s\",\"neurons\":[0,1,2,3],\"trials\":1}", bearer(CONTROL));
        assertThat(all.status).isEqualTo(409);
        assertThat(all.body).contains("all 4 recorded neurons", "Choose a smaller set");
        intervene("{\"session\":\"s\",\"neurons\":[3,0,3],\"trials\":1}", bearer(CONTROL));
        assertThat(published.get(1).getNeuronsList()).containsExactly(0, 3);
        assertThat(intervene("{\"session\":\"s\",\"trials\":0}", bearer(CONTROL)).status).isEqualTo(202);
        assertThat(published.get(2).getTrials()).isZero();
    }

    @Test
    void shouldSayInOneLineWhatIsWrongWithARequest() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        fold(view, header("over"));
        fold(view, Activity.newBuilder().setSchemaVersion(1).setSession("over").setEndOfSession(true).build(), 0);
        refused("nonsense", 400, "not JSON");
        refused("[]", 400, "not a JSON object");
        refused("{\"session\":\"nobody\",\"set\":\"odd\",\"trials\":1}", 404, "nobody");
        refused("{\"session\":\"over\",\"set\":\"odd\",\"trials\":1}", 409, "over");
        refused("{\"session\":\"s\",\"set\":\"none\",\"trials\":1}", 404, "no set none, expected one of odd");
        refused("{\"session\":\"s\",\"trials\":1}", 400, "set or neurons");
        awaitNextSecond();
        refused("{\"session\":\"s\",\"set\":\"odd\",\"neurons\":[1],\"trials\":1}", 400, "either set or neurons");
        refused("{\"session\":\"s\",\"set\":\"odd\"}", 400, "trials is missing");
        refused("{\"session\":\"s\",\"set\":\"odd\",\"trials\":1.5}", 400, "trials is 1.5");
        refused("{\"session\":\"s\",\"set\":\"odd\",\"trials\":-1}", 400, "trials");
        refused("{\"session\":\"s\",\"set\":\"odd\",\"trials\":10001}", 400, "at most 10000");
        refused("{\"session\":\"s\",\"set\":\"odd\",\"trials\":1,\"first_bin\":-2}", 400, "first_bin");
        refused("{\"session\":\"s\",\"neurons\":[4],\"trials\":1}", 400, "neurons is 4, expected 0 to 3");
        awaitNextSecond();
        refused("{\"session\":\"s\",\"neurons\":[],\"trials\":1}", 400, "at least one");
        refused("{\"session\":\"s\",\"neurons\":[\"1\"],\"trials\":1}", 400, "whole numbers");
        refused("{\"session\":\"s\",\"set\":\"odd\",\"trails\":1,\"trials\":1}", 400, "trails is unknown");
        refused(" ".repeat(ControlRoutes.MAX_REQUEST_BYTES + 1), 413, "bytes");
        assertThat(published).isEmpty();
    }

    @Test
    void shouldTakeNoMoreThanTenRequestsASecond() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        stopped = true;
        for (int i = 0; i < ControlRequests.PER_SECOND; i++) {
            assertThat(intervene(REQUEST, bearer(CONTROL)).status).isEqualTo(202);
        }
        assertThat(intervene(REQUEST, bearer(CONTROL)).status).isEqualTo(429);
        laterNs.addAndGet(1_000_000_000L);
        assertThat(intervene(REQUEST, bearer(CONTROL)).status).isEqualTo(202);
    }

    @Test
    void shouldSayThatKafkaDidNotTakeARequest() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        failure = new IllegalStateException("no broker");
        Response response = intervene(REQUEST, bearer(CONTROL));
        assertThat(response.status).isEqualTo(503);
        assertThat(response.body).contains("no broker").hasLineCount(1);
    }

    @Test
    void shouldLogEveryRequestAndNeverAToken() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        List<String> lines = new CopyOnWriteArrayList<>();
        AbstractAppender appender = new AbstractAppender("test", null, null, true, Property.EMPTY_ARRAY) {
            @Override
            public void append(LogEvent event) {
                lines.add(event.getMessage().getFormattedMessage());
            }
        };
        appender.start();
        Logger logger = (Logger) LogManager.getLogger(ControlRequests.class);
        Level before = logger.getLevel();
        logger.addAppender(appender); // which sets the level back
        logger.setLevel(Level.INFO);
        try {
            intervene(REQUEST, bearer(CONTROL));
            intervene(REQUEST);
            intervene("{\"session\":\"evil\\nline\",\"trials\":0}", bearer(CONTROL));
        } finally {
            logger.removeAppender(appender);
            logger.setLevel(before);
        }
        assertThat(lines).hasSize(3).allSatisfy(line -> assertThat(line).doesNotContain(CONTROL).doesNotContain("\n")
                .contains("asked from 127.0.0.1"));
        assertThat(lines.get(0)).contains("session s: set odd, 2 neurons, 2 trials").contains("intervention i-");
        assertThat(lines.get(1)).contains("refused (401)");
        assertThat(lines.get(2)).contains("refused (404)").contains("evil line");
    }

    @Test
    void shouldControlAReplayOnlyForWhoShowsTheControlTokenAndOnlyAReplay() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        assertThat(control("{\"session\":\"s\",\"pause\":true}").status).isEqualTo(401);
        assertThat(control("{\"session\":\"s\",\"pause\":true}", bearer(CONTROL), "Origin: http://evil.example").status)
                .isEqualTo(403);
        Response noReplay = control("{\"session\":\"s\",\"pause\":true}", bearer(CONTROL));
        assertThat(noReplay.status).isEqualTo(409);
        assertThat(noReplay.body).contains("not a replay").hasLineCount(1);
        fold(view, PlaybackState.newBuilder().setSchemaVersion(1).setSession("s").setBins(1_000).setFrom(100)
                .setUntil(500).build());
        awaitNextSecond();
        for (String wish : List.of("\"pause\":true", "\"pause\":false,\"seek\":4.99", "\"speed\":2.5",
                "\"speed\":\"max\"")) {
            assertThat(control("{\"session\":\"s\"," + wish + "}", bearer(CONTROL)).status).as(wish).isEqualTo(202);
        }
        assertThat(controls).hasSize(4).allMatch(wish -> wish.getSession().equals("s"));
        assertThat(controls.get(0)).matches(wish -> wish.getPause() && !wish.hasSeekS() && !wish.hasSpeed());
        assertThat(controls.get(1)).matches(wish -> wish.hasPause() && !wish.getPause() && wish.getSeekS() == 4.99);
        assertThat(controls.get(2).getSpeed()).isEqualTo(2.5);
        assertThat(controls.get(3).getSpeed()).isInfinite();
        awaitNextSecond();
        for (String wish : List.of("\"pause\":1", "\"seek\":5", "\"seek\":0.9", "\"seek\":\"1\"", "\"speed\":0",
                "\"speed\":-1", "\"sped\":1")) {
            Response refused = control("{\"session\":\"s\"," + wish + "}", bearer(CONTROL));
            assertThat(refused.status).as(wish).isEqualTo(400);
            assertThat(refused.body).as(wish).hasLineCount(1).contains(wish.substring(1, wish.indexOf('"', 1)));
        }
        assertThat(control("{\"session\":\"s\"}", bearer(CONTROL)).status).as("nothing wished").isEqualTo(400);
        assertThat(request("GET /controls HTTP/1.1", "Host: localhost", bearer(CONTROL)).status).isEqualTo(405);
        assertThat(controls).hasSize(4);
    }

    @Test
    void shouldTellWhatASetWouldDoAndFreezeItWithoutAskingTheRig() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        fold(view, Inactivations.newBuilder().setSchemaVersion(1).setSession("s").setModelVersion(7).setReadout("lever")
                .addSets(SilencedSet.newBuilder().setName("odd").addAllNeurons(List.of(0, 3, 5)).setChange(0.5)
                        .setChangeSd(0.1).setRandomSets(4).setRandomChange(0.25).setTrialHalfWidth(0.75))
                .build());
        String dry = "{\"session\":\"s\",\"set\":\"odd\",\"trials\":30,\"dry_run\":true}";
        assertThat(intervene(dry).status).as("without the token").isEqualTo(401);
        Response told = intervene(dry, bearer(CONTROL));
        assertThat(told.status).isEqualTo(202);
        JsonNode answer = new JsonMapper().readTree(told.body);
        assertThat(answer.at("/name").asText()).isEqualTo("odd of model 7");
        assertThat(answer.at("/neurons").toString()).as("recorded ones, of the prediction").isEqualTo("[0,3]");
        assertThat(answer.at("/of").asInt()).isEqualTo(4);
        assertThat(answer.at("/predicted").toString()).contains("\"change\":0.5", "\"randomSets\":4",
                "\"trialHalfWidth\":0.75", "\"readout\":\"lever\"");
        assertThat(published).isEmpty();
        Response asked = intervene("{\"session\":\"s\",\"neurons\":[0,3],\"name\":\"odd of model 7\",\"trials\":30}",
                bearer(CONTROL));
        assertThat(asked.status).isEqualTo(202);
        assertThat(published.getFirst().getName()).isEqualTo("odd of model 7");
        assertThat(published.getFirst().getNeuronsList()).containsExactly(0, 3);
        refused("{\"session\":\"s\",\"neurons\":[1],\"name\":\"" + "x".repeat(129) + "\",\"trials\":1}", 400,
                "name has 129");
        refused("{\"session\":\"s\",\"neurons\":[1],\"trials\":1,\"dry_run\":true}", 400, "needs a set");
    }

    @Test
    void shouldTakeANoteOnlyOfWhoShowsTheControlTokenAndOnlyOneLine() throws IOException {
        start(new DashboardSettings("127.0.0.1", 0, Optional.empty(), CONTROL));
        announce();
        assertThat(note("{\"session\":\"s\",\"text\":\"valve cleaned\"}").status).isEqualTo(401);
        assertThat(note("{\"session\":\"s\",\"text\":\" <b>valve</b> cleaned \",\"bin\":12}", bearer(CONTROL)).status)
                .isEqualTo(202);
        assertThat(notes).singleElement().matches(note -> note.getText().equals("<b>valve</b> cleaned")
                && note.getBin() == 12 && note.getAuthor() == Author.PERSON && note.getSession().equals("s"));
        for (String text : List.of("", " ", "a\\nb", "x".repeat(501), "\\u0007")) {
            Response refused = note("{\"session\":\"s\",\"text\":\"" + text + "\"}", bearer(CONTROL));
            assertThat(refused.status).as(text).isEqualTo(400);
            assertThat(refused.body).as(text).hasLineCount(1).contains("text");
        }
        assertThat(note("{\"session\":\"nobody\",\"text\":\"a\"}", bearer(CONTROL)).status).isEqualTo(404);
        assertThat(notes).hasSize(1);
    }

    private Response note(String body, String... headers) throws IOException {
        return postTo("/notes", "application/json", body, headers);
    }

    private Response control(String body, String... headers) throws IOException {
        return postTo("/controls", "application/json", body, headers);
    }

    private static final String CONTROL = "00112233445566778899aabbccddeeff";
    private static final String REQUEST = "{\"session\":\"s\",\"set\":\"odd\",\"trials\":2}";

    private static String bearer(String token) {
        return "Authorization: Bearer " + token;
    }

    private static SessionHeader header(String session) {
        return SessionHeader.newBuilder().setSchemaVersion(1).setSession(session).setBinWidthS(0.01)
                .addAllNeurons(List.of("a", "b", "c", "d")).setObservation(Observation.COUNTS)
                .setFit(FitSettings.newBuilder().setRank(1)).build();
    }

    /** A session of four neurons, with a population that holds a hidden one, too. */
    private void announce() {
        fold(view, header("s"));
        fold(view, Analysis.newBuilder().setSchemaVersion(1).setSession("s")
                .setPopulations(Populations.newBuilder().addPopulations(
                        Population.newBuilder().setName("odd").addAllNeurons(List.of(1, 3, 5))))
                .build());
    }

    private Response intervene(String body, String... headers) throws IOException {
        return post("application/json", body, headers);
    }

    private Response post(String type, String body, String... headers) throws IOException {
        return postTo("/interventions", type, body, headers);
    }

    private Response postTo(String path, String type, String body, String... headers) throws IOException {
        List<String> lines = new ArrayList<>(List.of("POST " + path + " HTTP/1.1",
                "Host: localhost:" + server.port(), "Connection: close", "Content-Type: " + type,
                "Content-Length: " + body.length()));
        lines.addAll(List.of(headers));
        lines.add("");
        lines.add(body);
        return request(lines.toArray(new String[0]));
    }

    private void refused(String body, int status, String... told) throws IOException {
        Response response = intervene(body, bearer(CONTROL));
        assertThat(response.status).as(body.substring(0, Math.min(80, body.length()))).isEqualTo(status);
        assertThat(response.body).hasLineCount(1).contains(told);
    }

    /** By the view's clock: there is a limit to requests in a second. */
    private void awaitNextSecond() {
        laterNs.addAndGet(1_000_000_000L);
    }

    // ------------------------------------------------------------------------------------------------------ clients

    private void start(DashboardSettings settings) {
        server = DashboardServer.start(system, settings, view, meters, this::readiness,
                new ControlPublisher(this::publish));
    }

    private DashboardServer.Readiness readiness() {
        return new DashboardServer.Readiness(ready.get(), "the reason");
    }

    private CompletionStage<Void> publish(String topic, int partition, String session, MessageLite request) {
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        if (request instanceof PlaybackControl control) {
            controls.add(control);
        } else if (request instanceof Note note) {
            notes.add(note);
        } else {
            published.add((Intervention) request);
        }
        return CompletableFuture.completedFuture(null);
    }

    private void awaitClients(int expected) {
        Await.until(expected + " open pages",
                () -> meters.get("kappa.dashboards.clients").gauge().value() == expected);
    }

    private record Response(int status, String head, String body) {}

    private Response get(String path) throws IOException {
        return request("GET " + path + " HTTP/1.1", "Host: localhost");
    }

    private Response upgrade(String... headers) throws IOException {
        List<String> lines = new ArrayList<>(List.of("GET /ws HTTP/1.1", "Host: localhost:" + server.port(),
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
        lines.addAll(List.of(headers));
        return request(lines.toArray(new String[0]));
    }

    /** Lines of the head; after an empty one, the body. */
    private Response request(String... lines) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout((int) Await.LIMIT.toMillis());
            String text = String.join("\r\n", lines);
            if (!text.contains("\r\n\r\n")) {
                text += (text.contains("Upgrade") ? "" : "\r\nConnection: close") + "\r\n\r\n";
            }
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            InputStream in = socket.getInputStream();
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
                int b = in.read();
                assertThat(b).as("end of stream within the head").isNotNegative();
                head.write(b);
            }
            String received = head.toString(StandardCharsets.UTF_8);
            int status = Integer.parseInt(received.split(" ", -1)[1]);
            String lower = received.toLowerCase(Locale.ROOT);
            String length = lower.replaceAll("(?s).*content-length: (\\d+).*", "$1");
            String body = status == 101 || !lower.contains("content-length: ")
                    ? ""
                    : new String(in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
            return new Response(status, lower, body);
        }
    }

    private Conversation converse() {
        return converse("kappa");
    }

    private Conversation converse(String protocol, String... further) {
        Conversation conversation = new Conversation();
        WebSocket.Builder builder = HttpClient.newHttpClient().newWebSocketBuilder()
                .connectTimeout(Await.LIMIT).subprotocols(protocol, further);
        conversation.socket = builder.buildAsync(URI.create("ws://localhost:" + server.port() + "/ws"), conversation)
                .join();
        return conversation;
    }

    private static final class Conversation implements WebSocket.Listener {

        private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
        private final StringBuilder parts = new StringBuilder();
        private WebSocket socket;

        void ask(String text) {
            socket.sendText(text, true).join();
        }

        String next() throws InterruptedException {
            String frame = received.poll(Await.LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(frame).as("a frame").isNotNull();
            return frame;
        }

        void close() {
            socket.abort();
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            parts.append(data);
            if (last) {
                received.add(parts.toString());
                parts.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            received.add("closed");
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            received.add("closed");
        }
    }
}
