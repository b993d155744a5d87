package kappa.dashboards.reproduce;

import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * How much an item computes.
 *
 * @param quick one seed in place of several, and smaller problems where an item says so
 * @param seed the first seed; further ones follow it
 * @param threads for training and simulation
 * @param progress told in one line what is being done
 */
public record Context(boolean quick, long seed, int threads, Consumer<String> progress) {

    /** The seeds of a quantity that is given with its range: one if it must be quick. */
    public long[] seeds(int count) {
        return LongStream.range(seed, seed + (quick ? 1 : count)).toArray();
    }
}
