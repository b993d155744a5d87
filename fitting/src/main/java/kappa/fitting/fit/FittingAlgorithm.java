package kappa.fitting.fit;

import java.util.List;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;

/**
 * A way of fitting a low-rank network to trials, one after the other as they are recorded: truncated BPTT
 * ({@link OnlineFitter}), reduced-rank regression, or expectation-maximisation. The same object serves a live session, where
 * each trial is seen once, and an offline fit of several passes.
 *
 * <p>Implementations are deterministic: the same plan and trials give the same model to the bit, for any number of threads.
 * Not thread-safe.
 */
public interface FittingAlgorithm {

    /** Learns from a trial, which whoever keeps prequential scores has scored before. */
    void learn(Trial trial);

    /** A pass over the recording is over, and the same trials may follow once more, in the same order. */
    default void endPass() {}

    /** What the user should know about this fit, one line each. */
    default List<String> warnings() {
        return List.of();
    }

    /** What this fit has done to the activity, one line each. */
    default List<String> notes() {
        return List.of();
    }

    /**
     * The present model in canonical gauge; an immutable snapshot.
     *
     * @param previous the snapshot published before, whose axes are kept, or null
     */
    PublishedModel publish(PublishedModel previous);
}
