package kappa.dashboards.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import kappa.dashboards.bench.LatencyBench;
import kappa.ingest.kafka.EmbeddedBroker;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.session.InvalidInputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The benchmarks, each with its baseline in the same run. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = {
            "Measures how long a bin takes to become kappa while the model is learned, beside a bare Kafka echo",
            "in the same run, on a broker of its own."})
final class BenchCommand implements Callable<Integer> {

    @Option(names = "--neurons", paramLabel = "N", defaultValue = "1024",
            description = "Neurons (default: ${DEFAULT-VALUE}).")
    private int neurons;

    @Option(names = "--rank", paramLabel = "K", defaultValue = "3", description = "Rank (default: ${DEFAULT-VALUE}).")
    private int rank;

    @Option(names = "--bins-per-second", paramLabel = "R", defaultValue = "100",
            description = "Bins per second (default: ${DEFAULT-VALUE}).")
    private double binsPerSecond;

    @Option(names = "--seconds", defaultValue = "60", description = "Seconds measured (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--warm-up", paramLabel = "S", defaultValue = "30",
            description = "Seconds before that (default: ${DEFAULT-VALUE}).")
    private int warmUp;

    @Mixin
    private Options.Threads threads;

    @Option(names = "--json", description = "Print the figures as one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException, IOException {
        require(rank >= 1, "--rank", rank, "at least 1");
        require(binsPerSecond > 0 && binsPerSecond <= 10_000, "--bins-per-second", binsPerSecond,
                "a number in (0, 10000]");
        require(seconds >= 1, "--seconds", seconds, "at least 1");
        require(warmUp >= 0, "--warm-up", warmUp, "at least 0");
        Path directory = Files.createTempDirectory("kappa-bench");
        try {
            Map<String, Object> latency;
            try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
                latency = new LatencyBench(KafkaConnection.to(broker.bootstrapServers()),
                        new LatencyBench.Load(neurons, rank, binsPerSecond, seconds, warmUp, threads.count())).run();
            }
            if (json) {
                Map<String, Object> out = new LinkedHashMap<>();
                out.put("machine", machine());
                out.put("latency", latency);
                Output.json(out);
            } else {
                System.out.println(machine());
                latency.forEach((name, value) -> System.out.println(name + " " + value));
            }
            return 0;
        } finally {
            delete(directory);
        }
    }

    private static String machine() {
        return Runtime.getRuntime().availableProcessors() + " processors, " + System.getProperty("os.arch") + ", "
                + System.getProperty("os.name") + ", Java " + Runtime.version();
    }

    private static void require(boolean holds, String option, Object value, String expected) {
        if (!holds) {
            throw new InvalidInputException(option + " is " + value + ", expected " + expected);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
