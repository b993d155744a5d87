package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import kappa.analysis.inactivation.Effect;
import kappa.analysis.inactivation.Inactivation;
import kappa.analysis.inactivation.Readout;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.TaskConditions;
import kappa.analysis.inactivation.Verification;
import kappa.analysis.populations.NeuronSet;

/** What {@code inactivate} prints: predictions as JSON figures and as lines. */
final class InactivationOutput {

    /**
     * One set, with what is known of it.
     *
     * @param truth how the prediction agrees with it
     * @param regressed how it would agree if the teacher's readout were not known and had to be regressed
     */
    record Row(Effect effect, Optional<Verification> truth, Optional<Verification> regressed) {

        NeuronSet set() {
            return effect.set();
        }
    }

    private final Inactivation inactivation;
    private final TaskConditions conditions;
    private final List<Row> rows;

    InactivationOutput(Inactivation inactivation, TaskConditions conditions, List<Row> rows) {
        this.inactivation = inactivation;
        this.conditions = conditions;
        this.rows = rows;
    }

    /** @param fromTeacher whether the readout is the teacher's */
    Map<String, Object> figures(boolean fromTeacher) {
        Map<String, Object> figures = new LinkedHashMap<>();
        SeenTrials seen = inactivation.seen();
        figures.put("trials", seen.trials().size());
        figures.put("silencing", inactivation.plan().how().name().toLowerCase(Locale.ROOT));
        figures.put("readout",
                fromTeacher ? "teacher" : inactivation.readout().origin().name().toLowerCase(Locale.ROOT));
        putNumber(figures, "readout_r2", inactivation.readout().r2());
        figures.put("outputs", seen.outputNames());
        figures.put("contexts", conditions.contexts());
        List<Object> sets = new ArrayList<>();
        rows.forEach(row -> sets.add(figures(row)));
        figures.put("sets", sets);
        return figures;
    }

    private Map<String, Object> figures(Row row) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("name", row.set().name());
        out.put("size", row.set().size());
        out.put("neurons", row.set().neurons());
        row.truth.ifPresent(truth -> putAgreement(out, truth));
        row.regressed.ifPresent(truth -> {
            Map<String, Object> other = new LinkedHashMap<>();
            putAgreement(other, truth);
            out.put("with_regressed_readout", other);
        });
        putNumber(out, "change", row.effect.change());
        Map<String, Effect.Accuracy> accuracy = row.effect.accuracy(conditions);
        Map<String, Object> contexts = new LinkedHashMap<>();
        accuracy.forEach((context, own) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("trials", own.trials());
            one.put("intact", own.intact());
            one.put("silenced", own.silenced());
            row.truth.map(truth -> truth.accuracy().get(context)).ifPresent(truth -> {
                one.put("true_intact", truth.intact());
                one.put("true_silenced", truth.silenced());
            });
            contexts.put(context, one);
        });
        out.put("accuracy", contexts);
        dissociation(accuracy).ifPresent(predicted -> {
            Map<String, Object> both = new LinkedHashMap<>();
            both.put("predicted", predicted);
            row.truth.flatMap(truth -> dissociation(truth.accuracy())).ifPresent(truth -> both.put("true", truth));
            out.put("dissociation", both);
        });
        List<Object> curves = new ArrayList<>();
        for (Effect.Psychometric curve : row.effect.psychometric(conditions)) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("context", curve.context());
            one.put("input", curve.channel());
            one.put("strength", curve.strength());
            one.put("trials", curve.trials());
            one.put("intact", curve.intact());
            one.put("silenced", curve.silenced());
            curves.add(one);
        }
        out.put("psychometric", curves);
        return out;
    }

    private static void putAgreement(Map<String, Object> figures, Verification truth) {
        putNumber(figures, "r2_change", truth.r2Change());
        putNumber(figures, "r2_change_all_bins", truth.r2ChangeAllBins());
        putNumber(figures, "correlation", truth.correlation());
        putNumber(figures, "choice_agreement", truth.choiceAgreement());
    }

    /** JSON has no NaN. */
    private static void putNumber(Map<String, Object> figures, String name, double value) {
        figures.put(name, Double.isFinite(value) ? value : null);
    }

    /** Accuracy in the first context less that in the second, where there are two. */
    private static Optional<Double> dissociation(Map<String, Effect.Accuracy> accuracy) {
        if (accuracy.size() != 2) {
            return Optional.empty();
        }
        List<Effect.Accuracy> both = List.copyOf(accuracy.values());
        return Optional.of(both.getFirst().silenced() - both.getLast().silenced());
    }

    /**
     * @param source the file that the readout is from
     * @param fromTeacher whether the readout is the teacher's
     */
    void print(Path source, boolean verified, boolean fromTeacher) {
        int width = rows.stream().mapToInt(row -> row.set().name().length()).max().orElse(0);
        Readout used = inactivation.readout();
        System.out.println("readout from " + source
                + (Double.isNaN(used.r2()) ? "" : String.format(", R2 %.3f where it was regressed", used.r2())));
        System.out.println("change: of the readout, RMS over its own; accuracy in each context: intact -> silenced"
                + (verified ? " (truly)" : ""));
        if (verified) {
            System.out.println("R2 of the change and share of choices that agree with the truth"
                    + (fromTeacher ? " [the same with a readout regressed from the session]" : ""));
        }
        for (Row row : rows) {
            StringBuilder line = new StringBuilder(
                    String.format("%-" + width + "s %5d neurons", row.set().name(), row.set().size()));
            line.append(String.format("  change %4.2f", row.effect.change()));
            row.truth.ifPresent(truth -> line.append(String.format("  R2 %6.3f", truth.r2Change())));
            row.regressed.ifPresent(truth -> line.append(String.format(" [%6.3f]", truth.r2Change())));
            row.truth.ifPresent(truth -> line.append(String.format("  agree %.3f", truth.choiceAgreement())));
            row.regressed.ifPresent(truth -> line.append(String.format(" [%.3f]", truth.choiceAgreement())));
            row.effect.accuracy(conditions).forEach((context, own) -> {
                line.append(String.format("  %s %.2f -> %.2f", context, own.intact(), own.silenced()));
                row.truth.map(truth -> truth.accuracy().get(context))
                        .ifPresent(truth -> line.append(String.format(" (%.2f)", truth.silenced())));
            });
            System.out.println(line);
        }
    }
}
