package kappa.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.junit.jupiter.api.Test;

class LatentTrajectoryTest {

    /** The recurrence of all N currents, which knows nothing of kappa. */
    @Test
    void shouldFollowTheNetworksOwnCurrents() {
        LowRankNetwork network = HandBuiltNetworks.named("poster-dms", 64, 1).withReadout();
        int bins = 60;
        float[] inputs = new float[2 * bins];
        for (int t = 10; t < 40; t++) {
            inputs[2 * t + t / 25] = 1;
        }
        double[] start = {0.4, -0.3};
        LatentTrajectory run = LatentTrajectory.of(network, inputs, start, new double[2]);
        double[] x = new double[64];
        for (int i = 0; i < 64; i++) {
            x[i] = start[0] * network.m()[i] + start[1] * network.m()[64 + i];
        }
        for (int t = 0; t <= bins; t++) {
            double z = 0;
            double[] recurrent = new double[2];
            for (int i = 0; i < 64; i++) {
                double rate = Math.tanh(x[i]);
                z += rate * network.readout()[i] / 64;
                recurrent[0] += network.n()[i] * rate / 64;
                recurrent[1] += network.n()[64 + i] * rate / 64;
            }
            assertThat(run.readout()[t]).isCloseTo(z, within(1e-6));
            for (int i = 0; t < bins && i < 64; i++) {
                x[i] = 0.8 * x[i] + 0.2 * (network.m()[i] * recurrent[0] + network.m()[64 + i] * recurrent[1]
                        + network.w()[i] * inputs[2 * t] + network.w()[64 + i] * inputs[2 * t + 1]);
            }
        }
        assertThat(run.kappa()).hasSize(2 * (bins + 1)).startsWith(0.4, -0.3);
    }
}
