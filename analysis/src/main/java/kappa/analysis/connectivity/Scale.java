package kappa.analysis.connectivity;

import kappa.fitting.filter.Gauge;
import kappa.fitting.model.LowRankNetwork;

/** In which units and axes m and n are told; J = m n'/N is the same in all. */
public enum Scale {

    /** As the network has them. */
    AS_GIVEN,
    /** m'm/N = 1, with the singular values in n: that of published snapshots, for which kappa is of order one. */
    CANONICAL,
    /** The same axes, but m'm/N = n'n/N: singular values shared between m and n (Valente 2019, section 1.2.1). */
    SHARED;

    /** The network in this scale; shares arrays that do not change. */
    public LowRankNetwork of(LowRankNetwork network) {
        Gauge gauge = switch (this) {
            case AS_GIVEN -> null;
            case CANONICAL -> Gauge.canonical(network.m(), network.n(), network.neurons(), network.rank(), null);
            case SHARED -> Gauge.shared(network.m(), network.n(), network.neurons(), network.rank());
        };
        return gauge == null
                ? network
                : new LowRankNetwork(network.neurons(), network.rank(), network.inputs(), network.alpha(), gauge.m(),
                        gauge.n(), network.w(), network.b());
    }
}
