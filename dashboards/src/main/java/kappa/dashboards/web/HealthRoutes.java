package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.pathPrefix;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.server.Route;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** {@code /health/live}, {@code /health/ready} and {@code /metrics}. Thread-safe. */
final class HealthRoutes {

    private static final ContentType PROMETHEUS = ContentTypes.parse("text/plain; version=0.0.4; charset=UTF-8");

    private final Supplier<DashboardServer.Readiness> ready;
    private final PrometheusMeterRegistry meters;

    HealthRoutes(Supplier<DashboardServer.Readiness> ready, PrometheusMeterRegistry meters) {
        this.ready = ready;
        this.meters = meters;
    }

    Route health() {
        return pathPrefix("health", () -> concat(path("live", () -> complete(Answers.plain(200, "live"))),
                path("ready", () -> {
                    DashboardServer.Readiness readiness = ready.get();
                    return complete(Answers.plain(readiness.ready() ? 200 : 503, readiness.reason()));
                })));
    }

    Route metrics() {
        return path("metrics", () -> complete(HttpResponse.create().withEntity(PROMETHEUS,
                meters.scrape().getBytes(StandardCharsets.UTF_8))));
    }
}
