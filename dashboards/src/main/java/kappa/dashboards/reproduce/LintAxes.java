package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.connectivity.RegressionAxes;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.TaskConditions;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.offline.FittingAlgorithms;
import kappa.fitting.task.Task;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;

/** The axes of a LINT fit and those of targeted dimensionality reduction, of the same session. */
final class LintAxes extends Item {

    private static final int SEEDS = 5;
    private static final int QUICK_TRIALS = 100;
    private static final int TRIALS = 200;
    private static final int TEST_TRIALS = 100;
    private static final long FRESH = 0x61786573L;
    private static final double NO_WORSE = 0.03;
    /** Bins in which the axis of a variable is asked: the context before, the choice at the end of a trial. */
    private static final int CONTEXT_FROM = 5;
    private static final int CONTEXT_TO = 62;
    private static final int CHOICE_FROM = 57;
    private static final int CHOICE_TO = 68;

    /** Axes [4][N] of choice, context and the two signals. */
    private record Axes(double[] choice, double[] context, double[] signalA, double[] signalB) {

        List<double[]> all() {
            return List.of(choice, context, signalA, signalB);
        }
    }

    /** What a set of axes is worth on trials that it was not made from. */
    private record Worth(double variance, double choice, double context) {}

    LintAxes() {
        super("lint-axes",
                "LINT as dimensionality reduction: its axes beside those of targeted dimensionality reduction",
                "Valente, Pillow and Ostojic 2022, abstract; Mante and others 2013");
    }

    @Override
    Result compute(Context context) {
        long[] seeds = context.seeds(SEEDS);
        double[][] lint = new double[3][seeds.length];
        double[][] regression = new double[3][seeds.length];
        double[] most = new double[seeds.length];
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < seeds.length; i++) {
            FullRankNetwork teacher = ContextTeachers.fullRank(ContextTeachers.NEURONS, seeds[i], context);
            Task task = ContextTeachers.task();
            context.progress().accept("axes of one session, seed " + seeds[i]);
            Lint.Settings counts = new Lint.Settings(Observation.COUNTS, context.quick() ? QUICK_TRIALS : TRIALS, 1,
                    seeds[i], context.threads());
            LowRankNetwork fit = Lint.fit(teacher, task, 1, FittingAlgorithms.BPTT, counts);
            Lint.Settings fresh = new Lint.Settings(Observation.COUNTS, TEST_TRIALS, 1, seeds[i] ^ FRESH,
                    context.threads());
            Lint.Settings clean = new Lint.Settings(Observation.RATES, TEST_TRIALS, 1, seeds[i] ^ FRESH,
                    context.threads());
            Trials train = trials(teacher, task, counts, fit);
            Trials test = trials(teacher, task, fresh, fit);
            Trials rates = trials(teacher, task, clean, fit);
            Worth ofLint = worth(axes(fit), train, test, rates);
            Worth ofRegression = worth(axes(train), train, test, rates);
            most[i] = SubspaceVariance.most(rates.activity, rates.neurons, 4);
            put(lint, i, ofLint);
            put(regression, i, ofRegression);
            rows.add(List.of(Long.toString(seeds[i]), Numbers.shown(ofLint.variance),
                    Numbers.shown(ofRegression.variance), Numbers.shown(most[i]), Numbers.shown(ofLint.choice),
                    Numbers.shown(ofRegression.choice), Numbers.shown(ofLint.context),
                    Numbers.shown(ofRegression.context)));
        }
        return new Result("Spike counts of full-rank networks that do cdm, N = " + ContextTeachers.NEURONS
                + ". LINT: m of a rank-1 fit for choice, the difference of the two cue weights for context, and the two signal "
                + "weights. Regression: of counts on context, signals and target, the axis of each in the bin where it is "
                + "longest. Variance is that of noise-free rates in fresh trials in the span of the four axes. Decoding is by "
                + "the mean count along one axis in single fresh trials, split half-way between the two means of the session.",
                List.of(),
                List.of(finding("variance captured by four axes", 0, lint, regression,
                        "The best four axes there are, principal components of the noise-free rates, capture "
                                + Numbers.range(most) + "."),
                        finding("choice decoded in single trials", 1, lint, regression,
                                "Fraction of trials, mean count from bin " + CHOICE_FROM + " to the end."),
                        finding("context decoded in single trials", 2, lint, regression,
                                "Fraction of trials, mean count over the cue.")),
                List.of("./kappa fit SESSION.npz --rank 1 --out FIT.npz",
                        "./kappa analyze FIT.npz --session SESSION.npz --json"),
                List.of(new Result.Table(List.of("seed", "variance: LINT", "regression", "principal components",
                        "choice: LINT", "regression", "context: LINT", "regression"), rows)));
    }

    private static void put(double[][] values, int i, Worth worth) {
        values[0][i] = worth.variance;
        values[1][i] = worth.choice;
        values[2][i] = worth.context;
    }

    private static Result.Finding finding(String quantity, int which, double[][] lint, double[][] regression,
            String reason) {
        return new Result.Finding(quantity, "a set of axes for dimensionality reduction (abstract)",
                "LINT " + Numbers.range(lint[which]) + "; regression " + Numbers.range(regression[which]),
                Numbers.median(lint[which]) >= Numbers.median(regression[which]) - NO_WORSE,
                reason + " Agreement asks that LINT is at most " + NO_WORSE + " below regression.");
    }

    /**
     * A session in memory.
     *
     * @param activity [bins,N] of each trial
     * @param choice wanted, of either sign
     * @param context 0 or 1
     */
    private record Trials(List<float[]> activity, int neurons, double[] choice, int[] context,
            RegressionAxes regression) {}

    private static Trials trials(FullRankNetwork teacher, Task task, Lint.Settings settings, LowRankNetwork fit) {
        return Lint.recorded(teacher, task, settings, settings.seed(), recording -> trials(recording, fit));
    }

    private static Trials trials(Recording recording, LowRankNetwork fit) {
        SeenTrials seen = SeenTrials.of(recording, fit, 1);
        TaskConditions conditions = TaskConditions.of(seen);
        // Contexts are numbered by their first trial: count them by name.
        boolean swapped = conditions.contexts().getFirst().equals(seen.inputNames().get(3));
        int[] context = Arrays.stream(conditions.contextOf()).map(c -> swapped ? 1 - c : c).toArray();
        return new Trials(IntStream.range(0, recording.trials()).mapToObj(recording::activity).toList(),
                recording.neurons(), seen.wanted(), context, RegressionAxes.of(recording, seen));
    }

    private static Axes axes(LowRankNetwork fit) {
        double[] cueA = Vectors.w(fit, 2);
        double[] cueB = Vectors.w(fit, 3);
        return new Axes(Vectors.m(fit, 0),
                IntStream.range(0, cueA.length).mapToDouble(i -> cueB[i] - cueA[i]).toArray(),
                Vectors.w(fit, 0), Vectors.w(fit, 1));
    }

    /** Context, two signals, target, in this order. */
    private static Axes axes(Trials train) {
        double[] all = train.regression.coefficients();
        List<double[]> rows = IntStream.range(0, 4)
                .mapToObj(v -> Arrays.copyOfRange(all, v * train.neurons, (v + 1) * train.neurons)).toList();
        return new Axes(rows.get(3), rows.get(0), rows.get(1), rows.get(2));
    }

    private static Worth worth(Axes axes, Trials train, Trials test, Trials rates) {
        int[] choiceOfTrain = Arrays.stream(train.choice).mapToInt(value -> value > 0 ? 1 : 0).toArray();
        int[] choiceOfTest = Arrays.stream(test.choice).mapToInt(value -> value > 0 ? 1 : 0).toArray();
        return new Worth(SubspaceVariance.captured(rates.activity, rates.neurons, axes.all()),
                decoded(along(train, axes.choice, CHOICE_FROM, CHOICE_TO), choiceOfTrain,
                        along(test, axes.choice, CHOICE_FROM, CHOICE_TO), choiceOfTest),
                decoded(along(train, axes.context, CONTEXT_FROM, CONTEXT_TO), train.context,
                        along(test, axes.context, CONTEXT_FROM, CONTEXT_TO), test.context));
    }

    /** The mean of each trial's activity along an axis. */
    private static double[] along(Trials trials, double[] axis, int from, int to) {
        return trials.activity.stream().mapToDouble(activity -> {
            double sum = 0;
            for (int t = from; t < to; t++) {
                for (int i = 0; i < axis.length; i++) {
                    sum += axis[i] * activity[t * axis.length + i];
                }
            }
            return sum / (to - from);
        }).toArray();
    }

    /** Fraction of test trials on the right side of the middle between the two means of the others. */
    private static double decoded(double[] train, int[] ofTrain, double[] test, int[] ofTest) {
        double[] means = IntStream.range(0, 2).mapToDouble(c -> IntStream.range(0, train.length)
                .filter(j -> ofTrain[j] == c).mapToDouble(j -> train[j]).average().orElseThrow()).toArray();
        double middle = (means[0] + means[1]) / 2;
        return IntStream.range(0, test.length)
                .filter(j -> (test[j] > middle == means[1] > means[0] ? 1 : 0) == ofTest[j]).count()
                / (double) test.length;
    }
}
