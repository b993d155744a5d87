package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;
import kappa.fitting.task.TaskTrial;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients in two steps: those of the double-precision reference agree with central differences, and those of the float
 * code with the reference.
 */
class BackpropagationTest {

    private static final long SEED = 11;
    private static final double NOISE = 0.05;
    private static final Task TASK = Task.of(Task.Name.WM).withLongestDelay(6);

    private static final Set<NetworkParameter> LOW = EnumSet.of(NetworkParameter.M, NetworkParameter.N,
            NetworkParameter.WI, NetworkParameter.WO, NetworkParameter.B, NetworkParameter.H0);
    private static final Set<NetworkParameter> FULL = EnumSet.of(NetworkParameter.WREC, NetworkParameter.WI,
            NetworkParameter.WO, NetworkParameter.B, NetworkParameter.H0);

    private static float[] gaussian(int length, double scale, SplittableRandom random) {
        float[] a = new float[length];
        for (int i = 0; i < length; i++) {
            a[i] = (float) (scale * random.nextGaussian());
        }
        return a;
    }

    private static LowRankNetwork low(int neurons, int rank) {
        SplittableRandom random = new SplittableRandom(SEED);
        return new LowRankNetwork(neurons, rank, 1, 0.2, gaussian(rank * neurons, 1.5, random),
                gaussian(rank * neurons, 1.5, random), gaussian(neurons, 1, random),
                gaussian(neurons, 0.3, random)).withReadout(gaussian(neurons, 4, random))
                .withInitialState(gaussian(neurons, 0.3, random));
    }

    private static FullRankNetwork full(int neurons) {
        SplittableRandom random = new SplittableRandom(SEED);
        return new FullRankNetwork(neurons, 1, 0.2, gaussian(neurons * neurons, 1.2 / Math.sqrt(neurons), random),
                gaussian(neurons, 1, random), gaussian(neurons, 0.3, random))
                .withReadout(gaussian(neurons, 1.0 / neurons, random)).withInitialState(gaussian(neurons, 0.3, random));
    }

    static Stream<Arguments> everyPart() {
        return Stream.concat(LOW.stream().map(part -> Arguments.of(Named.of("low rank", low(9, 2)), LOW, part)),
                FULL.stream().map(part -> Arguments.of(Named.of("full rank", full(9)), FULL, part)));
    }

    private static List<TaskTrial> trials(int count) {
        List<TaskTrial> trials = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            trials.add(TASK.trial(SEED, i));
        }
        return trials;
    }

    private static List<SplittableRandom> noise(int count) {
        List<SplittableRandom> random = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            random.add(TrialRandom.of(SEED + 1, i));
        }
        return random;
    }

    private static Map<NetworkParameter, double[]> zero(ReferenceNetwork network, Set<NetworkParameter> parts) {
        Map<NetworkParameter, double[]> gradient = new EnumMap<>(NetworkParameter.class);
        parts.forEach(part -> gradient.put(part, new double[network.part(part).length]));
        return gradient;
    }

    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    @ParameterizedTest(name = "{0} {2}")
    @MethodSource("everyPart")
    void referenceShouldAgreeWithCentralDifferences(Network contents, Set<NetworkParameter> parts,
            NetworkParameter part) {
        ReferenceNetwork network = new ReferenceNetwork(contents, parts);
        List<TaskTrial> trials = trials(3);
        Map<NetworkParameter, double[]> gradient = zero(network, parts);
        network.loss(trials, NOISE, noise(3), gradient);
        double[] theta = network.part(part);
        double[] analytic = gradient.get(part);
        double scale = largest(analytic);
        assertThat(scale).isPositive();
        // Truncation falls with h^2 and rounding rises with 1/h: at 1e-5 both are some 1e-10 of the loss.
        double h = 1e-5;
        for (int i = 0; i < theta.length; i++) {
            double kept = theta[i];
            theta[i] = kept + h;
            double above = network.loss(trials, NOISE, noise(3), null);
            theta[i] = kept - h;
            double below = network.loss(trials, NOISE, noise(3), null);
            theta[i] = kept;
            assertThat(analytic[i]).as("%s[%d]", part, i).isCloseTo((above - below) / (2 * h), within(1e-6 * scale));
        }
    }

    static Stream<Arguments> sizes() {
        return Stream.of(Arguments.of(Named.of("low rank, 1", low(37, 1)), LOW, 8),
                Arguments.of(Named.of("low rank, 3", low(64, 3)), LOW, 5),
                Arguments.of(Named.of("full rank", full(37)), FULL, 8),
                Arguments.of(Named.of("full rank", full(64)), FULL, 3));
    }

    @ParameterizedTest(name = "{0}, {2} trials")
    @MethodSource("sizes")
    void floatCodeShouldAgreeWithTheReference(Network contents, Set<NetworkParameter> parts, int count) {
        ReferenceNetwork reference = new ReferenceNetwork(contents, parts);
        List<TaskTrial> trials = trials(count);
        Map<NetworkParameter, double[]> expected = zero(reference, parts);
        double loss = reference.loss(trials, NOISE, noise(count), expected);

        PackedNetwork packed = new PackedNetwork(KernelProvider.matrices()).pack(contents);
        TrialBatch batch = new TrialBatch(KernelProvider.matrices());
        NetworkGradient gradient = new NetworkGradient(contents, parts);
        batch.forward(_ -> packed, trials, NOISE, noise(count), (_, _, _, _) -> {});
        batch.backward(packed, 1.0 / count, gradient);

        // Some 30 bins of float arithmetic with phi to 4e-7: a few 1e-6 of the largest entry.
        assertThat(Performance.loss(batch, trials) / count).isCloseTo(loss, within(1e-5 * loss));
        for (NetworkParameter part : parts) {
            double scale = largest(expected.get(part));
            for (int i = 0; i < expected.get(part).length; i++) {
                assertThat((double) gradient.of(part)[i]).as("%s[%d]", part, i).isCloseTo(expected.get(part)[i],
                        within(1e-5 * scale));
            }
        }
    }
}
