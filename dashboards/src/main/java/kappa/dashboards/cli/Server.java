package kappa.dashboards.cli;

import akka.actor.typed.ActorSystem;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import kappa.dashboards.app.FailureLine;
import kappa.dashboards.app.Processing;
import kappa.dashboards.web.DashboardServer;
import kappa.dashboards.web.DashboardSettings;
import kappa.dashboards.web.LiveView;
import kappa.ingest.log.KafkaConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pipeline and page of this process. Ctrl-C stops them in order: first publishing, then the pipeline, then the broker.
 */
final class Server implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    private final ActorSystem<Void> system;
    private final PrometheusMeterRegistry meters = Processing.registry();
    private final int fitThreads;
    private final DashboardServer dashboard;
    private final DashboardSettings settings;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread main = Thread.currentThread();
    private final Thread hook = new Thread(this::onSignal, "kappa-stop");
    /** Null until {@link #start}; read by whoever stops the process. */
    private volatile Processing processing;
    private volatile LiveView view;
    private Runnable last = () -> {};
    private volatile boolean waiting;
    private boolean closed;

    /** Opens the page, which says that kappa is starting until {@link #start}. */
    Server(int fitThreads, DashboardSettings settings) {
        this.fitThreads = fitThreads;
        this.settings = settings;
        system = Processing.system(fitThreads);
        try {
            dashboard = DashboardServer.listen(system, settings, meters);
        } catch (RuntimeException e) {
            system.terminate();
            throw e;
        }
        if (!settings.onLoopback() && settings.tls().isEmpty()) {
            LOG.warn(
                    "the page on {} is plain HTTP, so its token can be read on the way: use --tls-keystore or a proxy"
                            + " with TLS",
                    settings.host());
        }
    }

    /** Starts the pipeline. Called once. */
    void start(KafkaConnection connection, String group) {
        processing = new Processing(system, meters, connection, group, fitThreads, this::onFailure);
        view = LiveView.start(connection, meters, processing::sessionProblem);
        dashboard.serve(view, () -> {
            String problem = processing.readinessProblem();
            return new DashboardServer.Readiness(problem == null, problem == null ? "reading" : problem);
        }, processing.controls(), Optional.of(connection));
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** What is stopped after everything else. */
    void stopWith(Runnable action) {
        last = action;
    }

    /**
     * The page's address; on loopback with the control token, which a click on it hands to the browser. For standard error only,
     * never for the log. Elsewhere standard error is often kept, and the address is another one outside; and so it is where the
     * log is made for a machine.
     */
    String link() {
        String host = settings.host().equals("127.0.0.1")
                ? "localhost"
                : settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host();
        return (settings.tls().isPresent() ? "https://" : "http://") + host + ":" + dashboard.port()
                + (settings.onLoopback() && !LogForm.json()
                        ? "/?token=" + URLEncoder.encode(settings.controlToken(), StandardCharsets.UTF_8)
                        : "");
    }

    boolean failed() {
        return failure.get() != null;
    }

    private void onFailure(Throwable cause) {
        LOG.atError().setCause(FailureLine.foreseen(cause).isPresent() ? null : cause)
                .log("the pipeline stopped: {}", FailureLine.of(cause));
        failure.set(cause);
        stop.countDown();
        main.interrupt();
    }

    private void onSignal() {
        main.interrupt();
        close();
        if (waiting && !failed()) {
            // Nothing was left to be done: to be stopped is how it succeeds. Else the exit code is the signal's.
            Runtime.getRuntime().halt(0);
        }
    }

    /** Waits for Ctrl-C or a failure of the pipeline, which it throws. */
    void awaitStop() {
        waiting = true;
        try {
            stop.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        requireRunning();
    }

    /** Throws the failure of the pipeline, if it has failed. */
    void requireRunning() {
        if (failed()) {
            throw new Main.Stopped("the pipeline stopped: " + FailureLine.of(failure.get()));
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        // The pipeline stops without the caller's interrupt, which would cut its last writes short.
        boolean interrupted = Thread.interrupted();
        if (failed() && view != null) {
            view.sendLastFrames(); // they say why
        }
        dashboard.close();
        if (view != null) {
            view.close();
        }
        if (processing != null) {
            processing.close();
        } else {
            system.terminate();
        }
        last.run();
        stop.countDown();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
