package kappa.dashboards.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import kappa.dashboards.app.FailureLine;
import kappa.dashboards.app.SessionAccount;
import kappa.dashboards.report.Verdict;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.recording.BinSource;
import kappa.ingest.replay.SessionPlace;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.session.History;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.Snapshot;

/**
 * Publishes a session and, if asked, waits until the pipeline has published everything about it. Shared by {@code
 * live}, {@code replay} and {@code rig}.
 */
final class SessionRun {

    private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

    private final KafkaConnection connection;
    private final SessionPublisher publisher;
    private final RunOptions options;
    private final Speed speed;
    private final BooleanSupplier failed;

    /** @param failed whether the pipeline in this process has failed, so that waiting is in vain */
    SessionRun(KafkaConnection connection, RunOptions options, BooleanSupplier failed) {
        this.connection = connection;
        this.publisher = new SessionPublisher(connection);
        this.options = options;
        this.speed = Speed.parse(options.speed);
        this.failed = failed;
    }

    /**
     * Publishes until the source ends or the thread is interrupted.
     *
     * @return false if it did not come to its end
     */
    boolean run(BinSource source, FitOptions.Request fit) {
        Thread publishing = Thread.currentThread();
        AtomicBoolean stopped = new AtomicBoolean();
        CountDownLatch over = new CountDownLatch(1);
        Thread hook = new Thread(() -> {
            stopped.set(true);
            publishing.interrupt();
            awaitStopped(over);
        }, "kappa-stop-session");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return run(source, fit, stopped);
        } finally {
            over.countDown();
            forget(hook);
        }
    }

    /** Delays the end of the process until sent bins are delivered and the user knows how to continue. */
    private static void awaitStopped(CountDownLatch over) {
        try {
            if (!over.await(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                System.err.println("publishing did not stop within " + STOP_WITHIN.toSeconds()
                        + " s; the same command continues after the last bin that Kafka has");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is running: the process is being stopped.
        }
    }

    private boolean run(BinSource source, FitOptions.Request fit, AtomicBoolean stopped) {
        FailureLine.watchClock();
        SessionPlace place = publisher.place(source, Optional.ofNullable(options.sessionId), fit.settings(),
                fit.startFrom());
        SessionDescription session = place.description();
        String id = session.session();
        System.err.println("session " + id + ": " + session.neurons().size() + " neurons, rank " + session.rank()
                + continuation(place));
        long started = System.nanoTime();
        SessionAccount account = new SessionAccount(connection, place.state(History.NONE));
        CompletableFuture<Boolean> followed = new CompletableFuture<>();
        if (options.waits()) {
            Thread.ofPlatform().name("kappa-session-account").daemon(true).start(() -> {
                try {
                    followed.complete(account.follow(() -> stopped.get() || failed.getAsBoolean()));
                } catch (RuntimeException | Error e) {
                    followed.completeExceptionally(e);
                }
            });
        }
        Output.Progress progress = new Output.Progress("published");
        long published = place.complete()
                ? place.bins()
                : publisher.publish(source, place, speed, -1, progress);
        boolean whole = !Thread.currentThread().isInterrupted();
        progress.end();
        if (!whole) {
            stopped.set(true);
            tellHowToGoOn(source, id, published);
            return false;
        }
        if (!options.waits()) {
            return true;
        }
        boolean complete;
        try {
            complete = followed.join();
        } catch (CompletionException e) {
            throw new InvalidInputException("following session " + id + " failed: " + FailureLine.of(e), e);
        }
        if (!complete && stopped.get()) {
            tellHowToGoOn(source, id, published);
            return false;
        }
        if (!complete) {
            throw new Main.Stopped("session " + id
                    + " is unfinished: the pipeline stopped; the same command continues it");
        }
        Map<String, Object> figures = account.figures(published, (System.nanoTime() - started) / 1e9);
        if (options.out != null) {
            Snapshot last = account.state().snapshot().orElseThrow();
            NetworkFile.write(options.out, SnapshotCodec.saved(session, last.value()));
            System.err.println("model " + last.version() + " written to " + options.out);
        }
        // What was wrong with the recording was printed before the session began.
        account.state().warnings().stream().filter(line -> !session.warnings().contains(line))
                .forEach(line -> Output.note("warning: " + line));
        if (options.json) {
            Output.json(figures);
        } else {
            Map<String, Object> single = new LinkedHashMap<>(figures);
            single.values().removeIf(value -> value instanceof Map || value instanceof List);
            Output.plain(single);
            Map<?, ?> prequential = (Map<?, ?>) figures.get("prequential");
            System.out.printf("prequential %.4f %s%n", (Double) prequential.get("mean"), prequential.get("unit"));
            System.out.println(verdict(session.rank(), prequential));
        }
        return true;
    }

    private static String verdict(int rank, Map<?, ?> prequential) {
        List<Double> scores = ((List<?>) prequential.get("per_trial")).stream()
                .map(score -> score == null ? Double.NaN : (Double) score).toList();
        return Verdict.fit((String) prequential.get("unit"), rank, scores, (Double) prequential.get("free_run_mean"),
                Map.of());
    }

    private static String continuation(SessionPlace place) {
        return place.complete()
                ? ", all " + place.bins() + " bins were published earlier and are still being processed"
                : place.bins() > 0 ? ", continued from bin " + place.bins() : "";
    }

    private void tellHowToGoOn(BinSource source, String session, long published) {
        // A rig's sessions are named after the time at which they began.
        String named = source.live() && options.sessionId == null ? " --session-id " + session : "";
        System.err.println("session " + session + " stopped after " + published + " bins; to go on:  "
                + options.commandLine() + named);
    }
}
