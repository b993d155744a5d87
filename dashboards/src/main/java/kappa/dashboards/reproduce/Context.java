package kappa.dashboards.reproduce;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import kappa.fitting.model.Network;

/**
 * How much an item computes.
 *
 * @param quick one seed in place of several, and smaller problems where an item says so
 * @param seed the first seed; further ones follow it
 * @param threads for training and simulation
 * @param progress told in one line what is being done
 * @param networks that an item has trained and another may use, by a name that says all that they depend on
 */
public record Context(boolean quick, long seed, int threads, Consumer<String> progress,
        Map<String, Network> networks) {

    /** Without any networks yet. */
    public Context(boolean quick, long seed, int threads, Consumer<String> progress) {
        this(quick, seed, threads, progress, new ConcurrentHashMap<>());
    }

    /** A network that was trained before, or is trained now. Training may ask for others. */
    <T extends Network> T network(String name, Class<T> kind, Supplier<T> training) {
        Network known = networks.get(name);
        if (known == null) {
            known = training.get();
            networks.put(name, known);
        }
        return kind.cast(known);
    }

    /** The seeds of a quantity that is given with its range: one if it must be quick. */
    public long[] seeds(int count) {
        return LongStream.range(seed, seed + (quick ? 1 : count)).toArray();
    }
}
