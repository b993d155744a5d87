package kappa.ingest.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputBasisTest {

    @TempDir
    Path directory;

    private NpzRecording session(double... inputsOfEachBin) {
        Path file = directory.resolve("s.npz");
        int bins = 4;
        int trials = inputsOfEachBin.length / bins;
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", new int[trials * bins * 2], trials, bins, 2);
            npz.put("inputs", inputsOfEachBin, trials, bins, 1);
            npz.put("bin_width", 0.02);
        }
        return NpzRecording.open(file, null);
    }

    @Test
    void shouldSuitSessionsWhoseInputsStayWhatTheyAreOverEachTrial() {
        assertThat(InputBasis.suits(session(1, 1, 1, 1, -2, -2, -2, -2))).isTrue();
        assertThat(InputBasis.suits(session(1, 1, 1, 1, -2, -2, 0, -2))).isFalse();
        assertThat(InputBasis.suits(session(1, 1, 1, 1))).as("a single trial").isFalse();
    }

    @Test
    void shouldLayEquallySpacedBumpsOverTheTrialAndHoldTheLast() {
        InputBasis basis = new InputBasis(3, 5);
        float[] out = new float[basis.inputs(1)];
        assertThat(out).hasSize(1 + 3 + 3);
        for (int bin = 0; bin < 9; bin++) {
            basis.expand(bin, new float[]{-2}, 0, 1, out, 0);
            assertThat(out[0]).isEqualTo(-2);
            for (int j = 0; j < 3; j++) {
                // Spacing 2 bins, standard deviation 1.2 bins.
                double distance = bin - 2 * j;
                double expected = j == 2 && bin > 4 ? 1 : Math.exp(-distance * distance / (2 * 1.2 * 1.2));
                assertThat((double) out[1 + j]).as("bump %d at bin %d", j, bin).isCloseTo(expected, within(1e-6));
                assertThat(out[4 + j]).isEqualTo(-2 * out[1 + j]);
            }
        }
        assertThat(InputBasis.channels(7, 3)).isEqualTo(1);
        assertThat(InputBasis.channels(7, 0)).as("no basis").isEqualTo(7);
    }

    @Test
    void shouldStreamTheSessionWithTheNewInputsAndTellSoInItsHeader() {
        NpzRecording plain = session(1, 1, 1, 1, -2, -2, -2, -2);
        Recording extended = new WithInputBasis(plain, InputBasis.over(plain, 2));
        BinSource source = extended.source();
        RecordingDescription description = source.describe();
        assertThat(description.inputs()).isEqualTo(
                List.of("input 0", "bump 1", "bump 2", "input 0 x bump 1", "input 0 x bump 2"));
        assertThat(description.inputBasis()).hasValue(new InputBasis(2, 4));
        // The fifth bin is the first of its trial, whether it is read or skipped to.
        source.skip(4);
        RecordedBin bin = source.describe().newBin();
        assertThat(source.next(bin)).isTrue();
        assertThat(bin.inputs[0]).isEqualTo(-2);
        assertThat(bin.inputs[1]).isEqualTo(1);
        assertThat(bin.inputs[3]).isEqualTo(-2);
        assertThat(bin.inputs[2]).isLessThan(0.3f);
    }

    @Test
    void shouldRefuseABasisThatIsNone() {
        assertThatThrownBy(() -> new InputBasis(1, 10)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("1 bumps over 10 bins");
        assertThatThrownBy(() -> new InputBasis(5, 1)).isInstanceOf(InvalidInputException.class);
    }
}
