package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A standalone broker, for machines without a Kafka. */
@Command(name = "broker", mixinStandardHelpOptions = true,
        description = "Runs a Kafka broker on this machine, for machines without one.")
final class BrokerCommand implements Callable<Integer> {

    @Option(names = "--port", defaultValue = "9092", description = "Port on loopback (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--data", paramLabel = "DIR",
            description = "Where it keeps its log (default: .kappa/broker beside the launcher).")
    private Path data;

    @Option(names = "--partitions", paramLabel = "N", defaultValue = "8",
            description = "Partitions of topics that do not exist yet (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Mixin
    private RetentionOptions retention;

    @Override
    public Integer call() {
        retention.check();
        Path directory = data == null ? Home.directory("broker") : data;
        EmbeddedBroker broker = EmbeddedBroker.start(directory, port);
        AtomicBoolean serves = new AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            broker.close();
            if (serves.get()) {
                // To be stopped is how it succeeds.
                Runtime.getRuntime().halt(0);
            }
        }, "kappa-broker-stop"));
        KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, partitions);
        retention.apply(connection, directory);
        System.err.println("Kafka " + broker.bootstrapServers() + "   log " + directory);
        serves.set(true);
        broker.awaitShutdown();
        return 0;
    }
}
