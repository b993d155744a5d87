package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.extractMaterializer;
import static akka.http.javadsl.server.Directives.extractRequest;
import static akka.http.javadsl.server.Directives.handleExceptions;
import static akka.http.javadsl.server.Directives.handleRejections;
import static akka.http.javadsl.server.Directives.mapRequest;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.Allow;
import akka.http.javadsl.model.headers.CacheControl;
import akka.http.javadsl.model.headers.CacheDirectives;
import akka.http.javadsl.model.headers.HttpChallenge;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.model.headers.WWWAuthenticate;
import akka.http.javadsl.server.ExceptionHandler;
import akka.http.javadsl.server.ExpectedWebSocketRequestRejection;
import akka.http.javadsl.server.MethodRejection;
import akka.http.javadsl.server.RejectionHandler;
import akka.http.javadsl.server.Route;
import akka.http.scaladsl.model.IllegalUriException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers to requests in plain text, also for rejections and exceptions. Stateless. */
final class Answers {

    /** Of every answer, errors included. */
    static final List<HttpHeader> SECURITY = List.of(
            RawHeader.create("Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
            RawHeader.create("X-Content-Type-Options", "nosniff"), RawHeader.create("X-Frame-Options", "DENY"),
            RawHeader.create("Referrer-Policy", "no-referrer"),
            RawHeader.create("Cross-Origin-Resource-Policy", "same-origin"));

    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    /** One line of text, which no browser stores. */
    static HttpResponse plain(int status, String line) {
        return HttpResponse.create().withStatus(status).withEntity(ContentTypes.TEXT_PLAIN_UTF8, line + "\n")
                .addHeader(CacheControl.create(CacheDirectives.NO_STORE));
    }

    /**
     * Answers every rejection and exception of the inner route in one plain sentence. The body of a rejected request must not
     * have been read: it is passed over here.
     *
     * @param refused is told of every rejection
     */
    static Route sealed(Consumer<Refusal> refused, Supplier<Route> inner) {
        RejectionHandler rejections = RejectionHandler.newBuilder()
                .handle(Refusal.class, refusal -> refuse(refused, refusal))
                .handle(ExpectedWebSocketRequestRejection.class,
                        rejection -> refuse(refused, new Refusal(400, "This is a WebSocket.")))
                .handleAll(MethodRejection.class, methods -> refuse(refused, methods))
                .handleNotFound(refuse(refused, new Refusal(404, "There is nothing here. The page is at /."))).build();
        ExceptionHandler exceptions = ExceptionHandler.newBuilder()
                .match(IllegalUriException.class, e -> complete(plain(400, "The address is not a valid one.")))
                .matchAny(e -> {
                    LOG.error("a request could not be answered", e);
                    return complete(plain(500, "kappa could not answer this request. Its log says why."));
                }).build();
        return handleExceptions(exceptions, () -> handleRejections(rejections, inner));
    }

    private static Route refuse(Consumer<Refusal> refused, Refusal refusal) {
        return refuse(refused, refusal, List.of());
    }

    private static Route refuse(Consumer<Refusal> refused, List<MethodRejection> rejections) {
        List<HttpMethod> allowed = rejections.stream().map(MethodRejection::supported).distinct().toList();
        String names = allowed.stream().map(HttpMethod::name).collect(Collectors.joining(" or "));
        return refuse(refused, new Refusal(405, "Only " + names + " is allowed."),
                List.of(Allow.create(allowed.toArray(HttpMethod[]::new))));
    }

    private static Route refuse(Consumer<Refusal> refused, Refusal refusal, List<HttpHeader> headers) {
        return withoutBody(() -> {
            refused.accept(refusal);
            HttpResponse answer = plain(refusal.status(), refusal.line()).addHeaders(headers);
            return complete(refusal.status() == 401 ? unauthorised(answer) : answer);
        });
    }

    /** The answer with status 401, which asks for a token. */
    static HttpResponse unauthorised(HttpResponse answer) {
        return answer.withStatus(401)
                .addHeader(WWWAuthenticate.create(HttpChallenge.create("Bearer", "kappa")));
    }

    /** Passes over the request's body, which the inner route does not need. */
    static Route withoutBody(Supplier<Route> inner) {
        return extractRequest(request -> extractMaterializer(materializer -> {
            request.discardEntityBytes(materializer);
            return mapRequest(any -> any.withEntity(HttpEntities.EMPTY), inner);
        }));
    }
}
