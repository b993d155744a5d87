package kappa.dashboards.cli;

import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The pipeline and the dashboard against an external Kafka. */
@Section.In(Section.BROKER)
@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Run the fit, the analysis and the page against an existing Kafka.",
    "",
    "Start it several times with the same --group to share the sessions among processes."})
final class ServeCommand implements Runnable {

    @Mixin
    private KafkaOptions kafka;

    @Option(names = "--group", paramLabel = "NAME", defaultValue = "kappa",
            description = "Kafka consumer group; processes of one group share the sessions (default: "
                    + "${DEFAULT-VALUE}).")
    private String group;

    @Option(names = "--partitions", paramLabel = "N", defaultValue = "8",
            description = "Number of partitions of topics that are created (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Mixin
    private PageOptions dashboard;

    @Mixin
    private FitThreadsOption threads;

    @Override
    public void run() {
        KafkaConnection connection = kafka.connection();
        var settings = dashboard.settings();
        Topics.createAll(connection, partitions);
        try (Server server = new Server(threads.count(), settings)) {
            server.start(connection, group);
            System.err.println("dashboard " + server.link() + "   " + connection + "   group " + group);
            server.awaitStop();
        }
    }
}
