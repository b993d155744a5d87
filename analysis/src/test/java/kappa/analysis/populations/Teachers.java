package kappa.analysis.populations;

import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.SharedData;

/** The low-rank networks of the shared data, not part of the checkout: a test that wants one is else skipped. */
public final class Teachers {

    private Teachers() {}

    /** A network such as {@code cdm.npz}. */
    public static LowRankNetwork lowRank(String name) {
        return (LowRankNetwork) NetworkFile.read(SharedData.file("teachers/" + name));
    }
}
