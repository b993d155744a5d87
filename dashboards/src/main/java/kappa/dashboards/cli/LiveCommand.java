package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import kappa.dashboards.cli.SessionRun.RunOptions;
import kappa.ingest.kafka.EmbeddedBroker;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.kafka.Topics;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.session.SessionSource;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main job with nothing else installed: broker, rig or recording, online fit, analysis and dashboard in one process. */
@Command(name = "live", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Runs everything in one process: a Kafka broker, a simulated rig or a recorded session, the online",
    "fit, the analysis and the dashboard on http://localhost:8080."})
final class LiveCommand implements Callable<Integer> {

    @Option(names = "--session", paramLabel = "FILE",
            description = "A recorded session (.npz) in place of the simulated rig.")
    private Path session;

    @Option(names = "--observe", paramLabel = "rates|currents|counts",
            description = "What of the session is observed (default: the file decides; counts for a simulated rig).")
    private String observe;

    @Mixin
    private Options.Part part;

    @Mixin
    private RunOptions run;

    @Mixin
    private Options.Fit fit;

    @Mixin
    private Options.Simulation simulation;

    @Mixin
    private Options.Dashboard dashboard;

    @Mixin
    private Options.Threads threads;

    @Option(names = "--data", paramLabel = "DIR",
            description = "Where the broker keeps its log, from which an interrupted session goes on (default: .kappa/live"
                    + " beside the launcher).")
    private Path data;

    @Option(names = "--kafka-port", paramLabel = "PORT", defaultValue = "0",
            description = "Port of the broker on this machine, 0 for a free one (default: ${DEFAULT-VALUE}).")
    private int kafkaPort;

    @Override
    public Integer call() {
        Speed speed = Speed.parse(run.speed);
        if (session == null) {
            part.requireNone();
        }
        try (SessionSource source = session == null
                ? simulation.source(observe, fit.seed)
                : part.of(Options.open(session, observe, fit), run.waits())) {
            var settings = fit.settings(session == null ? simulation.rank() : 2, speed);
            Path directory = data == null ? Home.directory("live") : data;
            var page = dashboard.settings();
            EmbeddedBroker broker = EmbeddedBroker.start(directory, kafkaPort);
            // Only one process can use the directory, so that a restarted one takes over from the one that was killed.
            KafkaConnection connection = new KafkaConnection(broker.bootstrapServers(),
                    Map.of(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "live"));
            Topics.createAll(connection, Topics.DEFAULT_PARTITIONS);
            Server server = null;
            try {
                server = new Server(connection, "kappa", threads.count(), page);
                server.stopWith(broker::close);
                System.err.println("dashboard " + server.link() + "   Kafka " + broker.bootstrapServers() + "   log "
                        + directory);
                boolean whole = new SessionRun(connection, run, server::failed).run(source, settings);
                if (whole && !run.waits()) {
                    System.err.println("the session is over; the dashboard stays until Ctrl-C");
                    server.awaitStop();
                }
                return whole ? 0 : Main.FAILED;
            } finally {
                if (server == null) {
                    broker.close();
                } else {
                    server.close();
                }
            }
        }
    }
}
