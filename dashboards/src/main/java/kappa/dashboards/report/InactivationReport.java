package kappa.dashboards.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.Effect;
import kappa.analysis.inactivation.TaskConditions;
import kappa.analysis.inactivation.Verification;

/** What {@code ./kappa inactivate --report} writes. Stateless. */
public final class InactivationReport {

    private static final int PICTURED = 8;

    /** One set of neurons. */
    public record Entry(Effect effect, Optional<Verification> truth) {}

    private InactivationReport() {}

    /**
     * Writes the page and its pictures: a table of all sets, and for the first {@value #PICTURED} their means over trials and
     * psychometric curves.
     *
     * @param binWidth seconds
     * @return the page
     * @throws kappa.ingest.InvalidInputException if the directory cannot be written to
     */
    public static Path write(Path directory, String title, double binWidth, TaskConditions conditions,
            List<Entry> entries) {
        Report report = new Report(directory, title);
        report.section("Silenced sets",
                "Neurons of a set pass nothing on, r_i = 0, while N stays what it is. Accuracy is the"
                        + " share of right choices in each context, intact, silenced and, where it is known, truly silenced.");
        report.table(List.of("set", "neurons", "relative change of the readout", "accuracy", "R2 of the change",
                "choices agree"), entries.stream().map(entry -> row(entry, conditions)).toList());
        for (Entry entry : entries.subList(0, Math.min(PICTURED, entries.size()))) {
            report.section(entry.effect.set().name(), entry.effect.set().size()
                    + " neurons. Solid: intact; dashed: silenced.");
            figures(entry.effect, binWidth, conditions).forEach(report::figure);
        }
        return report.write();
    }

    private static List<String> row(Entry entry, TaskConditions conditions) {
        List<String> accuracy = new ArrayList<>();
        for (Map.Entry<String, Effect.Accuracy> one : entry.effect.accuracy(conditions).entrySet()) {
            String truth = entry.truth.map(t -> t.accuracy().get(one.getKey()))
                    .map(t -> String.format(Locale.ROOT, " (%.2f)", t.silenced())).orElse("");
            accuracy.add(String.format(Locale.ROOT, "%s %.2f \u2192 %.2f%s", one.getKey(), one.getValue().intact(),
                    one.getValue().silenced(), truth));
        }
        return List.of(entry.effect.set().name(), Integer.toString(entry.effect.set().size()),
                String.format(Locale.ROOT, "%.2f", entry.effect.change()), String.join(", ", accuracy),
                entry.truth.map(t -> String.format(Locale.ROOT, "%.3f", t.r2Change())).orElse(""),
                entry.truth.map(t -> String.format(Locale.ROOT, "%.3f", t.choiceAgreement())).orElse(""));
    }

    private static List<SvgPlot> figures(Effect effect, double binWidth, TaskConditions conditions) {
        List<SvgPlot> figures = new ArrayList<>();
        List<Effect.Trace> traces = effect.traces(conditions);
        for (String context : conditions.contexts()) {
            List<Effect.Trace> own = traces.stream().filter(trace -> trace.context().equals(context)).toList();
            if (!own.isEmpty()) {
                int outputs = effect.seen().outputs();
                figures.add(traces("Readout, " + context, "readout", binWidth, own.stream().map(trace -> new float[][]{
                    column(trace.readoutIntact(), outputs, 0), column(trace.readoutSilenced(), outputs, 0)}).toList(),
                        own));
                // Row 0 is before the first bin.
                int rank = own.getFirst().kappaIntact().length
                        / (own.getFirst().readoutIntact().length / outputs + 1);
                for (int k = 0; k < rank; k++) {
                    int row = k;
                    figures.add(traces("kappa " + (k + 1) + ", " + context, "kappa " + (k + 1), binWidth,
                            own.stream().map(trace -> new float[][]{column(trace.kappaIntact(), rank, row),
                                column(trace.kappaSilenced(), rank, row)}).toList(),
                            own));
                }
            }
        }
        for (Effect.Psychometric curve : effect.psychometric(conditions)) {
            SvgPlot figure = new SvgPlot("Choices, " + curve.context() + ", against " + curve.channel(),
                    curve.channel(),
                    "P(choice +)", curve.strength()[0], curve.strength()[curve.strength().length - 1], -0.02, 1.02);
            figure.line(curve.strength(), curve.intact(), SvgPlot.COLOURS.get(0), false, 1.8).entry("intact",
                    SvgPlot.COLOURS.get(0));
            figure.line(curve.strength(), curve.silenced(), SvgPlot.COLOURS.get(1), true, 1.8)
                    .entry("silenced", SvgPlot.COLOURS.get(1));
            figures.add(figure);
        }
        return figures;
    }

    /** @param pairs intact and silenced means of each trace */
    private static SvgPlot traces(String title, String axis, double binWidth, List<float[][]> pairs,
            List<Effect.Trace> traces) {
        double low = pairs.stream().flatMapToDouble(InactivationReport::values).min().orElse(0);
        double high = pairs.stream().flatMapToDouble(InactivationReport::values).max().orElse(1);
        int longest = pairs.stream().mapToInt(pair -> pair[0].length).max().orElse(1);
        SvgPlot figure = new SvgPlot(title, "s of the trial", axis, 0, longest * binWidth, low, high);
        for (int i = 0; i < pairs.size(); i++) {
            String colour = SvgPlot.COLOURS.get(i % SvgPlot.COLOURS.size());
            double[] time = IntStream.range(0, pairs.get(i)[0].length).mapToDouble(t -> t * binWidth).toArray();
            figure.line(time, doubles(pairs.get(i)[0]), colour, false, 1.8);
            figure.line(time, doubles(pairs.get(i)[1]), colour, true, 1.8);
            int wanted = traces.get(i).wanted();
            figure.entry(wanted == 0 ? "all trials" : wanted > 0 ? "wanted +" : "wanted \u2212", colour);
        }
        return figure;
    }

    private static DoubleStream values(float[][] pair) {
        return Arrays.stream(pair).flatMapToDouble(row -> Arrays.stream(doubles(row)));
    }

    private static float[] column(float[] rows, int columns, int column) {
        float[] out = new float[rows.length / columns];
        for (int t = 0; t < out.length; t++) {
            out[t] = rows[t * columns + column];
        }
        return out;
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
