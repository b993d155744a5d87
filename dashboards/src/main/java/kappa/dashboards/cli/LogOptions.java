package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import picocli.CommandLine.Mixin;

/** Which Kafka to read from: a cluster that is named, or the broker of a {@code live} on this machine. */
final class LogOptions {

    @Mixin
    private KafkaOptions kafka;

    @Mixin
    private DataOption data;

    Path directory() {
        return data.directory("live");
    }

    /** The cluster that was named, or the broker that runs in the directory; empty if neither is there. */
    Optional<KafkaConnection> running() {
        Optional<String> named = kafka.servers();
        if (named.isPresent() && data.given()) {
            throw new InvalidInputException("--data " + directory() + " and --bootstrap-servers " + named.get()
                    + " cannot be combined; give one of them");
        }
        if (named.isPresent()) {
            return named.map(kafka::to);
        }
        return EmbeddedBroker.runningIn(directory()).map(servers -> EmbeddedBroker.clientProperties(directory())
                .map(file -> KafkaConnection.withConfig(servers, file)).orElseGet(() -> kafka.to(servers)));
    }

    /** Works on that Kafka; if none runs, starts the broker of the directory meanwhile. */
    <T> T with(Function<KafkaConnection, T> work) {
        Optional<KafkaConnection> running = running();
        if (running.isPresent()) {
            return work.apply(running.get());
        }
        try (EmbeddedBroker broker = EmbeddedBroker.startToRead(directory())) {
            return work.apply(broker.connection());
        }
    }
}
