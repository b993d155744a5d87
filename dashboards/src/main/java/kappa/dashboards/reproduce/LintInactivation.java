package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import kappa.analysis.inactivation.Effect;
import kappa.analysis.inactivation.Inactivation;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.SilencedSets;
import kappa.analysis.inactivation.TaskConditions;
import kappa.analysis.inactivation.Verification;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.offline.FittingAlgorithms;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;

/** What silencing a population does to the full-rank network, predicted by a low-rank fit to it. */
final class LintInactivation extends Item {

    private static final int RANK = 2;
    private static final int QUICK_TRIALS = 150;
    private static final int TRIALS = 400;
    private static final double DONE = 0.5;

    LintInactivation() {
        super("lint-inactivation",
                "LINT: predicted and true effects of silencing a population",
                "Valente, Pillow and Ostojic 2022, figure 5; poster on LINT");
    }

    @Override
    Result compute(Context context) {
        int neurons = ContextTeachers.NEURONS;
        FullRankNetwork teacher = ContextTeachers.fullRank(neurons, context.seed(), context);
        Lint.Settings settings = new Lint.Settings(Observation.RATES, context.quick() ? QUICK_TRIALS : TRIALS, 1,
                context.seed(),
                context.threads());
        context.progress().accept("fitting rank " + RANK);
        LowRankNetwork fit = Lint.fit(teacher, ContextTeachers.task(), RANK, FittingAlgorithms.BPTT, settings);
        List<Result.Finding> findings = Lint.recorded(teacher, ContextTeachers.task(), settings, context.seed(),
                recording -> findings(teacher, fit, recording, context));
        return new Result("A full-rank teacher trained here on cdm, N = " + neurons + ", and a fit of rank " + RANK
                + " to its "
                + "rates, which reads out as the teacher does. Populations are the neurons that each context drives most.",
                List.of(), findings, List.of("./kappa inactivate FIT.npz SESSION.npz --verify NET.npz --json"));
    }

    private static List<Result.Finding> findings(FullRankNetwork teacher, LowRankNetwork fit, Recording recording,
            Context context) {
        SeenTrials seen = SeenTrials.of(recording, fit, teacher.outputs());
        Inactivation inactivation = Inactivation.of(fit, seen, Inactivation.Plan.STANDARD,
                Inactivation.readoutOf(teacher, fit));
        TaskConditions conditions = TaskConditions.of(seen);
        List<Result.Finding> findings = new ArrayList<>();
        try (TrialRunner runner = new TrialRunner(context.threads())) {
            Verification.Truth truth = new Verification.Truth(teacher, seen, Inactivation.Plan.STANDARD, runner);
            List<NeuronSet> sets = SilencedSets.ofContexts(inactivation, conditions).stream()
                    .filter(set -> set.name().startsWith("driven most")).toList();
            for (NeuronSet set : sets) {
                context.progress().accept("silencing " + set.name());
                Effect effect = inactivation.effect(set);
                Verification verified = Verification.of(effect, truth.intact(), truth.silenced(set), conditions);
                findings.add(new Result.Finding("silencing the " + set.size() + " neurons " + set.name(),
                        "accuracy by context, predicted (true): .92 (1.00), .42 (.49); .52 (.64), .86 (.93)",
                        accuracy(effect.accuracy(conditions), verified.accuracy()) + String.format(Locale.ROOT,
                                "; R2 of the change %.2f, choices agree in %.2f", verified.r2Change(),
                                verified.choiceAgreement()),
                        verified.r2Change() > DONE
                                && dissociates(verified.accuracy()) == dissociates(effect.accuracy(conditions)),
                        "Agreement asks for R2 of the change above " + DONE
                                + " and the same context as the one that suffers "
                                + "more."));
            }
        }
        return findings;
    }

    private static String accuracy(Map<String, Effect.Accuracy> predicted, Map<String, Effect.Accuracy> truth) {
        return predicted.entrySet().stream().map(entry -> String.format(Locale.ROOT, "%s %.2f (%.2f)", entry.getKey(),
                entry.getValue().silenced(), truth.get(entry.getKey()).silenced())).collect(Collectors.joining(", "));
    }

    /** Which context suffers most: its place in the order of contexts. */
    private static int dissociates(Map<String, Effect.Accuracy> accuracy) {
        List<Effect.Accuracy> all = List.copyOf(accuracy.values());
        int worst = 0;
        for (int c = 1; c < all.size(); c++) {
            worst = all.get(c).silenced() < all.get(worst).silenced() ? c : worst;
        }
        return worst;
    }
}
