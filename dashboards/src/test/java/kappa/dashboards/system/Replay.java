package kappa.dashboards.system;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kappa.dashboards.app.SessionAccount;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.replay.SessionPlace;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.session.History;

/**
 * Does in this process what {@code ./kappa replay --until-end --json} does: publishes a session, or what is missing of it, and
 * follows it to its end. Closing stops it.
 */
final class Replay implements AutoCloseable {

    /** Few, because what is tested here is not how well a model is learned. */
    static final int STEPS_PER_TRIAL = 5;

    /**
     * What {@code replay --rank 2 --speed max --steps-per-trial 5} asks for; in lockstep at any speed, so that the model does not
     * depend on time.
     */
    private static final FitSettings FIT = new FitSettings(2, 0, 0, 1, true, STEPS_PER_TRIAL, true, false, 1, 0, 30);

    private final CompletableFuture<Map<String, Object>> figures = new CompletableFuture<>();
    private final Thread thread;
    private volatile boolean closed;

    private Replay(String servers, BinSource source, String session, Speed speed, long limit,
            boolean follows) {
        thread = Thread.ofPlatform().name("replay-" + session).daemon().start(() -> {
            try (source) {
                figures.complete(run(KafkaConnection.to(servers), source, session, speed, limit, follows));
            } catch (RuntimeException | Error e) {
                figures.completeExceptionally(e);
            }
        });
    }

    /** Begins to publish all of a session. The source is closed in the end. */
    static Replay start(String servers, BinSource source, String session, Speed speed) {
        return new Replay(servers, source, session, speed, -1, true);
    }

    /**
     * Begins to publish a session, or what is missing of it, and does not follow it. The source is closed in the end.
     *
     * @param bins of the session after which to stop, or -1 for all
     */
    static Replay startPart(String servers, BinSource source, String session, long bins) {
        return new Replay(servers, source, session, Speed.MAX, bins, false);
    }

    private Map<String, Object> run(KafkaConnection connection, BinSource source, String session, Speed speed,
            long limit, boolean follows) {
        SessionPublisher publisher = new SessionPublisher(connection);
        SessionPlace place = publisher.place(source, Optional.of(session), FIT);
        long bins = place.complete()
                ? place.bins()
                : publisher.publish(source, place, speed, limit, (done, total, status) -> {});
        if (!follows) {
            return Map.of();
        }
        SessionAccount account = new SessionAccount(connection, place.state(History.NONE));
        if (!account.follow(() -> closed)) {
            throw new IllegalStateException("the replay of " + session + " was closed before its end");
        }
        return account.figures(bins, 0);
    }

    /** Fails if the replay has failed. */
    void shouldRunOrSucceed() {
        if (figures.isCompletedExceptionally()) {
            figures.join();
        }
    }

    /** Waits for the end, and gives the figures that {@code --json} prints. */
    Map<String, Object> awaitSuccess() {
        try {
            return figures.get(Cluster.LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError(thread.getName() + " did not come to its end", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
