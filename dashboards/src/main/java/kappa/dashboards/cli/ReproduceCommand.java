package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import kappa.dashboards.reproduce.Context;
import kappa.dashboards.reproduce.Items;
import kappa.dashboards.reproduce.Reproduction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Computes the figures and tables of the papers anew. */
@Command(name = "reproduce", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Compute the figures and tables of the papers anew, beside what the papers say.",
    "",
    "Results are kept for each item, so that an interrupted run goes on where it was."})
final class ReproduceCommand implements Runnable {

    @Parameters(arity = "0..*", paramLabel = "ITEM",
            description = "Items to compute, as --list names them (default: all).")
    private List<String> names = List.of();

    @Option(names = "--list", description = "Name the items, and compute nothing.")
    private boolean list;

    @Option(names = "--quick", description = "Use one seed in place of several.")
    private boolean quick;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "First seed (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private ThreadsOption threads;

    @Section.In(Section.OUTPUT)
    @Option(names = "--out", paramLabel = "DIR", defaultValue = "reproduction",
            description = "Directory for the page and the results (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Section.In(Section.OUTPUT)
    @Option(names = "--again", description = "Compute items anew that have a result from an earlier run.")
    private boolean again;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        if (list) {
            Items.named(names)
                    .forEach(item -> System.out.printf("%-22s %s (%s)%n", item.name(), item.title(), item.source()));
            return;
        }
        var items = Items.named(names);
        Context context = new Context(quick, seed, threads.count(), Output::note);
        Output.note("seed " + seed + (quick ? ", one of each" : ""));
        List<Reproduction.Kept> kept = new Reproduction(out, again).run(items, context);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("page", out.resolve("index.html").toString());
        figures.put("seed", seed);
        figures.put("quick", quick);
        figures.put("items", kept.size());
        figures.put("findings", kept.stream().mapToInt(one -> one.result().findings().size()).sum());
        figures.put("agreeing", kept.stream().mapToLong(Reproduction.Kept::agreeing).sum());
        String verdict = Reproduction.verdict(kept);
        if (output.json()) {
            figures.put("verdict", verdict);
            figures.put("results", kept.stream().collect(Collectors.toMap(Reproduction.Kept::item,
                    one -> one.result().findings(), (a, b) -> a, LinkedHashMap::new)));
        }
        output.print(figures);
        if (!output.json()) {
            System.out.println(verdict);
        }
    }
}
