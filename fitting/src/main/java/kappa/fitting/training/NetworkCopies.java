package kappa.fitting.training;

import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;

/** Networks made of others. */
final class NetworkCopies {

    private NetworkCopies() {}

    /** A copy that shares no array. */
    static NetworkFile.Contents deep(NetworkFile.Contents contents) {
        return switch (contents) {
            case NetworkFile.LowRank(LowRankNetwork net, float[] readout, float[] start, float[] gain, var scope) ->
                new NetworkFile.LowRank(
                        new LowRankNetwork(net.neurons(), net.rank(), net.inputs(), net.alpha(), net.m().clone(),
                                net.n().clone(), net.w().clone(), net.b().clone()),
                        readout.clone(), start.clone(), gain.clone(), scope);
            case NetworkFile.FullRank(FullRankNetwork net, float[] readout, float[] start) ->
                new NetworkFile.FullRank(new FullRankNetwork(net.neurons(), net.inputs(), net.alpha(),
                        net.wrec().clone(), net.w().clone(), net.b().clone()), readout.clone(), start.clone());
        };
    }

    /** The network with the readout of another, of one output; neurons that the other does not have are not read. */
    static NetworkFile.Contents withReadoutOf(NetworkFile.Contents network, NetworkFile.Contents other) {
        float[] readout = new float[network.neurons()];
        for (int i = 0; i < other.neurons(); i++) {
            readout[i] = (float) (other.readout()[i] * other.readoutScale() / network.readoutScale());
        }
        return switch (network) {
            case NetworkFile.LowRank low -> new NetworkFile.LowRank(low.network(), readout, low.initialState(),
                    low.gain(), low.scope());
            case NetworkFile.FullRank full -> new NetworkFile.FullRank(full.network(), readout, full.initialState());
        };
    }
}
