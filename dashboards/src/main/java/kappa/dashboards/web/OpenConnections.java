package kappa.dashboards.web;

import akka.NotUsed;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.stream.KillSwitches;
import akka.stream.SharedKillSwitch;
import akka.stream.javadsl.Flow;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Keeps a place free for who asks next: when one connection too many is opened, the one is closed on which nothing was asked for
 * the longest time. So a client that opens a thousand connections and keeps silent shuts nobody out, and {@code /health/live} is
 * always answered. A WebSocket leaves this account when it is opened; {@link PageSocket} has a limit of its own for those.
 * Thread-safe.
 */
final class OpenConnections {

    private final int limit;
    /** In the order of their last request, the oldest first. Guarded by itself. */
    private final Set<SharedKillSwitch> open = new LinkedHashSet<>();

    /** @param limit how many may be open at a time; below Akka HTTP's own {@code max-connections}, which lets new ones wait */
    OpenConnections(int limit) {
        this.limit = limit;
    }

    /** @param handler answers the requests of one connection; it is materialised for each */
    Flow<HttpRequest, HttpResponse, NotUsed> limit(Flow<HttpRequest, HttpResponse, NotUsed> handler) {
        return Flow.fromMaterializer((materializer, attributes) -> {
            SharedKillSwitch connection = KillSwitches.shared("connection");
            opened(connection);
            return Flow.of(HttpRequest.class).via(connection.flow()).map(request -> {
                asked(connection);
                return request;
            }).via(handler).watchTermination((none, end) -> {
                end.whenComplete((done, failure) -> closed(connection));
                return NotUsed.getInstance();
            });
        }).mapMaterializedValue(none -> NotUsed.getInstance());
    }

    /** How many are open. */
    int count() {
        synchronized (open) {
            return open.size();
        }
    }

    private void opened(SharedKillSwitch connection) {
        SharedKillSwitch silent = null;
        synchronized (open) {
            if (open.size() >= limit) {
                Iterator<SharedKillSwitch> oldest = open.iterator();
                silent = oldest.next();
                oldest.remove();
            }
            open.add(connection);
        }
        if (silent != null) {
            silent.shutdown();
        }
    }

    private void asked(SharedKillSwitch connection) {
        synchronized (open) {
            // One that is being closed does not come back.
            if (open.remove(connection)) {
                open.add(connection);
            }
        }
    }

    private void closed(SharedKillSwitch connection) {
        synchronized (open) {
            open.remove(connection);
        }
    }
}
