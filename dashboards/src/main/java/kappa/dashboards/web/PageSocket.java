package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.extractOfferedWsProtocols;
import static akka.http.javadsl.server.Directives.handleWebSocketMessagesForOptionalProtocol;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.reject;

import akka.NotUsed;
import akka.http.javadsl.model.ws.Message;
import akka.http.javadsl.model.ws.TextMessage;
import akka.http.javadsl.server.Route;
import akka.stream.KillSwitches;
import akka.stream.SharedKillSwitch;
import akka.stream.StreamLimitReachedException;
import akka.stream.StreamTcpException;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import kappa.ingest.InvalidInputException;

/** The WebSocket of open pages, {@code /ws}: a {@link PageClient} each. Thread-safe. */
final class PageSocket {

    static final int MAX_CLIENTS = 32;
    /** What a page offers first; a program need not offer anything. */
    private static final String PROTOCOL = "kappa";
    static final int MAX_REQUEST_CHARACTERS = 8_192;

    private final LiveView view;
    private final AccessRules access;
    private final Executor threads;
    private final Runnable refused;
    private final AtomicInteger clients = new AtomicInteger();
    private final SharedKillSwitch conversations = KillSwitches.shared("kappa-dashboard");

    /**
     * @param threads on which frames are composed
     * @param refused is told of each message that is no question, and of each connection that broke the protocol
     */
    PageSocket(LiveView view, AccessRules access, Executor threads, Runnable refused) {
        this.view = view;
        this.access = access;
        this.threads = threads;
        this.refused = refused;
    }

    /** Pages that are open. */
    int clients() {
        return clients.get();
    }

    /** Closes open pages, which then try to connect again. */
    void close() {
        conversations.shutdown();
    }

    Route route() {
        return path("ws", () -> access.sameOrigin("A page of another origin may not connect.",
                () -> clients.get() >= MAX_CLIENTS
                        ? reject(new Refusal(503, MAX_CLIENTS + " pages are open already."))
                        : access.control()
                                .whetherShown(controls -> extractOfferedWsProtocols(
                                        offered -> handleWebSocketMessagesForOptionalProtocol(conversation(controls),
                                                Optional.of(PROTOCOL).filter(offered::contains))))));
    }

    /**
     * One answer for each question, one at a time; a page that asks faster is held back by TCP. One that sends what is no
     * question, or without an end, is told so and closed.
     */
    private Flow<Message, Message, NotUsed> conversation(boolean mayControl) {
        return Flow.fromMaterializer((materializer, attributes) -> {
            // Several may have passed the check at the door at once.
            if (clients.incrementAndGet() > MAX_CLIENTS) {
                clients.decrementAndGet();
                return Flow.fromSinkAndSource(Sink.cancelled(),
                        Source.single((Message) TextMessage.create(refusal(MAX_CLIENTS + " pages are open already"))));
            }
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
                                refused.run();
                            }
                        });
                        return NotUsed.getInstance();
                    });
        }).mapMaterializedValue(unused -> NotUsed.getInstance());
    }

    private CompletionStage<String> answer(PageClient client, String text) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return client.answer(PageQuestion.parse(text));
            } catch (InvalidInputException e) {
                return refusal(e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CompletionException(e);
            }
        }, threads);
    }

    private String refusal(String line) {
        refused.run();
        return PageClient.refusal(line);
    }
}
