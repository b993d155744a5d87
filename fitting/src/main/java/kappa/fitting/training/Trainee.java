package kappa.fitting.training;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import kappa.fitting.model.Network;

/** What is being trained: parameters, and the network they stand for. */
public interface Trainee {

    /** The network that the present parameters stand for; it shares arrays with the trainee and changes under training. */
    Network network();

    /** The parts of the network on which the parameters depend. */
    Set<NetworkParameter> parts();

    /** The trainable arrays, always the same and in the same order. */
    List<float[]> parameters();

    /** Before each step: draws what the network has at random, if anything. */
    default void resample(SplittableRandom random) {}

    /** After each step: brings the network up to date with changed parameters, unless they are the network's own arrays. */
    default void parametersChanged() {}

    /** The gradient with respect to {@link #parameters}, from that with respect to the network's parts. */
    List<float[]> gradient(NetworkGradient gradient);

    /**
     * A network whose parts are its parameters. It begins as a copy.
     *
     * @param trainable the parts that training changes; the others stay fixed
     */
    static Trainee of(Network start, Set<NetworkParameter> trainable) {
        Network copy = start.copy();
        Set<NetworkParameter> parts = EnumSet.copyOf(trainable);
        List<float[]> arrays = parts.stream().map(part -> NetworkGradient.array(copy, part)).toList();
        return new Trainee() {
            @Override
            public Network network() {
                return copy;
            }

            @Override
            public Set<NetworkParameter> parts() {
                return parts;
            }

            @Override
            public List<float[]> parameters() {
                return arrays;
            }

            @Override
            public List<float[]> gradient(NetworkGradient gradient) {
                return parts.stream().map(gradient::of).toList();
            }
        };
    }
}
