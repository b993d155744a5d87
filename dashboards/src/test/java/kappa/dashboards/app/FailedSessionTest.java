package kappa.dashboards.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;
import kappa.fitting.pipeline.SessionFailure;
import kappa.ingest.Await;
import kappa.ingest.Meters;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.FitSettings;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A session whose learning or filter fails or hangs, in a whole pipeline: the kernels do so when they are told to. */
class FailedSessionTest {

    private static final FitSettings FIT = FitSettings.newBuilder().setRank(1).setSeed(1).setStepsPerTrial(3).build();
    private static final String FITTER = "fit-dispatcher";
    private static final String FILTER = "latency-dispatcher";

    @TempDir
    private static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaConnection connection;
    private static KafkaProducer<byte[], byte[]> producer;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final CountDownLatch released = new CountDownLatch(1);
    /** What part of the pipeline hangs in the kernels from now on, or fails there; null for none. */
    private volatile String hangs;
    private volatile String fails;
    private volatile Thread hanging;
    /** The number that the session has to which this happens: each test follows the sessions of those before it, too. */
    private volatile int neurons;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(directory, 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, 1);
        producer = new KafkaProducer<>(connection.producer());
    }

    @AfterAll
    static void stopBroker() {
        producer.close();
        broker.close();
    }

    @AfterEach
    void letGo() {
        released.countDown();
    }

    private Processing start(String group, int threads) {
        RnnKernels real = KernelProvider.kernels();
        RnnKernels kernels = (RnnKernels) Proxy.newProxyInstance(RnnKernels.class.getClassLoader(),
                new Class<?>[]{RnnKernels.class}, (_, method, arguments) -> call(real, method, arguments));
        return new Processing(connection, group, threads, kernels, failures::add);
    }

    private Object call(RnnKernels real, Method method, Object[] arguments) throws Throwable {
        Thread here = Thread.currentThread();
        if (arguments[0] instanceof KernelModel model && model.network().neurons() == neurons) {
            if (fails != null && here.getName().contains(fails)) {
                throw new IllegalStateException("the kernels are worn out");
            }
            if (hangs != null && hanging == null && here.getName().contains(hangs)) {
                hanging = here;
            }
            if (here == hanging) {
                released.await();
            }
        }
        try {
            return method.invoke(real, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static double hangingSessions(Processing processing) {
        return processing.meters().get(Meters.SESSIONS_HANGING.meterName()).gauge().value();
    }

    /** The sessions that have models, once this one has. */
    private static Set<String> modelsUntilOneOf(String session) {
        Set<String> found = new HashSet<>();
        try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer())) {
            consumer.assign(List.of(new TopicPartition(Topics.MODELS, 0)));
            consumer.seekToBeginning(consumer.assignment());
            Await.until("a model of " + session, () -> {
                consumer.poll(Duration.ofMillis(50)).forEach(record -> found.add(new String(record.key(), UTF_8)));
                return found.contains(session);
            });
        }
        return found;
    }

    @Test
    void shouldTellOfASessionWhoseLearningHangsAndGoOnWithTheOthers() {
        try (Processing processing = start("hangs", 2)) {
            Await.until("readiness", () -> processing.readinessProblem() == null);
            neurons = 20;
            hangs = FITTER;
            SyntheticRig stuck = new SyntheticRig(producer, "stuck", neurons, FIT);
            stuck.trial();
            Await.until("a step that does not end", () -> hanging != null);
            long since = System.nanoTime();
            Await.until("the process to say so", () -> processing.readinessProblem() != null);
            System.err.printf("FailedSessionTest: a hanging session was reported after %.1f s%n",
                    (System.nanoTime() - since) / 1e9);
            assertThat(processing.readinessProblem()).startsWith("session stuck: learning has given no sign for ")
                    .contains("jcmd");
            assertThat(processing.sessionProblem()).startsWith("session stuck: learning has given no sign for ");
            assertThat(hangingSessions(processing)).isEqualTo(1);

            SyntheticRig well = new SyntheticRig(producer, "well", 30, FIT);
            well.trial();
            assertThat(modelsUntilOneOf("well")).doesNotContain("stuck");

            released.countDown();
            Await.until("readiness again", () -> processing.readinessProblem() == null);
            assertThat(processing.sessionProblem()).isEmpty();
            assertThat(hangingSessions(processing)).isZero();
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void shouldTellOfASessionWhoseLearningFails() {
        try (Processing processing = start("fails", 1)) {
            neurons = 21;
            fails = FITTER;
            new SyntheticRig(producer, "failing", neurons, FIT).trial();
            Await.until("the failure", () -> !failures.isEmpty());
            assertThat(failures).singleElement().isInstanceOf(SessionFailure.class);
            assertThat(processing.readinessProblem()).startsWith(
                    "failed: session failing: learning failed: the kernels are worn out.")
                    .contains("./kappa session forget failing");
            assertThat(processing.sessionProblem()).startsWith("session failing: learning failed: ");
            assertThat(processing.meters().get(Meters.READY.meterName()).gauge().value()).isZero();
        }
    }

    /** Its actor ends only when the one that learns has ended, and that never comes. */
    @Test
    void shouldTellOfAFailureThoughAnotherPartOfTheSessionHangs() {
        try (Processing processing = start("fails-and-hangs", 1)) {
            neurons = 22;
            SyntheticRig rig = new SyntheticRig(producer, "broken", neurons, FIT);
            rig.trial();
            // Before there is a model, the filter has nothing to compute.
            assertThat(modelsUntilOneOf("broken")).contains("broken");
            hangs = FITTER;
            rig.trial();
            Await.until("a step that does not end", () -> hanging != null);
            fails = FILTER;
            rig.trial();
            Await.until("the failure", () -> !failures.isEmpty());
            assertThat(processing.readinessProblem()).startsWith("failed: session broken: the filter failed: ");
            fails = null;
            released.countDown();
        }
    }
}
