package kappa.ingest.recording;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each check on a recording that has just that fault, against the words in {@link ExpectedWarnings}. */
class PlausibilityTest {

    private static final int NEURONS = 6;
    private static final int BINS = 1_000;
    private static final double WIDTH = 0.02;

    /** Counts at 5 to 20 Hz. */
    private static float[] spikes(long seed, int bins, int neurons) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] y = new float[bins * neurons];
        for (int k = 0; k < y.length; k++) {
            double rate = 0.1 + 0.3 * (k % neurons) / neurons;
            for (double p = random.nextDouble(); p < 1 - Math.exp(-rate); p += 0.7) {
                y[k]++;
            }
        }
        return y;
    }

    private static float[] spikes() {
        return spikes(1, BINS, NEURONS);
    }

    /** A signal that varies about 100 by 5. */
    private static float[] signal() {
        SplittableRandom random = new SplittableRandom(2);
        float[] y = new float[BINS * NEURONS];
        for (int k = 0; k < y.length; k++) {
            y[k] = (float) (100 + 5 * random.nextGaussian());
        }
        return y;
    }

    private interface Change {
        float of(float value, int bin, int neuron);
    }

    private static float[] changed(float[] y, Change change) {
        for (int k = 0; k < y.length; k++) {
            y[k] = change.of(y[k], k / NEURONS, k % NEURONS);
        }
        return y;
    }

    private static ArrayRecording counts(float[]... trials) {
        return ArrayRecording.of(Observation.COUNTS, NEURONS, WIDTH, trials);
    }

    private static ArrayRecording currents(float[] y) {
        return ArrayRecording.of(Observation.CURRENTS, NEURONS, WIDTH, y);
    }

    private static Recording with(FileTimes times) {
        return new RecordingView(counts(spikes(), spikes(), spikes(), spikes())) {
            @Override
            public Optional<FileTimes> times() {
                return Optional.of(times);
            }
        };
    }

    private static final double[] STARTS = {0, 20, 40, 60};
    private static final double[] STOPS = {20, 40, 60, 80};
    private static final double[] NONE = {};

    private static Recording withTrials(double[] starts, double[] stops) {
        return with(new FileTimes(starts, stops, Optional.empty(), List.of()));
    }

    private static Recording withSeries(FileTimes.Series series) {
        return with(new FileTimes(STARTS, STOPS, Optional.empty(), List.of(series)));
    }

    /** Two units with spikes each 0.31 s, which the file has at other times. */
    private static Recording withSpikes(double[] starts, double[] stops, DoubleUnaryOperator time) {
        SpikeTimes spikes = new SpikeTimes();
        long within = 0;
        for (int unit = 0; unit < 2; unit++) {
            double[] times = new double[250];
            for (int i = 0; i < times.length; i++) {
                times[i] = time.applyAsDouble(0.01 + 0.31 * i + 0.1 * unit);
                within += starts.length > 0 && times[i] >= starts[0] && times[i] < stops[stops.length - 1] ? 1 : 0;
            }
            spikes.add("u" + unit, times);
        }
        spikes.setWithinTrials(within);
        return with(new FileTimes(starts, stops, Optional.of(spikes), List.of()));
    }

    /** Every fault, by the name of its section. */
    private static final Map<String, Recording> FAULTY = faulty();

    private static Map<String, Recording> faulty() {
        Map<String, Recording> all = new TreeMap<>();
        all.put("wide bins", ArrayRecording.of(Observation.COUNTS, NEURONS, 20, spikes()));
        all.put("narrow bins", ArrayRecording.of(Observation.CURRENTS, NEURONS, 1 / 30_000.0, signal()));
        all.put("steps that are longer than bins", counts(spikes()).withSteps(20_500_000));
        all.put("steps of two bins", counts(spikes()).withSteps(40_000_000));
        all.put("an array that is turned round",
                ArrayRecording.of(Observation.COUNTS, 1_000, WIDTH, spikes(1, 60, 1_000)).perhapsTurnedRound());
        all.put("no spike", counts(new float[BINS * NEURONS]));
        all.put("nothing observed", counts(changed(spikes(), (value, bin, neuron) -> Float.NaN)));
        all.put("silent neurons", counts(changed(spikes(), (value, bin, neuron) -> neuron < 2 ? 0 : value)));
        all.put("a neuron that is not observed",
                counts(changed(spikes(), (value, bin, neuron) -> neuron == 3 ? Float.NaN : value)));
        all.put("constant neurons", currents(changed(signal(), (value, bin, neuron) -> neuron > 3 ? 2_750 : value)));
        float[] y = spikes();
        all.put("neurons that are the same",
                counts(changed(y.clone(), (value, bin, neuron) -> neuron == 4 ? y[bin * NEURONS + 1] : value)));
        all.put("an artefact in one bin",
                counts(changed(spikes(), (value, bin, neuron) -> bin == 137 && neuron == 2 ? 40_000 : value)));
        all.put("an artefact in three bins of all neurons",
                counts(changed(spikes(), (value, bin, neuron) -> bin >= 500 && bin < 503 ? 900 + bin : value)));
        all.put("artefacts of a signal", currents(
                changed(signal(),
                        (value, bin, neuron) -> neuron != 1 ? value : bin == 7 ? 1e6f : bin == 90 ? -2e6f : value)));
        all.put("a neuron that is much louder", counts(
                changed(spikes(), (value, bin, neuron) -> neuron == 5 ? 180 + value : bin % 10 == neuron ? value : 0)));
        all.put("counts that are no spikes", counts(changed(spikes(), (value, bin, neuron) -> value + 3_000)));
        all.put("a neuron in other units",
                currents(changed(signal(), (value, bin, neuron) -> neuron == 5 ? value * 10_000 : value)));
        float[] none = new float[BINS * NEURONS];
        all.put("trials without spikes", counts(spikes(), none, none, none));
        all.put("times that are whole numbers", withSpikes(STARTS, STOPS, time -> Math.rint(time * 30_000)));
        all.put("times in milliseconds", withSpikes(STARTS, STOPS, time -> time * 1_000));
        all.put("times in milliseconds, no trials", withSpikes(NONE, NONE, time -> time * 1_000));
        all.put("times that begin anew with each trial", withSpikes(STARTS, STOPS, time -> time % 20));
        all.put("times that begin anew, no trials", withSpikes(NONE, NONE, time -> time % 5));
        all.put("a clock that was reset", withSpikes(NONE, NONE, time -> time % 40));
        all.put("times on another clock", withSpikes(STARTS, STOPS, time -> time + 500));
        all.put("negative times", withSpikes(STARTS, STOPS, time -> time - 0.5));
        all.put("a time that stands for none", withSpikes(STARTS, STOPS, time -> time < 1 ? -1 : time));
        all.put("trials out of order", withTrials(new double[]{0, 40, 20, 60}, new double[]{20, 60, 40, 80}));
        all.put("trials that begin together", withTrials(new double[4], new double[]{20, 20, 20, 20}));
        all.put("a trial that ends before it begins", withTrials(STARTS, new double[]{20, 40, 30, 80}));
        all.put("a trial that is open", withTrials(STARTS, new double[]{20, 40, 60, Double.NaN}));
        all.put("a series that is turned round",
                withSeries(new FileTimes.Series("/acquisition/lfp", 64, 6_000, 0, 60, true, 0, -1)));
        all.put("a series outside of all trials",
                withSeries(new FileTimes.Series("/acquisition/lfp", 6_000, 64, 100, 160, true, 0, -1)));
        all.put("a series with a bad stamp",
                withSeries(new FileTimes.Series("/acquisition/lfp", 6_000, 64, 0, 80, false, 1, 3_000)));
        return all;
    }

    private static Set<String> names() {
        return FAULTY.keySet();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("names")
    void shouldSayWhatLooksWrongInTheseWords(String name) {
        assertThat(ExpectedWarnings.found(FAULTY.get(name))).isEqualTo(ExpectedWarnings.of(name));
    }

    @Test
    void shouldSayNothingOfOrdinaryRecordings() {
        assertThat(ExpectedWarnings.found(counts(spikes()))).isEmpty();
        assertThat(ExpectedWarnings.found(counts(spikes()).perhapsTurnedRound())).isEmpty();
        assertThat(ExpectedWarnings.found(currents(signal()))).isEmpty();
        assertThat(ExpectedWarnings.found(withSpikes(STARTS, STOPS, time -> time))).isEmpty();
        assertThat(ExpectedWarnings.found(withSpikes(NONE, NONE, time -> time))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 20})
    void shouldSayNothingOfRecordingsOfAFewBins(int bins) {
        assertThat(ExpectedWarnings.found(ArrayRecording.of(Observation.CURRENTS, 2, WIDTH,
                Arrays.copyOf(signal(), 2 * bins)))).filteredOn(line -> bins > 1).isEmpty();
    }

    /** Rates of real neurons differ by factors of thousands, and bursts are rare. */
    @Test
    void shouldNotTakeABurstOrASlowNeuronForAFault() {
        float[] bursts = changed(spikes(), (value, bin, neuron) -> neuron == 0
                ? bin == 400 ? 9 : 0
                : neuron == 1 ? bin == 401 ? 1 : 0 : value);
        assertThat(ExpectedWarnings.found(counts(bursts))).isEmpty();
    }

    /** An indicator's transients stand far above its noise, and decay. */
    @Test
    void shouldNotTakeATransientForAnArtefact() {
        float[] y = changed(signal(), (value, bin, neuron) -> neuron == 0 && bin >= 300
                ? value + 2_000 * (float) Math.exp((300 - bin) / 5.0)
                : value);
        assertThat(ExpectedWarnings.found(currents(y))).isEmpty();
    }

    @Test
    void shouldTakeArtefactsAsNotObservedUnlessTheyAreKept() {
        float[] y = changed(spikes(), (value, bin, neuron) -> bin == 137 && neuron == 2 ? 40_000 : value);
        Recording checked = Plausibility.checked(counts(y), true, _ -> {});
        float[] shown = checked.activity(0);
        assertThat(shown[137 * NEURONS + 2]).isNaN();
        shown[137 * NEURONS + 2] = 40_000;
        assertThat(shown).isEqualTo(y);
        assertThat(checked.activity(0, 137, 1)).containsExactly(y[137 * NEURONS], y[137 * NEURONS + 1], Float.NaN,
                y[137 * NEURONS + 3], y[137 * NEURONS + 4], y[137 * NEURONS + 5]);
        assertThat(Plausibility.checked(counts(y), false, _ -> {}).activity(0)).isEqualTo(y);
    }

    @Test
    void shouldFindTheBinOfAnArtefactInAnyTrial() {
        float[] y = changed(spikes(), (value, bin, neuron) -> bin == 3 && neuron == 2 ? 40_000 : value);
        Recording checked = Plausibility.checked(counts(spikes(), y), true, _ -> {});
        assertThat(checked.activity(0)).doesNotContain(Float.NaN);
        assertThat(checked.activity(1, 3, 1)[2]).isNaN();
        assertThat(checked.warnings()).singleElement().asString().contains("in bin " + (BINS + 3));
    }

    /** Programs look for them, so that none may change or go. */
    @Test
    void shouldKeepTheCodes() {
        Set<String> codes = new TreeSet<>();
        Pattern.compile("\\[([a-z-]+)]$", Pattern.MULTILINE).matcher(ExpectedWarnings.all()).results()
                .forEach(found -> codes.add(found.group(1)));
        assertThat(codes).contains("artefact", "bad-stamps", "bin-width", "clock-reset", "constant", "duplicate",
                "empty-trials", "negative-times", "no-spike", "nothing-observed", "other-clock", "outside-trials",
                "rate",
                "rig-time-step", "scale", "sentinel-times", "silent", "time-unit", "times-restart", "transposed",
                "trial-open", "trials-out-of-order", "trials-reversed", "trials-start-together", "unobserved");
    }
}
