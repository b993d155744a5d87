package kappa.ingest.recording.npz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import kappa.ingest.InvalidInputException;
import kappa.ingest.SharedData;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpzRecordingTest {

    private static final float NAN = Float.NaN;

    @TempDir
    Path directory;

    @Test
    void shouldReadTrialsOfEqualLength() {
        NpzRecording session = open(null, file -> {
            file.put("counts", new long[]{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 3, 2);
            file.put("inputs", new float[]{0, .1f, .2f, .3f, .4f, .5f}, 2, 3, 1);
            file.put("behavior", new double[]{NAN, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 2, 3, 2);
            file.put("targets", new float[]{1, 1, 1, NAN, -1, -1, 2, 2, 2, 3, 3, 3}, 2, 3, 2);
            file.put("mask", new long[]{0, 0, 1, 0, 1, 1}, 2, 3, 1);
            file.put("condition", new long[]{7, 8}, 2);
            file.put("bin_width", 0.02);
        });
        assertThat(session.trials()).isEqualTo(2);
        assertThat(session.hasTrials()).isTrue();
        assertThat(session.bins()).isEqualTo(6);
        assertThat(session.bins(1)).isEqualTo(3);
        assertThat(session.neurons()).isEqualTo(2);
        assertThat(session.binWidthSeconds()).isEqualTo(0.02);
        assertThat(session.observation()).isEqualTo(Observation.COUNTS);
        assertThat(session.observationChoice())
                .isEqualTo(
                        "activity taken as counts: the file holds 'counts'; --observe rates, currents or counts overrides");
        assertThat(session.activity(1)).containsExactly(7, 8, 9, 10, 11, 12);
        assertThat(session.activity(1, 1, 1)).containsExactly(9, 10);
        assertThat(session.inputs(0)).containsExactly(0, .1f, .2f);
        assertThat(session.behavior(0)).hasValue(new float[]{NAN, 1, 2, 3, 4, 5});
        assertThat(session.targets(0)).hasValue(new float[]{1, 1, 1, NAN, -1, -1});
        assertThat(session.mask(0)).hasValue(new float[]{0, 0, 0, 0, 1, 1});
        assertThat(session.describe().neurons()).containsExactly("0", "1");
        assertThat(session.describe().inputs()).containsExactly("input 0");
        assertThat(session.describe().behaviors()).containsExactly("behavior 0", "behavior 1");
    }

    @Test
    void shouldTakeOneStretchAsASessionWithoutTrials() {
        NpzRecording session = open(null, file -> {
            file.put("activity", new float[]{.5f, -1, NAN, 1}, 2, 2);
            file.put("bin_width", 0.1);
        });
        assertThat(session.trials()).isEqualTo(1);
        assertThat(session.hasTrials()).isFalse();
        assertThat(session.bins(0)).isEqualTo(2);
        assertThat(session.activity(0)).containsExactly(.5f, -1, NAN, 1);
        assertThat(session.inputs()).isZero();
        assertThat(session.inputs(0)).isEmpty();
        assertThat(session.behavior(0)).isEmpty();
        assertThat(session.targets(0)).isEmpty();
        assertThat(session.mask(0)).isEmpty();
        List<Bin> bins = bins(session);
        assertThat(bins).hasSize(2);
        assertThat(bins).noneMatch(Bin::getTrialEnd);
    }

    @Test
    void shouldCutOneStretchIntoTrialsOfUnequalLength() {
        NpzRecording session = open(null, file -> {
            file.put("counts", new long[]{0, 1, 2, 3, 4, 5}, 6, 1);
            file.put("inputs", new float[]{0, 1, 2, 3, 4, 5}, 6, 1);
            file.put("trial_length", new double[]{1, 3, 2}, 3);
            file.put("bin_width", 0.02);
        });
        assertThat(session.trials()).isEqualTo(3);
        assertThat(session.hasTrials()).isTrue();
        assertThat(session.activity(0)).containsExactly(0);
        assertThat(session.activity(1)).containsExactly(1, 2, 3);
        assertThat(session.inputs(2)).containsExactly(4, 5);
    }

    @Test
    void shouldNeverLookAtThePaddingOfTrialsOfUnequalLength() {
        NpzRecording session = open(null, file -> {
            file.put("activity", new float[]{.1f, .2f, Float.POSITIVE_INFINITY, .3f, 99, -99}, 2, 3, 1);
            file.put("inputs", new float[]{1, 2, NAN, 3, NAN, NAN}, 2, 3, 1);
            file.put("trial_length", new long[]{2, 1}, 2);
            file.put("bin_width", 0.02);
        });
        assertThat(session.observation()).isEqualTo(Observation.RATES);
        assertThat(session.bins()).isEqualTo(3);
        assertThat(session.activity(0)).containsExactly(.1f, .2f);
        assertThat(session.inputs(1)).containsExactly(3);
        assertThat(bins(session)).extracting(Bin::getTrial).containsExactly(0L, 0L, 1L);
        assertThat(bins(session)).extracting(Bin::getTrialEnd).containsExactly(false, true, true);
    }

    @Test
    void shouldChooseWhatTheActivityIsAndSaySo() {
        Consumer<NpzWriter> rates = file -> file.put("activity", new float[]{-1, 1, 0, 0}, 2, 2);
        Consumer<NpzWriter> currents = file -> file.put("activity", new float[]{-1, 1.25f, 0, 0}, 2, 2);
        Consumer<NpzWriter> counts = file -> file.put("counts", new long[]{0, 2, 1, 0}, 2, 2);
        Consumer<NpzWriter> width = file -> file.put("bin_width", 0.02);
        assertChoice(open(null, rates.andThen(width)), Observation.RATES,
                "activity taken as rates: 'activity' goes from "
                        + "-1.000 to 1.000, within [-1, 1]; --observe rates, currents or counts overrides",
                1);
        assertChoice(open(null, currents.andThen(width)), Observation.CURRENTS,
                "activity taken as currents: 'activity' goes "
                        + "from -1.000 to 1.250, beyond [-1, 1]; --observe rates, currents or counts overrides",
                1.25f);
        assertChoice(open(null, rates.andThen(counts).andThen(width)), Observation.COUNTS,
                "activity taken as counts: the file "
                        + "holds 'counts' (its 'activity' is not used); --observe rates, currents or counts overrides",
                2);
        assertChoice(open(Observation.RATES, currents.andThen(counts).andThen(width)), Observation.RATES,
                "activity taken as rates, as asked, from 'activity'", 1.25f);
        assertChoice(open(Observation.CURRENTS, rates.andThen(counts).andThen(width)), Observation.CURRENTS,
                "activity taken as currents, as asked, from 'activity'", 1);
        assertChoice(open(Observation.COUNTS, rates.andThen(counts).andThen(width)), Observation.COUNTS,
                "activity taken as counts, as asked, from 'counts'", 2);
        Consumer<NpzWriter> whole = file -> file.put("activity", new float[]{3, 1, 0, 0}, 2, 2);
        assertChoice(open(Observation.COUNTS, whole.andThen(width)), Observation.COUNTS,
                "activity taken as counts, as asked, from 'activity'", 1);
    }

    private static void assertChoice(NpzRecording session, Observation observation, String line, float second) {
        assertThat(session.observation()).isEqualTo(observation);
        assertThat(session.observationChoice()).isEqualTo(line);
        assertThat(session.activity(0)[1]).isEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(strings = {"|b1", "|i1", "|u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8",
        "<u8",
        ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"})
    void shouldGiveTheSameBinsForEveryDtypeAndOrder(String descr) throws IOException {
        int[] shape = {3, 4, 5};
        double[] counts = new Random(3).ints(60, 0, 2).asDoubleStream().toArray();
        List<Bin> expected = null;
        for (boolean fortran : new boolean[]{false, true}) {
            Map<String, byte[]> arrays = new LinkedHashMap<>();
            arrays.put("counts.npy", NpzTest.npy(1, descr, fortran, shape, counts));
            arrays.put("inputs.npy", NpzTest.npy(1, descr, fortran, shape, counts));
            arrays.put("behavior.npy", NpzTest.npy(1, descr, fortran, shape, counts));
            arrays.put("trial_length.npy", NpzTest.npy(1, "<f2", fortran, new int[]{3}, new double[]{4, 1, 3}));
            arrays.put("bin_width.npy", NpzTest.npy(1, ">f8", fortran, new int[]{}, new double[]{0.005}));
            NpzRecording session = NpzRecording.open(NpzTest.zip(directory, arrays, ZipEntry.DEFLATED), null);
            List<Bin> bins = bins(session);
            assertThat(bins).hasSize(8);
            for (int t = 0; t < 8; t++) {
                int row = 5 * (t < 4 ? t : t < 5 ? 4 : t + 3);
                Bin bin = bins.get(t);
                assertThat(bin.getCountsList())
                        .isEqualTo(IntStream.range(row, row + 5).mapToObj(i -> (int) counts[i]).toList());
                List<Float> floats = IntStream.range(row, row + 5).mapToObj(i -> (float) counts[i]).toList();
                assertThat(bin.getInputsList()).isEqualTo(floats);
                assertThat(bin.getBehaviorList()).isEqualTo(floats);
            }
            assertThat(expected == null || bins.equals(expected)).isTrue();
            expected = bins;
        }
    }

    @Test
    void shouldStreamBinsWithContinuousRigTimeAndMarkWhatWasNotObserved() {
        int neurons = 10;
        float[] activity = new float[3 * neurons];
        for (int i = 0; i < activity.length; i++) {
            activity[i] = i;
        }
        activity[neurons] = NAN;
        activity[neurons + 9] = NAN;
        NpzRecording session = open(null, file -> {
            file.put("activity", activity, 1, 3, neurons);
            file.put("behavior", new float[]{NAN, 1, 2}, 1, 3, 1);
            file.put("bin_width", 0.025);
        });
        BinSource source = session.source();
        SessionHeader.Builder header = RecordingCodec.header(source.describe());
        assertThat(source.name()).isEqualTo("session-1");
        assertThat(header.getOrigin()).isEqualTo("session 1.npz");
        assertThat(header.getNeuronsList()).hasSize(neurons).startsWith("0").endsWith("9");
        assertThat(header.getBehaviorChannelsList()).containsExactly("behavior 0");
        assertThat(header.getInputChannelsList()).isEmpty();
        assertThat(header.getBinWidthS()).isEqualTo(0.025);
        assertThat(source.describe().observation()).isEqualTo(Observation.CURRENTS);
        assertThat(header.getTrials()).isTrue();
        List<Bin> bins = bins(session);
        assertThat(bins).extracting(Bin::getRigTimeNs).containsExactly(25_000_000L, 50_000_000L, 75_000_000L);
        assertThat(bins.get(0).getUnobserved().isEmpty()).isTrue();
        assertThat(bins.get(1).getUnobserved().toByteArray()).containsExactly(1, 2);
        assertThat(bins.get(1).getValuesList()).containsExactly(0f, 11f, 12f, 13f, 14f, 15f, 16f, 17f, 18f, 0f);
        assertThat(bins.get(0).getBehavior(0)).isNaN();
        assertThat(bins.get(2).getTrialEnd()).isTrue();
    }

    @Test
    void shouldSkipToAnyBin() {
        int rows = 300;
        long[] counts = IntStream.range(0, rows).asLongStream().toArray();
        NpzRecording session = open(null, file -> {
            file.put("counts", counts, rows, 1);
            file.put("trial_length", new long[]{1, 99, 130, 70}, 4);
            file.put("bin_width", 0.02);
        });
        List<Bin> all = bins(session);
        assertThat(all).hasSize(rows);
        for (int skipped = 0; skipped <= rows; skipped++) {
            for (int before : new int[]{0, 1, 70}) {
                BinSource source = session.source();
                RecordedBin bin = source.describe().newBin();
                for (int i = 0; i < Math.min(before, skipped); i++) {
                    source.next(bin);
                }
                source.skip(skipped - Math.min(before, skipped));
                assertThat(rest(source)).isEqualTo(all.subList(skipped, rows));
                assertThat(source.next(bin)).isFalse();
            }
        }
        assertThatThrownBy(() -> session.source().skip(rows + 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot skip 301 bins: 300 are left");
    }

    static Stream<Arguments> sessionsThatAreNone() {
        List<Arguments> cases = new ArrayList<>();
        Consumer<NpzWriter> good = file -> {
            file.put("counts", new float[12], 2, 3, 2);
            file.put("bin_width", 0.02);
        };
        refuse(cases, "no array 'activity' or 'counts': expected one of them, the file holds bin_width",
                file -> file.put("bin_width", 0.02));
        refuse(cases, "no array 'activity' or 'counts': expected one of them, the file holds no arrays", file -> {});
        refuse(cases, "array 'bin_width' is missing: the file holds counts",
                file -> file.put("counts", new float[4], 2, 2));
        for (double width : new double[]{0, -0.02, Double.NaN, Double.POSITIVE_INFINITY, 1e-12, 1e300}) {
            refuse(cases, "array 'bin_width': bin_width = " + width + ": expected a number of seconds from 1e-9 on",
                    file -> {
                        file.put("counts", new float[4], 2, 2);
                        file.put("bin_width", width);
                    });
        }
        refuse(cases, "array 'bin_width': shape [2]: expected a single number", file -> {
            file.put("counts", new float[4], 2, 2);
            file.put("bin_width", new double[2], 2);
        });
        badArray(cases, "counts", new int[]{4}, "shape [4]: expected [trials, bins, neurons] or [bins, neurons]");
        badArray(cases, "counts", new int[]{1, 1, 1, 1},
                "shape [1, 1, 1, 1]: expected [trials, bins, neurons] or [bins, neurons]");
        badArray(cases, "counts", new int[]{}, "shape []: expected [trials, bins, neurons] or [bins, neurons]");
        badArray(cases, "counts", new int[]{2, 0}, "shape [2, 0]: expected at least one neuron");
        badArray(cases, "activity", new int[]{0, 2}, "shape [0, 2]: expected at least one bin");
        badArray(cases, "counts", new int[]{0, 3, 2}, "shape [0, 3, 2]: expected at least one trial");
        for (String name : new String[]{"inputs", "behavior", "targets", "mask"}) {
            for (int[] shape : new int[][]{{2, 4, 1}, {3, 3, 1}, {6, 1}, {2, 3}, {}}) {
                refuse(cases, "array '" + name + "': shape " + Arrays.toString(shape)
                        + ": expected [2, 3, channels], as 'counts' has shape [2, 3, 2]",
                        good.andThen(file -> file.put(name, zeros(shape), shape)));
            }
        }
        refuse(cases, "array 'inputs': inputs[1, 2, 0] = NaN: expected a finite number, at most 1e12 in magnitude",
                good.andThen(file -> file.put("inputs", last(NAN), 2, 3, 1)));
        refuse(cases,
                "array 'inputs': inputs[1, 2, 0] = -Infinity: expected a finite number, at most 1e12 in magnitude",
                good.andThen(file -> file.put("inputs", last(Double.NEGATIVE_INFINITY), 2, 3, 1)));
        refuse(cases, "array 'inputs': inputs[1, 2, 0] = 1.0E300: expected a finite number, at most 1e12 in magnitude",
                good.andThen(file -> file.put("inputs", last(1e300), 2, 3, 1)));
        refuse(cases,
                "array 'behavior': behavior[1, 2, 0] = Infinity: expected a finite number, at most 1e12 in magnitude, or NaN",
                good.andThen(file -> file.put("behavior", last(Double.POSITIVE_INFINITY), 2, 3, 1)));
        refuse(cases, "array 'targets': targets[1, 2, 0] = Infinity: expected a finite number",
                good.andThen(file -> file.put("targets", last(Double.POSITIVE_INFINITY), 2, 3, 1)));
        refuse(cases, "array 'mask': mask[1, 2, 0] = NaN: expected a finite number", good.andThen(file -> {
            file.put("targets", new float[6], 2, 3, 1);
            file.put("mask", last(NAN), 2, 3, 1);
        }));
        refuse(cases, "array 'mask': weighs 'targets', which are missing",
                good.andThen(file -> file.put("mask", new float[6], 2, 3, 1)));
        refuse(cases, "array 'mask': shape [2, 3, 2]: expected 1 or 3 channels, as 'targets' has shape [2, 3, 3]",
                good.andThen(file -> {
                    file.put("targets", new float[18], 2, 3, 3);
                    file.put("mask", new float[12], 2, 3, 2);
                }));
        for (double bad : new double[]{-1, 0.5, Double.POSITIVE_INFINITY, 1e9}) {
            refuse(cases, "array 'counts': counts[1, 2, 0] = " + bad
                    + ": expected a spike count, a whole number from 0 to 16777216", file -> {
                        file.put("counts", last(bad), 2, 3, 1);
                        file.put("bin_width", 0.02);
                    });
        }
        for (double bad : new double[]{Double.POSITIVE_INFINITY, -1.1e12}) {
            refuse(cases,
                    "array 'activity': activity[1, 2, 0] = " + bad
                            + ": expected a finite number, at most 1e12 in magnitude, or NaN",
                    file -> {
                        file.put("activity", last(bad), 2, 3, 1);
                        file.put("bin_width", 0.02);
                    });
        }
        refuse(cases, "array 'activity': no observed value, every one is NaN", file -> {
            file.put("activity", new float[]{NAN, NAN}, 2, 1);
            file.put("bin_width", 0.02);
        });
        refuse(cases, "array 'counts': no observed value, every one is NaN", file -> {
            file.put("counts", new float[]{NAN, NAN}, 2, 1);
            file.put("bin_width", 0.02);
        });
        trialLength(cases, "shape [3]: expected [2], one length for each trial", 3, 3, 3);
        trialLength(cases, "shape [0]: expected [2], one length for each trial");
        trialLength(cases, "trial_length[1] = 4: expected a number of bins from 1 to 3", 3, 4);
        trialLength(cases, "trial_length[0] = 0: expected a number of bins from 1 to 3", 0, 3);
        trialLength(cases, "trial_length[0] = -1: expected a number of bins from 1 to 3", -1, 3);
        trialLength(cases, "trial_length[1] = 1.5: expected a whole number", 1, 1.5);
        trialLength(cases, "trial_length[0] = NaN: expected a whole number", NAN, 1);
        for (long last : new long[]{1, 3}) {
            refuse(cases, "array 'trial_length': sum " + (2 + last) + ": expected the number of bins, 4", file -> {
                file.put("counts", new float[4], 4, 1);
                file.put("trial_length", new long[]{2, last}, 2);
                file.put("bin_width", 0.02);
            });
        }
        return cases.stream();
    }

    private static void trialLength(List<Arguments> cases, String complaint, double... lengths) {
        refuse(cases, "array 'trial_length': " + complaint, file -> {
            file.put("counts", new float[12], 2, 3, 2);
            file.put("trial_length", lengths, lengths.length);
            file.put("bin_width", 0.02);
        });
    }

    private static void badArray(List<Arguments> cases, String name, int[] shape, String complaint) {
        refuse(cases, "array '" + name + "': " + complaint, file -> {
            file.put(name, zeros(shape), shape);
            file.put("bin_width", 0.02);
        });
    }

    private static void refuse(List<Arguments> cases, String complaint, Consumer<NpzWriter> content) {
        cases.add(Arguments.of(complaint, content));
    }

    /** Six elements of which only the last is of interest. */
    private static double[] last(double value) {
        return new double[]{0, 0, 0, 0, 0, value};
    }

    private static float[] zeros(int... shape) {
        return new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sessionsThatAreNone")
    void shouldSayWhatIsWrongInOneLine(String complaint, Consumer<NpzWriter> content) {
        assertThatThrownBy(() -> open(null, content)).isInstanceOf(InvalidInputException.class).message()
                .startsWith(directory.resolve("session 1.npz") + ": " + complaint).doesNotContain("\n");
    }

    @Test
    void shouldRefuseAnObservationTheFileCannotGive() {
        assertThatThrownBy(() -> open(Observation.RATES, file -> file.put("counts", new float[4], 2, 2)))
                .isInstanceOf(InvalidInputException.class).hasMessageEndingWith(
                        "array 'activity' is missing: expected it because rates were asked for, the file holds counts");
        assertThatThrownBy(() -> open(Observation.COUNTS, file -> {
            file.put("activity", new float[]{0, .5f}, 2, 1);
            file.put("bin_width", 0.02);
        })).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("array 'activity': activity[1, 0] = 0.5: expected a spike count");
    }

    @Test
    void shouldNeverAcceptATruncatedSession() throws IOException {
        Path file = write(writer -> {
            writer.put("counts", new long[]{1, 2, 3, 4, 5, 6}, 3, 2);
            writer.put("inputs", new float[]{1, 2, 3}, 3, 1);
            writer.put("bin_width", 0.02);
        });
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> NpzRecording.open(file, null)).isInstanceOf(InvalidInputException.class).message()
                    .startsWith(file + ": ").doesNotContain("\n");
        }
    }

    @Test
    void shouldThrowNothingElseForDamagedSessions() throws IOException {
        Path file = write(writer -> {
            writer.put("counts", new long[]{1, 2, 3, 4, 5, 6}, 3, 2);
            writer.put("inputs", new float[]{1, 2, 3}, 3, 1);
            writer.put("bin_width", 0.02);
        });
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(4);
        for (int round = 0; round < 2000; round++) {
            byte[] damaged = whole.clone();
            int damages = 1 + random.nextInt(4);
            for (int i = 0; i < damages; i++) {
                damaged[random.nextInt(whole.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, damaged);
            try {
                NpzRecording session = NpzRecording.open(file, null);
                assertThat(session.activity(0)).containsExactly(1, 2, 3, 4, 5, 6);
            } catch (InvalidInputException e) {
                assertThat(e.getMessage()).startsWith(file + ": ").doesNotContain("\n");
            }
        }
    }

    @Test
    void shouldReadTheRealRecordingOfMotorCortex() {
        NpzRecording session = NpzRecording.open(SharedData.file("chewie.npz"), null);
        assertThat(session.observation()).isEqualTo(Observation.COUNTS);
        assertThat(session.trials()).isEqualTo(96);
        assertThat(session.bins()).isEqualTo(3648);
        assertThat(session.bins(95)).isEqualTo(38);
        assertThat(session.neurons()).isEqualTo(71);
        assertThat(session.inputs()).isEqualTo(4);
        assertThat(session.behaviors()).isEqualTo(2);
        assertThat(session.binWidthSeconds()).isEqualTo(0.025);
        List<Bin> bins = bins(session);
        assertThat(bins).hasSize(3648).filteredOn(Bin::getTrialEnd).hasSize(96);
        Bin last = bins.get(3647);
        assertThat(last.getRigTimeNs()).isEqualTo(91_200_000_000L);
        assertThat(last.getTrial()).isEqualTo(95);
        assertThat(last.getCountsCount()).isEqualTo(71);
        assertThat(last.getUnobserved().isEmpty()).isTrue();
        // The hand's velocity is unknown in the first seven bins of a trial.
        assertThat(bins.get(38 + 6).getBehavior(1)).isNaN();
        assertThat(bins.get(38 + 7).getBehavior(1)).isFinite();
    }

    @Test
    void shouldReadSimulatedRatesAndCounts() {
        NpzRecording rates = NpzRecording.open(SharedData.file("cdm-heldout.npz"), null);
        assertThat(rates.observation()).isEqualTo(Observation.RATES);
        assertThat(rates.trials()).isEqualTo(60);
        assertThat(rates.activity(59)).hasSize(68 * 512);
        assertThat(rates.targets(0).orElseThrow()).hasSize(68);
        assertThat(rates.mask(0).orElseThrow()).hasSize(68);
        NpzRecording counts = NpzRecording.open(SharedData.file("cdm.npz"), null);
        assertThat(counts.observation()).isEqualTo(Observation.COUNTS);
        assertThat(counts.bins()).isEqualTo(54_400);
        assertThat(counts.name()).isEqualTo("cdm");
    }

    private NpzRecording open(Observation observe, Consumer<NpzWriter> content) {
        return NpzRecording.open(write(content), observe);
    }

    private Path write(Consumer<NpzWriter> content) {
        Path file = directory.resolve("session 1.npz");
        try (NpzWriter writer = NpzWriter.create(file)) {
            content.accept(writer);
        }
        return file;
    }

    private static List<Bin> bins(Recording session) {
        BinSource source = session.source();
        List<Bin> bins = rest(source);
        assertThat(source.bins()).isEqualTo(bins.size());
        return bins;
    }

    private static List<Bin> rest(BinSource source) {
        List<Bin> bins = new ArrayList<>();
        RecordedBin bin = source.describe().newBin();
        while (source.next(bin)) {
            bins.add(RecordingCodec.bin(bin, source.describe().observation()));
        }
        return bins;
    }
}
