package kappa.fitting.bench;

import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kappa.fitting.kernel.KernelProvider;
import kappa.ingest.recording.Observation;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The steps of {@code ./kappa bench} under JMH, each size in a virtual machine of its own: what one fit pays, where
 * bench, which runs all sizes in one, shows what a long-lived process pays. Run from the top directory:
 *
 * <pre>
 * mvn -Pjmh -pl fitting -am -DskipTests verify -Djmh="KernelBenchmark.gradient -p size=1024x2x4x100x32 -prof gc"
 * </pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {

    /** A gradient step. */
    @State(Scope.Benchmark)
    public static class OfGradient {

        /** N, K, S, T, B. */
        @Param({"512x1x4x75x32", "1024x2x4x100x1", "1024x2x4x100x32", "4096x3x4x100x8", "16384x2x4x100x8",
            "1000x3x3x37x5"})
        private String size;

        @Param({"RATES", "COUNTS"})
        private Observation kind;

        @Param({"1", "2"})
        private int threads;

        private Step step;

        /** Makes the step. */
        @Setup
        public void make() {
            int[] n = Stream.of(size.split("x")).mapToInt(Integer::parseInt).toArray();
            step = new GradientStep(KernelProvider.kernels(),
                    GradientSize.of(n[0], n[1], n[2], n[3], n[4]).withKind(kind), threads);
        }

        /** Lets its threads go. */
        @TearDown
        public void close() {
            step.close();
        }
    }

    /** A bin. */
    @State(Scope.Benchmark)
    public static class OfFilter {

        @Param({"1024", "1000", "16384"})
        private int neurons;

        @Param({"1", "3", "8"})
        private int rank;

        @Param({"RATES", "COUNTS"})
        private Observation kind;

        private Step step;

        /** Makes the filter. */
        @Setup
        public void make() {
            step = new FilterStep(KernelProvider.kernels(), new FilterSize(neurons, rank, 4, kind));
        }
    }

    /** Forward, backward and Adam. */
    @Benchmark
    public void gradient(OfGradient state) {
        state.step.run();
    }

    /** Predict, score and update. */
    @Benchmark
    public void filter(OfFilter state) {
        state.step.run();
    }
}
