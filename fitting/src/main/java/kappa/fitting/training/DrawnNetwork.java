package kappa.fitting.training;

import java.util.EnumSet;
import java.util.Set;
import kappa.fitting.model.LowRankNetwork;

/** A low-rank network whose neurons are drawn, and whose trained parameters say from what. Not thread-safe. */
abstract class DrawnNetwork implements Trainee {

    private final LowRankNetwork network;

    /** @param network to be filled, and filled anew after each change */
    DrawnNetwork(LowRankNetwork network) {
        this.network = network;
    }

    @Override
    public final LowRankNetwork network() {
        return network;
    }

    @Override
    public final Set<NetworkParameter> parts() {
        return EnumSet.of(NetworkParameter.M, NetworkParameter.N, NetworkParameter.WI, NetworkParameter.WO);
    }

    @Override
    public final void parametersChanged() {
        fill();
    }

    /** Computes the network's weights from the parameters and the present draw. */
    abstract void fill();
}
