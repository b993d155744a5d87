package kappa.dashboards.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.analysis.inactivation.Effect;
import kappa.analysis.inactivation.TaskConditions;
import kappa.analysis.inactivation.Verification;

/** What {@code ./kappa inactivate --report} writes. Immutable. */
public final class InactivationReport {

    private static final int PICTURED = 6;
    private static final int MOST_LATENTS = 2;
    private static final String RANDOM = "#8a94a3";

    /**
     * One set of neurons.
     *
     * @param random whether it was drawn to compare others with
     */
    public record Entry(Effect effect, Optional<Verification> truth, boolean random) {

        private String name() {
            return effect.set().name();
        }
    }

    private final double binWidth;
    private final TaskConditions conditions;
    private final List<Entry> chosen;
    private final List<Entry> random;

    private InactivationReport(double binWidth, TaskConditions conditions, List<Entry> entries) {
        this.binWidth = binWidth;
        this.conditions = conditions;
        chosen = entries.stream().filter(entry -> !entry.random).toList();
        random = entries.stream().filter(Entry::random).toList();
    }

    /**
     * Writes the page and its pictures: how much each set changes beside random ones, what it costs in each context, and for the
     * first {@value #PICTURED} sets their means over trials and psychometric curves.
     *
     * @param summary what was found, in sentences
     * @param binWidth seconds
     * @param command that leads to the same
     * @return the page
     * @throws kappa.ingest.InvalidInputException if the directory cannot be written to
     */
    public static Path write(Path directory, String title, List<String> summary, double binWidth,
            TaskConditions conditions, List<Entry> entries, String command) {
        Report report = new Report(directory, title);
        report.summary(summary);
        InactivationReport pages = new InactivationReport(binWidth, conditions, entries);
        report.section("What silencing does",
                "Neurons of a set pass nothing on, r_i = 0, while N stays what it is. The change is "
                        + "that of the readout, in units of its own size. Grey: random sets of as many neurons.");
        report.figures(Stream.of(Optional.of(pages.changes()), pages.accuracies()).flatMap(Optional::stream).toList());
        for (Entry entry : pages.chosen.subList(0, Math.min(PICTURED, pages.chosen.size()))) {
            report.section(entry.name(), entry.effect.set().size() + " neurons. Solid: intact; dashed: silenced.");
            report.figures(pages.figures(entry.effect));
        }
        report.section("Tables", "");
        report.table(List.of("set", "neurons", "relative change of the readout", "accuracy: intact \u2192 silenced"
                + (entries.stream().anyMatch(entry -> entry.truth.isPresent()) ? " (truly)" : ""), "R2 of the change",
                "choices agree"), entries.stream().map(pages::row).toList());
        report.section("To repeat it", "");
        report.command(command);
        return report.write();
    }

    private SvgPlot changes() {
        double most = Stream.concat(chosen.stream(), random.stream()).mapToDouble(entry -> entry.effect.change())
                .filter(Double::isFinite).max().orElse(1);
        SvgPlot plot = SvgPlot.ofRows("Change of the readout", "relative change",
                chosen.stream().map(Entry::name).toList(), 0, 1.08 * most);
        for (int i = 0; i < chosen.size(); i++) {
            for (Entry other : random) {
                if (other.effect.set().size() == chosen.get(i).effect.set().size()) {
                    plot.dot(other.effect.change(), i, RANDOM, 3.5, other.name());
                }
            }
            plot.dot(chosen.get(i).effect.change(), i, SvgPlot.COLOURS.get(0), 5, chosen.get(i).name());
        }
        return plot.entry("set", SvgPlot.COLOURS.get(0)).entry("random sets", RANDOM);
    }

    /** Empty where there is no choice. */
    private Optional<SvgPlot> accuracies() {
        List<Map<String, Effect.Accuracy>> all = chosen.stream().map(entry -> entry.effect.accuracy(conditions))
                .toList();
        if (all.stream().allMatch(Map::isEmpty)) {
            return Optional.empty();
        }
        List<String> names = Stream.concat(Stream.of("intact"), chosen.stream().map(Entry::name)).toList();
        SvgPlot plot = SvgPlot.ofRows("Right choices in each context", "share of trials", names, 0, 1.03);
        int colour = 0;
        boolean truth = false;
        for (String context : all.getFirst().keySet().stream().sorted().toList()) {
            String own = SvgPlot.COLOURS.get(colour % SvgPlot.COLOURS.size());
            String name = TrialGroups.name(context);
            plot.entry(name, own).dot(all.getFirst().get(context).intact(), 0, own, 5, name + ", intact");
            for (int i = 0; i < chosen.size(); i++) {
                plot.dot(all.get(i).get(context).silenced(), i + 1, own, 5, name + ", silenced, predicted");
                Optional<Double> known = chosen.get(i).truth.map(t -> t.accuracy().get(context))
                        .map(Effect.Accuracy::silenced);
                if (known.isPresent()) {
                    plot.mark(known.get(), i + 1, "\u2715", own, name + ", silenced, true");
                    truth = true;
                }
            }
            colour++;
        }
        return Optional.of(truth ? plot.entry("\u2715 true", "#1b2330") : plot);
    }

    private List<SvgPlot> figures(Effect effect) {
        List<Effect.Trace> traces = effect.traces(conditions);
        List<SvgPlot> figures = new ArrayList<>();
        if (traces.isEmpty()) {
            return figures;
        }
        int outputs = effect.seen().outputs();
        if (outputs > 0) {
            String output = effect.seen().outputNames().getFirst();
            figures.add(traces("Readout (" + output + ")", "readout", traces, 1,
                    trace -> new double[][]{ConditionFigures.column(trace.readoutIntact(), outputs, 0),
                        ConditionFigures.column(trace.readoutSilenced(), outputs, 0)}));
        }
        Effect.Trace first = traces.getFirst();
        // Row 0 is before the first bin.
        int rank = first.kappaIntact().length / (outputs == 0 ? 1 : first.readoutIntact().length / outputs + 1);
        for (int k = 0; k < Math.min(MOST_LATENTS, rank); k++) {
            int row = k;
            figures.add(traces("\u03ba" + (k + 1), "\u03ba" + (k + 1), traces, 0,
                    trace -> new double[][]{ConditionFigures.column(trace.kappaIntact(), rank, row),
                        ConditionFigures.column(trace.kappaSilenced(), rank, row)}));
        }
        figures.addAll(psychometric(effect.psychometric(conditions)));
        return figures;
    }

    /** One picture for each graded input, with a colour for each context. */
    private static List<SvgPlot> psychometric(List<Effect.Psychometric> curves) {
        List<SvgPlot> figures = new ArrayList<>();
        for (String channel : curves.stream().map(Effect.Psychometric::channel).distinct().toList()) {
            List<Effect.Psychometric> own = curves.stream().filter(curve -> curve.channel().equals(channel))
                    .sorted(Comparator.comparing(Effect.Psychometric::context)).toList();
            double[] all = own.stream().flatMapToDouble(curve -> Arrays.stream(curve.strength())).sorted().toArray();
            SvgPlot plot = new SvgPlot("Choices against " + channel, channel, "P(choice +)", all[0],
                    all[all.length - 1],
                    -0.02, 1.02);
            for (int c = 0; c < own.size(); c++) {
                Effect.Psychometric curve = own.get(c);
                String colour = SvgPlot.COLOURS.get(c % SvgPlot.COLOURS.size());
                String name = TrialGroups.name(curve.context());
                plot.series(name + ", intact").line(curve.strength(), curve.intact(), colour, false, 1.8);
                plot.series(name + ", silenced").line(curve.strength(), curve.silenced(), colour, true, 1.8);
                plot.entry(name, colour);
            }
            figures.add(plot);
        }
        return figures;
    }

    /** Intact and silenced means of a trace. */
    private interface Pair {
        double[][] of(Effect.Trace trace);
    }

    /** @param firstBin what the first number is the end of: 1, or 0 where there is one before the first bin */
    private SvgPlot traces(String title, String axis, List<Effect.Trace> all, int firstBin, Pair of) {
        List<Effect.Trace> traces = all.stream().sorted(Comparator.comparing(InactivationReport::name))
                .limit(TrialGroups.MOST).toList();
        List<double[][]> pairs = traces.stream().map(of::of).toList();
        double[] values = pairs.stream().flatMap(Arrays::stream).flatMapToDouble(Arrays::stream).sorted().toArray();
        double margin = 0.06 * (values[values.length - 1] - values[0]);
        int longest = pairs.stream().mapToInt(pair -> pair[0].length).max().orElse(1);
        SvgPlot figure = new SvgPlot(title, "s of the trial", axis, 0, (longest - 1 + firstBin) * binWidth,
                values[0] - margin, values[values.length - 1] + margin);
        for (int i = 0; i < traces.size(); i++) {
            String colour = SvgPlot.COLOURS.get(i);
            String name = name(traces.get(i));
            double[] time = IntStream.range(0, pairs.get(i)[0].length).mapToDouble(t -> (t + firstBin) * binWidth)
                    .toArray();
            figure.series(name + ", intact").line(time, pairs.get(i)[0], colour, false, 1.8);
            figure.series(name + ", silenced").line(time, pairs.get(i)[1], colour, true, 1.8);
            figure.entry(name, colour);
        }
        return figure;
    }

    private static String name(Effect.Trace trace) {
        String choice = trace.wanted() == 0 ? "" : trace.wanted() > 0 ? "choice +" : "choice \u2212";
        return choice.isEmpty()
                ? TrialGroups.name(trace.context())
                : trace.context().equals(TaskConditions.ALL) ? choice : trace.context() + ", " + choice;
    }

    private List<String> row(Entry entry) {
        List<String> accuracy = new ArrayList<>();
        for (Map.Entry<String, Effect.Accuracy> one : entry.effect.accuracy(conditions).entrySet()) {
            String truth = entry.truth.map(t -> t.accuracy().get(one.getKey()))
                    .map(t -> String.format(Locale.ROOT, " (%.2f)", t.silenced())).orElse("");
            accuracy.add(String.format(Locale.ROOT, "%s %.2f \u2192 %.2f%s", TrialGroups.name(one.getKey()),
                    one.getValue().intact(), one.getValue().silenced(), truth));
        }
        return List.of(entry.name(), Integer.toString(entry.effect.set().size()),
                String.format(Locale.ROOT, "%.2f", entry.effect.change()), String.join(", ", accuracy),
                entry.truth.map(t -> String.format(Locale.ROOT, "%.3f", t.r2Change())).orElse(""),
                entry.truth.map(t -> String.format(Locale.ROOT, "%.3f", t.choiceAgreement())).orElse(""));
    }
}
