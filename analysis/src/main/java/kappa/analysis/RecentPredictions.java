package kappa.analysis;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import kappa.analysis.inactivation.InactivationResult.RandomSets;
import kappa.analysis.populations.NeuronSet;

/**
 * What a session's last {@value #SNAPSHOTS} snapshots predicted of the same: the change by each set of neurons, by random sets
 * of a size, and in each perturbed trial. How far they lie apart says how well the data determine it. A snapshot that predicts
 * again, over newer trials, replaces what it predicted before. Not thread-safe.
 */
final class RecentPredictions {

    private static final int SNAPSHOTS = 10;
    /** Random sets of one size that are drawn before any is shown. */
    private static final int FEWEST_DRAWN = 3;

    /** Predictions of the same neurons that say how far they lie apart. */
    private static final int ENOUGH = 3;

    private record Made(long version, double change) {}

    private final Map<NeuronSet, Deque<Made>> changes = new HashMap<>();
    private final Map<String, Deque<Made>> changesByName = new HashMap<>();
    private final Map<Integer, Deque<Made>> random = new HashMap<>();
    private final Map<Long, Deque<Made>> trials = new HashMap<>();

    /** Adds the newest prediction for each set, and forgets all other sets. */
    void keep(long version, Map<NeuronSet, Double> newest) {
        changes.keySet().retainAll(newest.keySet());
        changesByName.keySet().retainAll(newest.keySet().stream().map(NeuronSet::name).toList());
        newest.forEach((set, change) -> {
            replace(changes, set, new Made(version, change));
            replace(changesByName, set.name(), new Made(version, change));
        });
    }

    /** Forgets random sets of all other sizes. */
    void keepRandom(Collection<Integer> sizes) {
        random.keySet().retainAll(sizes);
    }

    /** How many random sets of this size are to be drawn with a snapshot: enough to start with, then one with each. */
    int draws(int size, long version) {
        Deque<Made> own = random.get(size);
        if (own == null) {
            return FEWEST_DRAWN;
        }
        return own.getLast().version == version ? 0 : Math.max(1, FEWEST_DRAWN - own.size());
    }

    /** Adds what a random set did. */
    void drew(int size, long version, double change) {
        add(random, size, new Made(version, change));
    }

    /** Forgets all other trials. */
    void keepTrials(List<ObservedTrial> perturbed) {
        Set<Long> numbers = perturbed.stream().map(ObservedTrial::trial).collect(Collectors.toSet());
        trials.keySet().retainAll(numbers);
    }

    /** Adds what a snapshot predicts for a perturbed trial; then the deviation for this trial. */
    double deviation(long trial, long version, double change) {
        replace(trials, trial, new Made(version, change));
        return deviation(trials.get(trial));
    }

    /**
     * Standard deviation of the change over the recent snapshots, of n - 1 degrees of freedom; 0 for a single one. Where fewer
     * than {@value #ENOUGH} know these very neurons, it is over the sets of this name, whose neurons differ with the snapshot.
     */
    double deviation(NeuronSet set) {
        Deque<Made> own = changes.get(set);
        return deviation(own.size() < ENOUGH ? changesByName.get(set.name()) : own);
    }

    /** What random sets of this size did. */
    RandomSets random(int size) {
        Deque<Made> own = random.get(size);
        return own == null ? RandomSets.NONE : new RandomSets(own.size(), mean(own), deviation(own));
    }

    private static <K> void replace(Map<K, Deque<Made>> all, K key, Made made) {
        Deque<Made> own = all.get(key);
        if (own != null && own.getLast().version == made.version) {
            own.removeLast();
        }
        add(all, key, made);
    }

    private static <K> void add(Map<K, Deque<Made>> all, K key, Made made) {
        Deque<Made> own = all.computeIfAbsent(key, absent -> new ArrayDeque<>());
        own.addLast(made);
        if (own.size() > SNAPSHOTS) {
            own.removeFirst();
        }
    }

    private static double mean(Collection<Made> all) {
        return all.stream().mapToDouble(Made::change).average().orElseThrow();
    }

    private static double deviation(Collection<Made> all) {
        double mean = mean(all);
        double squares = all.stream().mapToDouble(made -> (made.change - mean) * (made.change - mean)).sum();
        return all.size() > 1 ? Math.sqrt(squares / (all.size() - 1)) : 0;
    }
}
