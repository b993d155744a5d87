package kappa.dashboards.cli;

import java.util.concurrent.Callable;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The pipeline and the dashboard against an external Kafka. */
@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Runs the pipeline and the dashboard against a Kafka that is there already.",
    "Run several with the same group: they share the sessions."})
final class ServeCommand implements Callable<Integer> {

    @Mixin
    private KafkaOptions kafka;

    @Option(names = "--group", defaultValue = "kappa",
            description = "Consumer group that shares the sessions (default: ${DEFAULT-VALUE}).")
    private String group;

    @Option(names = "--partitions", paramLabel = "N", defaultValue = "8",
            description = "Partitions of topics that do not exist yet (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Mixin
    private PageOptions dashboard;

    @Mixin
    private FitThreadsOption threads;

    @Override
    public Integer call() {
        KafkaConnection connection = kafka.connection();
        var settings = dashboard.settings();
        Topics.createAll(connection, partitions);
        try (Server server = new Server(connection, group, threads.count(), settings)) {
            System.err.println("dashboard " + server.link() + "   " + connection + "   group " + group);
            server.awaitStop();
        }
        return 0;
    }
}
