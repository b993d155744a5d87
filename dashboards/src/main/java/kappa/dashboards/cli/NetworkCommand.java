package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a network of the papers as a network file. */
@Command(name = "network", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Write a network of the papers, by its name, into a network file.",
    "",
    "decision: rank-1 decision (Valente 2019, 3.1 to 3.4). figure-4.1a to figure-4.1d: rank 2 with given overlaps. bimodal: "
            + "four stable states (4.5 to 4.8). two-population: an input makes a limit cycle of two stable states (4.3.1).",
    "",
    "For delayed match-to-sample: poster-dms is the poster's reconstruction, the first solution of the thesis, "
            + "dms-second the second one, and dms one of kappa's own with stronger rotation.",
    "",
    "Other commands take these names in place of a network file. A file of that name comes first."})
final class NetworkCommand implements Runnable {

    @Parameters(paramLabel = "NAME", description = "Name of the network.")
    private String name;

    @Option(names = "--neurons", paramLabel = "N",
            description = "Number of neurons (default: 512; 1024 for dms, poster-dms and dms-second, 2000 for "
                    + "two-population).")
    private Integer neurons;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "" + NetworkArgument.SEED,
            description = "Seed of the Gaussian vectors (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--out", paramLabel = "NET.npz", required = true, description = "Network file to write.")
    private Path out;

    @Mixin
    private ForceOption force;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        HandBuiltNetworks.HandBuilt built = neurons == null
                ? HandBuiltNetworks.named(name, seed)
                : HandBuiltNetworks.named(name, neurons, seed);
        force.requireWritable(out);
        LowRankNetwork network = built.withReadout();
        NetworkFile.write(out, network);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("network", out.toString());
        figures.put("name", built.name());
        figures.put("neurons", network.neurons());
        figures.put("rank", network.rank());
        figures.put("seed", seed);
        figures.put("alpha", network.alpha());
        figures.put("inputs", built.inputChannels());
        figures.put("outputs", network.outputs());
        figures.put("overlaps", overlaps(network));
        output.print(figures);
    }

    private static List<List<Double>> overlaps(LowRankNetwork network) {
        int rank = network.rank();
        double[] sigma = network.overlaps();
        return IntStream.range(0, rank).mapToObj(
                k -> Arrays.stream(sigma, k * rank, (k + 1) * rank).boxed().toList()).toList();
    }
}
