package kappa.dashboards.app;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import kappa.analysis.pipeline.AnalysisReader;
import kappa.analysis.pipeline.Analyst;
import kappa.fitting.fit.KernelWarmUp;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.pipeline.FitServices;
import kappa.fitting.pipeline.Lateness;
import kappa.fitting.pipeline.Pipeline;
import kappa.fitting.pipeline.SessionWatch;
import kappa.ingest.Meters;
import kappa.ingest.log.ActivityReader;
import kappa.ingest.log.BrokerDisk;
import kappa.ingest.log.ControlPublisher;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Publisher;
import kappa.ingest.wire.Fault;

/** The pipeline of one process on one Kafka: reader, sessions, analyses, meters. Thread-safe. */
public final class Processing implements AutoCloseable {

    private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

    private final PrometheusMeterRegistry meters;
    private final JvmGcMetrics gcMetrics = new JvmGcMetrics();
    private final ActorSystem<Void> system;
    private final Publisher publisher;
    private final Team team;
    private final ActivityReader activity;
    private final AnalysisReader models;
    private final BrokerDisk disk;
    private final AtomicInteger sessions = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final SessionWatch watch;
    private final Thread warmUp;
    private final StateLog stateLog;

    /**
     * @param group the consumer group that shares the sessions
     * @param onFailure called once, from any thread, when the pipeline cannot go on
     */
    public Processing(KafkaConnection connection, String group, int threads, Consumer<Throwable> onFailure) {
        this(connection, group, threads, KernelProvider.kernels(), onFailure);
    }

    Processing(KafkaConnection connection, String group, int threads, RnnKernels kernels,
            Consumer<Throwable> onFailure) {
        this(system(threads), registry(), connection, group, threads, kernels, onFailure);
    }

    /**
     * The same, of a system and meters that the page uses already.
     *
     * @param system of as many threads; terminated by {@link #close}
     */
    public Processing(ActorSystem<Void> system, PrometheusMeterRegistry meters, KafkaConnection connection,
            String group, int threads, Consumer<Throwable> onFailure) {
        this(system, meters, connection, group, threads, KernelProvider.kernels(), onFailure);
    }

    private Processing(ActorSystem<Void> system, PrometheusMeterRegistry meters, KafkaConnection connection,
            String group, int threads, RnnKernels kernels, Consumer<Throwable> onFailure) {
        this.system = system;
        this.meters = meters;
        Consumer<Throwable> fail = cause -> {
            if (failure.compareAndSet(null, cause)) {
                onFailure.accept(cause);
            }
        };
        publisher = new Publisher(connection, meters, fail);
        team = new Team(threads);
        FitServices.PipelineMeters pipelineMeters = new FitServices.PipelineMeters(meters);
        AtomicReference<ActivityReader> reader = new AtomicReference<>();
        FitServices.Offsets offsets = new FitServices.Offsets() {
            @Override
            public void checkpointed(int partition, String session, long offset) {
                reader.get().checkpointed(partition, session, offset);
            }

            @Override
            public void parked(int partition, String session, long upTo) {
                reader.get().parked(partition, session, upTo);
            }

            @Override
            public void finished(int partition, String session) {
                reader.get().finished(partition, session);
            }
        };
        watch = new SessionWatch(system.settings().config().getDuration("kappa.hangs-after"), fail);
        FitServices services = new FitServices(connection, publisher, kernels, team, offsets, pipelineMeters,
                new Lateness(), watch, Runtime.getRuntime().maxMemory() / 2);
        ActorRef<Pipeline.Command> pipeline = system.systemActorOf(Pipeline.create(services, sessions, fail),
                "pipeline",
                DispatcherSelector.fromConfig("kappa.latency-dispatcher"));
        activity = new ActivityReader(connection, group, publisher, meters, Pipeline.sink(pipeline),
                system.settings().config().getDuration("kappa.park-after"), fail);
        reader.set(activity);
        ActorRef<Analyst.Command> analyst = system.systemActorOf(Analyst.create(publisher), "analyst",
                DispatcherSelector.fromConfig("kappa.analysis-dispatcher"));
        models = new AnalysisReader(connection, group, analyst, system.scheduler(), fail);
        registerMeters(pipelineMeters);
        disk = new BrokerDisk(connection, meters);
        // Runs while this waits for Kafka; close does not wait for it.
        warmUp = Thread.ofPlatform().daemon(true).name("kappa-warm-up").start(() -> {
            try {
                KernelWarmUp.run(services.kernels());
            } catch (RuntimeException | Error e) {
                fail.accept(e);
            }
        });
        activity.start();
        models.start();
        stateLog = StateLog.start(() -> failure.get() == null ? readinessProblem() : null);
    }

    /**
     * A system of actors with the dispatchers of the pipeline.
     *
     * @param threads that learn
     */
    public static ActorSystem<Void> system(int threads) {
        return ActorSystem.create(Behaviors.empty(), "kappa",
                ConfigFactory
                        .parseMap(Map.of("kappa.fit-dispatcher.thread-pool-executor.fixed-pool-size", threads))
                        .withFallback(ConfigFactory.load()));
    }

    /** Meters in the form that Prometheus reads. */
    public static PrometheusMeterRegistry registry() {
        return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    }

    private void registerMeters(FitServices.PipelineMeters pipeline) {
        new JvmMemoryMetrics().bindTo(meters);
        new JvmThreadMetrics().bindTo(meters);
        new ProcessorMetrics().bindTo(meters);
        gcMetrics.bindTo(meters);
        // Counters are there from the start, so that a rate over the first rejection is seen.
        Fault.reasons().forEach(reason -> Meters.RECORDS_REJECTED.counter(meters, reason));
        Meters.LAG_BINS.gauge(meters, () -> pipeline.binsUnderWay() + activity.unreadRecords());
        Meters.SESSIONS_ACTIVE.gauge(meters, sessions::get);
        Meters.SESSIONS_HANGING.gauge(meters, watch::hangingSessions);
        Meters.BIN_AGE.gauge(meters, pipeline::binAgeSeconds);
        Meters.RIG_CLOCK_ERROR.gauge(meters, pipeline::clockErrorSeconds);
        Meters.CHECKPOINT_AGE.gauge(meters, () -> sessions.get() == 0 ? Double.NaN : pipeline.checkpointAgeSeconds());
        Meters.FIT_ACTIVITY_SHARE.gauge(meters, pipeline::activityShare);
        Meters.FIT_QUALITY.gauge(meters, "bits/spike", () -> pipeline.quality("bits/spike"));
        Meters.FIT_QUALITY.gauge(meters, "r2", () -> pipeline.quality("r2"));
        Meters.READY.gauge(meters, () -> readinessProblem() == null ? 1 : 0);
    }

    public ActorSystem<Void> system() {
        return system;
    }

    public PrometheusMeterRegistry meters() {
        return meters;
    }

    /** Publishes what is asked of a rig. */
    public ControlPublisher controls() {
        return new ControlPublisher(publisher);
    }

    /** Null if the process is ready; else the reason in one line. */
    public String readinessProblem() {
        if (failure.get() != null) {
            return "failed: " + FailureLine.of(failure.get());
        }
        if (warmUp.isAlive()) {
            return "compiling the kernels";
        }
        String problem = activity.readinessProblem();
        return problem == null ? hanging() : problem;
    }

    private String hanging() {
        return watch.hanging()
                .map(line -> line
                        + ". If that lasts, keep the output of jcmd PID Thread.print and start the process again:"
                        + " it goes on from its checkpoints")
                .orElse(null);
    }

    /** Why sessions of this process do not go on, in one line: one has failed or hangs. Empty if nothing is known. */
    public String sessionProblem() {
        if (failure.get() != null) {
            return FailureLine.of(failure.get());
        }
        return watch.hanging().orElse("");
    }

    /** Pauses or resumes the analyses, to measure their cost. */
    public void holdAnalyses(boolean hold) {
        models.hold(hold);
    }

    /**
     * Stops reading, publishes pending results, and stops. Bins after the last checkpoint are read again at the next
     * start.
     */
    @Override
    public void close() {
        stateLog.close();
        disk.close();
        activity.close();
        models.close();
        publisher.flush();
        system.terminate();
        try {
            system.getWhenTerminated().toCompletableFuture().get(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            system.log().warn("actors did not stop within {}: {}", STOP_WITHIN, e.toString());
        }
        team.close();
        publisher.close();
        gcMetrics.close();
    }
}
