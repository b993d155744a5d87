package kappa.ingest.rig;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The inputs of a rig: each keeps its value from one step to the next. A bin holds an input's mean over time, or the mean of
 * its samples where it is sampled. One thread.
 */
final class HeldInputs {

    private record Step(long tick, float value) {}

    private final List<ArrayDeque<Step>> steps = new ArrayList<>();
    private final float[] held;
    private final int mostWaiting;

    /** @param mostWaiting steps of one input that may wait for the bins they belong to */
    HeldInputs(int inputs, int mostWaiting) {
        this.mostWaiting = mostWaiting;
        held = new float[inputs];
        for (int i = 0; i < inputs; i++) {
            steps.add(new ArrayDeque<>());
        }
    }

    /** Whether no further step of an input can wait. */
    boolean full(int input) {
        return steps.get(input).size() == mostWaiting;
    }

    /** From this tick on an input has this value. Steps may come out of order. */
    void step(int input, long tick, float value) {
        ArrayDeque<Step> queue = steps.get(input);
        Step step = new Step(tick, value);
        if (queue.isEmpty() || queue.peekLast().tick <= step.tick) {
            queue.addLast(step);
            return;
        }
        List<Step> sorted = new ArrayList<>(queue);
        int at = sorted.size();
        while (at > 0 && sorted.get(at - 1).tick > step.tick) {
            at--;
        }
        sorted.add(at, step);
        queue.clear();
        queue.addAll(sorted);
    }

    void clear() {
        steps.forEach(ArrayDeque::clear);
    }

    /** Writes the inputs [S] of the bin [from, to). */
    void fill(OpenBin.Samples samples, long from, long to, float[] out) {
        for (int i = 0; i < held.length; i++) {
            ArrayDeque<Step> changes = steps.get(i);
            double area = 0;
            long since = from;
            while (!changes.isEmpty() && changes.peekFirst().tick < to) {
                Step change = changes.removeFirst();
                long at = Math.max(from, change.tick);
                area += (double) held[i] * (at - since);
                since = at;
                held[i] = change.value;
            }
            area += (double) held[i] * (to - since);
            if (samples.any(i)) {
                held[i] = samples.mean(i);
                out[i] = held[i];
            } else {
                out[i] = (float) (area / (to - from));
            }
        }
    }
}
