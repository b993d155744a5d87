package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import kappa.analysis.inactivation.Effect;
import kappa.analysis.inactivation.Inactivation;
import kappa.analysis.inactivation.Readout;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.SilencedSets;
import kappa.analysis.inactivation.TaskConditions;
import kappa.analysis.inactivation.Verification;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.dashboards.report.InactivationReport;
import kappa.dashboards.report.Report;
import kappa.dashboards.report.Verdict;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.model.Silencing;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.archive.RecordingFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a fitted network says silencing neurons will do, beside the truth where that is known. */
@Command(name = "inactivate", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Predict what silencing neurons does to readout and choice.",
    "",
    "The sets are the populations of the network, the neurons that load most on each context "
            + "input, and random sets of the same sizes. --verify compares with the network that produced "
            + "the session."})
final class InactivateCommand implements Runnable {

    private static final int MOST_TOLD = 2;

    @Parameters(index = "0", paramLabel = "NET.npz", description = "Low-rank network, a file or a name.")
    private Path network;

    @Parameters(index = "1", paramLabel = "SESSION", description = {
        "The session (a file or a folder): its inputs, and its targets or behaviour."})
    private Path session;

    @Option(names = "--verify", paramLabel = "TEACHER.npz",
            description = "Network that produced the session: silence the same neurons of it and compare.")
    private Path verify;

    @Option(names = "--readout", paramLabel = "FILE.npz",
            description = "Source of the readout: a network file that has one, or a session to regress it from "
                    + "(default: NET.npz, else TEACHER.npz, else SESSION).")
    private Path readout;

    @Option(names = "--set", paramLabel = "NAME=NEURONS",
            description = "Neurons to silence in place of populations, such as A=0,5,7-20. May be repeated.")
    private Map<String, String> chosen = new LinkedHashMap<>();

    @Option(names = "--silence", paramLabel = "NEURONS",
            description = "Neurons to silence, as a set with the name 'chosen'.")
    private String silence;

    @Option(names = "--random", paramLabel = "COUNT", defaultValue = "3",
            description = "Number of random sets of each size to compare with (default: ${DEFAULT-VALUE}).")
    private int random;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of random sets and of the search for populations (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--bins", paramLabel = "FROM-TO",
            description = "Bins of each trial in which to silence, counted from 0, with the last included (default: "
                    + "all).")
    private String bins;

    @Option(names = "--silencing", paramLabel = "mask|deletion", defaultValue = "mask",
            description = "mask: silent neurons send nothing, and N stays. deletion: remove the neurons, which scales "
                    + "the rest up by N/(N - removed), as in Valente et al. 2022 (default: ${DEFAULT-VALUE}).")
    private Silencing how;

    @Option(names = "--variance", paramLabel = "SHARE", defaultValue = "0.999",
            description = "Share of the variance of the fitted rates in the principal components on which n is "
                    + "projected; 1 leaves n as it is (default: ${DEFAULT-VALUE}).")
    private double variance;

    @Mixin
    private RecordingFileOptions recordingOptions;

    @Mixin
    private ThreadsOption threads;

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
        LowRankNetwork fit = NetworkArgument.readLowRank(network);
        if (report != null) {
            Report.requireUsable("--report", report);
        }
        Checks.require(random >= 0, "--random", random, "at least 0");
        try (Recording recording = recordingOptions.open(session)) {
            predict(fit, recording);
        }
    }

    private void predict(LowRankNetwork fit, Recording recording) {
        Inactivation.Plan plan = plan();
        Optional<Readout> given = readout(fit, plan);
        SeenTrials seen = SeenTrials.of(recording, fit, given.map(Readout::outputs).orElse(fit.outputs()));
        Inactivation inactivation = given.isPresent()
                ? Inactivation.of(fit, seen, plan, given.get())
                : Inactivation.of(fit, seen, plan);
        TaskConditions conditions = TaskConditions.of(seen);
        List<NeuronSet> sets = sets(fit, inactivation, conditions);
        List<InactivationOutput.Row> rows = new ArrayList<>();
        if (verify == null) {
            sets.forEach(set -> rows
                    .add(new InactivationOutput.Row(inactivation.effect(set), Optional.empty(), Optional.empty())));
        } else {
            rows.addAll(verified(fit, NetworkArgument.read(verify), inactivation, conditions, sets));
        }
        InactivationOutput out = new InactivationOutput(inactivation, conditions, rows);
        List<String> found = new ArrayList<>();
        if (verify != null) {
            found.add(Verdict.verified(rows.stream().map(row -> row.truth().orElseThrow().r2Change()).toList(),
                    rows.stream().map(row -> row.truth().orElseThrow().choiceAgreement()).toList()));
        }
        found.add(Verdict.silencing(rows.stream().map(row -> new Verdict.Change(row.set().name(),
                row.set().size(), isRandom(row), row.effect().change())).toList()));
        String verdict = String.join(" ", found);
        if (report != null) {
            rows.stream().filter(row -> !isRandom(row) && !row.effect().accuracy(conditions).isEmpty())
                    .sorted(Comparator.comparingDouble(row -> -row.effect().change())).limit(MOST_TOLD)
                    .forEach(row -> found.add(Verdict.choices(row.set().name(), row.effect().accuracy(conditions))));
            System.err.println("report " + InactivationReport.write(report,
                    "Silencing in " + network.getFileName() + ", over the trials of " + session.getFileName(), found,
                    recording.binWidthSeconds(), conditions,
                    rows.stream().map(row -> new InactivationReport.Entry(row.effect(), row.truth(), isRandom(row)))
                            .toList(),
                    Output.typed(spec)));
        }
        if (output.json()) {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("network", network.toString());
            figures.put("session", session.toString());
            figures.putAll(out.figures(readsAsTeacher(fit)));
            figures.put("verdict", verdict);
            Output.json(figures);
        } else {
            out.print(readoutSource(fit, inactivation.readout()), verify != null, readsAsTeacher(fit));
            System.out.println(verdict);
        }
    }

    private static boolean isRandom(InactivationOutput.Row row) {
        return row.set().name().startsWith("random ");
    }

    private List<InactivationOutput.Row> verified(LowRankNetwork fit, Network teacher, Inactivation inactivation,
            TaskConditions conditions, List<NeuronSet> sets) {
        SeenTrials seen = inactivation.seen();
        List<InactivationOutput.Row> rows = new ArrayList<>();
        try (TrialRunner runner = new TrialRunner(threads.count())) {
            Verification.Truth truth = new Verification.Truth(teacher, seen, inactivation.plan(), runner);
            // As in an animal, where the readout is unknown.
            Optional<Inactivation> regressed = readsAsTeacher(fit) && seen.kind() != SeenTrials.Kind.NONE
                    ? Optional.of(Inactivation.of(withoutReadout(fit), seen, inactivation.plan()))
                    : Optional.empty();
            Output.Progress progress = new Output.Progress("verified", "sets");
            for (NeuronSet set : sets) {
                Effect effect = inactivation.effect(set);
                List<float[]> silenced = truth.silenced(set);
                rows.add(new InactivationOutput.Row(effect,
                        Optional.of(Verification.of(effect, truth.intact(), silenced, conditions)),
                        regressed.map(other -> Verification.of(other.effect(set), truth.intact(), silenced,
                                conditions))));
                progress.update(rows.size(), sets.size());
            }
        }
        return rows;
    }

    private Inactivation.Plan plan() {
        int from = 0;
        int to = Integer.MAX_VALUE;
        if (bins != null) {
            int dash = bins.indexOf('-');
            try {
                from = Integer.parseInt(bins.substring(0, Math.max(0, dash)).strip());
                to = Math.addExact(Integer.parseInt(bins.substring(dash + 1).strip()), 1);
            } catch (NumberFormatException | ArithmeticException e) {
                throw new InvalidInputException("--bins is " + bins + ", expected FROM-TO, such as 20-40", e);
            }
        }
        return new Inactivation.Plan(how, from, to, variance);
    }

    private Optional<Readout> readout(LowRankNetwork fit, Inactivation.Plan plan) {
        if (readsAsTeacher(fit)) {
            return Optional.of(Inactivation.readoutOf(NetworkArgument.read(verify), fit));
        }
        if (readout == null) {
            return Optional.empty();
        }
        if (NetworkArgument.isName(readout) || !RecordingFile.isSession(readout)) {
            return Optional.of(Inactivation.readoutOf(NetworkArgument.read(readout), fit));
        }
        try (Recording other = recordingOptions.open(readout)) {
            SeenTrials trials = SeenTrials.of(other, fit, 0);
            return Optional.of(Inactivation.of(withoutReadout(fit), trials, plan).readout());
        }
    }

    /** A change of the readout is compared with the teacher's by the same readout, unless the fit has one of its own. */
    private boolean readsAsTeacher(LowRankNetwork fit) {
        return verify != null && readout == null && fit.outputs() == 0;
    }

    private static LowRankNetwork withoutReadout(LowRankNetwork fit) {
        return fit.withReadout(new float[0]);
    }

    private List<NeuronSet> sets(LowRankNetwork fit, Inactivation inactivation, TaskConditions conditions) {
        int neurons = fit.recorded().neurons();
        List<NeuronSet> sets = new ArrayList<>();
        chosen.forEach((name, text) -> sets.add(SilencedSets.parse(name, text, neurons)));
        if (silence != null) {
            sets.add(SilencedSets.parse("chosen", silence, neurons));
        }
        if (sets.isEmpty()) {
            sets.addAll(populations(fit));
            sets.addAll(SilencedSets.ofContexts(inactivation, conditions));
        }
        if (sets.isEmpty()) {
            throw new InvalidInputException(
                    network + ": no populations and no context inputs found, expected neurons to"
                            + " silence, such as --silence 0-20");
        }
        TreeSet<Integer> sizes = new TreeSet<>();
        sets.forEach(set -> sizes.add(set.size()));
        for (int size : sizes) {
            for (int r = 0; r < random && size < neurons; r++) {
                sets.add(SilencedSets.random(neurons, size, seed + r));
            }
        }
        return sets;
    }

    /**
     * A single population is the whole network, and silencing it shows nothing. Then the populations of the likeliest
     * mixture are used, and marked as unstable.
     */
    private List<NeuronSet> populations(LowRankNetwork fit) {
        Populations.Settings settings = Populations.Settings.standard(seed);
        List<NeuronSet> stable = Populations.of(fit.recorded(), settings).sets();
        if (stable.size() > 1) {
            return stable;
        }
        List<NeuronSet> likeliest = Populations.of(fit.recorded(),
                new Populations.Settings(settings.mixtures(), settings.largest(), 2, 0, seed)).sets();
        return likeliest.size() > 1
                ? likeliest.stream().map(set -> new NeuronSet("unstable " + set.name(), set.neurons())).toList()
                : List.of();
    }

    /** The file that the readout is from. */
    private Path readoutSource(LowRankNetwork fit, Readout used) {
        if (readout != null) {
            return readout;
        }
        if (readsAsTeacher(fit)) {
            return verify;
        }
        return used.origin() == Readout.Origin.NETWORK ? network : session;
    }
}
