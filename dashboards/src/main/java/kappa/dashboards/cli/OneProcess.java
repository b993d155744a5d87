package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Broker, pipeline and page in this process, and a session that is published into them. */
@Section.In(Section.BROKER)
final class OneProcess {

    /** Few, since this process reads all of them, and each makes a start longer. A directory that has more keeps them. */
    private static final int PARTITIONS = 4;

    @Mixin
    private PageOptions dashboard;

    @Mixin
    private FitThreadsOption threads;

    @Mixin
    private DataOption data;

    @Section.In(Section.RARE)
    @Option(names = "--kafka-port", paramLabel = "PORT",
            description = "Port of the Kafka broker on this machine; 0 for a free one (default: 9092, or a free one "
                    + "where that is taken).")
    private Integer kafkaPort;

    @Mixin
    private DoorOption door;

    @Mixin
    private RetentionOptions retention;

    /** Publishes a session. */
    interface Publishing {
        /** @return whether the session came to its end */
        boolean publish(KafkaConnection connection, BooleanSupplier failed);
    }

    /**
     * @param stays whether the page stays when the session is over
     * @return the exit code
     */
    int run(Publishing publishing, boolean stays) {
        Path directory = data.directory("live");
        retention.check();
        var page = dashboard.settings();
        BrokerHalt.tellWhy(directory);
        // Neither needs the other to start.
        CompletableFuture<EmbeddedBroker> opening = CompletableFuture.supplyAsync(() -> open(directory),
                task -> Thread.ofPlatform().name("kappa-open-broker").start(task));
        Server server;
        try {
            server = new Server(threads.count(), page);
        } catch (RuntimeException e) {
            opening.thenAccept(EmbeddedBroker::close).exceptionally(alsoFailed -> null).join();
            throw e;
        }
        EmbeddedBroker broker;
        try {
            broker = opened(opening);
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
        server.stopWith(broker::close);
        try {
            server.start(connection(broker), "kappa");
            System.err.println("dashboard " + server.link() + "   " + DoorOption.address(broker, directory)
                    + "   log " + directory);
            System.err.println("other programs send to it and read from it at  " + broker.bootstrapServers());
            boolean whole = publish(publishing, connection(broker), server);
            if (whole && stays) {
                System.err.println("the session is over; the page stays until Ctrl-C");
                server.awaitStop();
            }
            return whole ? 0 : Main.FAILED;
        } finally {
            server.close();
        }
    }

    /** A broker with kappa's topics. */
    private EmbeddedBroker open(Path directory) {
        EmbeddedBroker broker = EmbeddedBroker.start(directory, brokerPort(), door.door());
        try {
            Topics.createAll(broker.connection(), PARTITIONS);
            retention.apply(broker.connection(), directory);
            return broker;
        } catch (RuntimeException | Error e) {
            broker.close();
            throw e;
        }
    }

    private static EmbeddedBroker opened(CompletableFuture<EmbeddedBroker> opening) {
        try {
            return opening.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Only one process can use the directory, so that a restarted one takes over from the one that was killed. */
    private static KafkaConnection connection(EmbeddedBroker broker) {
        return broker.connection().with(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "live");
    }

    /** Programs look for a broker at Kafka's own port. */
    private int brokerPort() {
        if (kafkaPort != null) {
            return kafkaPort;
        }
        // Processes that are started side by side, as tests do, would both find it free.
        int usual = Integer.getInteger("kappa.kafka-port", EmbeddedBroker.USUAL_PORT);
        return EmbeddedBroker.isFree(usual) ? usual : 0;
    }

    /** A pipeline that fails interrupts the publishing. How that ends then says nothing about the reason. */
    private static boolean publish(Publishing publishing, KafkaConnection connection, Server server) {
        try {
            boolean whole = publishing.publish(connection, server::failed);
            server.requireRunning();
            return whole;
        } catch (RuntimeException e) {
            server.requireRunning();
            throw e;
        }
    }
}
