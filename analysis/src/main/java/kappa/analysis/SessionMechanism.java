package kappa.analysis;

import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import kappa.analysis.inactivation.InactivationResult;
import kappa.analysis.populations.Clustering;
import kappa.analysis.populations.Populations;

/**
 * What is known of one session's mechanism: its phase portraits, its populations, what silencing them would do, and what it
 * did. Populations and orbits are searched for every ten seconds and in the last snapshot, the rest in every snapshot. Not
 * thread-safe.
 */
public final class SessionMechanism {

    private static final long SEARCH_EVERY_NS = 10_000_000_000L;
    private static final long SEED = 1;
    /** Trials below which nothing is predicted. */
    private static final int FEWEST_TRIALS = 10;

    private final List<String> behaviorChannels;
    private final LongSupplier nanoTime;
    private final RecentPredictions memory = new RecentPredictions();
    private Populations populations;
    private long populationsVersion;
    private NetworkAnalysis orbits;
    private NetworkAnalysis analysis;
    private long searchedAtNs;
    private InactivationResult inactivations;

    /** @param behaviorChannels names; may be none */
    public SessionMechanism(List<String> behaviorChannels) {
        this(behaviorChannels, System::nanoTime);
    }

    SessionMechanism(List<String> behaviorChannels, LongSupplier nanoTime) {
        this.behaviorChannels = List.copyOf(behaviorChannels);
        this.nanoTime = nanoTime;
    }

    /**
     * Analyses the dynamics and the connectivity of a snapshot, and forgets what was predicted with the one before.
     *
     * @throws RuntimeException if a weight is not finite, or the neurons allow no further analysis: then {@link #knows}
     *         tells whether there is a phase portrait of the snapshot
     */
    public void update(Snapshot snapshot) {
        inactivations = null;
        analysis = NetworkAnalysis.of(snapshot, NetworkAnalysis.Depth.POINTS);
        if (snapshot.id().version() == 0) {
            return;
        }
        long now = nanoTime.getAsLong();
        if (orbits == null || snapshot.last() || now - searchedAtNs >= SEARCH_EVERY_NS) {
            populations = Populations.of(snapshot.network(), Populations.Settings.standard(SEED));
            populationsVersion = snapshot.id().version();
            orbits = NetworkAnalysis.of(snapshot, NetworkAnalysis.Depth.ORBITS);
            searchedAtNs = now;
        }
        analysis = analysis.withOrbitsOf(orbits).withPopulations(Clustering.of(populations, populationsVersion));
    }

    /**
     * Predicts what silencing does, with a snapshot that {@link #update} has taken.
     *
     * @param intact recent trials, oldest first
     * @param perturbed those in which neurons were silenced
     */
    public void predict(Snapshot snapshot, List<ObservedTrial> intact, List<ObservedTrial> perturbed) {
        if (snapshot.id().version() > 0 && intact.size() >= FEWEST_TRIALS) {
            inactivations = new SilencingPrediction(snapshot, intact, behaviorChannels, memory).over(populations.sets(),
                    perturbed);
        }
    }

    /** Whether {@link #analysis} is of this version of the session's model. */
    public boolean knows(long version) {
        return analysis != null && analysis.snapshot().version() == version;
    }

    /** Of the newest snapshot; {@link #update} comes first. */
    public NetworkAnalysis analysis() {
        return analysis;
    }

    /** Absent before enough intact trials were seen. */
    public Optional<InactivationResult> inactivations() {
        return Optional.ofNullable(inactivations);
    }
}
