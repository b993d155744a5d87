package kappa.dashboards.cli;

import java.util.concurrent.Callable;
import kappa.dashboards.cli.SessionRun.RunOptions;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.kafka.Topics;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.session.SessionSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Connects a rig to the topics. */
@Command(name = "rig", mixinStandardHelpOptions = true, description = "Connects a rig to the topics.",
        subcommands = {RigCommand.Simulate.class, RigLslCommand.class, RigIntanCommand.class})
final class RigCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(),
                "which rig? One of " + String.join(", ", spec.subcommands().keySet()));
    }

    /** A rig that records a network built by hand. */
    @Command(name = "simulate", mixinStandardHelpOptions = true, sortOptions = false,
            description = "Records a network built by hand (Valente 2019, chapters 3 and 4), bin by bin.")
    static final class Simulate implements Callable<Integer> {

        @Option(names = "--observe", paramLabel = "rates|currents|counts", defaultValue = "counts",
                description = "What the rig sees (default: ${DEFAULT-VALUE}).")
        private String observe;

        @Mixin
        private Options.Simulation simulation;

        @Mixin
        private RunOptions run;

        @Mixin
        private Options.Fit fit;

        @Mixin
        private Options.Kafka kafka;

        @Override
        public Integer call() {
            try (SessionSource source = simulation.source(observe, fit.seed)) {
                var settings = fit.settings(simulation.rank(), Speed.parse(run.speed));
                KafkaConnection connection = kafka.connection();
                Topics.createAll(connection, Topics.DEFAULT_PARTITIONS);
                return new SessionRun(connection, run, () -> false).run(source, settings) ? 0 : Main.FAILED;
            }
        }
    }
}
