package kappa.dashboards.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.Snapshot;
import kappa.analysis.inactivation.SeenTrials;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.SavedModel;
import kappa.fitting.model.Score;
import kappa.fitting.offline.FilteredLatents;
import kappa.fitting.offline.PrequentialFit;
import kappa.fitting.offline.RankSelection;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Recording;

/** What {@code ./kappa fit --report} writes: scores, kappa and rates by condition, and the dynamics. Stateless. */
public final class FitReport {

    /** A session without trials is shown over so many of its last bins. */
    private static final int SHOWN_BINS = 1_000;
    private static final int LARGEST_RANK_WITH_PORTRAIT = 2;
    private static final int MOST_PORTRAITS = 6;

    /**
     * What the scores of a fit are compared with.
     *
     * @param baselines scores of each trial by simpler models; may be none
     * @param ranks if several were tried
     */
    public record Compared(Map<String, List<Double>> baselines, Optional<RankSelection> ranks) {}

    private final Report report;
    private final PrequentialFit fit;
    private final String unit;

    private FitReport(Report report, PrequentialFit fit) {
        this.report = report;
        this.fit = fit;
        unit = Score.unit(fit.plan().kind());
    }

    /**
     * Writes the page and its pictures.
     *
     * @param summary what was found, in sentences
     * @param saved the model; empty for a fit that no network file can hold, of which the report has scores only
     * @param session with its own inputs
     * @param command that leads to the same
     * @return the page
     * @throws kappa.ingest.InvalidInputException if the directory cannot be written to
     */
    public static Path write(Path directory, String title, List<String> summary, PrequentialFit fit, Compared with,
            Optional<SavedModel> saved, Recording session, String command) {
        Report report = new Report(directory, title);
        Optional<Snapshot> snapshot = saved.map(FitReport::snapshot);
        Optional<NetworkAnalysis> analysis = snapshot.filter(one -> one.network().rank() <= LARGEST_RANK_WITH_PORTRAIT)
                .map(FitReport::analysis);
        List<String> sentences = new ArrayList<>(summary);
        analysis.ifPresent(found -> sentences.add(Verdict.dynamics(found)));
        report.summary(sentences);
        FitReport pages = new FitReport(report, fit);
        pages.scores(with);
        saved.ifPresent(model -> pages.conditions(model.network(), session, analysis));
        analysis.ifPresent(pages::dynamics);
        pages.tables(with, session, saved);
        report.section("To repeat it", saved.isPresent()
                ? "./kappa analyze and ./kappa inactivate, with the file of --out, say more about its dynamics and populations."
                : "");
        report.command(command);
        return report.write();
    }

    private static Snapshot snapshot(SavedModel saved) {
        var published = saved.model();
        return new Snapshot(new Snapshot.Id("file", published.version(), published.binsLearned()), true,
                saved.network(),
                saved.inputs(), saved.basis().map(InputBasis::bumps).orElse(0), saved.hidden(), published.kappaStd(),
                published.start());
    }

    private static NetworkAnalysis analysis(Snapshot snapshot) {
        int held = snapshot.sessionChannels().size();
        return NetworkAnalysis.of(snapshot,
                NetworkAnalysis.eachInput(snapshot.inputChannels(), held < MOST_PORTRAITS ? held : 0),
                NetworkAnalysis.Depth.ORBITS);
    }

    private String name() {
        return "rank " + fit.plan().rank();
    }

    private void scores(Compared with) {
        if (fit.oneStep().size() < 2) {
            return;
        }
        Map<String, List<Double>> all = new LinkedHashMap<>();
        all.put(name(), fit.oneStep());
        all.put(name() + ", free run", fit.freeRun());
        all.putAll(with.baselines);
        report.section("How well it predicts",
                "Each trial was scored before anything was learned from it: one bin ahead, and in "
                        + "free run from the trial's start. "
                        + (unit.equals("r2")
                                ? "1 is all of the variance, 0 each neuron's mean."
                                : "0 is each neuron's constant rate."));
        List<SvgPlot> figures = new ArrayList<>(
                List.of(ScoreFigures.byTrial(unit, all), ScoreFigures.means(unit, all)));
        with.ranks.map(selection -> ScoreFigures.ranks(unit, selection)).ifPresent(figures::add);
        report.figures(figures);
    }

    private void conditions(LowRankNetwork network, Recording session, Optional<NetworkAnalysis> analysis) {
        int rank = network.rank();
        Recording driven = Evaluation.withInputsOf(network, session);
        List<float[]> latents = FilteredLatents.of(driven, fit.plan(), KernelProvider.kernels(), fit.model());
        if (!session.hasTrials() || latents.size() != session.trials()) {
            report.section("Kappa", "The last bins of the session, as the fitted network filters them.");
            report.figures(trace(latents, rank, session.binWidthSeconds()));
            return;
        }
        List<TrialGroups.Group> groups = TrialGroups.of(SeenTrials.of(session, network, 0));
        List<ConditionFigures.Mean> means = ConditionFigures.means(latents, groups);
        report.section("Kappa and rates by condition",
                "All trials as the fitted network sees them. Kappa follows the activity "
                        + "bin by bin; the free run knows a trial's inputs only.");
        List<SvgPlot> figures = new ArrayList<>(ConditionFigures.latents(means, rank, session.binWidthSeconds()));
        if (rank >= 2) {
            SvgPlot on = analysis.flatMap(found -> PhaseFigures.of(found.portraits().getFirst(),
                    "\u03ba by condition, on the flow without input"))
                    .orElseGet(() -> ConditionFigures.axes(means, rank));
            figures.add(ConditionFigures.plane(means, rank, on));
        }
        figures.addAll(ConditionFigures.activity(network, driven, groups));
        report.figures(figures);
    }

    private static List<SvgPlot> trace(List<float[]> latents, int rank, double binWidth) {
        int bins = 0;
        int from = latents.size();
        while (from > 0 && bins < SHOWN_BINS) {
            from--;
            bins += latents.get(from).length / rank;
        }
        float[] all = new float[bins * rank];
        int at = 0;
        for (float[] one : latents.subList(from, latents.size())) {
            System.arraycopy(one, 0, all, at, one.length);
            at += one.length;
        }
        double[] time = ConditionFigures.time(bins, binWidth);
        double[] values = ConditionFigures.column(all, 1, 0);
        SvgPlot plot = new SvgPlot("\u03ba of the last " + bins + " bins", "s", "\u03ba", 0, bins * binWidth,
                Arrays.stream(values).min().orElse(0), Arrays.stream(values).max().orElse(1));
        for (int k = 0; k < Math.min(rank, SvgPlot.COLOURS.size()); k++) {
            plot.series("\u03ba" + (k + 1))
                    .line(time, ConditionFigures.column(all, rank, k), SvgPlot.COLOURS.get(k), false, 1.2)
                    .entry("\u03ba" + (k + 1), SvgPlot.COLOURS.get(k));
        }
        return List.of(plot);
    }

    private void dynamics(NetworkAnalysis analysis) {
        report.section("Dynamics",
                "How kappa moves without input, and with each of the session's inputs held constant at 1. "
                        + AnalysisReport.MARKS);
        report.figures(AnalysisReport.portraits(analysis));
    }

    private void tables(Compared with, Recording session, Optional<SavedModel> saved) {
        report.section("Tables", "");
        List<List<String>> rows = new ArrayList<>();
        rows.add(row(name() + ", one bin ahead", fit.oneStep()));
        rows.add(row(name() + ", free run", fit.freeRun()));
        with.baselines.forEach((name, scores) -> rows.add(row(name, scores)));
        report.table(List.of("model", unit + ", trials 2 to " + fit.oneStep().size(), "second half of the trials"),
                rows);
        with.ranks.ifPresent(selection -> report.table(List.of("rank", unit + ", second half", "standard error",
                "behind rank " + selection.best(), "standard error of that"),
                selection.ranks().stream()
                        .map(one -> List.of(
                                one.rank() + (one.rank() == selection.recommended() ? " (recommended)" : ""),
                                shown(one.mean()), shown(one.se()), shown(one.behind()), shown(one.behindSe())))
                        .toList()));
        report.table(List.of("what was fitted", "value"), List.of(
                List.of("session", session.name() + ", " + session.bins() + " bins of "
                        + String.format(Locale.ROOT, "%.4g", 1000 * session.binWidthSeconds()) + " ms"
                        + (session.hasTrials() ? " in " + session.trials() + " trials" : "")),
                List.of("neurons", Integer.toString(session.neurons())),
                List.of("observation", session.observation().name().toLowerCase(Locale.ROOT)),
                List.of("inputs", session.inputs() == 0
                        ? "none"
                        : String.join(", ", session.describe().inputs()) + saved.flatMap(SavedModel::basis)
                                .map(basis -> ", with a basis of " + basis.bumps() + " bumps over the trial")
                                .orElse("")),
                List.of("time constant", String.format(Locale.ROOT, "%.4g ms",
                        1000 * session.binWidthSeconds() / fit.model().model().network().alpha())),
                List.of("Adam steps", Long.toString(fit.model().steps()))));
    }

    private static List<String> row(String name, List<Double> scores) {
        return List.of(name, shown(Score.mean(scores, 1)), shown(Score.mean(scores, scores.size() / 2)));
    }

    private static String shown(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value) : "unknown";
    }
}
