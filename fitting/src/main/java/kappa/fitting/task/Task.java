package kappa.fitting.task;

import static kappa.ingest.InvalidInputException.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.fitting.simulation.TrialRandom;
import kappa.ingest.InvalidInputException;

/**
 * A task as the seed work trained its networks on it (Dubreuil et al. 2022; Valente 2019, chapters 3 and 5), in bins of
 * 20 ms. Epochs in ms; the target is asked for in the last one.
 *
 * <table>
 * <caption>Tasks</caption>
 * <tr><th>task</th><th>epochs</th><th>inputs</th><th>condition</th><th>target</th></tr>
 * <tr><td>DM, random dots</td><td>fixation 100, stimulus 800, delay 300, decision 300</td><td>coherence</td><td>first:
 * +-{1, 2, 4, 8, 16} x 0.032</td><td>its sign</td></tr>
 * <tr><td>WM, Romo</td><td>fixation 100, f1 100, delay 500 to 2000, f2 100, decision 100</td><td>(f - 22)/24</td><td>first
 * and second: 10 to 34 in steps of 4, differing by 8, 16 or 24</td><td>(f1 - f2)/24</td></tr>
 * <tr><td>CDM, Mante</td><td>fixation 100, context 350, stimulus 800, delay 100, decision 20</td><td>two coherences, two
 * context cues</td><td>both: +-{1, 2, 4} x 0.1; context: 0 or 1, the cued channel</td><td>sign of the cued one</td></tr>
 * <tr><td>MSI, Raposo</td><td>as CDM</td><td>two coherences, two modality cues</td><td>both, of one sign, 0 where absent;
 * context: 0 first, 1 second, 2 both modalities</td><td>their sign</td></tr>
 * <tr><td>DMS</td><td>fixation 100, sample 500, delay 500 to 3000, test 500, decision 1000</td><td>A, B</td><td>first and
 * second: 0 for A, 1 for B</td><td>+1 if equal, else -1</td></tr>
 * </table>
 *
 * <p>DMS can have more than two stimuli, then half of its trials are matches; and stimuli of varied duration, then sample and
 * test are drawn independently (both questions that Valente 2019, section 5.4, leaves open).
 *
 * <p>Input noise has standard deviation 0.03 (DM, DMS), 0.01 (WM) and 0.1 (CDM, MSI) and is there in every bin; context and
 * modality cues are exact and on from the context epoch to the end of the delay. Conditions and delays are drawn uniformly.
 *
 * @param context strength of the cues of CDM and MSI
 * @param delay from which WM and DMS draw each trial's delay; the others have its shortest
 * @param stimulus from which DMS draws the durations of sample and test; the others ignore it
 * @param stimuli of DMS: how many there are, each with an input of its own; the others ignore it
 */
public record Task(Name name, double context, Span delay, Span stimulus, int stimuli) {

    /** A duration in bins, drawn uniformly from the shortest to the longest. */
    public record Span(int shortest, int longest) {

        public Span {
            require(shortest >= 1 && longest >= shortest && longest <= 100_000, "durations",
                    shortest + " to " + longest + " bins", "ascending numbers from 1 to 100000");
        }

        /** A span of one duration draws nothing. */
        private int draw(SplittableRandom random) {
            return shortest == longest ? shortest : random.nextInt(shortest, longest + 1);
        }
    }

    /** The largest number of stimuli of DMS. */
    public static final int MOST_STIMULI = 8;

    /** Width of every bin. */
    public static final double BIN_WIDTH_S = 0.02;

    /** Bin width over the networks' time constant of 100 ms. */
    public static final double ALPHA = 0.2;

    private static final double BIN_WIDTH_MS = 20;
    private static final int FIXATION = 5;
    private static final int SHOWN = 25;
    private static final double[] DOTS = {1, 2, 4, 8, 16};
    private static final double DOTS_UNIT = 0.032;
    private static final double[] MANTE = {1, 2, 4};
    private static final double MANTE_UNIT = 0.1;
    private static final double LOWEST_FREQUENCY = 10;
    private static final double FREQUENCY_STEP = 4;
    private static final int FREQUENCIES = 7;
    private static final double MEAN_FREQUENCY = 22;
    private static final double FREQUENCY_SPAN = 24;

    /** The tasks by their short names. */
    public enum Name {
        /** Random-dots decision making. */
        DM(0.03, "coherence"),
        /** Parametric working memory. */
        WM(0.01, "frequency"),
        /** Context-dependent decision making. */
        CDM(0.1, "coherence A", "coherence B", "context A", "context B"),
        /** Multisensory integration. */
        MSI(0.1, "coherence A", "coherence B", "modality A", "modality B"),
        /** Delayed match-to-sample. */
        DMS(0.03);

        private final double inputNoise;
        private final List<String> inputs;

        Name(double inputNoise, String... inputs) {
            this.inputNoise = inputNoise;
            this.inputs = List.of(inputs);
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Task {
        require(context > 0 && context <= 100, "context", context, "a strength in (0, 100]");
        require(stimuli >= 2 && stimuli <= MOST_STIMULI, "stimuli", stimuli, "2 to " + MOST_STIMULI);
    }

    /** A task with its published timing and cues of strength 1. */
    public static Task of(Name name) {
        int longest = switch (name) {
            case WM -> 100;
            case DMS -> 150;
            case DM, CDM, MSI -> 25;
        };
        return new Task(name, 1, new Span(25, longest), new Span(SHOWN, SHOWN), 2);
    }

    /**
     * A task by its short name, in upper or lower case.
     *
     * @throws InvalidInputException if there is none of that name
     */
    public static Task named(String text) {
        for (Name name : Name.values()) {
            if (name.toString().equals(text.toLowerCase(Locale.ROOT))) {
                return of(name);
            }
        }
        throw new InvalidInputException("task: '" + text + "', expected one of dm, wm, cdm, msi, dms");
    }

    /** The same task with cues of another strength. */
    public Task withContext(double strength) {
        return new Task(name, strength, delay, stimulus, stimuli);
    }

    /** The same task with delays up to another length; where that is shorter than the shortest, all are as long. */
    public Task withLongestDelay(int bins) {
        return new Task(name, context, new Span(Math.min(delay.shortest, bins), bins), stimulus, stimuli);
    }

    /** DMS with stimuli of other durations. */
    public Task withStimulus(Span shown) {
        requireMatchToSample("stimulus durations");
        return new Task(name, context, delay, shown, stimuli);
    }

    /** DMS with another number of stimuli. */
    public Task withStimuli(int number) {
        requireMatchToSample("stimuli");
        return new Task(name, context, delay, stimulus, number);
    }

    private void requireMatchToSample(String what) {
        if (name != Name.DMS) {
            throw new InvalidInputException(what + ": task " + name + " has them fixed, expected task dms");
        }
    }

    /** Whether trials differ in length. */
    public boolean hasVariableDelay() {
        return name == Name.WM || name == Name.DMS;
    }

    /** Bins of the longest trial. */
    public int longestTrial() {
        return ends(delay.longest, stimulus.longest, stimulus.longest)[phases().size() - 1];
    }

    /** S. */
    public int inputs() {
        return inputNames().size();
    }

    /** S names. */
    public List<String> inputNames() {
        return name == Name.DMS
                ? IntStream.range(0, stimuli).mapToObj(s -> String.valueOf((char) ('A' + s))).toList()
                : name.inputs;
    }

    /** Names of the phases of a trial, in order; the last is the one in which the readout is asked for. */
    public List<String> phases() {
        return switch (name) {
            case DM -> List.of("fixation", "stimulus", "delay", "decision");
            case WM -> List.of("fixation", "f1", "delay", "f2", "decision");
            case CDM, MSI -> List.of("fixation", "context", "stimulus", "delay", "decision");
            case DMS -> List.of("fixation", "sample", "delay", "test", "decision");
        };
    }

    private int[] ends(int pause, int sample, int test) {
        int[] ends = switch (name) {
            case DM -> new int[]{FIXATION, 40, 15, 15};
            case WM -> new int[]{FIXATION, 5, pause, 5, 5};
            case CDM, MSI -> new int[]{FIXATION, 17, 40, 5, 1};
            case DMS -> new int[]{FIXATION, sample, pause, test, 50};
        };
        Arrays.parallelPrefix(ends, Integer::sum);
        return ends;
    }

    /** Every condition once. */
    public List<Condition> conditions() {
        List<Condition> all = new ArrayList<>();
        switch (name) {
            case DM -> signed(DOTS, DOTS_UNIT).forEach(coherence -> all.add(new Condition(coherence, 0, 0)));
            case WM -> {
                for (int i = 0; i < FREQUENCIES; i++) {
                    for (int j = 0; j < FREQUENCIES; j++) {
                        if (i != j && (i - j) % 2 == 0) {
                            all.add(new Condition(LOWEST_FREQUENCY + FREQUENCY_STEP * i,
                                    LOWEST_FREQUENCY + FREQUENCY_STEP * j, 0));
                        }
                    }
                }
            }
            case CDM -> {
                for (int cued = 0; cued < 2; cued++) {
                    for (double a : signed(MANTE, MANTE_UNIT)) {
                        for (double b : signed(MANTE, MANTE_UNIT)) {
                            all.add(new Condition(a, b, cued));
                        }
                    }
                }
            }
            case MSI -> {
                List<Double> coherences = signed(MANTE, MANTE_UNIT);
                coherences.forEach(a -> all.add(new Condition(a, 0, 0)));
                coherences.forEach(b -> all.add(new Condition(0, b, 1)));
                coherences.forEach(a -> coherences.stream().filter(b -> a * b > 0)
                        .forEach(b -> all.add(new Condition(a, b, 2))));
            }
            case DMS -> {
                for (int sample = 0; sample < stimuli; sample++) {
                    for (int test = 0; test < stimuli; test++) {
                        all.add(new Condition(sample, test, 0));
                    }
                }
            }
        }
        return all;
    }

    private static List<Double> signed(double[] sizes, double unit) {
        List<Double> all = new ArrayList<>();
        for (int i = sizes.length - 1; i >= 0; i--) {
            all.add(-sizes[i] * unit);
        }
        for (double size : sizes) {
            all.add(size * unit);
        }
        return all;
    }

    /** What the readout should be in the decision epoch. */
    public double target(Condition condition) {
        return switch (name) {
            case DM -> Math.signum(condition.first());
            case WM -> (condition.first() - condition.second()) / FREQUENCY_SPAN;
            case CDM -> Math.signum(condition.context() == 0 ? condition.first() : condition.second());
            case MSI -> Math.signum(condition.first() + condition.second());
            case DMS -> condition.first() == condition.second() ? 1 : -1;
        };
    }

    /**
     * A trial whose draws depend on seed and number only. Modality sets of MSI are drawn first, so that each is a third, and
     * whether it is a match in DMS with more than two stimuli, so that half are.
     */
    public TaskTrial trial(long seed, long number) {
        SplittableRandom random = TrialRandom.of(seed, number);
        List<Condition> conditions = conditions();
        if (name == Name.MSI) {
            int modalities = random.nextInt(3);
            conditions.removeIf(condition -> condition.context() != modalities);
        }
        if (name == Name.DMS && stimuli > 2) {
            boolean match = random.nextBoolean();
            conditions.removeIf(condition -> target(condition) > 0 != match);
        }
        return trial(conditions.get(random.nextInt(conditions.size())), random);
    }

    /** A trial of a given condition; durations and noise are drawn from {@code random}. */
    public TaskTrial trial(Condition condition, SplittableRandom random) {
        int pause = hasVariableDelay() ? random.nextInt(delay.shortest, delay.longest + 1) : delay.shortest;
        int sample = stimulus.draw(random);
        int[] ends = ends(pause, sample, stimulus.draw(random));
        int bins = ends[ends.length - 1];
        int decision = ends[ends.length - 2];
        int channels = inputs();
        int noisy = name == Name.CDM || name == Name.MSI ? 2 : channels;
        float[] inputs = new float[bins * channels];
        for (int t = 0; t < bins; t++) {
            for (int s = 0; s < channels; s++) {
                double signal = signal(condition, s, t, ends);
                inputs[t * channels + s] = (float) (s < noisy
                        ? signal + name.inputNoise * random.nextGaussian()
                        : signal);
            }
        }
        float[] targets = new float[bins];
        float[] mask = new float[bins];
        Arrays.fill(targets, decision, bins, (float) target(condition));
        Arrays.fill(mask, decision, bins, 1);
        return new TaskTrial(condition, bins, inputs, targets, mask, ends);
    }

    /** The input of channel s in bin t, but for noise. */
    private double signal(Condition condition, int s, int t, int[] ends) {
        return switch (name) {
            case DM -> t >= ends[0] && t < ends[1] ? condition.first() : 0;
            case WM -> {
                boolean one = t >= ends[0] && t < ends[1];
                boolean two = t >= ends[2] && t < ends[3];
                double frequency = one ? condition.first() : condition.second();
                yield one || two ? (frequency - MEAN_FREQUENCY) / FREQUENCY_SPAN : 0;
            }
            case CDM, MSI -> {
                if (s < 2) {
                    yield t >= ends[1] && t < ends[2] ? s == 0 ? condition.first() : condition.second() : 0;
                }
                boolean cued = condition.context() == s - 2 || condition.context() == 2;
                yield cued && t >= ends[0] && t < ends[3] ? context : 0;
            }
            case DMS -> {
                boolean shown = (t >= ends[0] && t < ends[1] && condition.first() == s)
                        || (t >= ends[2] && t < ends[3] && condition.second() == s);
                yield shown ? 1 : 0;
            }
        };
    }

    /** Bins that a time in milliseconds makes, at least 1. */
    public static int bins(double milliseconds) {
        return (int) Math.max(1, Math.round(milliseconds / BIN_WIDTH_MS));
    }
}
