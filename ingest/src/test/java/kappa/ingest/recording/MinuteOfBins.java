package kappa.ingest.recording;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A live source, whose first minute has {@value #BINS} bins: two units that fire, one that does so later, and a free place. */
public final class MinuteOfBins implements BinSource {

    public static final int BINS = 3_000;
    private static final double WIDTH_S = 0.02;

    private final Random random = new Random(1);
    private final boolean silent;
    private final long most;
    private long bins;

    /**
     * @param silent whether nobody fires
     * @param most bins, after which the source ends
     */
    public MinuteOfBins(boolean silent, long most) {
        this.silent = silent;
        this.most = most;
    }

    @Override
    public String name() {
        return "rig";
    }

    @Override
    public RecordingDescription describe() {
        return new RecordingDescription(List.of("a", "b", "late", "spare"), WIDTH_S, List.of(), List.of(),
                Observation.COUNTS, false, List.of(), "a rig", Optional.empty());
    }

    @Override
    public long bins() {
        return -1;
    }

    @Override
    public boolean live() {
        return true;
    }

    @Override
    public boolean next(RecordedBin bin) {
        Arrays.fill(bin.activity, 0);
        if (!silent) {
            bin.activity[0] = random.nextInt(2);
            bin.activity[1] = random.nextInt(3);
            bin.activity[2] = bins > BINS ? random.nextInt(2) : 0;
            bin.activity[3] = Float.NaN;
        }
        bins++;
        bin.rigTimeNs = Math.round(bins * WIDTH_S * 1e9);
        return bins <= most;
    }

    @Override
    public void skip(long skipped) {
        bins += skipped;
    }
}
