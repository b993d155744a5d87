package kappa.fitting.training;

import kappa.fitting.network.FullRankNetwork;
import kappa.fitting.network.LowRankNetwork;
import kappa.fitting.network.NetworkFile;

/** Networks that share no array with the one they were copied from. */
final class NetworkCopies {

    private NetworkCopies() {}

    static NetworkFile.Contents deep(NetworkFile.Contents contents) {
        return switch (contents) {
            case NetworkFile.LowRank(LowRankNetwork net, float[] readout, float[] start, float[] gain, var _) ->
                new NetworkFile.LowRank(
                        new LowRankNetwork(net.neurons(), net.rank(), net.inputs(), net.alpha(), net.m().clone(),
                                net.n().clone(), net.w().clone(), net.b().clone()),
                        readout.clone(), start.clone(), gain.clone());
            case NetworkFile.FullRank(FullRankNetwork net, float[] readout, float[] start) ->
                new NetworkFile.FullRank(new FullRankNetwork(net.neurons(), net.inputs(), net.alpha(),
                        net.wrec().clone(), net.w().clone(), net.b().clone()), readout.clone(), start.clone());
        };
    }
}
