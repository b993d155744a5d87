package kappa.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * Every meter kappa exports, in one list: the code that counts, the Prometheus rules and the Grafana dashboard all go by it.
 * Names are Micrometer's (dotted, lower case, clear without tags); on {@code /metrics} they read in Prometheus's way, as in
 * {@code kappa_bins_accepted_total} or {@code kappa_latency_seconds_bucket}.
 *
 * <p>A meter has at most one tag and its values are few and fixed: never a session or a neuron. Where a process holds several
 * sessions a counter counts over all of them, and a gauge's description says what it does.
 *
 * <p>Thread-safe. Registering a counter or timer again gives the meter that is there already. Gauges are different: the
 * registry keeps the first supplier, so a gauge is registered once per process. A helper called on a meter of another kind,
 * or with a tag value missing or superfluous, throws {@link IllegalStateException}.
 */
public enum Meters {

    /** Bins that passed validation. */
    BINS_ACCEPTED(Kind.COUNTER, "kappa.bins.accepted", null, null, "Bins that passed validation"),
    /** Bins whose kappa is published; equal to the accepted ones once the lag is zero. */
    BINS_FILTERED(Kind.COUNTER, "kappa.bins.filtered", null, null,
            "Bins whose kappa has been appended to kappa.latents"),
    /** Records sent to kappa.rejected; the reason is one of the few that validation knows. */
    RECORDS_REJECTED(Kind.COUNTER, "kappa.records.rejected", null, "reason",
            "Records that could not be used and went to kappa.rejected"),
    /** Bins that never came: an index jumped over them. */
    BINS_MISSING(Kind.COUNTER, "kappa.bins.missing", null, null,
            "Bins that never came, found as gaps in the bin index"),
    /** What the rig's connector knows to be lost; the bins it may have belonged to are marked. */
    RIG_LOST(Kind.COUNTER, "kappa.rig.lost", null, null,
            "Bins of which the rig's connector knows that messages or samples were lost"),
    /** Trials with silenced neurons, which nothing is learned from. */
    TRIALS_PERTURBED(Kind.COUNTER, "kappa.trials.perturbed", null, null,
            "Trials in which neurons were silenced; filtered without them, not learned from"),
    /** Optimiser steps taken. */
    FIT_STEPS(Kind.COUNTER, "kappa.fit.steps", null, null, "Optimiser steps taken"),
    /** Optimiser steps left out because the fit could not keep up; learning sheds work so that kappa never waits. */
    FIT_STEPS_SHED(Kind.COUNTER, "kappa.fit.steps.shed", null, null,
            "Optimiser steps left out because learning could not keep up with the recording"),
    /** The live sessions of a process share half of its heap. */
    FIT_ACTIVITY_SHARE(Kind.GAUGE, "kappa.fit.activity.share", "bytes", null,
            "What past trials, and those that wait to be learned from, may take of memory in each live session"),
    /** Trials that nothing was learned from, nor will be: beyond what may wait for the fitter. */
    TRIALS_LEFT_OUT(Kind.COUNTER, "kappa.trials.left.out", null, null,
            "Trials left out of learning because too many waited for it"),
    /** Back-pressure: the log keeps what the sessions cannot take yet. */
    READER_PAUSES(Kind.COUNTER, "kappa.reader.pauses", null, null,
            "Times a partition was not read further because too many of its bins were under way"),
    /** Rig clock steps that do not fit the bin index. */
    RIG_CLOCK_JUMPS(Kind.COUNTER, "kappa.rig.clock.jumps", null, null,
            "Times the rig clock did not advance as the bin index did"),

    /** Each begins with an unknown state: see {@code BinClock.epoch}. */
    RIG_EPOCHS(Kind.COUNTER, "kappa.rig.epochs", null, null,
            "Times the rig's clock began anew: acquisition restarted, or a replay jumped"),

    /** What promise 4 of the design is about: append on kappa.activity to append on kappa.latents. */
    LATENCY(Kind.TIMER, "kappa.latency", null, null,
            "From a bin's append on kappa.activity to its kappa's append on kappa.latents"),
    /** The filter's own arithmetic. */
    FILTER_DURATION(Kind.TIMER, "kappa.filter.duration", null, null, "Arithmetic of the latent filter for one bin"),
    /** All fit steps that one finished trial triggers. */
    FIT_TRIAL_DURATION(Kind.TIMER, "kappa.fit.trial.duration", null, null,
            "Fitting work that one finished trial sets off"),

    /** Accepted or waiting on the topic, without kappa yet. */
    LAG_BINS(Kind.GAUGE, "kappa.lag.bins", "bins", null,
            "Bins appended to kappa.activity whose kappa is not published yet, over all sessions of this process"),
    /** Seconds since the newest bin was appended. */
    BIN_AGE(Kind.GAUGE, "kappa.bin.age", "seconds", null,
            "Time since the newest bin of any session was appended; NaN before the first"),
    /** How well rig time is mapped to this host's clock. */
    RIG_CLOCK_ERROR(Kind.GAUGE, "kappa.rig.clock.error", "seconds", null,
            "How far the host time of the newest bin may be off, worst session; NaN where no rig's clock is mapped"),
    /** What /health/ready answers, where an alert can see it. */
    READY(Kind.GAUGE, "kappa.ready", null, null, "1 while /health/ready answers 200, else 0"),
    /** Sessions this process holds. */
    SESSIONS_ACTIVE(Kind.GAUGE, "kappa.sessions.active", null, null, "Sessions this process filters and fits"),
    /** Seconds since the oldest of the sessions' last checkpoints. */
    CHECKPOINT_AGE(Kind.GAUGE, "kappa.checkpoint.age", "seconds", null,
            "Time from the last checkpoint to the newest bin, of the session where it is longest; NaN without a session"),
    /** Prequential: each trial is scored before anything learns from it. */
    FIT_QUALITY(Kind.GAUGE, "kappa.fit.quality", null, "unit",
            "Prequential score of the last finished trial, mean over sessions, in the unit of the tag: bits/spike or r2"),
    /** What is left where the brokers keep their logs: a broker whose disk is full halts. */
    BROKER_DISK(Kind.GAUGE, "kappa.broker.disk.usable", "bytes", null,
            "Room left on the fullest of the brokers' disks; NaN where they do not tell"),
    /** What retention bounds. */
    BROKER_LOG(Kind.GAUGE, "kappa.broker.log", "bytes", null,
            "What kappa's topics take on the brokers' disks, all replicas; NaN where they do not tell"),
    /** WebSockets open. */
    DASHBOARD_CLIENTS(Kind.GAUGE, "kappa.dashboards.clients", null, null, "Open WebSockets of the dashboard"),

    /** Frames that pages asked for and got. */
    FRAMES(Kind.COUNTER, "kappa.dashboards.frames", null, null, "Frames sent to pages"),
    /** Records the dashboard could not make sense of; the pipeline rejects them on its own account. */
    RECORDS_UNREADABLE(Kind.COUNTER, "kappa.dashboards.records.unreadable", null, null,
            "Records on kappa's topics that the page could not use"),
    /** Frames a slow browser was spared. */
    FRAMES_CONFLATED(Kind.COUNTER, "kappa.dashboards.frames.conflated", null, null,
            "Frames replaced by a newer one before a slow browser took them"),
    /** What the dashboard itself was too slow for. */
    RECORDS_SKIPPED(Kind.COUNTER, "kappa.dashboards.records.skipped", null, null,
            "Records of activity and latents that the page left out because it was too far behind"),
    /** Whatever came over the network and was turned away. */
    REQUESTS_REFUSED(Kind.COUNTER, "kappa.dashboards.requests.refused", null, "reason",
            "Requests turned away: by the HTTP status they were answered with, malformed if they were no HTTP,"
                    + " websocket if a page's connection held no question");

    /** What a meter measures with. */
    public enum Kind {
        COUNTER, TIMER, GAUGE
    }

    /** Upper bounds from the filter's microseconds over the hops' milliseconds to a slow trial's seconds. */
    private static final Duration[] BUCKETS = {micros(10), micros(25), micros(50), micros(100), micros(250),
        micros(500),
        micros(1_000), micros(2_500), micros(5_000), micros(10_000), micros(25_000), micros(50_000), micros(100_000),
        micros(250_000), micros(500_000), micros(1_000_000), micros(2_500_000), micros(5_000_000)};

    private final Kind kind;
    private final String meterName;
    private final String unit;
    private final String tagKey;
    private final String description;

    Meters(Kind kind, String meterName, String unit, String tagKey, String description) {
        this.kind = kind;
        this.meterName = meterName;
        this.unit = unit;
        this.tagKey = tagKey;
        this.description = description;
    }

    public Kind kind() {
        return kind;
    }

    /** Micrometer's name, such as {@code kappa.bins.accepted}. */
    public String meterName() {
        return meterName;
    }

    /** The base unit, for gauges that have one; timers are in seconds always, and counters count. */
    public Optional<String> unit() {
        return Optional.ofNullable(unit);
    }

    /** The key of the meter's one tag, if it has one. */
    public Optional<String> tagKey() {
        return Optional.ofNullable(tagKey);
    }

    public String description() {
        return description;
    }

    /** The counter of a meter without a tag. */
    public Counter counter(MeterRegistry registry) {
        return counter(registry, null);
    }

    /** The counter of a meter with a tag, for one of the tag's values. */
    public Counter counter(MeterRegistry registry, String tagValue) {
        require(Kind.COUNTER);
        return Counter.builder(meterName).description(description).tags(tags(tagValue)).register(registry);
    }

    /** The timer, with a histogram over fixed buckets so that the percentiles of several processes can be added up. */
    public Timer timer(MeterRegistry registry) {
        require(Kind.TIMER);
        return Timer.builder(meterName).description(description).tags(tags(null)).serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    /** Registers the gauge of a meter without a tag. */
    public Gauge gauge(MeterRegistry registry, DoubleSupplier value) {
        return gauge(registry, null, value);
    }

    /**
     * Registers the gauge of a meter with a tag, for one of the tag's values.
     *
     * @param value asked at each scrape, on the scraper's thread; the registry keeps it alive
     */
    public Gauge gauge(MeterRegistry registry, String tagValue, DoubleSupplier value) {
        require(Kind.GAUGE);
        return Gauge.builder(meterName, value, DoubleSupplier::getAsDouble).description(description).baseUnit(unit)
                .tags(tags(tagValue)).strongReference(true).register(registry);
    }

    private void require(Kind asked) {
        if (kind != asked) {
            throw new IllegalStateException(meterName + " is a " + kind + ", not a " + asked);
        }
    }

    private Tags tags(String tagValue) {
        if ((tagKey == null) != (tagValue == null)) {
            throw new IllegalStateException(
                    meterName + (tagKey == null ? " has no tag" : " needs a value for its tag " + tagKey));
        }
        return tagKey == null ? Tags.empty() : Tags.of(tagKey, tagValue);
    }

    private static Duration micros(long us) {
        return Duration.ofNanos(1_000 * us);
    }
}
