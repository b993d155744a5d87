package kappa.dashboards.web;

import akka.http.javadsl.model.AttributeKeys;
import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.PathMatchers;
import akka.http.javadsl.server.Route;
import akka.http.javadsl.unmarshalling.StringUnmarshallers;
import akka.http.scaladsl.model.EntityStreamSizeException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import kappa.dashboards.web.SessionRequests.Answer;
import kappa.dashboards.web.SessionRequests.Form;
import kappa.ingest.log.Topics;

/**
 * For programs that have no Kafka client: {@code PUT /sessions/ID} begins a session, {@code POST /sessions/ID/bins} sends bins,
 * {@code GET /sessions/ID/latents} gives κ as server-sent events. Sending needs the control token. Every error is a JSON object.
 * Thread-safe.
 */
final class SessionRoutes extends AllDirectives {

    /** Numbers of JSON take some thirty times their length in memory while they are read. */
    static final int MAX_JSON_BYTES = 1 << 20;

    private static final long BODY_WITHIN_MS = 10_000;
    private static final ContentType EVENTS = MediaTypes.TEXT_EVENT_STREAM.toContentType();

    private final SessionRequests requests;
    private final LatentStream latents;
    private final LiveView view;
    private final AccessRules access;
    private final ControlRequests log;
    private final Executor threads;

    /** @param threads on which requests are met, which wait for Kafka */
    SessionRoutes(SessionRequests requests, LatentStream latents, LiveView view, AccessRules access,
            ControlRequests log, Executor threads) {
        this.requests = requests;
        this.latents = latents;
        this.view = view;
        this.access = access;
        this.log = log;
        this.threads = threads;
    }

    Route route() {
        return pathPrefix("sessions", () -> optionalAttribute(AttributeKeys.remoteAddress, address -> {
            String from = address.map(Object::toString).orElse("unknown");
            return mapResponse(SessionRoutes::inJson, () -> Answers.sealed(
                    refusal -> log.refuse(refusal.status(), refusal.line(), from),
                    () -> access.allowedHost(() -> pathPrefix(PathMatchers.segment(), session -> concat(
                            pathEnd(() -> put(() -> sent(from, (form, body) -> requests.begin(session, form, body)))),
                            path("bins", () -> post(
                                    () -> sent(from, (form, body) -> requests.append(session, form, body)))),
                            path("latents", () -> get(() -> access.visitor(() -> read(session)))))))));
        }));
    }

    private interface Meeting {
        Answer meet(Form form, byte[] body);
    }

    private Route sent(String from, Meeting meeting) {
        return access.controller(() -> access.sameOrigin("A page of another origin may not send a session.",
                () -> form(form -> body(form, from, body -> completeWithFuture(CompletableFuture
                        .supplyAsync(() -> response(told(meeting.meet(form, body), from)), threads))))));
    }

    private Answer told(Answer answer, String from) {
        if (answer.status() >= 400) {
            log.refuse(answer.status(), answer.json(), from);
        }
        return answer;
    }

    private Route form(Function<Form, Route> then) {
        return extractRequestEntity(entity -> {
            String type = entity.getContentType().mediaType().toString();
            return switch (type) {
                case "application/json" -> then.apply(Form.JSON);
                case "application/x-ndjson", "application/jsonl", "application/jsonlines" ->
                    then.apply(Form.JSON_LINES);
                case "application/x-protobuf", "application/protobuf" -> then.apply(Form.PROTOBUF);
                default -> reject(new Refusal(415, "Expected Content-Type: application/json, application/x-ndjson or"
                        + " application/x-protobuf."));
            };
        });
    }

    private Route body(Form form, String from, Function<byte[], Route> then) {
        int most = form == Form.PROTOBUF ? Topics.MAX_RECORD_BYTES : MAX_JSON_BYTES;
        return extractMaterializer(materializer -> extractRequestEntity(entity -> onComplete(
                entity.withSizeLimit(most).toStrict(BODY_WITHIN_MS, materializer), read -> {
                    if (read.isSuccess()) {
                        return then.apply(read.get().getData().toArray());
                    }
                    Throwable failure = read.failed().get();
                    boolean tooLarge = failure instanceof EntityStreamSizeException
                            || failure.getCause() instanceof EntityStreamSizeException;
                    return complete(response(told(tooLarge
                            ? SessionRequests.error(413, "The request has more than " + most
                                    + " bytes. Send fewer bins at a time.")
                            : SessionRequests.error(408, "The request did not come to its end."), from)));
                })));
    }

    private Route read(String session) {
        return parameterOptional(StringUnmarshallers.LONG, "from", from -> optionalHeaderValueByName("Last-Event-ID",
                last -> Answers.withoutBody(() -> {
                    long first = last.filter(id -> id.matches("\\d{1,16}")).map(id -> Long.parseLong(id) + 1)
                            .or(() -> from).orElse(-1L);
                    return completeWithFuture(
                            CompletableFuture.supplyAsync(() -> latents(session, first), threads));
                })));
    }

    /** The page learns of a session a little after it was begun here. */
    private HttpResponse latents(String session, long first) {
        if (!seen(session)) {
            Answer found = requests.look(session);
            if (found.status() != 200) {
                return response(found);
            }
        }
        return latents.events(session, first, () -> over(session))
                .map(events -> HttpResponse.create().withEntity(HttpEntities.createChunked(EVENTS, events)))
                .orElseGet(() -> response(SessionRequests.error(503, "There are " + LatentStream.MAX_READERS
                        + " readers already.")));
    }

    private boolean seen(String session) {
        return locked(() -> view.session(session) != null);
    }

    private boolean over(String session) {
        return locked(() -> view.session(session) != null && view.session(session).ended());
    }

    private boolean locked(Supplier<Boolean> question) {
        view.lock().lock();
        try {
            return question.get();
        } finally {
            view.lock().unlock();
        }
    }

    private static HttpResponse response(Answer answer) {
        return Answers.plain(answer.status(), "").withEntity(ContentTypes.APPLICATION_JSON, answer.json() + "\n");
    }

    /** What was answered in plain text, as JSON. */
    private static HttpResponse inJson(HttpResponse answer) {
        Optional<String> line = answer.entity() instanceof HttpEntity.Strict strict && answer.status().isFailure()
                && strict.getContentType().mediaType().equals(MediaTypes.TEXT_PLAIN)
                        ? Optional.of(strict.getData().utf8String().strip())
                        : Optional.empty();
        return line.map(told -> answer.withEntity(ContentTypes.APPLICATION_JSON,
                SessionRequests.error(answer.status().intValue(), told).json() + "\n")).orElse(answer);
    }
}
