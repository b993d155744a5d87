package kappa.fitting.fit;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.Trial;

/** Past trials to learn from again, oldest first, within bounds of memory; beyond them trials go at random. Not thread-safe. */
final class ReplayBuffer {

    /** Room that checkpoints have for references to the trials, each some numbers and v before it. */
    private static final long REFERENCE_BYTES = 8L << 20;
    private static final int TRIAL_REFERENCE = 40;

    private final List<Trial> trials = new ArrayList<>();
    private final int mostTrials;
    private long bytes;
    private long mostBytes;

    ReplayBuffer(long mostBytes, int inputs) {
        this.mostBytes = mostBytes;
        mostTrials = (int) (REFERENCE_BYTES / (TRIAL_REFERENCE + Float.BYTES * (long) inputs));
    }

    /** Oldest first; do not change it. */
    List<Trial> trials() {
        return trials;
    }

    void refill(List<Trial> with) {
        trials.clear();
        trials.addAll(with);
        bytes = trials.stream().mapToLong(Trial::bytes).sum();
    }

    void holdAtMost(long limit, SplittableRandom random) {
        mostBytes = limit;
        makeRoom(random);
    }

    void add(Trial trial, SplittableRandom random) {
        trials.add(trial);
        bytes += trial.bytes();
        makeRoom(random);
    }

    private void makeRoom(SplittableRandom random) {
        while ((bytes > mostBytes || trials.size() > mostTrials) && trials.size() > 1) {
            bytes -= trials.remove(random.nextInt(trials.size() - 1)).bytes();
        }
    }

    /** The index of a trial: any one, or the more recent the more likely. */
    int draw(SplittableRandom random, double halfLifeTrials) {
        int size = trials.size();
        if (Double.isInfinite(halfLifeTrials)) {
            return random.nextInt(size);
        }
        double oldest = Math.pow(2, -size / halfLifeTrials);
        double age = -halfLifeTrials * Math.log(1 - random.nextDouble() * (1 - oldest)) / Math.log(2);
        return size - 1 - Math.clamp((int) age, 0, size - 1);
    }
}
