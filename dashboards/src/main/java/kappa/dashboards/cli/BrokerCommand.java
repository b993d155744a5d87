package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A standalone broker, for machines without a Kafka. */
@Command(name = "broker", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Run a Kafka broker on this machine.",
    "",
    "Use it on machines without Kafka, together with the commands serve, replay and rig."})
final class BrokerCommand implements Runnable {

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "9092",
            description = "Port of the broker on loopback (default: ${DEFAULT-VALUE}).")
    private int port;

    @Mixin
    private DataOption data;

    @Option(names = "--partitions", paramLabel = "N", defaultValue = "8",
            description = "Number of partitions of topics that are created (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Mixin
    private DoorOption door;

    @Mixin
    private RetentionOptions retention;

    @Override
    public void run() {
        retention.check();
        Path directory = data.directory("broker");
        BrokerHalt.tellWhy(directory);
        EmbeddedBroker broker = EmbeddedBroker.start(directory, port, door.door());
        AtomicBoolean serves = new AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            broker.close();
            if (serves.get()) {
                // To be stopped is how it succeeds.
                Runtime.getRuntime().halt(0);
            }
        }, "kappa-broker-stop"));
        KafkaConnection connection = broker.connection();
        Topics.createAll(connection, partitions);
        retention.apply(connection, directory);
        System.err.println(DoorOption.address(broker, directory) + "   log " + directory);
        serves.set(true);
        broker.awaitShutdown();
    }
}
