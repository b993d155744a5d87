package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import kappa.ingest.recording.BinSource;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.rig.openephys.PluginSimulator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Connects a rig to the topics. */
@Command(name = "rig", mixinStandardHelpOptions = true,
        description = "Record from an acquisition rig, or from a simulated one.",
        subcommands = {RigCommand.Simulate.class, RigOpenEphysCommand.class, RigLslCommand.class,
            RigIntanCommand.class})
final class RigCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(),
                "Which rig? One of " + String.join(", ", spec.subcommands().keySet()));
    }

    /** A rig that records a network built by hand. */
    @Section.In(Section.RIG)
    @Command(name = "simulate", mixinStandardHelpOptions = true, sortOptions = false,
            description = {
                "Record a simulated network, bin by bin.", "",
                "The networks are those of Valente 2019, chapters 3 and 4, or a network file with --task."})
    static final class Simulate implements Callable<Integer> {

        @Option(names = "--observe", paramLabel = "rates|currents|counts", defaultValue = "counts",
                description = "What the rig records: rates, currents or spike counts (default: ${DEFAULT-VALUE}).")
        private String observe;

        @Option(names = "--as", paramLabel = "topics|open-ephys", defaultValue = "topics",
                description = "Destination. topics: publish to Kafka. open-ephys: send from a socket as the Open Ephys GUI "
                        + "would, for ./kappa rig open-ephys. Digital line 0 is then high during trials, and inputs "
                        + "are continuous channels (default: ${DEFAULT-VALUE}).")
        private String as;

        @Option(names = "--endpoint", paramLabel = "tcp://HOST:PORT", defaultValue = "tcp://127.0.0.1:5556",
                description = "Address to listen on with --as open-ephys (default: ${DEFAULT-VALUE}).")
        private String endpoint;

        @Option(names = "--trials", paramLabel = "N", defaultValue = "0",
                description = "Number of simulated trials; 0 to go on until stopped (default: ${DEFAULT-VALUE}).")
        private long trials;

        @Mixin
        private SimulationOptions simulation;

        @Mixin
        private SpeedOption pace;

        @Mixin
        private RunOptions run;

        @Mixin
        private FitOptions fit;

        @Mixin
        private KafkaOptions kafka;

        @Override
        public Integer call() {
            run.check(fit.startFrom);
            Checks.require(as.equals("topics") || as.equals("open-ephys"), "--as", as, "topics or open-ephys");
            try (BinSource source = simulation.source(observe, trials, fit.seed)) {
                if (as.equals("open-ephys")) {
                    return send(source);
                }
                var settings = fit.settings(simulation.rank(), Speed.parse(pace.of(run)));
                var request = fit.request(source.describe(), settings);
                return new SessionRun(kafka.withTopics(), run, () -> false).run(source, request) ? 0 : Main.FAILED;
            }
        }

        private int send(BinSource source) {
            var recording = source.describe();
            try (PluginSimulator plugin = new PluginSimulator(source, endpoint, fit.seed)) {
                List<String> words = new ArrayList<>(List.of("./kappa rig open-ephys --live --endpoint", endpoint));
                if (recording.trials()) {
                    words.add("--trial-line " + PluginSimulator.TRIAL_LINE);
                }
                recording.inputs().forEach(name -> words.add("--input-channel '" + name + "'"));
                recording.behaviors().forEach(name -> words.add("--behavior-channel '" + name + "'"));
                System.err.println(recording.origin() + " as Open Ephys would send it, until Ctrl-C; to watch it:\n"
                        + String.join(" ", words));
                plugin.run();
            }
            return 0;
        }
    }
}
