package kappa.fitting.pipeline;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.ingest.Meters;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Publisher;
import kappa.ingest.wire.BinClock;

/**
 * What every session needs from the process around it. Thread-safe parts only.
 *
 * @param team shares the work of a fit step
 * @param offsets where sessions say how far their checkpoints reach
 * @param lateness whether kappa comes late in this process, so that learning yields
 * @param watch notices sessions that fail or hang
 * @param activityBytes what past trials, and those that wait for fitters, may hold in all sessions together
 */
public record FitServices(KafkaConnection connection, Publisher publisher, RnnKernels kernels,
        Team team, Offsets offsets, PipelineMeters meters, Lateness lateness, SessionWatch watch,
        long activityBytes) {

    /** The reader's side of checkpoints; thread-safe. */
    public interface Offsets {
        void checkpointed(int partition, String session, long offset);

        void parked(int partition, String session, long upTo);

        void finished(int partition, String session);
    }

    /** The meters of the pipeline, registered once for the process. */
    public static final class PipelineMeters {
        final Counter accepted;
        final Counter filtered;
        final Counter missing;
        final Counter lost;
        final Counter clockJumps;
        final Counter epochs;
        final Counter perturbed;
        final Counter steps;
        final Counter stepsShed;
        final Counter leftOut;
        final Timer latency;
        final Timer filterDuration;
        final Timer trialDuration;

        private final Map<String, Progress> progress = new ConcurrentHashMap<>();
        private final Map<String, Long> clockErrorNs = new ConcurrentHashMap<>();
        private final Map<String, Map.Entry<String, Double>> scores = new ConcurrentHashMap<>();
        private volatile long newestAppendMs;
        private volatile long activityShare;

        /** How far a session's bins are ahead of its last checkpoint. Written by one thread. */
        static final class Progress {
            private volatile long checkpointNs = System.nanoTime();
            private volatile long arrivedNs = checkpointNs;

            void arrived() {
                arrivedNs = System.nanoTime();
            }

            void checkpointed() {
                checkpointNs = System.nanoTime();
            }

            private double seconds() {
                return Math.max(0, arrivedNs - checkpointNs) / 1e9;
            }
        }

        public PipelineMeters(MeterRegistry registry) {
            accepted = Meters.BINS_ACCEPTED.counter(registry);
            filtered = Meters.BINS_FILTERED.counter(registry);
            missing = Meters.BINS_MISSING.counter(registry);
            lost = Meters.RIG_LOST.counter(registry);
            clockJumps = Meters.RIG_CLOCK_JUMPS.counter(registry);
            epochs = Meters.RIG_EPOCHS.counter(registry);
            perturbed = Meters.TRIALS_PERTURBED.counter(registry);
            steps = Meters.FIT_STEPS.counter(registry);
            stepsShed = Meters.FIT_STEPS_SHED.counter(registry);
            leftOut = Meters.TRIALS_LEFT_OUT.counter(registry);
            latency = Meters.LATENCY.timer(registry);
            filterDuration = Meters.FILTER_DURATION.timer(registry);
            trialDuration = Meters.FIT_TRIAL_DURATION.timer(registry);
        }

        /** Seconds since the newest bin was appended; NaN before the first. */
        public double binAgeSeconds() {
            return newestAppendMs == 0 ? Double.NaN : (System.currentTimeMillis() - newestAppendMs) / 1e3;
        }

        void appended(long unixMs) {
            newestAppendMs = Math.max(newestAppendMs, unixMs);
        }

        /**
         * Seconds from the last checkpoint to the newest bin, of the session where they are most: what a crash would repeat. One
         * whose rig is off does not age. NaN without a session.
         */
        public double checkpointAgeSeconds() {
            return progress.values().stream().mapToDouble(Progress::seconds).max().orElse(Double.NaN);
        }

        /** A session begins here, which counts as its first checkpoint. */
        Progress begun(String session) {
            Progress begun = new Progress();
            progress.put(session, begun);
            return begun;
        }

        void activityShare(long bytes) {
            activityShare = bytes;
        }

        /** What past trials, and those that wait for the fitter, may hold in each live session, bytes. */
        public long activityShare() {
            return activityShare;
        }

        void scored(String session, String unit, double score) {
            if (!Double.isNaN(score)) {
                scores.put(session, Map.entry(unit, score));
            }
        }

        /** Mean over sessions of the score of each one's last trial; NaN without one in this unit. */
        public double quality(String unit) {
            return scores.values().stream().filter(score -> score.getKey().equals(unit))
                    .mapToDouble(Map.Entry::getValue).average().orElse(Double.NaN);
        }

        /** A bin came whose rig says what it knows of its clocks. */
        void clocked(String session, BinClock clock) {
            if (clock.getHostUnixNs() != 0) {
                clockErrorNs.put(session, clock.getErrorNs());
            }
        }

        /** Of the session whose rig's clock is mapped to this host's worst; NaN where none is mapped. */
        public double clockErrorSeconds() {
            return clockErrorNs.values().stream().mapToDouble(errorNs -> errorNs / 1e9).max().orElse(Double.NaN);
        }

        /** The session is no longer this process's, or has begun anew since. */
        void forget(String session, Progress of) {
            if (progress.remove(session, of)) {
                clockErrorNs.remove(session);
                scores.remove(session);
            }
        }

        /** Bins that were accepted and whose kappa is not acknowledged yet. */
        public double binsUnderWay() {
            return accepted.count() - filtered.count();
        }
    }
}
