package kappa.dashboards.web;

import akka.event.LoggingAdapter;
import akka.http.DefaultParsingErrorHandler$;
import akka.http.ParsingErrorHandler;
import akka.http.javadsl.model.HttpResponse;
import akka.http.scaladsl.model.ErrorInfo;
import akka.http.scaladsl.model.StatusCode;
import akka.http.scaladsl.settings.ServerSettings;
import io.micrometer.core.instrument.Metrics;
import kappa.ingest.Meters;

/**
 * Counts malformed requests, which Akka HTTP answers, which makes one of these for each connection by the name of the
 * class. Hence it counts in Micrometer's global registry, to which a {@link DashboardServer} adds its own while it
 * serves.
 */
public final class MalformedRequests extends ParsingErrorHandler {

    @Override
    public HttpResponse handle(StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
        Meters.REQUESTS_REFUSED.counter(Metrics.globalRegistry, "malformed").increment();
        HttpResponse answer = DefaultParsingErrorHandler$.MODULE$.handle(status, error, log, settings);
        return answer.addHeaders(Answers.SECURITY);
    }
}
