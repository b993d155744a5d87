package kappa.dashboards.web;

import akka.http.javadsl.model.AttributeKeys;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Route;
import akka.http.scaladsl.model.EntityStreamSizeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Takes what is asked of a rig: to silence neurons at {@code /interventions}, to pause or seek a replay at {@code /controls};
 * and a remark at {@code /notes}.
 * That needs the control token. A request must be JSON, as no form of another page can send it, and a browser must say that it
 * comes from here. Thread-safe.
 */
final class ControlRoutes extends AllDirectives {

    /** Room for the numbers of as many neurons as a session can have. */
    static final int MAX_REQUEST_BYTES = 1 << 20;

    private static final long BODY_WITHIN_MS = 5_000;

    private final ControlRequests requests;
    private final AccessRules access;
    private final Executor threads;

    /** @param threads on which requests are met, which wait for Kafka */
    ControlRoutes(ControlRequests requests, AccessRules access, Executor threads) {
        this.requests = requests;
        this.access = access;
        this.threads = threads;
    }

    Route route() {
        return concat(path("interventions", () -> asked(requests::intervene)),
                path("controls", () -> asked(requests::play)), path("notes", () -> asked(requests::note)));
    }

    private Route asked(BiFunction<String, String, ControlRequests.Answer> meet) {
        return optionalAttribute(AttributeKeys.remoteAddress, address -> {
            String from = address.map(Object::toString).orElse("unknown");
            return Answers.sealed(refusal -> requests.refuse(refusal.status(), refusal.line(), from),
                    () -> access.allowedHost(() -> post(() -> access.controller(
                            () -> access.sameOrigin("A page of another origin may not ask anything of a rig.",
                                    () -> json(() -> body(from, text -> completeWithFuture(CompletableFuture
                                            .supplyAsync(() -> response(meet.apply(text, from)), threads)))))))));
        });
    }

    private Route json(Supplier<Route> then) {
        return extractRequestEntity(
                entity -> entity.getContentType().mediaType().equals(MediaTypes.APPLICATION_JSON)
                        ? then.get()
                        : reject(new Refusal(415, "Expected Content-Type: application/json.")));
    }

    private Route body(String from, Function<String, Route> then) {
        return extractMaterializer(materializer -> extractRequestEntity(entity -> onComplete(
                entity.withSizeLimit(MAX_REQUEST_BYTES).toStrict(BODY_WITHIN_MS, materializer), read -> {
                    if (read.isSuccess()) {
                        return then.apply(read.get().getData().utf8String());
                    }
                    Throwable failure = read.failed().get();
                    boolean tooLarge = failure instanceof EntityStreamSizeException
                            || failure.getCause() instanceof EntityStreamSizeException;
                    return complete(response(tooLarge
                            ? requests.refuse(413, "The request has more than " + MAX_REQUEST_BYTES + " bytes.", from)
                            : requests.refuse(408, "The request did not come to its end.", from)));
                })));
    }

    private static HttpResponse response(ControlRequests.Answer answer) {
        HttpResponse response = Answers.plain(answer.status(), answer.text());
        return answer.status() == 202
                ? response.withEntity(ContentTypes.APPLICATION_JSON, answer.text())
                : response;
    }
}
