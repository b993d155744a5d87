package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.SessionHeader;
import org.HdrHistogram.Histogram;

/**
 * What the page can show of one session, in bounded memory: rings of the newest bins, addressed by bin index, so that a bin
 * that is published again replaces itself and a missing bin stays a hole.
 *
 * <p>Not thread-safe: {@link LiveView} guards it with its lock.
 */
final class SessionView {

    /** Bins of kappa kept: 5 minutes at 100 bins/s, 11 minutes at 20 ms. */
    static final int HISTORY_BINS = 32_768;
    /** Numbers of activity kept, 4 bytes each: 2,048 bins of 1,024 neurons. */
    static final int ACTIVITY_VALUES = 1 << 21;
    /** Trials whose scores are kept. */
    static final int SCORED_TRIALS = 1_024;
    static final int DEFAULT_NEURONS = 4;

    private static final long RATE_SLOT_NS = 100_000_000L;
    private static final int RATE_SLOTS = 20;
    private static final long LATENCY_SLOT_NS = 10_000_000_000L;
    private static final int LATENCY_SLOTS = 6;
    private static final long HOUR_US = 3_600_000_000L;
    /** What learning has done lately is told from the snapshots of so long, and from two at least. */
    private static final long LATELY_NS = 30_000_000_000L;
    private static final int MAX_LATELY = 1_024;
    /** Stretches of lost bins whose place is remembered; of all, their number is. */
    private static final int MAX_LOSSES = 256;
    private static final int[] REPICK_AT = {1, 50, 250, 1_000};

    final String id;
    /** The latest time any record of the session carries, Unix ns: what "longest idle" goes by. */
    long lastActiveUnixNs;
    long startedUnixNs;

    private SessionHeader header;
    private Map<String, Integer> neuronIndex = Map.of();
    private ModelSnapshot model;
    private boolean ended;
    /** Of the session's records on every topic. */
    int partition;
    final MechanismView mechanism = new MechanismView();

    // Ring of latents. Slot of bin t: t % HISTORY_BINS.
    private int rank;
    private int inputs;
    private long newest = -1;
    private long bins;
    private long[] binAt = {};
    private float[] kappa = {}; // [slot, K]
    private float[] sd = {}; // [slot, K]
    private float[] v = {}; // [slot, S]
    private float[] u = {}; // [slot, S]
    private long[] rigTimeNs = {};
    private long[] trialKey = {};
    private boolean[] trialStart = {};
    private int[] phase = {};
    private double[] predictionError = {};
    private double[] baselineError = {};
    private int[] spikes = {};
    private int[] silenced = {}; // neurons that were being silenced
    private int[] epoch = {};
    private BinClock newestClock; // null where the rig tells rig time only
    private final ArrayDeque<Loss> losses = new ArrayDeque<>();
    private long lossesDropped;
    private long binsLost;
    private boolean skipped;
    private long binsSkipped;
    private float[] newestCovariance = {};
    private long newestActivityUnixNs;
    private long newestPublishedUnixNs;

    // Ring of activity. Slot of bin t: t % activityBin.length.
    private int neurons;
    private long[] activityBin = {};
    private float[] activity = {}; // [slot, N], NaN where not observed
    private long activityNext;
    private long activityBins;
    private double[] activitySum = {};
    private double[] activitySquares = {};
    private long[] activityCount = {};
    private int[] mostActive = {};

    /**
     * Consecutive bins that never came, or of which the rig knows that something was lost.
     *
     * @param first bin
     * @param last bin
     * @param rigTimeNs of the end of the bin before, in its epoch
     * @param messages messages or samples known to be lost; 0 where the bins themselves are
     */
    private record Loss(long first, long last, long rigTimeNs, long messages) {}

    /** Steps made and left out by the time a snapshot was published. */
    private record Learning(long unixNs, long steps, long shed) {}

    private final ArrayDeque<Learning> lately = new ArrayDeque<>();

    private static final class TrialScore {
        double prediction;
        double baseline;
        long spikes;
    }

    private final TreeMap<Long, TrialScore> trials = new TreeMap<>();
    private long trialsDropped;

    private final EnumMap<Reason, Long> rejected = new EnumMap<>(Reason.class);
    private long gaps;

    private final long[] rateSlot = new long[RATE_SLOTS];
    private final long[] rateBins = new long[RATE_SLOTS];
    private final long[] latencySlot = new long[LATENCY_SLOTS];
    private final Histogram[] latency = new Histogram[LATENCY_SLOTS];

    SessionView(String id) {
        this.id = id;
    }

    // ------------------------------------------------------------------------------------------------------ folding

    void fold(SessionHeader announced) {
        header = announced;
        startedUnixNs = announced.getCreatedUnixNs();
        lastActiveUnixNs = Math.max(lastActiveUnixNs, startedUnixNs);
        neuronIndex = new HashMap<>();
        for (int i = 0; i < announced.getNeuronsCount(); i++) {
            neuronIndex.put(announced.getNeurons(i), i);
        }
    }

    /** Records the pipeline rejects are seen here too; what does not fit the session is left to kappa.rejected. */
    void fold(Activity record, long appendedUnixNs) {
        lastActiveUnixNs = Math.max(lastActiveUnixNs, appendedUnixNs);
        ended |= record.getEndOfSession();
        for (int j = 0; j < record.getBinsCount(); j++) {
            Bin bin = record.getBins(j);
            int n = Math.max(bin.getCountsCount(), bin.getValuesCount());
            if (n == 0 || (neurons != 0 && n != neurons)
                    || (header != null && header.getNeuronsCount() != n)) {
                return;
            }
            if (neurons == 0) {
                allocateActivity(n);
            }
            keep(record.getFirstBin() + j, bin);
        }
        // The record's own, not the maximum: an index far ahead that was a mistake is corrected by the next record.
        activityNext = record.getFirstBin() + record.getBinsCount();
    }

    private void allocateActivity(int n) {
        neurons = n;
        int capacity = Math.clamp(ACTIVITY_VALUES / n, 16, HISTORY_BINS);
        activityBin = new long[capacity];
        Arrays.fill(activityBin, -1);
        activity = new float[capacity * n];
        activitySum = new double[n];
        activitySquares = new double[n];
        activityCount = new long[n];
    }

    private void keep(long index, Bin bin) {
        int slot = (int) (index % activityBin.length);
        if (activityBin[slot] == index) {
            return; // the first record of a bin is the accepted one
        }
        activityBin[slot] = index;
        boolean counts = bin.getCountsCount() > 0;
        for (int i = 0; i < neurons; i++) {
            boolean unobserved = i / 8 < bin.getUnobserved().size()
                    && (bin.getUnobserved().byteAt(i / 8) >> (i % 8) & 1) == 1;
            float y = unobserved ? Float.NaN : counts ? bin.getCounts(i) : bin.getValues(i);
            activity[slot * neurons + i] = y;
            if (!Float.isNaN(y)) {
                activitySum[i] += y;
                activitySquares[i] += (double) y * y;
                activityCount[i]++;
            }
        }
        activityBins++;
        if (Arrays.stream(REPICK_AT).anyMatch(at -> at == activityBins)) {
            mostActive = pickMostActive(counts);
        }
    }

    /** Counts: the highest mean. Rates and currents: the highest variance, since their mean says little. */
    private int[] pickMostActive(boolean counts) {
        double[] score = new double[neurons];
        for (int i = 0; i < neurons; i++) {
            double mean = activitySum[i] / Math.max(1, activityCount[i]);
            score[i] = counts ? mean : activitySquares[i] / Math.max(1, activityCount[i]) - mean * mean;
        }
        return IntStream.range(0, neurons).boxed().sorted((a, b) -> Double.compare(score[b], score[a]))
                .limit(DEFAULT_NEURONS).mapToInt(i -> i).sorted().toArray();
    }

    /**
     * @return false if the record does not fit what the session has shown so far (another rank, another number of inputs)
     */
    boolean fold(Latents record) {
        lastActiveUnixNs = Math.max(lastActiveUnixNs, record.getPublishedUnixNs());
        int fresh = 0;
        for (int j = 0; j < record.getBinsCount(); j++) {
            LatentBin bin = record.getBins(j);
            if (binAt.length == 0 && bin.getKappaCount() > 0) {
                allocateLatents(bin.getKappaCount(), bin.getVCount());
            }
            if (bin.getKappaCount() != rank || rank == 0 || bin.getVCount() != inputs
                    || bin.getCovarianceCount() != rank * (rank + 1) / 2
                    || (bin.getInputsCount() != inputs && bin.getInputsCount() != 0)) {
                return false;
            }
            if (keep(record.getFirstBin() + j, bin, record)) {
                fresh++;
            }
        }
        skipped = false;
        if (fresh > 0) {
            long published = record.getPublishedUnixNs();
            count(published, fresh);
            recordLatency(published, published - record.getActivityUnixNs(), fresh);
        }
        return true;
    }

    private void allocateLatents(int k, int s) {
        rank = k;
        inputs = s;
        binAt = new long[HISTORY_BINS];
        Arrays.fill(binAt, -1);
        kappa = new float[HISTORY_BINS * k];
        sd = new float[HISTORY_BINS * k];
        v = new float[HISTORY_BINS * s];
        u = new float[HISTORY_BINS * s];
        rigTimeNs = new long[HISTORY_BINS];
        trialKey = new long[HISTORY_BINS];
        trialStart = new boolean[HISTORY_BINS];
        phase = new int[HISTORY_BINS];
        predictionError = new double[HISTORY_BINS];
        baselineError = new double[HISTORY_BINS];
        spikes = new int[HISTORY_BINS];
        silenced = new int[HISTORY_BINS];
        epoch = new int[HISTORY_BINS];
    }

    /** @return whether the bin was not here before */
    private boolean keep(long index, LatentBin bin, Latents record) {
        int slot = (int) (index % HISTORY_BINS);
        if (binAt[slot] > index) {
            return false; // published again after a crash, but older than what is kept
        }
        boolean again = binAt[slot] == index;
        if (again) {
            score(slot, -1);
        }
        binAt[slot] = index;
        int diagonal = 0;
        for (int k = 0; k < rank; k++) {
            kappa[slot * rank + k] = bin.getKappa(k);
            diagonal += k + 1;
            sd[slot * rank + k] = (float) Math.sqrt(Math.max(0, bin.getCovariance(diagonal - 1)));
        }
        for (int s = 0; s < inputs; s++) {
            v[slot * inputs + s] = bin.getV(s);
            u[slot * inputs + s] = bin.getInputsCount() == 0 ? 0 : bin.getInputs(s);
        }
        rigTimeNs[slot] = bin.getRigTimeNs();
        trialKey[slot] = bin.getTrial();
        trialStart[slot] = bin.getTrialStart() && hasTrials();
        phase[slot] = bin.getPhase();
        predictionError[slot] = bin.getPredictionError();
        baselineError[slot] = bin.getBaselineError();
        spikes[slot] = bin.getSpikes();
        silenced[slot] = BitSet.valueOf(bin.getSilenced().asReadOnlyByteBuffer()).cardinality();
        if (silenced[slot] > 0 && !bin.getIntervention().isEmpty()) {
            mechanism.obeyed(bin.getIntervention(), bin.getTrial());
        }
        epoch[slot] = bin.getClock().getEpoch();
        score(slot, 1);
        if (!again) {
            bins++;
            countLoss(index, bin);
        }
        if (index >= newest) {
            newest = index;
            newestActivityUnixNs = record.getActivityUnixNs();
            newestPublishedUnixNs = record.getPublishedUnixNs();
            newestClock = bin.hasClock() ? bin.getClock() : null;
            newestCovariance = new float[bin.getCovarianceCount()];
            for (int c = 0; c < newestCovariance.length; c++) {
                newestCovariance[c] = bin.getCovariance(c);
            }
        }
        return !again;
    }

    private void countLoss(long index, LatentBin bin) {
        if (newest >= 0 && index > newest + 1) {
            if (skipped) {
                binsSkipped += index - newest - 1;
                skipped = false;
            } else {
                lose(newest + 1, index - 1, 0);
            }
        }
        if (bin.getClock().getLost() != 0 && index > newest) {
            lose(index, index, Integer.toUnsignedLong(bin.getClock().getLost()));
        }
    }

    private void lose(long first, long last, long messages) {
        Loss before = losses.peekLast();
        int slot = slotOf(first - 1);
        binsLost += last - first + 1;
        if (before != null && before.last == first - 1 && (before.messages == 0) == (messages == 0)) {
            losses.removeLast();
            losses.add(new Loss(before.first, last, before.rigTimeNs, before.messages + messages));
            return;
        }
        losses.add(new Loss(first, last, slot < 0 ? 0 : rigTimeNs[slot], messages));
        if (losses.size() > MAX_LOSSES) {
            losses.remove();
            lossesDropped++;
        }
    }

    private void score(int slot, int sign) {
        if (!hasTrials()) {
            return; // the learner cuts such a session into stretches; its scores come with the model
        }
        long key = trialKey[slot];
        if (trialsDropped > 0 && key < trials.firstKey()) {
            return;
        }
        TrialScore trial = trials.computeIfAbsent(key, k -> new TrialScore());
        trial.prediction += sign * predictionError[slot];
        trial.baseline += sign * baselineError[slot];
        trial.spikes += (long) sign * spikes[slot];
        if (trials.size() > SCORED_TRIALS) {
            trials.pollFirstEntry();
            trialsDropped++;
        }
    }

    private void count(long publishedUnixNs, int fresh) {
        long slot = publishedUnixNs / RATE_SLOT_NS;
        int at = (int) Math.floorMod(slot, (long) RATE_SLOTS);
        if (rateSlot[at] != slot) {
            rateSlot[at] = slot;
            rateBins[at] = 0;
        }
        rateBins[at] += fresh;
    }

    /** A pipeline whose clock runs behind the broker's would show negative latencies: they count as 0. */
    private void recordLatency(long publishedUnixNs, long latencyNs, int fresh) {
        long slot = publishedUnixNs / LATENCY_SLOT_NS;
        int at = (int) Math.floorMod(slot, (long) LATENCY_SLOTS);
        if (latency[at] == null) {
            latency[at] = new Histogram(1, HOUR_US, 2);
        }
        if (latencySlot[at] != slot) {
            latencySlot[at] = slot;
            latency[at].reset();
        }
        latency[at].recordValueWithCount(Math.clamp(latencyNs / 1_000, 0, HOUR_US), fresh);
    }

    /** @return false if the snapshot's arrays do not have the sizes it announces */
    boolean fold(ModelSnapshot snapshot) {
        int n = snapshot.getNeurons();
        if (snapshot.getMCount() != snapshot.getRank() * n || snapshot.getNCount() != snapshot.getMCount()
                || snapshot.getWCount() != snapshot.getInputs() * n
                || snapshot.getBCount() != n || snapshot.getGainCount() != n) {
            return false;
        }
        if (model == null || snapshot.getVersion() >= model.getVersion()) {
            model = snapshot;
            long now = snapshot.getPublishedUnixNs();
            lately.add(new Learning(now, snapshot.getSteps(), snapshot.getStepsShed()));
            while (lately.size() > MAX_LATELY || (lately.size() > 2 && lately.getFirst().unixNs < now - LATELY_NS)) {
                lately.remove();
            }
        }
        return true;
    }

    /** Latents were passed over here: the next gap is none of the rig's. */
    void skipped() {
        skipped = true;
    }

    void reject(Reason reason, boolean used) {
        if (used) {
            gaps++;
        } else {
            rejected.merge(reason, 1L, Long::sum);
        }
    }

    // -------------------------------------------------------------------------------------------------- what it says

    boolean hasTrials() {
        return header == null || header.getTrials();
    }

    /** Seconds. Without a header, the time between the two newest bins; 20 ms if there is one bin only. */
    double binWidth() {
        if (header != null && header.getBinWidthS() > 0) {
            return header.getBinWidthS();
        }
        if (newest > 0 && slotOf(newest - 1) >= 0) {
            double width = (rigTimeNs[slotOf(newest)] - rigTimeNs[slotOf(newest - 1)]) * 1e-9;
            return width > 0 ? width : 0.02;
        }
        return 0.02;
    }

    long newest() {
        return newest;
    }

    /** Distinct bins of kappa seen. */
    long bins() {
        return bins;
    }

    int rank() {
        return rank;
    }

    boolean ended() {
        return ended;
    }

    /** Trials seen, the running one too; in a session without trials, stretches learned from. */
    long trialCount() {
        return hasTrials() ? trialsDropped + trials.size() : trialsLearned();
    }

    private long trialsLearned() {
        return model == null ? 0 : model.getQuality().getFirstTrial() + model.getQuality().getOneStepCount();
    }

    long modelVersion() {
        return model == null ? -1 : model.getVersion();
    }

    boolean hasHeader() {
        return header != null;
    }

    /** Null before it came. */
    SessionHeader header() {
        return header;
    }

    /** The newest snapshot; null before the first. */
    ModelSnapshot model() {
        return model;
    }

    int[] mostActive() {
        return mostActive;
    }

    /** @return the index of the neuron with this id, or -1 */
    int neuron(String neuronId) {
        return neuronIndex.getOrDefault(neuronId, -1);
    }

    /** Bins on kappa.activity that are not on kappa.latents yet. */
    long lag() {
        return Math.max(0, activityNext - (newest + 1));
    }

    /** Over the two seconds before now, by the time kappa was published. */
    double binsPerSecond(long nowUnixNs) {
        long now = nowUnixNs / RATE_SLOT_NS;
        long sum = 0;
        for (int at = 0; at < RATE_SLOTS; at++) {
            if (rateSlot[at] > now - RATE_SLOTS && rateSlot[at] <= now) {
                sum += rateBins[at];
            }
        }
        return sum / (RATE_SLOTS * RATE_SLOT_NS * 1e-9);
    }

    /** Since the newest bin with a kappa was appended to kappa.activity, ms; NaN before the first. */
    double ageMs(long nowUnixNs) {
        return newest < 0 ? Double.NaN : Math.max(0, (nowUnixNs - newestActivityUnixNs) * 1e-6);
    }

    /** From append on kappa.activity to publication of kappa, over the minute before the newest bin. Microseconds. */
    Histogram latency() {
        Histogram all = new Histogram(1, HOUR_US, 2);
        long last = newestPublishedUnixNs / LATENCY_SLOT_NS;
        for (int at = 0; at < LATENCY_SLOTS; at++) {
            if (latency[at] != null && latencySlot[at] > last - LATENCY_SLOTS) {
                all.add(latency[at]);
            }
        }
        return all;
    }

    String unit() {
        if (header == null) {
            return model == null ? "" : model.getQuality().getUnit();
        }
        return header.getObservation() == Observation.COUNTS ? "bits/spike" : "r2";
    }

    /**
     * One-step prequential scores of the finished trials kept, oldest first, from the errors that come with each bin:
     * (baseline - prediction) / (spikes ln 2) in bits per spike for counts, else 1 - prediction / baseline. NaN for a trial
     * without spikes or without variance. In a session without trials: the scores that came with the newest model.
     */
    double[] oneStepScores() {
        if (!hasTrials()) {
            return model == null
                    ? new double[0]
                    : model.getQuality().getOneStepList().stream().mapToDouble(x -> x).toArray();
        }
        boolean counts = unit().equals("bits/spike");
        return trials.values().stream().limit(finishedTrials()).mapToDouble(t -> counts
                ? t.spikes == 0 ? Double.NaN : (t.baseline - t.prediction) / (t.spikes * Math.log(2))
                : t.baseline == 0 ? Double.NaN : 1 - t.prediction / t.baseline).toArray();
    }

    /** The newest trial is still running unless the session is over. */
    private int finishedTrials() {
        return ended && lag() == 0 ? trials.size() : Math.max(0, trials.size() - 1);
    }

    /** Number of finished trials seen. */
    long scoredTrials() {
        return trialsDropped + finishedTrials();
    }

    /** Number of trials before the first that {@link #oneStepScores} speaks of. */
    long trialsBeforeScores() {
        if (!hasTrials()) {
            return model == null ? 0 : model.getQuality().getFirstTrial();
        }
        // A page that is started late knows from the model how many trials came before.
        return Math.max(trialsDropped, trialsLearned() - trials.size());
    }

    /**
     * What the newest model says neuron i does in a bin, given the filtered kappa: g (1 + tanh(x + b)) for counts,
     * g tanh(x + b) + c for rates, g x + c for currents, with x = m kappa + W' v. NaN without a model or the bin.
     */
    double predicted(int neuron, long bin) {
        int slot = slotOf(bin);
        if (slot < 0 || model == null || neuron >= model.getNeurons() || model.getRank() != rank
                || model.getInputs() != inputs) {
            return Double.NaN;
        }
        int n = model.getNeurons();
        double x = 0;
        for (int k = 0; k < rank; k++) {
            x += model.getM(k * n + neuron) * kappa[slot * rank + k];
        }
        for (int s = 0; s < inputs; s++) {
            x += model.getW(s * n + neuron) * v[slot * inputs + s];
        }
        double gain = model.getGain(neuron);
        double offset = neuron < model.getOffsetCount() ? model.getOffset(neuron) : 0;
        return switch (model.getObservation()) {
            case COUNTS -> gain * (1 + LowRankNetwork.phi(x + model.getB(neuron)));
            case RATES -> gain * LowRankNetwork.phi(x + model.getB(neuron)) + offset;
            case CURRENTS -> gain * x + offset;
            case OBSERVATION_UNSPECIFIED, UNRECOGNIZED -> Double.NaN;
        };
    }

    /** NaN where the neuron was not observed or the bin is not kept. */
    double observed(int neuron, long bin) {
        if (activityBin.length == 0 || bin < 0 || neuron >= neurons) {
            return Double.NaN;
        }
        int slot = (int) (bin % activityBin.length);
        return activityBin[slot] == bin ? activity[slot * neurons + neuron] : Double.NaN;
    }

    /** The newest bin whose activity and kappa are both here. */
    long newestObserved() {
        return activityNext == 0 ? -1 : Math.min(newest, activityNext - 1);
    }

    long activityHistory() {
        return activityBin.length;
    }

    /** @return the slot of a bin, or -1 if it is not kept */
    private int slotOf(long bin) {
        if (bin < 0 || binAt.length == 0) {
            return -1;
        }
        int slot = (int) (bin % HISTORY_BINS);
        return binAt[slot] == bin ? slot : -1;
    }

    // ------------------------------------------------------------------------------------------------------- writing

    void writeHeader(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("header");
        json.writeNumberField("rank", rank);
        json.writeNumberField("binWidth", binWidth());
        json.writeBooleanField("trials", hasTrials());
        json.writeStringField("unit", unit());
        json.writeBooleanField("lockstep", header != null && header.getFit().getPacing() == Pacing.LOCKSTEP);
        if (header != null) {
            json.writeStringField("observation", header.getObservation().name().toLowerCase(java.util.Locale.ROOT));
            json.writeStringField("origin", header.getOrigin());
            json.writeNumberField("neurons", header.getNeuronsCount());
            writeStrings(json, "inputs", header.getInputChannelsList().subList(0, ownInputs()));
            writeStrings(json, "phases", header.getPhasesList());
            writeStrings(json, "examples", header.getNeuronsList().subList(0, Math.min(3, header.getNeuronsCount())));
        }
        json.writeEndObject();
    }

    /** The inputs that are the recording's own, which come first. */
    private int ownInputs() {
        return header == null
                ? inputs
                : InputBasis.channels(header.getInputChannelsCount(), header.getInputBasis().getBumps());
    }

    private static void writeStrings(JsonGenerator json, String field, List<String> values) throws IOException {
        json.writeArrayFieldStart(field);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }

    void writeStatus(JsonGenerator json, long nowUnixNs) throws IOException {
        json.writeNumberField("bins", bins);
        json.writeNumberField("newest", newest);
        json.writeNumberField("trials", trialCount());
        writeNumber(json, "binsPerSecond", binsPerSecond(nowUnixNs));
        json.writeNumberField("lag", lag());
        writeNumber(json, "ageMs", ageMs(nowUnixNs));
        json.writeBooleanField("ended", ended);
        Histogram h = latency();
        if (h.getTotalCount() > 0) {
            json.writeArrayFieldStart("latencyMs");
            for (double percentile : new double[]{50, 99, 99.9}) {
                json.writeNumber(h.getValueAtPercentile(percentile) / 1e3);
            }
            json.writeEndArray();
        }
        json.writeObjectFieldStart("rejected");
        for (Map.Entry<Reason, Long> entry : rejected.entrySet()) {
            json.writeNumberField(entry.getKey().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                    entry.getValue());
        }
        json.writeEndObject();
        json.writeNumberField("gaps", gaps);
        json.writeNumberField("binsLost", binsLost);
        json.writeNumberField("losses", lossesDropped + losses.size());
        json.writeNumberField("binsSkipped", binsSkipped);
        if (model != null) {
            json.writeNumberField("modelVersion", model.getVersion());
            json.writeNumberField("steps", model.getSteps());
            json.writeNumberField("stepsShed", model.getStepsShed());
            json.writeNumberField("stepsLately", model.getSteps() - lately.getFirst().steps);
            json.writeNumberField("shedLately", model.getStepsShed() - lately.getFirst().shed);
            json.writeNumberField("binsLearned", model.getBinsLearned());
            json.writeBooleanField("modelFinal", model.getFinal());
        }
    }

    void writeNow(JsonGenerator json) throws IOException {
        int slot = slotOf(newest);
        if (slot < 0) {
            return;
        }
        json.writeObjectFieldStart("now");
        json.writeNumberField("bin", newest);
        json.writeNumberField("t", rigTimeNs[slot] * 1e-9);
        json.writeNumberField("trial", trialKey[slot]);
        json.writeNumberField("phase", phase[slot]);
        json.writeNumberField("epoch", epoch[slot]);
        if (newestClock != null) {
            json.writeNumberField("sample", newestClock.getSample());
            if (newestClock.getHostUnixNs() != 0) {
                // Milliseconds, as a page counts Unix time.
                json.writeNumberField("hostMs", newestClock.getHostUnixNs() * 1e-6);
                json.writeNumberField("errorMs", newestClock.getErrorNs() * 1e-6);
            }
        }
        json.writeArrayFieldStart("kappa");
        for (int k = 0; k < rank; k++) {
            writeNumber(json, kappa[slot * rank + k]);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("covariance");
        for (float c : newestCovariance) {
            writeNumber(json, c);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /**
     * Kappa, its standard deviation, inputs, trial starts, phases and silencing of the bins first..last, in buckets of
     * {@code stride} bins that begin at multiples of it; and all that was lost in the window that ends with the last.
     *
     * @return the number of points written
     */
    int writeTrace(JsonGenerator json, long first, long last, long window, int stride) throws IOException {
        Decimation points = new Decimation(first, last, stride, bin -> slotOf(bin) >= 0);
        json.writeObjectFieldStart("trace");
        json.writeNumberField("from", first);
        json.writeArrayFieldStart("bins");
        for (int p = 0; p < points.size(); p++) {
            json.writeNumber(points.bin(p));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("kappa");
        for (int k = 0; k < rank; k++) {
            int dimension = k;
            writeSeries(json, points.extremes(bin -> kappa[slotOf(bin) * rank + dimension]));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("sd");
        for (int k = 0; k < rank; k++) {
            int dimension = k;
            writeSeries(json, points.maxima(bin -> sd[slotOf(bin) * rank + dimension]));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("inputs");
        for (int s = 0; s < Math.min(inputs, ownInputs()); s++) {
            int channel = s;
            writeSeries(json, points.extremes(bin -> u[slotOf(bin) * inputs + channel]));
        }
        json.writeEndArray();
        writeMarks(json, first, last, stride);
        writeLosses(json, last - window + 1);
        json.writeEndObject();
        return points.size();
    }

    /** The newest bins as they are, all dimensions together, for the trail in the phase portrait. */
    void writeTrail(JsonGenerator json, long first, long last) throws IOException {
        json.writeObjectFieldStart("trail");
        json.writeNumberField("from", first);
        json.writeArrayFieldStart("kappa");
        for (int k = 0; k < rank; k++) {
            json.writeStartArray();
            for (long bin = first; bin <= last; bin++) {
                int slot = slotOf(bin);
                writeNumber(json, slot < 0 ? Float.NaN : kappa[slot * rank + k]);
            }
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Stretches of lost bins, few however long the window: [first, last, rig time in s before, messages]. */
    private void writeLosses(JsonGenerator json, long first) throws IOException {
        json.writeArrayFieldStart("losses");
        for (Loss loss : losses) {
            if (loss.last >= first) {
                json.writeStartArray();
                json.writeNumber(loss.first);
                json.writeNumber(loss.last);
                json.writeNumber(loss.rigTimeNs * 1e-9);
                json.writeNumber(loss.messages);
                json.writeEndArray();
            }
        }
        json.writeEndArray();
    }

    /** Where epochs begin: at most one per bucket, of which there are hardly ever any. */
    private List<long[]> epochs(long first, long last, int stride) {
        List<long[]> marks = new ArrayList<>();
        for (long bin = Math.max(1, first); bin <= last; bin++) {
            int slot = slotOf(bin);
            int before = slotOf(bin - 1);
            if (slot >= 0 && before >= 0 && epoch[slot] != epoch[before]
                    && (marks.isEmpty() || marks.getLast()[0] / stride != bin / stride)) {
                marks.add(new long[]{bin, epoch[slot]});
            }
        }
        return marks;
    }

    /** At most one trial start, one change of phase and one of the number of neurons silenced per bucket. */
    private void writeMarks(JsonGenerator json, long first, long last, int stride) throws IOException {
        List<long[]> starts = new ArrayList<>();
        List<long[]> phases = new ArrayList<>();
        List<long[]> silencing = new ArrayList<>();
        long before = -1;
        long silencedBefore = -1;
        for (long bucket = first - first % stride; bucket <= last; bucket += stride) {
            long start = -1;
            int inPhase = -1;
            long at = bucket;
            long silencedAt = bucket;
            int inSilenced = -1;
            for (long bin = Math.max(first, bucket); bin < bucket + stride && bin <= last; bin++) {
                int slot = slotOf(bin);
                if (slot >= 0) {
                    if (trialStart[slot] && start < 0) {
                        start = bin;
                    }
                    if (phase[slot] != inPhase) {
                        at = bin;
                    }
                    inPhase = phase[slot];
                    // However short, a perturbation shows.
                    if (silenced[slot] > inSilenced) {
                        inSilenced = silenced[slot];
                        silencedAt = bin;
                    }
                }
            }
            if (inSilenced >= 0 && inSilenced != silencedBefore) {
                silencing.add(new long[]{silencedAt, inSilenced});
                silencedBefore = inSilenced;
            }
            if (start >= 0) {
                starts.add(new long[]{start, trialKey[slotOf(start)]});
            }
            if (inPhase >= 0 && inPhase != before) {
                phases.add(new long[]{at, inPhase});
                before = inPhase;
            }
        }
        writePairs(json, "starts", starts);
        writePairs(json, "phases", phases);
        writePairs(json, "silenced", silencing);
        writePairs(json, "epochs", epochs(first, last, stride));
    }

    private static void writePairs(JsonGenerator json, String field, List<long[]> pairs) throws IOException {
        json.writeArrayFieldStart(field);
        for (long[] pair : pairs) {
            json.writeArray(pair, 0, 2);
        }
        json.writeEndArray();
    }

    /** Observed and predicted activity of the chosen neurons, decimated as the trace is. */
    int writeNeurons(JsonGenerator json, int[] chosen, long first, long last, int stride) throws IOException {
        Decimation points = new Decimation(first, last, stride, bin -> slotOf(bin) >= 0);
        json.writeObjectFieldStart("neurons");
        json.writeNumberField("from", first);
        json.writeArrayFieldStart("ids");
        for (int i : chosen) {
            json.writeString(header != null && i < header.getNeuronsCount() ? header.getNeurons(i) : "#" + i);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("bins");
        for (int p = 0; p < points.size(); p++) {
            json.writeNumber(points.bin(p));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("observed");
        for (int i : chosen) {
            writeSeries(json, points.extremes(bin -> (float) observed(i, bin)));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("predicted");
        for (int i : chosen) {
            writeSeries(json, points.extremes(bin -> (float) predicted(i, bin)));
        }
        json.writeEndArray();
        json.writeEndObject();
        return points.size();
    }

    void writeQuality(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("quality");
        json.writeStringField("unit", unit());
        long before = trialsBeforeScores();
        double[] oneStep = oneStepScores();
        json.writeNumberField("before", before);
        json.writeArrayFieldStart("oneStep");
        for (double score : oneStep) {
            writeNumber(json, (float) score);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("freeRun");
        if (model != null) {
            long from = model.getQuality().getFirstTrial();
            for (long trial = before; trial < from + model.getQuality().getFreeRunCount(); trial++) {
                writeNumber(json, trial < from
                        ? Float.NaN
                        : (float) model.getQuality().getFreeRun(Math.toIntExact(trial - from)));
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeSeries(JsonGenerator json, float[] values) throws IOException {
        json.writeStartArray();
        for (float value : values) {
            writeNumber(json, value);
        }
        json.writeEndArray();
    }

    /** JSON has neither NaN nor infinity: both are null, which the page draws as a hole. */
    private static void writeNumber(JsonGenerator json, float value) throws IOException {
        if (Float.isFinite(value)) {
            json.writeNumber(value);
        } else {
            json.writeNull();
        }
    }

    private static void writeNumber(JsonGenerator json, String field, double value) throws IOException {
        json.writeFieldName(field);
        writeNumber(json, (float) value);
    }
}
