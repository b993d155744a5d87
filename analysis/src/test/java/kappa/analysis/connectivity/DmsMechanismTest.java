package kappa.analysis.connectivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Test;

class DmsMechanismTest {

    private static final long SEED = 1;

    private static LowRankNetwork withInputs(LowRankNetwork network, float[] a, float[] b) {
        int neurons = network.neurons();
        float[] w = new float[2 * neurons];
        System.arraycopy(a, 0, w, 0, neurons);
        System.arraycopy(b, 0, w, neurons, neurons);
        return LowRankNetwork.withoutBias(neurons, 2, 2, network.alpha(), network.m(), network.n(), w);
    }

    @Test
    void shouldSeeThatAnInputMakesBistabilityALimitCycle() {
        // Section 4.3.1: the drive is A; B is the push along m_1 that leaves everything as it is, but for the place.
        LowRankNetwork built = HandBuiltNetworks.named("two-population", 2_000, SEED).network();
        int neurons = built.neurons();
        float[] drive = new float[neurons];
        float[] push = new float[neurons];
        System.arraycopy(built.w(), 2 * neurons, drive, 0, neurons);
        for (int i = 0; i < neurons; i++) {
            push[i] = 0.02f * built.m()[i];
        }
        DmsMechanism found = DmsMechanism.of(withInputs(built, drive, push));
        assertThat(found.solution()).isEqualTo(DmsMechanism.Solution.FIRST);
        assertThat(found.free().stable()).isEqualTo(2);
        assertThat(found.free().rotates()).isFalse();
        DmsMechanism.Portrait underA = found.underInputs().getFirst();
        assertThat(underA.stable()).isZero();
        assertThat(underA.limitCycle()).isTrue();
        assertThat(underA.rotates()).isTrue();
        assertThat(found.underInputs().get(1).stable()).isEqualTo(2);
        assertThat(found.summary()).startsWith("first solution of the thesis: without input 2 stable states; under A 0"
                + " stable states and a limit cycle, rotation about the origin 0.");
    }

    @Test
    void shouldSeeThatWeakInputsOnlyPushTheState() {
        LowRankNetwork bistable = HandBuiltNetworks.rankTwo(1_000, SEED, 2.5, 0, 0.5, 0.5);
        float[] a = new float[1_000];
        float[] b = new float[1_000];
        for (int i = 0; i < 1_000; i++) {
            a[i] = 0.05f * bistable.m()[i];
            b[i] = -a[i];
        }
        DmsMechanism found = DmsMechanism.of(withInputs(bistable, a, b));
        assertThat(found.solution()).isEqualTo(DmsMechanism.Solution.NEITHER);
        assertThat(found.underInputs()).allSatisfy(portrait -> assertThat(portrait.stable()).isEqualTo(2));
    }

    @Test
    void shouldRefuseAnotherTask() {
        LowRankNetwork network = LowRankNetwork.initial(20, 1, 2, 0.2, new SplittableRandom(SEED));
        assertThatThrownBy(() -> DmsMechanism.of(network)).isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("network: rank 1 and 2 inputs, expected rank 2");
    }
}
