package kappa.analysis.populations;

import java.util.List;

/**
 * The populations of one snapshot as they are published.
 *
 * @param snapshotVersion of the snapshot that was clustered, which may be older than the analysis that it is part of
 * @param populations the largest first
 * @param tried every number of populations, ascending from 1
 * @param connections [P,P] mean of J_ij, i in the row's population, j in the column's
 */
public record Clustering(long snapshotVersion, List<Populations.Population> populations,
        List<Populations.Tried> tried, double[] connections) {

    public static Clustering of(Populations found, long snapshotVersion) {
        return new Clustering(snapshotVersion, found.populations(), found.tried(), found.connections());
    }
}
