package kappa.fitting.actor;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ExecutorService;
import kappa.fitting.kernel.RnnKernels;
import kappa.ingest.Meters;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.stream.Publisher;

/**
 * What every session needs from the process around it. Thread-safe parts only.
 *
 * @param fitThreads shares the windows of one fit step, or null for the fitter's own thread
 * @param offsets where sessions say how far their checkpoints reach
 */
public record FitServices(KafkaConnection connection, Publisher publisher, RnnKernels kernels,
        ExecutorService fitThreads,
        Offsets offsets, PipelineMeters meters) {

    /** The reader's side of checkpoints; thread-safe. */
    public interface Offsets {
        void checkpointed(int partition, String session, long offset);

        void finished(int partition, String session);
    }

    /** The meters of the pipeline, registered once for the process. */
    public static final class PipelineMeters {
        final Counter accepted;
        final Counter filtered;
        final Counter missing;
        final Counter clockJumps;
        final Counter steps;
        final Counter stepsShed;
        final Timer latency;
        final Timer filterDuration;
        final Timer trialDuration;

        public PipelineMeters(MeterRegistry registry) {
            accepted = Meters.BINS_ACCEPTED.counter(registry);
            filtered = Meters.BINS_FILTERED.counter(registry);
            missing = Meters.BINS_MISSING.counter(registry);
            clockJumps = Meters.RIG_CLOCK_JUMPS.counter(registry);
            steps = Meters.FIT_STEPS.counter(registry);
            stepsShed = Meters.FIT_STEPS_SHED.counter(registry);
            latency = Meters.LATENCY.timer(registry);
            filterDuration = Meters.FILTER_DURATION.timer(registry);
            trialDuration = Meters.FIT_TRIAL_DURATION.timer(registry);
        }

        /** Bins that were accepted and whose kappa is not acknowledged yet. */
        public double binsUnderWay() {
            return accepted.count() - filtered.count();
        }
    }
}
