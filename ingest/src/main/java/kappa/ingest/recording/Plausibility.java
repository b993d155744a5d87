package kappa.ingest.recording;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Says what looks wrong with a recording, once, before a session is spent on it. It is read through once, in
 * blocks, and nothing of it is kept but a few numbers of each neuron. What looks wrong is a {@link Warning} and nothing more:
 * whether a recording can be read is for its reader to say. {@code ingest/docs/plausibility.md} lists the warnings.
 */
public final class Plausibility {

    private static final String UNOBSERVED = "unobserved";

    /** Numbers of activity that are read at a time. */
    private static final int BLOCK_NUMBERS = 1 << 16;

    /** Names that a warning lists. */
    private static final int NAMED = 5;

    private static final double MAX_BIN_WIDTH_S = 1;
    private static final double MIN_BIN_WIDTH_S = 1e-4;

    /** The median neuron of a sorted recording fires less often. */
    private static final double MAX_MEDIAN_RATE_HZ = 500;

    /** No neuron fires so often for long, and none in a recording where the others are as slow as the factor says. */
    private static final double LOUD_HZ = 300;
    private static final double LOUD_FACTOR = 100;
    private static final double OTHER_UNITS_FACTOR = 1_000;
    private static final int NEURONS_FOR_A_MEDIAN = 4;

    /** Steps of rig time that are longer than this many bins are gaps. */
    private static final double GAP_BINS = 1.5;
    private static final double STEP_TOLERANCE = 0.01;
    private static final long ENOUGH_STEPS = 20;

    /** Trials without a spike are told on if the others have so many that chance does not explain it. */
    private static final double SPIKES_PER_TRIAL_THAT_TELL = 10;

    private final RecordingDescription what;
    private final boolean counts;
    private final double binWidthNs;
    private final NeuronSurvey neurons;
    private long bins;
    private boolean inTrial;
    private long trial;
    private double spikesOfTrial;
    private double spikes;
    private long trials;
    private long trialsWithoutSpike;
    private long lastRigTimeNs;
    private long steps;
    private double stepsNs;
    private long longSteps;
    private double longStepsNs;

    Plausibility(RecordingDescription what) {
        this.what = what;
        counts = what.observation() == Observation.COUNTS;
        binWidthNs = what.binWidthSeconds() * 1e9;
        neurons = new NeuronSurvey(what.neurons().size(), counts, what.binWidthSeconds());
    }

    /**
     * Looks at a recording and hands it back with its {@link Recording#warnings}.
     *
     * @param hideArtefacts whether bins that lie far beyond all others of their neuron are NaN in what is returned
     * @param progress is told how many bins were looked at
     */
    public static Recording checked(Recording session, boolean hideArtefacts, LongConsumer progress) {
        Plausibility checks = new Plausibility(session.describe());
        List<Warning> warnings = new ArrayList<>();
        session.times().ifPresent(times -> new TimeChecks(times).addTo(warnings));
        if (!checks.what.trials() && warnings.stream().anyMatch(warning -> warning.code().equals(TimeChecks.UNIT))) {
            // One stretch as long as the spike times say: months of bins without a spike, which would tell nothing.
            checks.addBinWidth(warnings);
            return new CheckedRecording(session, warnings, List.of());
        }
        checks.read(session, progress);
        List<Artefact> artefacts = checks.neurons.artefacts();
        boolean turnedRound = !session.binsFirst() && session.neurons() > session.bins();
        if (turnedRound) {
            warnings.add(new Warning("transposed",
                    session.neurons() + " neurons and only " + session.bins() + " bins: the array may be turned round",
                    "write it as [bins, neurons] or [trials, bins, neurons], for example with counts.T"));
        }
        checks.addBinWidth(warnings);
        checks.addSteps(warnings);
        if (!turnedRound) {
            checks.addNeurons(warnings, artefacts, hideArtefacts);
        }
        return new CheckedRecording(session, warnings, hideArtefacts ? artefacts : List.of());
    }

    private void read(Recording session, LongConsumer progress) {
        int n = session.neurons();
        int most = Math.max(1, BLOCK_NUMBERS / n);
        for (int trial = 0; trial < session.trials(); trial++) {
            for (int from = 0; from < session.bins(trial); from += most) {
                int count = Math.min(most, session.bins(trial) - from);
                float[] y = session.activity(trial, from, count);
                for (int t = 0; t < count; t++) {
                    add(trial, session.rigTimeNs(trial, from + t, bins), y, t * n);
                }
                progress.accept(bins);
            }
        }
        endTrial();
    }

    /** One bin of a stream. */
    void add(RecordedBin bin) {
        add(bin.trial, bin.rigTimeNs, bin.activity, 0);
    }

    /** What looks wrong with the bins of a stream so far. That a neuron has not been observed yet is nothing wrong there. */
    List<Warning> soFar() {
        List<Warning> warnings = new ArrayList<>();
        endTrial();
        inTrial = false;
        addBinWidth(warnings);
        addSteps(warnings);
        addNeurons(warnings, neurons.artefacts(), false);
        warnings.removeIf(warning -> warning.code().equals(UNOBSERVED));
        return warnings;
    }

    private void add(long ofTrial, long rigTimeNs, float[] y, int offset) {
        if (!inTrial || ofTrial != trial) {
            endTrial();
            inTrial = true;
            trial = ofTrial;
        } else {
            addStep(rigTimeNs - lastRigTimeNs);
        }
        lastRigTimeNs = rigTimeNs;
        spikesOfTrial += neurons.add(y, offset, bins);
        bins++;
    }

    private void addStep(long ns) {
        if (ns >= GAP_BINS * binWidthNs) {
            longSteps++;
            longStepsNs += (double) ns;
        } else if (ns > 0) {
            steps++;
            stepsNs += (double) ns;
        }
    }

    private void endTrial() {
        if (inTrial) {
            trials++;
            trialsWithoutSpike += spikesOfTrial == 0 ? 1 : 0;
            spikes += spikesOfTrial;
            spikesOfTrial = 0;
        }
    }

    /** @param warnings so far; where there are some of times, nothing more is made of trials without spikes */
    private void addNeurons(List<Warning> warnings, List<Artefact> artefacts, boolean hidden) {
        boolean timesAreWrong = !warnings.isEmpty();
        List<Integer> unobserved = which(i -> neurons.observed(i) == 0);
        List<Integer> silent = counts ? which(neurons::silent) : List.of();
        if (unobserved.size() == what.neurons().size()) {
            warnings.add(new Warning("nothing-observed", "nothing is observed in any bin",
                    "check that trials and activity are on the same clock"));
        } else if (counts && spikes == 0) {
            warnings.add(new Warning("no-spike", "no spike in the session",
                    "check which units, trials and times were chosen"));
        } else {
            addUnlessNone(warnings, UNOBSERVED, unobserved, "is not observed in any bin",
                    "are not observed in any bin", "leave them out");
            addUnlessNone(warnings, "silent", silent, "has no spike in the session",
                    "have no spike in the session", "leave them out, because nothing can be learned of them");
            addEmptyTrials(warnings, timesAreWrong);
        }
        addUnlessNone(warnings, "constant", which(i -> neurons.constant(i) && !(counts && neurons.silent(i))),
                "has the same value in every bin", "have the same value in every bin",
                "leave them out, because nothing can be learned of them");
        addAlike(warnings);
        addArtefacts(warnings, artefacts, hidden);
        addScale(warnings);
    }

    private void addBinWidth(List<Warning> warnings) {
        double width = what.binWidthSeconds();
        if (width > MAX_BIN_WIDTH_S) {
            warnings.add(new Warning("bin-width", "bins are " + plain(width) + " s wide",
                    "if bin_width is in milliseconds, write it in seconds: " + plain(width / 1e3)));
        } else if (width < MIN_BIN_WIDTH_S) {
            warnings.add(new Warning("bin-width", "bins are " + plain(width) + " s wide, shorter than a spike",
                    "write bin_width in seconds, such as 0.02, or make wider bins with --bin-width"));
        }
    }

    private void addSteps(List<Warning> warnings) {
        // Where most are long, they are no gaps.
        boolean mostAreLong = longSteps > steps;
        double step = (stepsNs + (mostAreLong ? longStepsNs : 0)) / (steps + (mostAreLong ? longSteps : 0)) / 1e9;
        double width = what.binWidthSeconds();
        if (steps + longSteps >= ENOUGH_STEPS && Math.abs(step - width) > STEP_TOLERANCE * width) {
            warnings.add(new Warning("rig-time-step",
                    "rig time advances by " + plain(step) + " s from bin to bin, but bins are " + plain(width)
                            + " s wide",
                    "give the bin width that the rig has"));
        }
    }

    private void addEmptyTrials(List<Warning> warnings, boolean timesAreWrong) {
        if (!timesAreWrong && counts && what.trials() && trialsWithoutSpike > trials / 2
                && spikes / trials > SPIKES_PER_TRIAL_THAT_TELL) {
            warnings.add(new Warning("empty-trials",
                    trialsWithoutSpike + " of " + trials + " trials have no spike, and the others have "
                            + rough(spikes / (trials - trialsWithoutSpike)) + " each",
                    "check that spikes and trials are on the same clock"));
        }
    }

    private void addUnlessNone(List<Warning> warnings, String code, List<Integer> found, String one, String several,
            String advice) {
        if (!found.isEmpty()) {
            warnings.add(new Warning(code, found.size() + " of " + counted(what.neurons().size(), "neuron") + ' '
                    + (found.size() == 1 ? one : several) + ": " + names(found), advice));
        }
    }

    private void addAlike(List<Warning> warnings) {
        List<List<Integer>> groups = neurons.alike();
        if (!groups.isEmpty()) {
            String pairs = groups.stream().limit(NAMED).map(this::names).map(names -> names.replace(", ", " = "))
                    .collect(Collectors.joining("; "));
            warnings.add(new Warning("duplicate",
                    "some neurons have the same activity in every bin: " + pairs
                            + (groups.size() > NAMED ? "; ..." : ""),
                    "leave all but one of each group out"));
        }
    }

    private void addArtefacts(List<Warning> warnings, List<Artefact> artefacts, boolean hidden) {
        if (artefacts.isEmpty()) {
            return;
        }
        Artefact first = artefacts.getFirst();
        long ofNeurons = artefacts.stream().mapToInt(Artefact::neuron).distinct().count();
        String name = what.neurons().get(first.neuron());
        warnings.add(new Warning("artefact",
                (counts
                        ? "neuron " + name + " has " + plain(first.value()) + " spikes in bin " + first.bin()
                                + ", where its next largest bin has " + plain(first.others())
                        : "neuron " + name + " is " + plain(first.value()) + " in bin " + first.bin()
                                + ", where the next farthest from its mean is " + plain(first.others()))
                        + "; there " + (artefacts.size() == 1 ? "is " : "are ")
                        + counted(artefacts.size(), "such bin") + " of " + counted(ofNeurons, "neuron")
                        + (hidden ? ", taken as not observed" : ""),
                hidden ? "--keep-artefacts keeps what was recorded" : "mark them as not observed"));
    }

    private void addScale(List<Warning> warnings) {
        int n = what.neurons().size();
        if (n < NEURONS_FOR_A_MEDIAN || what.observation() == Observation.RATES) {
            return;
        }
        double[] scales = IntStream.range(0, n)
                .mapToDouble(i -> counts ? neurons.mean(i) / what.binWidthSeconds() : neurons.sd(i)).toArray();
        double median = median(DoubleStream.of(scales).filter(scale -> scale > 0));
        if (!(median > 0)) {
            return;
        }
        if (counts && median > MAX_MEDIAN_RATE_HZ) {
            warnings.add(new Warning("rate", "the median neuron fires " + rough(median) + " times a second",
                    "check bin_width, and read signals that are no spike counts with --observe currents"));
            return;
        }
        List<Integer> loud = which(i -> counts
                ? scales[i] > LOUD_HZ && scales[i] >= LOUD_FACTOR * median
                : scales[i] >= OTHER_UNITS_FACTOR * median);
        if (!loud.isEmpty()) {
            double most = loud.stream().mapToDouble(i -> scales[i]).max().orElseThrow();
            warnings.add(counts
                    ? new Warning("scale",
                            some(loud, "fires ", "fire up to ") + rough(most)
                                    + " times a second, where the median neuron fires " + rough(median) + " times",
                            "leave them out if they are noise or sums of several units")
                    : new Warning("scale",
                            some(loud, "varies ", "vary up to ") + rough(most / median)
                                    + " times as much as the median neuron",
                            "bring all neurons into the same units"));
        }
    }

    private static double median(DoubleStream numbers) {
        double[] sorted = numbers.sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
    }

    private List<Integer> which(IntPredicate property) {
        return IntStream.range(0, what.neurons().size()).filter(property).boxed().toList();
    }

    private String names(List<Integer> neuronsNamed) {
        return neuronsNamed.stream().limit(NAMED).map(what.neurons()::get).collect(Collectors.joining(", "))
                + (neuronsNamed.size() > NAMED ? ", ..." : "");
    }

    private String some(List<Integer> found, String one, String several) {
        return found.size() == 1
                ? "neuron " + names(found) + ' ' + one
                : found.size() + " neurons (" + names(found) + ") " + several;
    }

    private static String counted(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /** To three digits. */
    static String rough(double number) {
        return Double.isFinite(number)
                ? new BigDecimal(number).round(new MathContext(3)).stripTrailingZeros().toPlainString()
                : Double.toString(number);
    }

    /** To six digits and without zeros at its end. */
    static String plain(double number) {
        if (number == Math.rint(number) && Math.abs(number) < 1e15) {
            return Long.toString((long) number);
        }
        String text = String.format(Locale.ROOT, "%.6g", number);
        return text.contains("e") || !text.contains(".") ? text : text.replaceAll("\\.?0+$", "");
    }
}
