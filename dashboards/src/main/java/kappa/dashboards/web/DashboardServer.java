package kappa.dashboards.web;

import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.ConnectionContext;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.ServerBuilder;
import akka.http.javadsl.model.AttributeKeys;
import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpCharsets;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.model.ws.Message;
import akka.http.javadsl.model.ws.TextMessage;
import akka.http.javadsl.settings.ServerSettings;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.http.scaladsl.model.IllegalUriException;
import akka.stream.KillSwitches;
import akka.stream.SharedKillSwitch;
import akka.stream.StreamLimitReachedException;
import akka.stream.StreamTcpException;
import akka.stream.javadsl.Flow;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import kappa.ingest.InvalidInputException;
import kappa.ingest.Meters;

/**
 * Serves the live page, its WebSocket, {@code /metrics}, {@code /health/live} and {@code /health/ready}, and takes what is asked
 * of a rig: to silence neurons at {@code /interventions}, to pause or seek a replay at {@code /controls}.
 *
 * <p>Closed by default: it listens on loopback and answers only to loopback's names, so that a web page elsewhere cannot
 * reach it by rebinding a name of its own. Any other address needs a token, sent as {@code Authorization: Bearer} or once as
 * {@code ?token=}, which a cookie then remembers. A WebSocket is opened only for a page this server served.
 *
 * <p>With a certificate it speaks HTTPS only, and its cookies go over nothing else. A token that is shown over plain HTTP beyond
 * loopback can be read on the way.
 *
 * <p>To ask anything of a rig always needs a token, the control token, shown in the same ways; it admits its bearer to everything
 * else, too. A request must be JSON, as no form of another page can send it, and a browser must say that it comes from here.
 *
 * <p>Thread-safe. Frames are composed on virtual threads of their own, never on the pipeline's dispatchers.
 */
public final class DashboardServer implements AutoCloseable {

    static final int MAX_CLIENTS = 32;
    static final int MAX_REQUEST_CHARACTERS = 8_192;

    /** Of what is asked of a rig: room for the numbers of as many neurons as a session can have. */
    static final int MAX_INTERVENTION_BYTES = 1 << 20;

    private static final String WEBSOCKET = "websocket";
    private static final String COOKIE = "kappa-dashboard";
    private static final String CONTROL_COOKIE = "kappa-control";
    private static final String INTERVENTIONS = "/interventions";
    private static final String CONTROLS = "/controls";
    private static final long BODY_WITHIN_MS = 5_000;
    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);
    private static final ContentType HTML = ContentTypes.TEXT_HTML_UTF8;
    private static final ContentType SCRIPT = MediaTypes.APPLICATION_JAVASCRIPT.toContentType(HttpCharsets.UTF_8);
    private static final ContentType STYLE = MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8);
    private static final ContentType SVG = MediaTypes.IMAGE_SVG_XML.toContentType();
    private static final String PAGE = "/kappa/dashboards/web/";
    private static final String ECHARTS = "/META-INF/resources/_static/echarts/6.0.0/dist/echarts.min.js";

    static final List<HttpHeader> SECURITY = List.of(
            RawHeader.create("Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
            RawHeader.create("X-Content-Type-Options", "nosniff"), RawHeader.create("X-Frame-Options", "DENY"),
            RawHeader.create("Referrer-Policy", "no-referrer"),
            RawHeader.create("Cross-Origin-Resource-Policy", "same-origin"));

    /** Whether the application can do its work, and in one line why not (or what it does). */
    public record Readiness(boolean ready, String reason) {}

    /**
     * Where to listen.
     *
     * @param host a name or address of this machine
     * @param port 0 for a free one
     * @param token what a visitor must show; needed unless the host is loopback
     * @param controlToken what a visitor must show to ask anything of a rig; opens everything else, too
     * @param tls the certificate to be served with; without one it is plain HTTP
     */
    public record Settings(String host, int port, Optional<String> token, String controlToken,
            Optional<SSLContext> tls) {

        private static final int MIN_TOKEN = 16;
        private static final int CONTROL_TOKEN_BYTES = 16;

        public Settings {
            if (port < 0 || port > 65_535) {
                throw new InvalidInputException("dashboard port: " + port + ", expected 0 to 65535");
            }
            if (token.isEmpty() && !isLoopback(host)) {
                throw new InvalidInputException("dashboard host: " + host
                        + " is reachable from other machines and needs a token, expected one or a loopback address");
            }
            if (token.isPresent() && token.get().length() < MIN_TOKEN) {
                throw new InvalidInputException("dashboard token: " + token.get().length()
                        + " characters, expected at least " + MIN_TOKEN);
            }
            if (controlToken.length() < MIN_TOKEN) {
                throw new InvalidInputException("dashboard control token: " + controlToken.length()
                        + " characters, expected at least " + MIN_TOKEN);
            }
        }

        /** Plain HTTP. */
        public Settings(String host, int port, Optional<String> token, String controlToken) {
            this(host, port, token, controlToken, Optional.empty());
        }

        /** Plain HTTP, with a control token of its own. */
        public Settings(String host, int port, Optional<String> token) {
            this(host, port, token, newControlToken());
        }

        /** 128 random bits in hexadecimal. */
        public static String newControlToken() {
            byte[] bits = new byte[CONTROL_TOKEN_BYTES];
            new SecureRandom().nextBytes(bits);
            return HexFormat.of().formatHex(bits);
        }

        /** Whether only this machine can reach it. */
        public boolean onLoopback() {
            return isLoopback(host);
        }

        /** On this machine only, without a token. */
        public static Settings loopback(int port) {
            return new Settings("127.0.0.1", port, Optional.empty());
        }

        /** Without the tokens. */
        @Override
        public String toString() {
            return "Settings[host=" + host + ", port=" + port + (token.isPresent() ? ", with token]" : "]");
        }
    }

    private record Resource(ContentType type, byte[] bytes, String caching) {}

    private final ActorSystem<?> system;
    private final Settings settings;
    private final LiveView view;
    private final PrometheusMeterRegistry meters;
    private final Supplier<Readiness> ready;
    private final ControlRequests requests;
    private final Map<String, Resource> resources;
    private final AtomicInteger clients = new AtomicInteger();
    private final Executor frames = Executors
            .newThreadPerTaskExecutor(Thread.ofVirtual().name("kappa-dashboard-frame-", 0).factory());
    private final SharedKillSwitch conversations = KillSwitches.shared("kappa-dashboard");
    private Gauge clientsGauge;
    private ServerBinding binding;

    private DashboardServer(ActorSystem<?> system, Settings settings, LiveView view, PrometheusMeterRegistry meters,
            Supplier<Readiness> ready, RequestSink sink) {
        this.requests = new ControlRequests(view, sink);
        this.system = system;
        this.settings = settings;
        this.view = view;
        this.meters = meters;
        this.ready = ready;
        // The page may change with the next build; the library's path carries no version, so a day.
        this.resources = Map.ofEntries(Map.entry("/", page("index.html", HTML)),
                Map.entry("/kappa.css", page("kappa.css", STYLE)), script("kappa.js"), script("charts.js"),
                script("portrait.js"), script("mechanism.js"), script("silencing.js"), script("clock.js"),
                script("theme.js"),
                Map.entry("/favicon.svg", page("favicon.svg", SVG)), Map.entry("/lib/echarts.min.js",
                        new Resource(SCRIPT, read(ECHARTS), "private, max-age=86400")));
    }

    /**
     * Starts to serve.
     *
     * @param ready asked at each {@code /health/ready}
     * @param sink takes what is asked of rigs
     * @throws InvalidInputException with one line if the address cannot be listened on
     */
    public static DashboardServer start(ActorSystem<?> system, Settings settings, LiveView view,
            PrometheusMeterRegistry meters, Supplier<Readiness> ready, RequestSink sink) {
        DashboardServer server = new DashboardServer(system, settings, view, meters, ready, sink);
        server.clientsGauge = Meters.DASHBOARD_CLIENTS.gauge(meters, server.clients::get);
        ServerSettings defaults = ServerSettings.create(system.settings().config());
        ServerSettings http = defaults.withServerHeader(Optional.empty()).withRemoteAddressAttribute(true)
                .withParsingErrorHandler(MalformedRequests.class.getName())
                .withParserSettings(defaults.getParserSettings().withMaxContentLength(MAX_REQUEST_CHARACTERS))
                // A hidden page asks for nothing for hours; pings keep its connection from being taken for dead.
                .withWebsocketSettings(
                        defaults.getWebsocketSettings().withPeriodicKeepAliveMaxIdle(
                                scala.concurrent.duration.Duration.create(20, TimeUnit.SECONDS)));
        try {
            ServerBuilder listener = Http.get(system).newServerAt(settings.host, settings.port).withSettings(http);
            if (settings.tls.isPresent()) {
                listener = listener.enableHttps(ConnectionContext.httpsServer(settings.tls.get()));
            }
            server.binding = listener
                    .bind(server::respond).toCompletableFuture().join();
            Metrics.addRegistry(meters);
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            while (cause.getCause() != null && cause.getCause() != cause) {
                cause = cause.getCause();
            }
            throw new InvalidInputException("dashboard port: " + settings.port + " on " + settings.host
                    + " cannot be listened on (" + cause.getMessage() + "), expected a free one", e);
        }
        return server;
    }

    /** The port it listens on. */
    public int port() {
        return binding.localAddress().getPort();
    }

    /** Closes open pages too, which then try to connect again. To be called before the view and the system are closed. */
    @Override
    public void close() {
        meters.remove(clientsGauge);
        Metrics.removeRegistry(meters);
        conversations.shutdown();
        binding.terminate(STOP_WITHIN).toCompletableFuture().join();
    }

    // ---------------------------------------------------------------------------------------------------- responding

    private CompletionStage<HttpResponse> respond(HttpRequest request) {
        CompletionStage<HttpResponse> response;
        try {
            response = admit(request);
        } catch (IllegalUriException e) {
            request.discardEntityBytes(system);
            response = CompletableFuture.completedFuture(plain(400, "The address is not a valid one."));
        }
        return response.thenApply(made -> {
            if (made.status().isFailure() && made.status().intValue() < 500) {
                refused(Integer.toString(made.status().intValue()));
            }
            return made.addHeaders(SECURITY);
        });
    }

    private void refused(String reason) {
        Meters.REQUESTS_REFUSED.counter(meters, reason).increment();
    }

    private CompletionStage<HttpResponse> admit(HttpRequest request) {
        String host = header(request, "Host").orElse("");
        boolean forThisMachine = !settings.onLoopback() || isLoopbackName(host);
        if (forThisMachine && request.method().equals(HttpMethods.POST)) {
            switch (request.getUri().path()) {
                case INTERVENTIONS -> {
                    return ask(request, host, requests::intervene);
                }
                case CONTROLS -> {
                    return ask(request, host, requests::play);
                }
                default -> {
                    // Told below.
                }
            }
        }
        request.discardEntityBytes(system);
        return CompletableFuture.completedFuture(forThisMachine
                ? show(request, host)
                : plain(421, "This dashboard answers to localhost, 127.0.0.1 and [::1] only."));
    }

    private HttpResponse show(HttpRequest request, String host) {
        String path = request.getUri().path();
        if (path.equals(INTERVENTIONS) || path.equals(CONTROLS)) {
            return plain(405, "Only POST is allowed.").addHeader(RawHeader.create("Allow", "POST"));
        }
        if (!request.method().equals(HttpMethods.GET) && !request.method().equals(HttpMethods.HEAD)) {
            return plain(405, "Only GET is allowed.").addHeader(RawHeader.create("Allow", "GET, HEAD"));
        }
        switch (path) {
            case "/health/live" -> {
                return plain(200, "live");
            }
            case "/health/ready" -> {
                Readiness readiness = ready.get();
                return plain(readiness.ready ? 200 : 503, readiness.reason);
            }
            default -> {
                // All else needs a token, if there is one for visitors.
            }
        }
        Optional<HttpResponse> remembered = request.getUri().query().get("token")
                .flatMap(offered -> remember(offered, path));
        if (remembered.isPresent()) {
            return remembered.get();
        }
        if (settings.token.isPresent() && !carriesToken(request, COOKIE, settings.token.get())
                && !mayControl(request)) {
            return plain(401,
                    "This dashboard needs its token: open /?token=... once, or send Authorization: Bearer ...")
                    .addHeader(RawHeader.create("WWW-Authenticate", "Bearer realm=\"kappa\""));
        }
        return serve(request, path, host);
    }

    /** A cookie for a token that was offered in the address, and the same page without it; none if it is no token of ours. */
    private Optional<HttpResponse> remember(String offered, String path) {
        List<HttpHeader> cookies = new ArrayList<>();
        if (settings.token.isPresent() && same(offered, settings.token.get())) {
            cookies.add(setCookie(COOKIE, offered));
        }
        if (same(offered, settings.controlToken)) {
            cookies.add(setCookie(CONTROL_COOKIE, offered));
        }
        return cookies.isEmpty()
                ? Optional.empty()
                : Optional.of(HttpResponse.create().withStatus(303).addHeader(RawHeader.create("Location", path))
                        .addHeaders(cookies).addHeader(RawHeader.create("Cache-Control", "no-store")));
    }

    private HttpHeader setCookie(String name, String token) {
        return RawHeader.create("Set-Cookie",
                name + "=" + cookie(name, token) + "; Path=/; HttpOnly; SameSite=Strict"
                        + (settings.tls.isPresent() ? "; Secure" : ""));
    }

    // ------------------------------------------------------------------------------------------- what is asked of a rig

    private CompletionStage<HttpResponse> ask(HttpRequest request, String host,
            BiFunction<String, String, ControlRequests.Answer> answering) {
        String from = request.getAttribute(AttributeKeys.remoteAddress).map(Object::toString).orElse("unknown");
        ControlRequests.Answer refusal = null;
        ContentType type = request.entity().getContentType();
        if (!mayControl(request)) {
            refusal = requests.refuse(401, "To ask anything of a rig needs the control token: open the address that"
                    + " kappa printed, or send Authorization: Bearer ...", from);
        } else if (!sameOrigin(request, host)) {
            refusal = requests.refuse(403, "A page of another origin may not ask anything of a rig.", from);
        } else if (!(type.mediaType().mainType() + "/" + type.mediaType().subType()).equals("application/json")) {
            refusal = requests.refuse(415, "Expected Content-Type: application/json.", from);
        }
        if (refusal != null) {
            request.discardEntityBytes(system);
            return CompletableFuture.completedFuture(answer(refusal));
        }
        return request.entity().withSizeLimit(MAX_INTERVENTION_BYTES).toStrict(BODY_WITHIN_MS, system)
                .handleAsync((body, failure) -> answer(failure == null
                        ? answering.apply(body.getData().utf8String(), from)
                        : requests.refuse(isTooLarge(failure) ? 413 : 408, isTooLarge(failure)
                                ? "The request has more than " + MAX_INTERVENTION_BYTES + " bytes."
                                : "The request did not come to its end.", from)),
                        frames);
    }

    private static boolean isTooLarge(Throwable failure) {
        return failure instanceof EntityStreamSizeException || failure.getCause() instanceof EntityStreamSizeException;
    }

    private static HttpResponse answer(ControlRequests.Answer answer) {
        HttpResponse response = plain(answer.status(), answer.text());
        return switch (answer.status()) {
            case 202 -> response.withEntity(ContentTypes.APPLICATION_JSON, answer.text());
            case 401 -> response.addHeader(RawHeader.create("WWW-Authenticate", "Bearer realm=\"kappa\""));
            default -> response;
        };
    }

    private boolean mayControl(HttpRequest request) {
        return carriesToken(request, CONTROL_COOKIE, settings.controlToken);
    }

    /** Browsers always say. A program does not, and no page is behind it that could be somebody else's. */
    private boolean sameOrigin(HttpRequest request, String host) {
        Optional<String> origin = header(request, "Origin");
        // Without a certificate of its own it may stand behind a proxy that has one.
        return origin.isEmpty() || origin.get().equals("https://" + host)
                || (settings.tls.isEmpty() && origin.get().equals("http://" + host));
    }

    // ----------------------------------------------------------------------------------------------------------- pages

    private HttpResponse serve(HttpRequest request, String path, String host) {
        if (path.equals("/ws")) {
            return socket(request, host);
        }
        if (path.equals("/metrics")) {
            return HttpResponse.create().withEntity(
                    ContentTypes.parse("text/plain; version=0.0.4; charset=UTF-8"),
                    meters.scrape().getBytes(StandardCharsets.UTF_8));
        }
        Resource resource = resources.get(path);
        if (resource == null) {
            return plain(404, "There is nothing here. The page is at /.");
        }
        return HttpResponse.create().withEntity(resource.type, resource.bytes)
                .addHeader(RawHeader.create("Cache-Control", resource.caching));
    }

    private HttpResponse socket(HttpRequest request, String host) {
        if (!sameOrigin(request, host)) {
            return plain(403, "A page of another origin may not connect.");
        }
        if (clients.get() >= MAX_CLIENTS) {
            return plain(503, MAX_CLIENTS + " pages are open already.");
        }
        return request.getAttribute(AttributeKeys.webSocketUpgrade)
                .map(upgrade -> upgrade.handleMessagesWith(conversation(mayControl(request))))
                .orElseGet(() -> plain(400, "This is a WebSocket."));
    }

    /**
     * One answer for each question, one at a time; a page that asks faster is held back by TCP. One that sends what is no
     * question, or without an end, is told so and closed.
     */
    private Flow<Message, Message, NotUsed> conversation(boolean mayControl) {
        return Flow.fromMaterializer((materializer, attributes) -> {
            clients.incrementAndGet();
            PageClient client = new PageClient(view, mayControl);
            return Flow.<Message>create().via(conversations.flow()).mapAsync(1, message -> {
                if (!message.isText()) {
                    throw new InvalidInputException("request: binary, expected JSON text");
                }
                return message.asTextMessage().getStreamedText()
                        .limitWeighted(MAX_REQUEST_CHARACTERS, part -> (long) part.length())
                        .runFold("", String::concat, materializer);
            }).mapAsync(1, text -> answer(client, text)).recover(InvalidInputException.class,
                    () -> refusal("request: binary, expected JSON text"))
                    .recover(StreamLimitReachedException.class,
                            () -> refusal("request: expected at most " + MAX_REQUEST_CHARACTERS + " characters"))
                    .map(frame -> (Message) TextMessage.create(frame))
                    .watchTermination((unused, done) -> {
                        done.whenComplete((ok, failure) -> {
                            clients.decrementAndGet();
                            // A connection that broke off was not turned away.
                            if (failure != null && !(failure instanceof StreamTcpException)) {
                                refused(WEBSOCKET);
                            }
                        });
                        return NotUsed.getInstance();
                    });
        }).mapMaterializedValue(unused -> NotUsed.getInstance());
    }

    private CompletionStage<String> answer(PageClient client, String text) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return client.answer(PageClient.Request.parse(text));
            } catch (InvalidInputException e) {
                return refusal(e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CompletionException(e);
            }
        }, frames);
    }

    private String refusal(String line) {
        refused(WEBSOCKET);
        return PageClient.refusal(line);
    }

    private static HttpResponse plain(int status, String line) {
        return HttpResponse.create().withStatus(status).withEntity(ContentTypes.TEXT_PLAIN_UTF8, (line + "\n")
                .getBytes(StandardCharsets.UTF_8)).addHeader(RawHeader.create("Cache-Control", "no-store"));
    }

    // ------------------------------------------------------------------------------------------------------ security

    private static Optional<String> header(HttpRequest request, String name) {
        return request.getHeader(name).map(HttpHeader::value);
    }

    private static boolean carriesToken(HttpRequest request, String cookieName, String token) {
        Optional<String> authorization = header(request, "Authorization");
        if (authorization.isPresent() && authorization.get().regionMatches(true, 0, "Bearer ", 0, 7)) {
            return same(authorization.get().substring(7).strip(), token);
        }
        for (HttpHeader header : request.getHeaders()) {
            if (header.is("cookie")) {
                for (String pair : header.value().split(";", -1)) {
                    if (pair.strip().startsWith(cookieName + "=")
                            && same(pair.strip().substring(cookieName.length() + 1), cookie(cookieName, token))) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** Digests first, so that neither length nor content shows in the time taken. */
    private static boolean same(String offered, String expected) {
        return MessageDigest.isEqual(digest(offered), digest(expected));
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the browser keeps: made from the token, so that it outlives a restart, but not the token. */
    private static String cookie(String name, String token) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(name.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Looks nothing up: a name other than localhost may mean anything. */
    private static boolean isLoopback(String host) {
        if (host.equalsIgnoreCase("localhost")) {
            return true;
        }
        try {
            return InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Of a Host header, with or without a port: any port, since a tunnel may have changed it. */
    private static boolean isLoopbackName(String hostHeader) {
        String name = hostHeader.toLowerCase(Locale.ROOT).replaceFirst(":[0-9]{1,5}$", "");
        return Set.of("localhost", "127.0.0.1", "[::1]").contains(name);
    }

    // ----------------------------------------------------------------------------------------------------- resources

    private static Resource page(String name, ContentType type) {
        return new Resource(type, read(PAGE + name), "no-cache");
    }

    private static Map.Entry<String, Resource> script(String name) {
        return Map.entry("/" + name, page(name, SCRIPT));
    }

    private static byte[] read(String resource) {
        try (InputStream in = DashboardServer.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is not on the classpath");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
