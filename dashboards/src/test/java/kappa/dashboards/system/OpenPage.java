package kappa.dashboards.system;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A page that stays open: it asks for frame after frame, and when its process dies it opens again, on that process's successor
 * or on another. Thread-safe.
 */
final class OpenPage implements AutoCloseable {

    private static final String QUESTION = "{\"window\":60,\"width\":400}";
    private static final Duration AGAIN_AFTER = Duration.ofMillis(250);

    private final Supplier<Optional<String>> address;
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicLong frames = new AtomicLong();
    private final AtomicLong openings = new AtomicLong();
    private final Thread thread;
    private volatile boolean closed;

    /** @param address host:port of a process that has a page at present */
    OpenPage(Supplier<Optional<String>> address) {
        this.address = address;
        thread = Thread.ofVirtual().name("open-page").start(this::stayOpen);
    }

    /** Frames it was sent so far. */
    long frames() {
        return frames.get();
    }

    /** How often it was opened so far. */
    long openings() {
        return openings.get();
    }

    private void stayOpen() {
        while (!closed) {
            address.get().ifPresent(this::converse);
            LockSupport.parkNanos(AGAIN_AFTER.toNanos());
        }
    }

    private void converse(String at) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        try {
            WebSocket socket = client.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(5))
                    .buildAsync(URI.create("ws://" + at + "/ws"), new Answers(over)).join();
            openings.incrementAndGet();
            socket.sendText(QUESTION, true).join();
            over.join();
            socket.abort();
        } catch (CompletionException e) {
            // Its process was killed, or has only just been started.
        }
    }

    /** Answers a frame with the next question. */
    private final class Answers implements WebSocket.Listener {

        private final CompletableFuture<Void> over;

        Answers(CompletableFuture<Void> over) {
            this.over = over;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            socket.request(1);
            if (closed) {
                over.complete(null);
            } else if (last) {
                frames.incrementAndGet();
                return socket.sendText(QUESTION, true);
            }
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            over.complete(null);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            over.complete(null);
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        client.shutdownNow();
    }
}
