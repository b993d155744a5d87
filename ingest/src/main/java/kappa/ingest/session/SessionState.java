package kappa.ingest.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Message;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.ingest.log.BinOrder;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Note;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;

/**
 * The present state of one session, folded from its records. What the pipeline would reject changes nothing here: records are
 * checked as the pipeline checks them, and bins are ordered by the rules of {@link BinOrder}.
 *
 * <p>Memory is bounded by the {@link History}. Not thread-safe.
 */
public final class SessionState {

    private SessionHeader header;
    private SessionDescription description;
    private final BinSink sink;
    private final BinOrder<Offered> order;
    private final IntervalSet recorded;
    private final IntervalSet filtered;
    private final int intervals;
    private final Losses losses;
    private final LatentHistory latents;
    private final ActivityHistory activity;
    private final Pace pace = new Pace();
    private final Silencing silencing = new Silencing();
    private final Notes notes = new Notes();
    /** Offsets of the records that were rejected, by topic and partition: one that is rejected again counts once. */
    private final Map<String, IntervalSet> rejectedAt = new HashMap<>();
    private final Map<String, Long> rejected = new TreeMap<>();
    private long duplicates;
    private long newest = -1;
    private NewestBin newestBin;
    private long newestModelOfBins;
    private long trials;
    private long lastTrial = Long.MIN_VALUE;
    private boolean skipped;
    private boolean ended;
    private long lastActiveUnixNs;
    private Snapshot snapshot;
    private Published analysis;
    private Published inactivations;

    /** A record of activity, of which nothing waits for its verdict. */
    private record Offered(Activity activity) implements BinOrder.Offer {}

    /** @param header one that {@link WireChecks#header} accepts */
    public SessionState(SessionHeader header, History history) {
        this(header, history, new BinSink() {
        });
    }

    /** @param sink takes the bins that are accepted */
    public SessionState(SessionHeader header, History history, BinSink sink) {
        this.header = header;
        this.sink = sink;
        description = SessionDescription.of(header);
        order = new BinOrder<>(this::use, header.getTrials());
        intervals = history.intervals();
        recorded = new IntervalSet(intervals);
        filtered = new IntervalSet(intervals);
        losses = new Losses(intervals);
        latents = new LatentHistory(history.latentBins(), description);
        activity = new ActivityHistory(history.activityValues(), description);
        lastActiveUnixNs = header.getCreatedUnixNs();
    }

    /** Takes over the warnings of a newer header, which is the same otherwise. */
    void warnAsIn(SessionHeader newer) {
        if (!newer.equals(header)) {
            header = newer;
            description = SessionDescription.of(newer);
        }
    }

    /**
     * Takes a record of this session from any of the topics; those of other sessions are ignored.
     *
     * @return why a record that kappa itself has written cannot be used; nothing if it was used, or if a stranger has
     *         written it, whose records the pipeline rejects with a reason
     */
    public Optional<String> fold(TopicRecord record) {
        if (record.value() == null || !Arrays.equals(record.key(), header.getSession().getBytes(UTF_8))) {
            return Optional.empty();
        }
        CheckedRecord checked = record.checked();
        return checked instanceof CheckedRecord.Valid valid ? fold(valid.message(), record) : record.problem(checked);
    }

    /** @param message of this session, as {@link CheckedRecord} has it */
    Optional<String> fold(Message message, TopicRecord record) {
        switch (message) {
            case Activity of -> fold(of, record);
            case Latents of -> {
                return fold(of, record);
            }
            case ModelSnapshot of -> {
                return fold(of, record);
            }
            case Analysis of -> analysis = newer(analysis, of.getModelVersion(), record);
            case Inactivations of -> inactivations = newer(inactivations, of.getModelVersion(), record);
            case Intervention of -> {
                if (WireChecks.intervention(header, of).isEmpty()) {
                    silencing.request(of);
                }
            }
            case Note of -> notes.take(of);
            case Rejected of -> fold(of);
            default -> {
                return Optional.empty(); // the header is known, and the other topics say nothing of the state
            }
        }
        return Optional.empty();
    }

    private void fold(Activity record, TopicRecord at) {
        lastActiveUnixNs = Math.max(lastActiveUnixNs, at.appendedUnixNs());
        if (WireChecks.activity(header, record).isEmpty()) {
            order.offer(new Offered(record), false);
        }
    }

    /** What is rejected counts where the pipeline puts it on kappa.rejected. */
    private void use(Offered offered, int skip, long missing) {
        Activity record = offered.activity();
        recorded.add(record.getFirstBin() + skip, record.getFirstBin() + record.getBinsCount());
        for (int t = skip; t < record.getBinsCount(); t++) {
            activity.keep(record.getFirstBin() + t, record.getBins(t));
        }
        ended |= record.getEndOfSession();
        sink.activity(record, skip);
    }

    private Optional<String> fold(Latents record, TopicRecord at) {
        if (!record.getBinsList().stream().allMatch(this::fits)) {
            return Optional.of("session " + header.getSession() + ", bin " + record.getFirstBin()
                    + ": its numbers of dimensions and inputs are not the session's");
        }
        lastActiveUnixNs = Math.max(lastActiveUnixNs, record.getPublishedUnixNs());
        newestModelOfBins = Math.max(newestModelOfBins, record.getModelVersion());
        int fresh = 0;
        for (int j = 0; j < record.getBinsCount(); j++) {
            fresh += keep(record.getFirstBin() + j, record.getBins(j), record) ? 1 : 0;
        }
        skipped = false;
        if (fresh > 0) {
            pace.took(fresh, record.getActivityUnixNs(), record.getPublishedUnixNs(), at.appendedUnixNs());
        }
        sink.latents(record);
        return Optional.empty();
    }

    private boolean fits(LatentBin bin) {
        int k = description.rank();
        int s = description.inputs();
        int maskBytes = (description.neurons().size() + 7) / 8;
        return bin.getKappaCount() == k && bin.getCovarianceCount() == k * (k + 1) / 2 && bin.getVCount() == s
                && (bin.getInputsCount() == 0 || bin.getInputsCount() == s)
                && (bin.getBehaviorCount() == 0 || bin.getBehaviorCount() == description.behaviorChannels().size())
                && (bin.getSilenced().isEmpty() || bin.getSilenced().size() == maskBytes);
    }

    /** @return whether the bin was not here before */
    private boolean keep(long index, LatentBin bin, Latents record) {
        boolean fresh = filtered.add(index);
        boolean ahead = index > newest;
        boolean jumped = ahead && newest >= 0 && index > newest + 1;
        long epoch = Integer.toUnsignedLong(bin.getClock().getEpoch());
        if (jumped && skipped) {
            losses.skipped(newest + 1, index);
        } else if (jumped) {
            losses.neverCame(newest + 1, index, newestBin.rigTimeNs());
        }
        latents.keep(index, bin, ahead && newest >= 0 && epoch != newestBin.epoch(), jumped && !skipped);
        skipped = false;
        silencing.bin(bin);
        if (fresh) {
            long lost = Integer.toUnsignedLong(bin.getClock().getLost());
            if (lost > 0) {
                losses.lost(index, lost, newestBin == null ? 0 : newestBin.rigTimeNs());
            }
            if (description.trials() && bin.getTrial() > lastTrial) {
                lastTrial = bin.getTrial();
                trials++;
            }
        } else {
            duplicates++;
        }
        if (index >= newest) {
            newest = index;
            newestBin = newestBin(bin, record);
        }
        return fresh;
    }

    private NewestBin newestBin(LatentBin bin, Latents record) {
        NewestBin.Clock clock = bin.hasClock()
                ? new NewestBin.Clock(bin.getClock().getSample(), bin.getClock().getHostUnixNs(),
                        bin.getClock().getErrorNs())
                : null;
        List<Double> sd = IntStream.range(0, description.rank())
                .mapToObj(k -> LatentHistory.standardDeviation(bin, k)).toList();
        return new NewestBin(newest, bin.getKappaList(), bin.getCovarianceList(), sd, bin.getRigTimeNs(),
                bin.getTrial(), bin.getPhase(), !bin.getSilenced().isEmpty(),
                Integer.toUnsignedLong(bin.getClock().getEpoch()), clock, record.getActivityUnixNs());
    }

    private Optional<String> fold(ModelSnapshot model, TopicRecord at) {
        if (snapshot == null || model.getVersion() >= snapshot.version()) {
            var scores = model.getQuality();
            Quality quality = new Quality(scores.getUnit(), scores.getFirstTrial(),
                    scores.getOneStepList().stream().mapToDouble(score -> score).toArray(),
                    scores.getFreeRunList().stream().mapToDouble(score -> score).toArray(),
                    scores.getSmoothedList().stream().mapToDouble(score -> score).toArray(),
                    List.copyOf(scores.getWarningsList()));
            snapshot = new Snapshot(model.getVersion(), model.getSteps(), model.getStepsShed(), model.getBinsLearned(),
                    model.getFinal(), quality, at.value());
            pace.learned(model.getPublishedUnixNs(), model.getSteps(), model.getStepsShed());
        }
        return Optional.empty();
    }

    private static Published newer(Published before, long modelVersion, TopicRecord at) {
        return before != null && modelVersion < before.modelVersion()
                ? before
                : new Published(modelVersion, before == null ? 1 : before.revision() + 1, at.value());
    }

    private void fold(Rejected record) {
        IntervalSet offsets = rejectedAt.computeIfAbsent(record.getTopic() + '-' + record.getPartition(),
                place -> new IntervalSet(intervals));
        if (record.getReason() == Reason.GAP) {
            losses.neverCame(record.getMissingFrom(), record.getMissingFrom() + record.getMissingBins(), 0);
        } else if (!record.getRecordUsed() && offsets.add(record.getOffset())) {
            rejected.merge(record.getReason().name(), 1L, Long::sum);
        }
    }

    /** The reader left out records of kappa.latents here: the bins of the next jump are not missing. */
    public void skipAhead() {
        skipped = true;
    }

    public SessionDescription description() {
        return description;
    }

    /** The header itself, for those that write records of the session. */
    public SessionHeader header() {
        return header;
    }

    public SessionCounters counters() {
        return new SessionCounters(filtered.size(), duplicates, losses.missing().size(),
                losses.missing().intervals(), losses.binsWithLosses(), losses.messages(), losses.binsSkipped(),
                rejected, Math.max(newestModelOfBins, snapshot == null ? 0 : snapshot.version()),
                snapshot == null ? 0 : snapshot.steps(), snapshot == null ? 0 : snapshot.stepsShed());
    }

    /** Index of the newest bin that has a kappa; -1 before the first. */
    public long newest() {
        return newest;
    }

    public Optional<NewestBin> newestBin() {
        return Optional.ofNullable(newestBin);
    }

    public LatentHistory latents() {
        return latents;
    }

    public ActivityHistory activity() {
        return activity;
    }

    /** Bins that have a kappa; not to be changed. */
    public IntervalSet filtered() {
        return filtered;
    }

    /** Bins of activity that were accepted; not to be changed. */
    public IntervalSet recorded() {
        return recorded;
    }

    /** Where the newest losses are, oldest first. */
    public List<Loss> losses() {
        return losses.places();
    }

    public Pace pace() {
        return pace;
    }

    public Optional<Snapshot> snapshot() {
        return Optional.ofNullable(snapshot);
    }

    public Quality quality() {
        return snapshot == null ? Quality.NONE : snapshot.quality();
    }

    /** What makes the scores wrong, or keeps them from a meaning: for people, one line each. */
    public List<String> doubts() {
        Quality quality = quality();
        // Of one trial there is nothing to say while others may come.
        boolean scored = over() || quality.trialsLearned() > 1;
        return Stream.concat(quality.warnings().stream(),
                scored ? quality.doubts(description.inputs()).stream() : Stream.of()).distinct().toList();
    }

    /** What is to be said of the recording and of its scores: for people, one line each. */
    public List<String> warnings() {
        return Stream.concat(description.warnings().stream(), doubts().stream()).distinct().toList();
    }

    public Optional<Published> analysis() {
        return Optional.ofNullable(analysis);
    }

    public Optional<Published> inactivations() {
        return Optional.ofNullable(inactivations);
    }

    public Optional<SilencingRequest> request() {
        return silencing.newest();
    }

    public Notes notes() {
        return notes;
    }

    /** Name of the set of neurons that a request to silence asked for; empty if the request is not known. */
    public String requestName(String id) {
        return silencing.name(id);
    }

    /** Trials of which a bin has a kappa; in a session without trials, the stretches that were learned from. */
    public long trials() {
        return description.trials() ? trials : quality().trialsLearned();
    }

    /** Index of the newest bin of activity; -1 before the first. */
    public long newestRecorded() {
        return order.nextBin() - 1;
    }

    /** Bins on kappa.activity whose kappa is not on kappa.latents yet. */
    public long lag() {
        return Math.max(0, order.nextBin() - (newest + 1));
    }

    /** Whether no further bin comes. */
    public boolean ended() {
        return ended || over();
    }

    /** Whether the session's last model is there. */
    public boolean over() {
        return snapshot != null && snapshot.last();
    }

    /** Seconds from the append of the newest bin's activity to {@code nowUnixNs}; NaN before the first bin. */
    public double ageSeconds(long nowUnixNs) {
        return newestBin == null ? Double.NaN : Math.max(0, (nowUnixNs - newestBin.activityUnixNs()) * 1e-9);
    }

    /** The latest time that a bin of the session carries, Unix ns; its header's before the first bin. */
    public long lastActiveUnixNs() {
        return lastActiveUnixNs;
    }
}
