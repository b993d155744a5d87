package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.head;
import static akka.http.javadsl.server.Directives.mapResponse;

import akka.actor.typed.ActorSystem;
import akka.http.javadsl.ConnectionContext;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.ServerBuilder;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.server.Route;
import akka.http.javadsl.settings.ServerSettings;
import akka.japi.function.Function;
import akka.stream.javadsl.Flow;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import kappa.ingest.InvalidInputException;
import kappa.ingest.Meters;
import kappa.ingest.log.ControlPublisher;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.replay.PushedSessions;

/**
 * Serves the live page, its WebSocket, {@code /metrics}, {@code /health/live} and {@code /health/ready}, and takes what is asked
 * of a rig.
 *
 * <p>Closed by default: it listens on loopback and answers only to loopback's names ({@link AccessRules}). Any other address
 * needs a token, sent as {@code Authorization: Bearer}. The page takes it from its own address ({@code ?token=}) and keeps it for
 * its tab; there are no cookies ({@link AccessToken}). A WebSocket is opened only for a page this server served.
 *
 * <p>With a certificate it speaks HTTPS only. A token that is shown over plain HTTP beyond loopback can be read on the way.
 *
 * <p>Thread-safe. Frames are composed on virtual threads of their own, never on the pipeline's dispatchers.
 */
public final class DashboardServer implements AutoCloseable {

    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

    /** A page has up to six at a time, a scrape or a health check one; Akka HTTP accepts 1,024. */
    private static final int MAX_CONNECTIONS = 256;

    /** Whether the application can do its work, and in one line why not (or what it does). */
    public record Readiness(boolean ready, String reason) {}

    /** What is there once the pipeline is. */
    private record Served(PageSocket socket, Gauge clients, Optional<PushedSessions> sessions) {}

    private final ActorSystem<?> system;
    private final PrometheusMeterRegistry meters;
    private final AccessRules access;
    private final Executor threads = Executors
            .newThreadPerTaskExecutor(Thread.ofVirtual().name("kappa-dashboard-frame-", 0).factory());
    private final PageFiles files = new PageFiles();
    private final DocsFiles docs = new DocsFiles();
    private final ServerBinding binding;
    private volatile Function<HttpRequest, CompletionStage<HttpResponse>> answers;
    private volatile Served served;

    private DashboardServer(ActorSystem<?> system, DashboardSettings settings, PrometheusMeterRegistry meters) {
        this.system = system;
        this.meters = meters;
        access = new AccessRules(settings);
        HealthRoutes starting = new HealthRoutes(() -> new Readiness(false, "starting"), meters, "");
        answer(sealed(() -> concat(starting.health(), files.route(access), docs.route(),
                complete(Answers.plain(503, "kappa is starting.")))));
        binding = bind(settings);
        Metrics.addRegistry(meters);
    }

    /**
     * Begins to listen before there is a pipeline: serves the page's files and the documentation, and says of all else that
     * kappa is starting, until {@link #serve}.
     *
     * @throws InvalidInputException with one line if the address cannot be listened on
     */
    public static DashboardServer listen(ActorSystem<?> system, DashboardSettings settings,
            PrometheusMeterRegistry meters) {
        return new DashboardServer(system, settings, meters);
    }

    /**
     * Listens and serves at once.
     *
     * @param ready asked at each {@code /health/ready}
     * @param controls publishes what is asked of rigs
     * @throws InvalidInputException with one line if the address cannot be listened on
     */
    public static DashboardServer start(ActorSystem<?> system, DashboardSettings settings, LiveView view,
            PrometheusMeterRegistry meters, Supplier<Readiness> ready, ControlPublisher controls) {
        return start(system, settings, view, meters, ready, controls, Optional.empty());
    }

    /**
     * The same, and programs without a Kafka client can send sessions and read κ.
     *
     * @param kafka where sessions are sent to and κ is read; empty: nothing is taken
     */
    public static DashboardServer start(ActorSystem<?> system, DashboardSettings settings, LiveView view,
            PrometheusMeterRegistry meters, Supplier<Readiness> ready, ControlPublisher controls,
            Optional<KafkaConnection> kafka) {
        DashboardServer server = listen(system, settings, meters);
        server.serve(view, ready, controls, kafka);
        return server;
    }

    /**
     * Serves the pipeline from now on. Called once.
     *
     * @param ready asked at each {@code /health/ready}
     * @param controls publishes what is asked of rigs
     * @param kafka where sessions are sent to and κ is read; empty: nothing is taken
     */
    public void serve(LiveView view, Supplier<Readiness> ready, ControlPublisher controls,
            Optional<KafkaConnection> kafka) {
        PageSocket socket = new PageSocket(view, access, threads, () -> refused(meters, "websocket"));
        ControlRequests requests = new ControlRequests(view, controls);
        Optional<PushedSessions> sessions = kafka.map(PushedSessions::new);
        Route asked = sessions.map(pushed -> new SessionRoutes(new SessionRequests(pushed),
                new LatentStream(kafka.get()), view, access, requests, threads).route())
                .map(sent -> concat(new ControlRoutes(requests, access, threads).route(), sent))
                .orElseGet(() -> new ControlRoutes(requests, access, threads).route());
        HealthRoutes health = new HealthRoutes(ready, meters,
                kafka.map(KafkaConnection::bootstrapServers).orElse(""));
        served = new Served(socket, Meters.DASHBOARD_CLIENTS.gauge(meters, socket::clients), sessions);
        answer(concat(asked, sealed(() -> concat(health.health(), files.route(access), docs.route(),
                access.visitor(() -> concat(socket.route(), health.metrics()))))));
    }

    private void answer(Route route) {
        answers = mapResponse(answer -> finished(answer, meters), () -> route).function(system);
    }

    private Route sealed(Supplier<Route> inner) {
        return Answers.withoutBody(() -> Answers.sealed(refusal -> {}, () -> access.allowedHost(() -> looking(inner))));
    }

    private static Route looking(Supplier<Route> inner) {
        return concat(get(inner), head(inner));
    }

    private static HttpResponse finished(HttpResponse answer, PrometheusMeterRegistry meters) {
        int status = answer.status().intValue();
        if (status >= 400 && status < 500) {
            refused(meters, Integer.toString(status));
        }
        return answer.addHeaders(Answers.SECURITY);
    }

    private static void refused(PrometheusMeterRegistry meters, String reason) {
        Meters.REQUESTS_REFUSED.counter(meters, reason).increment();
    }

    private ServerBinding bind(DashboardSettings settings) {
        // Cookies of other servers on this host come with the request, in whatever form they like.
        ServerSettings defaults = ServerSettings.create(ConfigFactory
                .parseMap(Map.of("akka.http.server.parsing.cookie-parsing-mode", "raw"))
                .withFallback(system.settings().config()));
        ServerSettings http = defaults.withServerHeader(Optional.empty()).withRemoteAddressAttribute(true)
                .withParsingErrorHandler(MalformedRequests.class.getName())
                .withParserSettings(
                        defaults.getParserSettings().withMaxContentLength(PageSocket.MAX_REQUEST_CHARACTERS))
                // A hidden page asks for nothing for hours; pings keep its connection from being taken for dead.
                .withWebsocketSettings(
                        defaults.getWebsocketSettings().withPeriodicKeepAliveMaxIdle(
                                scala.concurrent.duration.Duration.create(20, TimeUnit.SECONDS)));
        try {
            ServerBuilder listener = Http.get(system).newServerAt(settings.host(), settings.port()).withSettings(http);
            if (settings.tls().isPresent()) {
                listener = listener.enableHttps(ConnectionContext.httpsServer(settings.tls().get()));
            }
            return listener.bindFlow(new OpenConnections(MAX_CONNECTIONS)
                    .limit(Flow.of(HttpRequest.class).mapAsync(1, request -> answers.apply(request))))
                    .toCompletableFuture().join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            while (cause.getCause() != null && cause.getCause() != cause) {
                cause = cause.getCause();
            }
            throw settings.cannotBeListenedOn(cause);
        }
    }

    /** The port it listens on. */
    public int port() {
        return binding.localAddress().getPort();
    }

    /** Closes open pages too, which then try to connect again. To be called before the view and the system are closed. */
    @Override
    public void close() {
        Metrics.removeRegistry(meters);
        Served pipeline = served;
        if (pipeline != null) {
            meters.remove(pipeline.clients());
            pipeline.socket().close();
        }
        binding.terminate(STOP_WITHIN).toCompletableFuture().join();
        if (pipeline != null) {
            pipeline.sessions().ifPresent(PushedSessions::close);
        }
    }
}
