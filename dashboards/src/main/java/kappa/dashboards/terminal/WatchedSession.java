package kappa.dashboards.terminal;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;

/**
 * The newest stretch of one session, and what is known of it now. Bounded whatever comes. Not thread-safe.
 */
public final class WatchedSession {

    /** What may be marked on a bin. */
    enum Mark {
        NONE, SILENCED, TRIAL, EPOCH, LOST
    }

    /** Trials whose scores are averaged. */
    static final int SCORED_TRIALS = 20;

    private static final int MAX_WINDOW_BINS = 1 << 20;
    /** Beyond the window: a picture has whole columns, of the same number of bins each. */
    private static final int WHOLE_COLUMNS = 1 << 10;
    private static final long RATE_OVER_NS = 2_000_000_000L;
    private static final double NS = 1e9;

    private final SessionHeader header;
    private final LongSupplier nanoTime;
    private final LongSupplier unixNs;
    private final int rank;
    private final int window;
    private final int kept;
    /** [kept, K], bin t at row t % kept; NaN where there is none. */
    private final float[] kappa;
    private final Mark[] marks;
    private final double[] sd;
    private long newest = -1;
    private long bins;
    private LatentBin newestBin;
    private long modelVersion;
    private long newestUnixNs;
    private long lost;
    private long gaps;
    private boolean skipped;
    private long binsSkipped;
    private ModelSnapshot model;
    private long rateSinceNs;
    private long rateBins;
    private double rate = Double.NaN;

    /** @param seconds how much of the past is wanted */
    WatchedSession(SessionHeader header, double seconds, LongSupplier nanoTime, LongSupplier unixNs) {
        this.header = header;
        this.nanoTime = nanoTime;
        this.unixNs = unixNs;
        rank = header.getFit().getRank();
        window = (int) Math.clamp(Math.ceil(seconds / header.getBinWidthS()), 2, MAX_WINDOW_BINS);
        kept = window + WHOLE_COLUMNS;
        kappa = new float[kept * rank];
        marks = new Mark[kept];
        sd = new double[rank];
        Arrays.fill(kappa, Float.NaN);
        Arrays.fill(marks, Mark.NONE);
        rateSinceNs = nanoTime.getAsLong();
    }

    /** Takes latents; bins that were there already are replaced, those too old are passed over. */
    void fold(Latents latents) {
        for (int t = 0; t < latents.getBinsCount(); t++) {
            LatentBin bin = latents.getBins(t);
            if (bin.getKappaCount() == rank && bin.getCovarianceCount() == rank * (rank + 1) / 2) {
                fold(latents.getFirstBin() + t, bin, latents);
            }
        }
    }

    private void fold(long index, LatentBin bin, Latents latents) {
        if (index <= newest - kept) {
            return;
        }
        boolean jumped = newest >= 0 && index > newest + 1;
        if (index > newest) {
            for (long missing = Math.max(newest + 1, index - kept); missing < index; missing++) {
                Arrays.fill(kappa, row(missing) * rank, (row(missing) + 1) * rank, Float.NaN);
                marks[row(missing)] = Mark.NONE;
            }
            if (jumped && skipped) {
                binsSkipped += index - newest - 1;
            } else if (jumped) {
                gaps += index - newest - 1;
            }
            jumped &= !skipped;
            skipped = false;
            lost += Integer.toUnsignedLong(bin.getClock().getLost());
            bins++;
            rateBins++;
            marks[row(index)] = mark(bin, jumped);
            newest = index;
            newestBin = bin;
            modelVersion = latents.getModelVersion();
            newestUnixNs = latents.getActivityUnixNs();
            for (int k = 0; k < rank; k++) {
                sd[k] = Math.sqrt(Math.max(0, bin.getCovariance(k * (k + 1) / 2 + k)));
            }
        }
        for (int k = 0; k < rank; k++) {
            kappa[row(index) * rank + k] = bin.getKappa(k);
        }
    }

    private Mark mark(LatentBin bin, boolean jumped) {
        if (jumped || bin.getClock().getLost() != 0) {
            return Mark.LOST;
        }
        if (newestBin != null && bin.getClock().getEpoch() != newestBin.getClock().getEpoch()) {
            return Mark.EPOCH;
        }
        return header.getTrials() && bin.getTrialStart()
                ? Mark.TRIAL
                : bin.getSilenced().isEmpty() ? Mark.NONE : Mark.SILENCED;
    }

    private int row(long bin) {
        return (int) (bin % kept);
    }

    /** Latents were passed over here, to catch up: the next gap is none of the rig's. */
    void skipped() {
        skipped = true;
    }

    void fold(ModelSnapshot snapshot) {
        model = snapshot;
    }

    SessionHeader header() {
        return header;
    }

    int rank() {
        return rank;
    }

    /** Bins that a picture shows at least. */
    int window() {
        return window;
    }

    /** Index of the newest bin, -1 before the first. */
    long newest() {
        return newest;
    }

    /** The kappa of a bin, NaN if it never came or is out of the window. */
    float kappa(long bin, int k) {
        return bin < 0 || bin > newest || bin <= newest - kept ? Float.NaN : kappa[row(bin) * rank + k];
    }

    Mark mark(long bin) {
        return bin < 0 || bin > newest || bin <= newest - kept ? Mark.NONE : marks[row(bin)];
    }

    /** Standard deviation of the newest kappa. */
    double sd(int k) {
        return sd[k];
    }

    /** Seconds since the newest bin's activity was on the topic, by the clocks of the broker and of this host. */
    double ageSeconds() {
        return newest < 0 ? Double.NaN : Math.max(0, (unixNs.getAsLong() - newestUnixNs) / NS);
    }

    /** Host time at which the newest bin's activity was on the topic. */
    long newestUnixNs() {
        return newestUnixNs;
    }

    /** New bins a second over the last seconds, NaN before the first of these are over. */
    double binsPerSecond() {
        long now = nanoTime.getAsLong();
        if (now - rateSinceNs >= RATE_OVER_NS) {
            rate = rateBins / ((now - rateSinceNs) / NS);
            rateSinceNs = now;
            rateBins = 0;
        }
        return rate;
    }

    /** Whether the session's last model is there. */
    public boolean ended() {
        return model != null && model.getFinal();
    }

    /** Mean score, one bin ahead, of the newest trials; NaN without any. */
    private double quality() {
        List<Double> scores = model == null ? List.of() : model.getQuality().getOneStepList();
        return scores.subList(Math.max(0, scores.size() - SCORED_TRIALS), scores.size()).stream().mapToDouble(x -> x)
                .average().orElse(Double.NaN);
    }

    private String phase() {
        int phase = newestBin == null ? 0 : newestBin.getPhase();
        return phase < 1 || phase > header.getPhasesCount() ? "" : header.getPhases(phase - 1);
    }

    /** What is known now; a value that is not known is null. Names and numbers are those of {@code --json}. */
    public Map<String, Object> figures() {
        Map<String, Object> now = new LinkedHashMap<>();
        now.put("session", header.getSession());
        now.put("rank", rank);
        now.put("bin", newest);
        now.put("bins", bins);
        if (newestBin != null) {
            now.put("trial", header.getTrials() ? newestBin.getTrial() : null);
            now.put("phase", phase());
            now.put("kappa", newestBin.getKappaList());
            now.put("sd", Arrays.stream(sd).boxed().toList());
            now.put("silenced", !newestBin.getSilenced().isEmpty());
            now.put("epoch", Integer.toUnsignedLong(newestBin.getClock().getEpoch()));
        }
        now.put("lost", lost);
        now.put("gaps", gaps);
        now.put("skipped", binsSkipped);
        now.put("model_version", modelVersion);
        now.put("quality", finite(quality()));
        now.put("unit", model == null ? "" : model.getQuality().getUnit());
        now.put("bins_per_second", finite(binsPerSecond()));
        now.put("age_s", finite(ageSeconds()));
        now.put("ended", ended());
        return now;
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
