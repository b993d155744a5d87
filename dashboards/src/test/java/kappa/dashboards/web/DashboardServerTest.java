package kappa.dashboards.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import kappa.ingest.session.InvalidInputException;
import kappa.ingest.wire.Intervention;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who gets in, and what they get. Requests are written byte by byte, since clients do not let one forge a Host. */
class DashboardServerTest {

    private static final String TOKEN = "correct-horse-battery";

    private static ActorSystem<Void> system;

    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final LiveView view = new LiveView(meters, System::nanoTime, System::nanoTime);
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private final List<Intervention> published = new CopyOnWriteArrayList<>();
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
        start(DashboardServer.Settings.loopback(0));
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
        start(DashboardServer.Settings.loopback(0));
        assertThat(get("/metrics").body).contains("kappa_dashboards_clients 0")
                .contains("kappa_dashboards_frames_conflated_total");
        assertThat(get("/health/live").status).isEqualTo(200);
        assertThat(get("/health/ready").status).isEqualTo(200);
        ready.set(false);
        assertThat(get("/health/ready").status).isEqualTo(503);
        assertThat(get("/health/ready").body).isEqualTo("the reason\n");
    }

    @Test
    void shouldAnswerOnLoopbackOnlyToLoopbackNames() throws IOException {
        start(DashboardServer.Settings.loopback(0));
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
        start(DashboardServer.Settings.loopback(0));
        assertThat(upgrade("Origin: http://localhost:" + server.port()).status).isEqualTo(101);
        assertThat(upgrade().status).as("a program, without Origin").isEqualTo(101);
        assertThat(upgrade("Origin: http://evil.example").status).isEqualTo(403);
        assertThat(upgrade("Origin: http://localhost:1").status).isEqualTo(403);
        assertThat(upgrade("Origin: null").status).isEqualTo(403);
        assertThat(get("/ws").status).isEqualTo(400);
    }

    @Test
    void shouldNeedATokenBeyondLoopback() {
        assertThatThrownBy(() -> new DashboardServer.Settings("0.0.0.0", 0, Optional.empty()))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("dashboard host: 0.0.0.0")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() -> new DashboardServer.Settings("rig.lab.example", 0, Optional.empty()))
                .isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> new DashboardServer.Settings("0.0.0.0", 0, Optional.of("short")))
                .isInstanceOf(InvalidInputException.class).hasMessageNotContaining("short");
        assertThatThrownBy(() -> new DashboardServer.Settings("localhost", 70_000, Optional.empty()))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("70000");
        assertThat(new DashboardServer.Settings("0.0.0.0", 0, Optional.of(TOKEN)).toString()).doesNotContain(TOKEN);
        for (String loopback : List.of("localhost", "127.0.0.1", "::1")) {
            assertThat(new DashboardServer.Settings(loopback, 0, Optional.empty()).host()).isEqualTo(loopback);
        }
    }

    @Test
    void shouldAdmitOnlyWithTheTokenOnceThereIsOne() throws IOException {
        start(new DashboardServer.Settings("0.0.0.0", 0, Optional.of(TOKEN)));
        for (String path : List.of("/", "/metrics", "/ws", "/lib/echarts.min.js", "/?token=wrong")) {
            assertThat(get(path).status).as(path).isEqualTo(401);
        }
        assertThat(upgrade().status).isEqualTo(401);
        assertThat(get("/health/live").status).isEqualTo(200);
        assertThat(get("/health/ready").status).isEqualTo(200);
        assertThat(request("GET / HTTP/1.1", "Host: rig", "Authorization: Bearer " + TOKEN).status).isEqualTo(200);
        assertThat(request("GET / HTTP/1.1", "Host: rig", "Authorization: Bearer " + TOKEN + "x").status)
                .isEqualTo(401);

        Response redirect = get("/?token=" + TOKEN);
        assertThat(redirect.status).isEqualTo(303);
        assertThat(redirect.head).contains("location: /\r\n").contains("httponly").contains("samesite=strict")
                .doesNotContain(TOKEN);
        String cookie = redirect.original.replaceAll("(?s).*Set-Cookie: ([^;]*);.*", "$1");
        assertThat(request("GET / HTTP/1.1", "Host: rig", "Cookie: other=1; " + cookie).status).isEqualTo(200);
        assertThat(upgrade("Cookie: " + cookie).status).isEqualTo(101);
        assertThat(request("GET / HTTP/1.1", "Host: rig", "Cookie: " + cookie + "0").status).isEqualTo(401);
    }

    @Test
    void shouldSayInOneLineThatThePortIsTaken() {
        start(DashboardServer.Settings.loopback(0));
        int taken = server.port();
        assertThatThrownBy(() -> DashboardServer.start(system, DashboardServer.Settings.loopback(taken), view,
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), this::readiness, this::publish))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("dashboard port: " + taken)
                .hasMessageNotContaining("\n");
    }

    @Test
    void shouldAnswerAQuestionAndSayWhatIsWrongWithABadOne() throws Exception {
        start(DashboardServer.Settings.loopback(0));
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
        start(DashboardServer.Settings.loopback(0));
        Conversation large = converse();
        large.ask("x".repeat(DashboardServer.MAX_REQUEST_CHARACTERS + 1));
        assertThat(large.next()).isEqualTo("closed");
        List<Conversation> pages = new ArrayList<>();
        awaitClients(0);
        for (int i = 0; i < DashboardServer.MAX_CLIENTS; i++) {
            pages.add(converse());
        }
        awaitClients(DashboardServer.MAX_CLIENTS);
        assertThat(upgrade().status).isEqualTo(503);
        pages.forEach(Conversation::close);
        awaitClients(0);
        assertThat(upgrade().status).isEqualTo(101);
    }

    // ------------------------------------------------------------------------------------------------------ clients

    private void start(DashboardServer.Settings settings) {
        server = DashboardServer.start(system, settings, view, meters, this::readiness, this::publish);
    }

    private DashboardServer.Readiness readiness() {
        return new DashboardServer.Readiness(ready.get(), "the reason");
    }

    private CompletionStage<Void> publish(int partition, Intervention request) {
        published.add(request);
        return CompletableFuture.completedFuture(null);
    }

    private void awaitClients(int expected) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (meters.get("kappa.dashboards.clients").gauge().value() != expected && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(meters.get("kappa.dashboards.clients").gauge().value()).isEqualTo(expected);
    }

    private record Response(int status, String head, String body, String original) {}

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
            socket.setSoTimeout(10_000);
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
            return new Response(status, lower, body, received);
        }
    }

    private Conversation converse() {
        Conversation conversation = new Conversation();
        conversation.socket = HttpClient.newHttpClient().newWebSocketBuilder().connectTimeout(Duration.ofSeconds(10))
                .buildAsync(URI.create("ws://localhost:" + server.port() + "/ws"), conversation).join();
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
            String frame = received.poll(10, TimeUnit.SECONDS);
            assertThat(frame).as("a frame within 10 s").isNotNull();
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
