package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import kappa.dashboards.report.FitReport;
import kappa.dashboards.report.Report;
import kappa.dashboards.report.Verdict;
import kappa.fitting.baseline.Baseline;
import kappa.fitting.baseline.SmoothedScore;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.fit.FittingAlgorithm;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.fit.OverlapDetector;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Score;
import kappa.fitting.offline.FittingAlgorithms;
import kappa.fitting.offline.OfflineFit;
import kappa.fitting.offline.PrequentialFit;
import kappa.fitting.offline.RankSelection;
import kappa.fitting.offline.SessionReader;
import kappa.fitting.offline.WarmStart;
import kappa.fitting.pipeline.SessionPlan;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.fitting.regression.ReducedRankRegression;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.Warning;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.session.Quality;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Fits a recorded session without topics, through the same code as the live pipeline. */
@Section.In(Section.FIT)
@Command(name = "fit", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Fit a recorded session offline and compare with strong baselines.",
    "",
    "Each trial is scored by the model of the trials before it, and then learned from. With "
            + "--algorithm bptt and one pass, the model equals that of ./kappa live --speed max bit for "
            + "bit."})
final class FitCommand implements Runnable {

    private static final int MAX_PASSES = 10_000;

    @Parameters(paramLabel = "SESSION", description = "Session to fit, a file or a folder.")
    private Path session;

    @Mixin
    private FitOptions fit;

    @Option(names = "--ranks", paramLabel = "1-5|1,2,4",
            description = "Fit several ranks to the same stream and recommend the smallest rank whose one-step scores "
                    + "in the second half of the trials are within one standard error of those of the best.")
    private String ranks;

    @Option(names = "--algorithm", paramLabel = "NAME", defaultValue = "bptt",
            description = "Fitting algorithm. bptt: truncated backpropagation through time. em: bptt, then "
                    + "expectation-maximisation with an extended Kalman smoother at the end of each pass, which "
                    + "also learns the noise. rrr: reduced-rank regression of one-step differences, for rates or "
                    + "currents without observation noise. rrr-linear: rrr with the identity in place of tanh; it "
                    + "reports scores only (default: ${DEFAULT-VALUE}).")
    private String algorithm;

    @Section.In(Section.RARE)
    @Option(names = "--warm-start", paramLabel = "TRIALS", defaultValue = "0",
            description = "Number of first trials whose reduced-rank regression is the start of bptt; 0 for random "
                    + "weights (default: ${DEFAULT-VALUE}).")
    private int warmStart;

    @Section.In(Section.RARE)
    @Option(names = "--dynamics", paramLabel = "tanh|linear", defaultValue = "tanh",
            description = "Nonlinearity of the recurrent drive. linear: x in place of tanh(x), for comparison; it "
                    + "reports scores only (default: ${DEFAULT-VALUE}).")
    private String dynamics;

    @Option(names = "--passes", paramLabel = "P", defaultValue = "1",
            description = "Number of passes over the recording; scores are those of the first pass (default: "
                    + "${DEFAULT-VALUE}).")
    private int passes;

    @Mixin
    private RecordingFileOptions recordingOptions;

    @Section.In(Section.OUTPUT)
    @Option(names = "--baselines",
            description = "Also score simple causal models: smoothed rate, PSTH, a Kalman linear model, and these "
                    + "with a tracker of each neuron; for rates and currents also each neuron's autoregression.")
    private boolean baselines;

    @Mixin
    private ThreadsOption threads;

    @Section.In(Section.OUTPUT)
    @Option(names = "--out", paramLabel = "NET.npz",
            description = "Network file to write (default: none).")
    private Path out;

    @Mixin
    private PosteriorOptions posterior;

    @Mixin
    private ForceOption force;

    @Section.In(Section.OUTPUT)
    @Option(names = "--report", paramLabel = "DIR",
            description = "Directory for a page with what was found, figures and tables, and each figure as SVG and CSV "
                    + "(default: none).")
    private Path report;

    @Mixin
    private FiguresOption output;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        FittingAlgorithms way = FittingAlgorithms.named(algorithm);
        Checks.require(passes >= 1 && passes <= MAX_PASSES, "--passes", passes, "1 to " + MAX_PASSES);
        boolean linear = dynamics.equalsIgnoreCase("linear");
        Checks.require(linear || dynamics.equalsIgnoreCase("tanh"), "--dynamics", dynamics, "tanh or linear");
        if (way != FittingAlgorithms.BPTT && (linear || warmStart != 0)) {
            throw new InvalidInputException("--algorithm " + way + " cannot be combined with --dynamics linear or"
                    + " --warm-start; use bptt");
        }
        Checks.require(warmStart >= 0, "--warm-start", warmStart, "a number of trials");
        boolean continues = way == FittingAlgorithms.BPTT || way == FittingAlgorithms.EM;
        if (fit.startFrom != null && (!continues || linear || warmStart != 0 || ranks != null)) {
            throw new InvalidInputException("--start-from " + fit.startFrom + " cannot be combined with --algorithm rrr"
                    + " or rrr-linear, --dynamics linear, --warm-start or --ranks; use bptt or em with one rank");
        }
        if (linear && out != null) {
            throw new InvalidInputException("--out " + out + " cannot be combined with --dynamics linear,"
                    + " because a network file holds a tanh network");
        }
        if (way == FittingAlgorithms.LINEAR_RRR && out != null) {
            throw new InvalidInputException(
                    "--out " + out + " cannot be combined with --algorithm rrr-linear,"
                            + " because a network file holds a tanh network; use rrr");
        }
        List<Integer> wanted = wantedRanks();
        force.requireWritable(out, session, fit.startFrom);
        posterior.check(force, out, session, fit.startFrom);
        if (report != null) {
            Report.requireUsable("--report", report);
        }
        FitSettings settings = fit.settings(2, Speed.parse("max"));
        try (Recording file = recordingOptions.open(session); Team team = new Team(threads.count())) {
            Recording recording = fit.inputs(file);
            List<SessionPlan> plans = new ArrayList<>();
            for (int rank : wanted.isEmpty() ? List.of(settings.rank()) : wanted) {
                plans.add(plan(recording, settings.withRank(rank)));
            }
            List<PrequentialFit> fits = plans.stream()
                    .map(plan -> linear ? plan.fit().withLinearDynamics() : plan.fit())
                    .map(plan -> new PrequentialFit(plan, KernelProvider.kernels(), algorithm(way, plan, team)))
                    .toList();
            run(file, recording, plans.getFirst(), fits, team);
        }
    }

    private FittingAlgorithm algorithm(FittingAlgorithms way, FitPlan plan, Team team) {
        RnnKernels kernels = KernelProvider.kernels();
        return warmStart == 0
                ? way.create(plan, kernels, team)
                : new WarmStart(ReducedRankRegression.nonlinear(plan, kernels), new OnlineFitter(plan, kernels, team),
                        warmStart);
    }

    private SessionPlan plan(Recording recording, FitSettings settings) {
        FitOptions.Request request = fit.request(recording.describe(), settings);
        return SessionPlan.of(recording.describe(), recording.name(), request.settings(), request.startFrom());
    }

    private void run(Recording file, Recording recording, SessionPlan plan, List<PrequentialFit> fits,
            Team team) {
        // Everything is loaded by now: a process that is being stopped cannot begin to.
        try (StopSignal stop = new StopSignal()) {
            run(file, recording, plan, fits, team, stop);
        }
    }

    /** @param recording the file, with an input basis if one was asked for */
    private void run(Recording file, Recording recording, SessionPlan plan, List<PrequentialFit> fits, Team team,
            StopSignal stop) {
        long started = System.nanoTime();
        Output.Progress progress = new Output.Progress("fitted");
        List<Baseline> simple = baselines ? Baseline.all(plan.fit()) : List.of();
        OverlapDetector overlap = new OverlapDetector(plan.fit().neurons());
        List<SessionReader.Follower> others = new ArrayList<>(simple);
        if (plan.fit().kind() == Observation.COUNTS) {
            others.add(overlap::add);
        }
        SmoothedScore smoothed = new SmoothedScore(plan.fit().kind(), plan.fit().neurons());
        others.add(smoothed);
        long bins = fitted(recording, plan, fits, others, progress, stop);
        double seconds = (System.nanoTime() - started) / 1e9;
        RankSelection selection = ranks == null ? null : RankSelection.of(fits);
        PrequentialFit chosen = fits.stream()
                .filter(f -> selection == null || f.plan().rank() == selection.recommended()).findFirst().orElseThrow();
        if (out != null) {
            NetworkFile.write(out, SnapshotCodec.saved(plan, chosen.model(), chosen.mean()));
            System.err.println("model " + chosen.model().version() + " of rank " + chosen.plan().rank()
                    + " written to " + out);
        }
        Quality quality = FitOutput.quality(chosen, smoothed);
        List<String> notes = chosen.algorithm().notes();
        notes.forEach(Output::note);
        List<String> warnings = new ArrayList<>(chosen.algorithm().warnings());
        overlap.warning().ifPresent(warnings::add);
        warnings.addAll(quality.doubts(recording.inputs()));
        warnings.forEach(warning -> Output.note("warning: " + warning));
        // What was wrong with the recording was printed before it was fitted.
        warnings.addAll(0, recording.warnings().stream().map(Warning::line).toList());
        Map<String, Object> figures = figures(plan, chosen, bins, seconds);
        figures.put("prequential", quality.figures());
        if (selection != null) {
            FitOutput.addRanks(figures, selection, fits, smoothed);
        }
        if (baselines) {
            FitOutput.addBaselines(figures, chosen, simple);
        }
        Map<String, List<Double>> simpler = new LinkedHashMap<>();
        simple.forEach(baseline -> simpler.put(baseline.name(), baseline.perTrial()));
        List<String> verdict = new ArrayList<>(
                List.of(Verdict.fit(Score.unit(plan.fit().kind()), chosen.plan().rank(), chosen.oneStep(),
                        (Double) quality.figures().get("free_run_mean"), simpler)));
        if (selection != null) {
            verdict.add(Verdict.ranks(selection));
        }
        if (posterior.wanted()) {
            Map<String, Object> found = posterior.figures(recording, chosen.plan(), chosen.model(), team, stop);
            figures.put("posterior", found);
            verdict.add((String) found.getOrDefault("verdict", "The posterior of kappa was not computed."));
        }
        figures.put("verdict", String.join(" ", verdict));
        if (report != null && stop.asked()) {
            System.err.println("no report of a fit that was stopped");
        } else if (report != null) {
            List<String> summary = new ArrayList<>(verdict);
            warnings.forEach(warning -> summary.add("Warning: " + warning + "."));
            boolean kept = !dynamics.equalsIgnoreCase("linear") && !algorithm.equalsIgnoreCase("rrr-linear");
            System.err.println("report " + FitReport.write(report, "Fit of " + session.getFileName(), summary, chosen,
                    new FitReport.Compared(simpler, Optional.ofNullable(selection)),
                    kept
                            ? Optional.of(SnapshotCodec.saved(plan, chosen.model(), chosen.mean()))
                            : Optional.empty(),
                    file, Output.typed(spec)));
        }
        figures.put("notes", notes);
        figures.put("warnings", warnings);
        if (output.json()) {
            output.print(figures);
        } else {
            FitOutput.print(figures);
        }
    }

    /** The work was told to stop after a trial. */
    private static final class CutShort extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final long done;

        CutShort(long done) {
            super(null, null, false, false);
            this.done = done;
        }
    }

    /** All bins of the session; or, after Ctrl-C, what was done up to the end of a trial. */
    private long fitted(Recording recording, SessionPlan plan, List<PrequentialFit> fits,
            List<SessionReader.Follower> others, Output.Progress progress, StopSignal stop) {
        try {
            return OfflineFit.run(recording, plan.fit(), fits, others, passes, (done, total) -> {
                progress.update(done, total);
                if (stop.asked() && done < total) {
                    throw new CutShort(done);
                }
            });
        } catch (CutShort e) {
            progress.end();
            System.err.println("stopped after " + e.done + " of " + passes * recording.bins() + " bins; what follows is"
                    + " of these" + (out == null ? ". Without --out the model is not kept." : "."));
            return Math.min(e.done, recording.bins());
        }
    }

    private Map<String, Object> figures(SessionPlan plan, PrequentialFit chosen, long bins, double seconds) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("session", plan.session());
        figures.put("algorithm", algorithm);
        figures.put("rank", chosen.plan().rank());
        figures.put("bins", bins);
        figures.put("latents", chosen.latents());
        figures.put("rejected", 0);
        figures.put("model_version", chosen.model().version());
        figures.put("steps", chosen.model().steps());
        figures.put("seconds", seconds);
        return figures;
    }

    /** The ranks of --ranks in rising order; empty if it was not given. */
    private List<Integer> wantedRanks() {
        if (ranks == null) {
            return List.of();
        }
        if (fit.rank != null) {
            throw new InvalidInputException(
                    "--rank " + fit.rank + " and --ranks " + ranks + " cannot be combined; give one of them");
        }
        TreeSet<Integer> wanted = new TreeSet<>();
        for (String part : ranks.split(",", -1)) {
            Checks.require(part.matches("\\d{1,3}(-\\d{1,3})?"), "--ranks", ranks,
                    "a range such as 1-5 or a list such as 1,2,4");
            Iterator<Integer> ends = List.of(part.split("-", -1)).stream().map(Integer::valueOf).iterator();
            int from = ends.next();
            int to = ends.hasNext() ? ends.next() : from;
            Checks.require(from >= 1 && to >= from, "--ranks", ranks, "ranks from 1 on, the smaller first");
            IntStream.rangeClosed(from, to).forEach(wanted::add);
        }
        return List.copyOf(wanted);
    }
}
