package kappa.dashboards.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import kappa.dashboards.report.Report;

/** The page of a reproduction: an overview, then each item with its pictures beside what the paper says. Stateless. */
final class ReproductionPage {

    private ReproductionPage() {}

    static Path write(Path directory, List<Item> items, List<Reproduction.Kept> kept) {
        Report report = new Report("--out", directory, "The papers, reproduced");
        report.summary(List.of(Reproduction.verdict(kept)));
        boolean quick = kept.getFirst().quick();
        report.section("Overview", "Computed by kappa reproduce" + (quick ? " --quick" : "") + ", first seed "
                + kept.getFirst().seed() + (quick ? ", one seed of each." : ", intervals over several seeds."));
        report.table(List.of("item", "what", "source", "agrees", "seconds"), IntStream.range(0, kept.size())
                .mapToObj(i -> List.of(items.get(i).name(), items.get(i).title(), items.get(i).source(),
                        kept.get(i).agreeing() + " of " + kept.get(i).result().findings().size(),
                        String.format(Locale.ROOT, "%.0f", kept.get(i).seconds())))
                .toList());
        for (int i = 0; i < kept.size(); i++) {
            Result result = kept.get(i).result();
            report.section(items.get(i).name() + ": " + items.get(i).title(),
                    items.get(i).source() + ". " + result.remark());
            result.figures().forEach(report::pictures);
            List<List<String>> rows = new ArrayList<>();
            result.findings().forEach(finding -> rows.add(List.of(finding.quantity(), finding.paper(), finding.found(),
                    finding.agrees() ? "yes" : "no", finding.reason())));
            report.table(List.of("quantity", "the paper", "found here", "agrees", "why"), rows);
            result.tables().forEach(table -> report.table(table.heads(), table.rows()));
            result.commands().forEach(report::command);
        }
        return report.write();
    }
}
