package kappa.dashboards.web;

import java.util.Arrays;
import java.util.Objects;

/** What a page has been sent of one session since it began to show it. Not thread-safe. */
final class SentParts {

    private static final long QUALITY_EVERY_NS = 500_000_000L;
    private static final long ANALYSIS_EVERY_NS = 200_000_000L;
    private static final long RASTER_EVERY_NS = 200_000_000L;
    private static final long TABLE_EVERY_NS = 1_000_000_000L;

    /** The revision that a part was sent of, what else it depends on, and what the page chose: another choice is sent at once. */
    record Told(long revision, long other, Object chosen) {}

    /** One part of the frames: sent when it has changed, and not too often. Not thread-safe. */
    static final class Part {
        private final long everyNs;
        private Told told;
        private long atNs;

        private Part(long everyNs) {
            this.everyNs = everyNs;
        }

        /** Whether the part is to be sent now; then it counts as sent. */
        boolean due(Told now, long nowNs) {
            boolean askedAgain = told != null && Objects.equals(now.chosen, told.chosen);
            if (now.equals(told) || (askedAgain && nowNs - atNs < everyNs)) {
                return false;
            }
            told = now;
            atNs = nowNs;
            return true;
        }
    }

    /** Which changes with the warnings only. */
    final Part header = new Part(0);
    final Part quality = new Part(QUALITY_EVERY_NS);
    final Part analysis = new Part(ANALYSIS_EVERY_NS);
    final Part loadings = new Part(ANALYSIS_EVERY_NS);
    final Part inactivations = new Part(ANALYSIS_EVERY_NS);
    final Part intervention = new Part(ANALYSIS_EVERY_NS);
    final Part notes = new Part(0);
    final Part events = new Part(QUALITY_EVERY_NS);
    final Part raster = new Part(RASTER_EVERY_NS);
    final Part table = new Part(TABLE_EVERY_NS);

    private final SessionView session;
    private int[] neurons = {};
    private boolean predicted;
    private long nextNeuronBin;
    private int stride;

    SentParts(SessionView session) {
        this.session = session;
    }

    /** Whether the trace was thinned otherwise before, so that all of it is to be sent again. */
    boolean thinnedAnew(int newStride) {
        boolean changed = stride != newStride;
        stride = newStride;
        return changed;
    }

    /** The session that is shown; null if there is none. */
    SessionView session() {
        return session;
    }

    /**
     * The first bin of these neurons that has not been sent.
     *
     * @param withPredictions whether there are predictions beside the activity; once there are, all is sent again
     */
    long nextNeuronBin(int[] chosen, boolean withPredictions) {
        if (!Arrays.equals(chosen, neurons) || predicted != withPredictions) {
            neurons = chosen.clone();
            predicted = withPredictions;
            nextNeuronBin = 0;
        }
        return nextNeuronBin;
    }

    void neuronsSentTo(long nextBin) {
        nextNeuronBin = nextBin;
    }
}
