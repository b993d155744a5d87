package kappa.fitting.training;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;

/** Gradient of a loss with respect to some parts of a network, each laid out as the part is. Not thread-safe. */
public final class NetworkGradient {

    private final Map<NetworkParameter, float[]> parts = new EnumMap<>(NetworkParameter.class);

    /** A gradient of zero for the given parts of a network; parts it does not have are an error. */
    public NetworkGradient(Network network, Set<NetworkParameter> trainable) {
        trainable.forEach(part -> parts.put(part, new float[array(network, part).length]));
    }

    /** The array of a part, shared with the network. */
    public static float[] array(Network network, NetworkParameter part) {
        return switch (part) {
            case WI -> network.w();
            case WO -> network.readout();
            case B -> network.b();
            case H0 -> network.initialState();
            case M, N, WREC -> switch (network) {
                case LowRankNetwork low when part == NetworkParameter.M -> low.m();
                case LowRankNetwork low when part == NetworkParameter.N -> low.n();
                case FullRankNetwork full when part == NetworkParameter.WREC -> full.wrec();
                case LowRankNetwork _,FullRankNetwork _ -> throw new IllegalArgumentException(
                        part + " is not a parameter of " + network);
            };
        };
    }

    public boolean has(NetworkParameter part) {
        return parts.containsKey(part);
    }

    /** The array of a part; null if it is not trained. */
    public float[] of(NetworkParameter part) {
        return parts.get(part);
    }

    public void clear() {
        parts.values().forEach(array -> Arrays.fill(array, 0));
    }

    /** Adds another gradient; the fixed order of such additions is what makes results independent of threads. */
    public void add(NetworkGradient other) {
        parts.forEach((part, sum) -> {
            float[] addend = other.parts.get(part);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += addend[i];
            }
        });
    }
}
