package kappa.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.stream.LongStream;

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

    // @formatter:off: it would join the meters' lines
    BINS_ACCEPTED(Kind.COUNTER, "kappa.bins.accepted", "Bins that passed validation"),
    /** Equal to the accepted ones once the lag is zero. */
    BINS_FILTERED(Kind.COUNTER, "kappa.bins.filtered", "Bins whose kappa has been appended to kappa.latents"),
    RECORDS_REJECTED(Kind.COUNTER, "kappa.records.rejected", null, "reason",
            "Records that could not be used and went to kappa.rejected"),
    BINS_MISSING(Kind.COUNTER, "kappa.bins.missing", "Bins that never came, found as gaps in the bin index"),
    RIG_LOST(Kind.COUNTER, "kappa.rig.lost",
            "Bins of which the rig's connector knows that messages or samples were lost"),
    TRIALS_PERTURBED(Kind.COUNTER, "kappa.trials.perturbed",
            "Trials in which neurons were silenced; filtered without them, not learned from"),
    FIT_STEPS(Kind.COUNTER, "kappa.fit.steps", "Optimiser steps taken"),
    FIT_STEPS_SHED(Kind.COUNTER, "kappa.fit.steps.shed",
            "Optimiser steps left out because learning could not keep up with the recording"),
    /** The live sessions of a process share half of its heap. */
    FIT_ACTIVITY_SHARE(Kind.GAUGE, "kappa.fit.activity.share", "bytes", null,
            "What past trials, and those that wait to be learned from, may take of memory in each live session"),
    TRIALS_LEFT_OUT(Kind.COUNTER, "kappa.trials.left.out",
            "Trials left out of learning because too many waited for it"),
    READER_PAUSES(Kind.COUNTER, "kappa.reader.pauses",
            "Times a partition was not read further because too many of its bins were under way"),
    RIG_CLOCK_JUMPS(Kind.COUNTER, "kappa.rig.clock.jumps", "Times the rig clock did not advance as the bin index did"),
    /** The state after each is unknown: see {@code BinClock.epoch}. */
    RIG_EPOCHS(Kind.COUNTER, "kappa.rig.epochs",
            "Times the rig's clock began anew: acquisition restarted, or a replay jumped"),
    LATENCY(Kind.TIMER, "kappa.latency",
            "From a bin's append on kappa.activity to its kappa's append on kappa.latents"),
    FILTER_DURATION(Kind.TIMER, "kappa.filter.duration", "Arithmetic of the latent filter for one bin"),
    FIT_TRIAL_DURATION(Kind.TIMER, "kappa.fit.trial.duration", "Fitting work that one finished trial sets off"),
    LAG_BINS(Kind.GAUGE, "kappa.lag.bins", "bins", null,
            "Bins appended to kappa.activity whose kappa is not published yet, over all sessions of this process"),
    BIN_AGE(Kind.GAUGE, "kappa.bin.age", "seconds", null,
            "Time since the newest bin of any session was appended; NaN before the first"),
    RIG_CLOCK_ERROR(Kind.GAUGE, "kappa.rig.clock.error", "seconds", null,
            "How far the host time of the newest bin may be off, worst session; NaN where no rig's clock is mapped"),
    READY(Kind.GAUGE, "kappa.ready", "1 while /health/ready answers 200, else 0"),
    SESSIONS_ACTIVE(Kind.GAUGE, "kappa.sessions.active", "Sessions this process filters and fits"),
    SESSIONS_HANGING(Kind.GAUGE, "kappa.sessions.hanging",
            "Sessions of this process whose filter or fit has given no sign for more than three seconds"),
    CHECKPOINT_AGE(Kind.GAUGE, "kappa.checkpoint.age", "seconds", null,
            "Time from the last checkpoint to the newest bin, of the session where it is longest; NaN without a session"),
    /** Prequential: each trial is scored before anything learns from it. */
    FIT_QUALITY(Kind.GAUGE, "kappa.fit.quality", null, "unit",
            "Prequential score of the last finished trial, mean over sessions, in the unit of the tag: bits/spike or r2"),
    BROKER_DISK(Kind.GAUGE, "kappa.broker.disk.usable", "bytes", null,
            "Room left on the fullest of the brokers' disks; NaN where they do not tell"),
    BROKER_LOG(Kind.GAUGE, "kappa.broker.log", "bytes", null,
            "What kappa's topics take on the brokers' disks, all replicas; NaN where they do not tell"),
    DASHBOARD_CLIENTS(Kind.GAUGE, "kappa.dashboards.clients", "Open WebSockets of the dashboard"),
    FRAMES(Kind.COUNTER, "kappa.dashboards.frames", "Frames sent to pages"),
    RECORDS_UNREADABLE(Kind.COUNTER, "kappa.dashboards.records.unreadable",
            "Records on kappa's topics that the page could not use"),
    FRAMES_CONFLATED(Kind.COUNTER, "kappa.dashboards.frames.conflated",
            "Frames replaced by a newer one before a slow browser took them"),
    RECORDS_SKIPPED(Kind.COUNTER, "kappa.dashboards.records.skipped",
            "Records of activity and latents that the page left out because it was too far behind"),
    REQUESTS_REFUSED(Kind.COUNTER, "kappa.dashboards.requests.refused", null, "reason",
            "Requests turned away: by the HTTP status they were answered with, malformed if they were no HTTP, "
                    + "websocket if a page's connection held no question");
    // @formatter:on

    /** What a meter measures with. */
    public enum Kind {
        COUNTER, TIMER, GAUGE
    }

    /** Upper bounds from the filter's microseconds over the hops' milliseconds to a slow trial's seconds. */
    private static final Duration[] BUCKETS = LongStream.of(10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000,
            10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000)
            .mapToObj(us -> Duration.ofNanos(1_000 * us)).toArray(Duration[]::new);

    private final Kind kind;
    private final String meterName;
    private final String unit;
    private final String tagKey;
    private final String description;

    /** A meter that has neither a unit nor a tag. */
    Meters(Kind kind, String meterName, String description) {
        this(kind, meterName, null, null, description);
    }

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

    public Optional<String> tagKey() {
        return Optional.ofNullable(tagKey);
    }

    public String description() {
        return description;
    }

    public Counter counter(MeterRegistry registry) {
        return counter(registry, null);
    }

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
}
