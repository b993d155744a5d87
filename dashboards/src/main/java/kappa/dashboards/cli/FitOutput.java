package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kappa.fitting.baseline.Baseline;
import kappa.fitting.baseline.SmoothedScore;
import kappa.fitting.model.Score;
import kappa.fitting.offline.PrequentialFit;
import kappa.fitting.offline.RankSelection;
import kappa.ingest.session.Quality;

/** What {@code fit} prints: scores as JSON figures and as lines. Stateless. */
final class FitOutput {

    private FitOutput() {}

    static Quality quality(PrequentialFit fit, SmoothedScore smoothed) {
        return new Quality(Score.unit(fit.plan().kind()), 0, array(fit.oneStep()), array(fit.freeRun()),
                array(smoothed.perTrial()), List.of());
    }

    private static double[] array(List<Double> scores) {
        return scores.stream().mapToDouble(score -> score).toArray();
    }

    static void addRanks(Map<String, Object> figures, RankSelection selection, List<PrequentialFit> fits,
            SmoothedScore smoothed) {
        System.err.printf("one-step score in %s over trials %d to %d, and how far behind rank %d:%n",
                Score.unit(fits.getFirst().plan().kind()), selection.firstTrial() + 1,
                selection.firstTrial() + selection.trials(), selection.best());
        List<Map<String, Object>> list = new ArrayList<>();
        for (int f = 0; f < fits.size(); f++) {
            RankSelection.RankScore score = selection.ranks().get(f);
            System.err.printf("  rank %d  %.4f +- %.4f   behind %.4f +- %.4f%s%n", score.rank(), score.mean(),
                    score.se(),
                    score.behind(), score.behindSe(), score.rank() == selection.recommended() ? "   recommended" : "");
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("rank", score.rank());
            entry.put("mean", score.mean());
            entry.put("se", score.se());
            entry.put("behind_best", score.behind());
            entry.put("behind_best_se", score.behindSe());
            entry.put("prequential", quality(fits.get(f), smoothed).figures());
            list.add(entry);
        }
        figures.put("ranks", list);
        figures.put("best_rank", selection.best());
        figures.put("recommended_rank", selection.recommended());
        figures.put("rank_trials", Map.of("first", selection.firstTrial(), "count", selection.trials()));
    }

    /** Means over trials 2 to the end, and over the second half, where everybody has had time to learn. */
    static void addBaselines(Map<String, Object> figures, PrequentialFit chosen, List<Baseline> simple) {
        String unit = Score.unit(chosen.plan().kind());
        System.err.printf("%-16s %s over trials 2 to %d, and over their second half%n", "one-step score", unit,
                chosen.oneStep().size());
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("constant", addBaseline("constant", chosen.oneStep().stream().map(score -> 0.0).toList()));
        for (Baseline baseline : simple) {
            all.put(baseline.name(), addBaseline(baseline.name(), baseline.perTrial()));
        }
        addBaseline("this fit", chosen.oneStep());
        figures.put("baselines", all);
    }

    private static Map<String, Object> addBaseline(String name, List<Double> perTrial) {
        double mean = Score.mean(perTrial, 1);
        double late = Score.mean(perTrial, perTrial.size() / 2);
        System.err.printf("  %-14s %.4f  %.4f%n", name, mean, late);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("mean", mean);
        entry.put("second_half", late);
        entry.put("per_trial", perTrial.stream().map(score -> score.isNaN() ? null : score).toList());
        return entry;
    }

    static void print(Map<String, Object> figures) {
        Map<String, Object> single = new LinkedHashMap<>(figures);
        single.values().removeIf(value -> value instanceof Map || value instanceof List);
        Object verdict = single.remove("verdict");
        Output.plain(single);
        Map<?, ?> prequential = (Map<?, ?>) figures.get("prequential");
        System.out.printf("prequential %.4f %s (free run %.4f)%n", (Double) prequential.get("mean"),
                prequential.get("unit"), (Double) prequential.get("free_run_mean"));
        if (figures.get("posterior") instanceof Map<?, ?> posterior && !posterior.isEmpty()) {
            PosteriorOptions.print(posterior);
        }
        System.out.println(verdict);
    }
}
