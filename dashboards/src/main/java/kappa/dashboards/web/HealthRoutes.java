package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.pathEnd;
import static akka.http.javadsl.server.Directives.pathPrefix;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.server.Route;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** {@code /health}, {@code /health/live}, {@code /health/ready} and {@code /metrics}. Thread-safe. */
final class HealthRoutes {

    private static final ContentType PROMETHEUS = ContentTypes.parse("text/plain; version=0.0.4; charset=UTF-8");

    /**
     * What {@code /health} says.
     *
     * @param kafka address of the brokers; empty if the server knows none
     */
    record Health(boolean ready, String reason, String kafka) {}

    private final Supplier<DashboardServer.Readiness> ready;
    private final String kafka;
    private final PrometheusMeterRegistry meters;

    /** @param kafka address of the brokers; empty if it is not known */
    HealthRoutes(Supplier<DashboardServer.Readiness> ready, PrometheusMeterRegistry meters, String kafka) {
        this.kafka = kafka;
        this.ready = ready;
        this.meters = meters;
    }

    Route health() {
        return pathPrefix("health",
                () -> concat(pathEnd(this::everything), path("live", () -> complete(Answers.plain(200, "live"))),
                        path("ready", () -> {
                            DashboardServer.Readiness readiness = ready.get();
                            return complete(Answers.plain(readiness.ready() ? 200 : 503, readiness.reason()));
                        })));
    }

    /** All of it as JSON, and where programs find Kafka. */
    private Route everything() {
        DashboardServer.Readiness readiness = ready.get();
        HttpResponse answer = Answers.plain(readiness.ready() ? 200 : 503, "");
        try {
            return complete(answer.withEntity(ContentTypes.APPLICATION_JSON,
                    StrictJson.write(new Health(readiness.ready(), readiness.reason(), kafka)) + "\n"));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    Route metrics() {
        return path("metrics", () -> complete(HttpResponse.create().withEntity(PROMETHEUS,
                meters.scrape().getBytes(StandardCharsets.UTF_8))));
    }
}
