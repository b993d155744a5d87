package kappa.fitting.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.SavedModel;
import kappa.fitting.model.StartingModel;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordingDescription;
import org.junit.jupiter.api.Test;

class MatchedModelTest {

    private static final Path FILE = Path.of("monday.npz");
    private static final double WIDTH_S = 0.02;

    /** Three neurons a, b, c and one that was hidden; m'm/N = 1. */
    private static SavedModel saved(float[] mean) {
        LowRankNetwork network = new LowRankNetwork(4, 1, 1, 0.2, new float[]{1, -1, 1, 1}, new float[]{4, 3, 2, 1},
                new float[]{5, 6, 7, 8}, new float[4]);
        KernelModel model = KernelModel.of(network, Observation.COUNTS, new float[]{0.1f, 0.2f, 0.3f, 0.4f},
                new float[4], new float[]{1, 2, 3, 4});
        return new SavedModel(
                new PublishedModel(9, model, new double[]{0.5}, new double[]{2}, new double[]{0}, new double[]{0.3},
                        90, 225),
                List.of("a", "b", "c"), List.of("go"), WIDTH_S, Optional.empty(), mean);
    }

    private static SavedModel saved() {
        return saved(new float[]{0.15f, 0.25f, 0.35f, Float.NaN});
    }

    private static RecordingDescription session(String... neurons) {
        return new RecordingDescription(List.of(neurons), WIDTH_S, List.of("go"), List.of(), Observation.COUNTS, true,
                List.of(), "Tuesday", Optional.empty());
    }

    private static MatchedModel match(String... neurons) {
        return MatchedModel.of(FILE, saved(), session(neurons), FitSettings.of(1, 1));
    }

    @Test
    void shouldLeaveTheModelAsItIsWhereNothingHasChanged() {
        MatchedModel same = match("a", "b", "c");
        assertThat(same.matched()).isEqualTo(3);
        assertThat(same.settings().hiddenNeurons()).isEqualTo(1);
        StartingModel start = same.model();
        assertThat(start.model().version()).isZero();
        assertThat(start.model().model()).usingRecursiveComparison().isEqualTo(saved().model().model());
        assertThat(start.model().processNoise()).containsExactly(0.5);
        assertThat(start.known()).containsExactly(true, true, true, false);
        assertThat(start.bins()).isEqualTo(90);
        assertThat(start.steps()).isEqualTo(225);
    }

    @Test
    void shouldPutNeuronsIntoTheSessionsOrderAndHideThoseThatAreGone() {
        MatchedModel match = match("c", "new", "a");
        assertThat(match.matched()).isEqualTo(2);
        assertThat(match.added()).isEqualTo(1);
        assertThat(match.hidden()).isEqualTo(1);
        assertThat(match.settings().hiddenNeurons()).as("b, and the one that was hidden before").isEqualTo(2);
        StartingModel start = match.model();
        assertThat(start.recorded()).isEqualTo(3);
        assertThat(start.known()).containsExactly(true, false, true, false, false);
        LowRankNetwork network = start.model().model().network();
        float root = (float) Math.sqrt(5.0 / 4);
        assertThat(network.m()).containsExactly(root, 0, root, -root, root);
        assertThat(network.w()).containsExactly(7, 0, 5, 6, 8);
        assertThat(start.model().model().gain()).containsExactly(0.3f, 0.3f, 0.1f, 0.2f, 0.4f);
        // J = m n'/N has the same entries, and kappa the scale in which m'm/N = 1.
        LowRankNetwork before = saved().model().model().network();
        assertThat(network.m()[0] * network.n()[2] / 5)
                .isCloseTo(before.m()[2] * before.n()[0] / 4, within(1e-6f));
        assertThat(start.model().processNoise()[0]).isCloseTo(0.5 / (5.0 / 4), within(1e-12));
        assertThat(start.model().kappaStd()[0]).isCloseTo(2 / Math.sqrt(5.0 / 4), within(1e-12));
    }

    @Test
    void shouldKeepAsManyHiddenNeuronsAsWereAskedForIfTheyAreMore() {
        MatchedModel match = MatchedModel.of(FILE, saved(), session("a", "b", "c"),
                FitSettings.of(1, 1).withHiddenNeurons(3));
        assertThat(match.settings().hiddenNeurons()).isEqualTo(3);
        assertThat(match.model().model().model().network().m()).hasSize(6).endsWith(0, 0);
    }

    @Test
    void shouldNotTakeASparePlaceOrANeuronThatWasNeverSeenForKnown() {
        SavedModel saved = saved(new float[]{0.15f, Float.NaN, 0.35f, Float.NaN});
        assertThat(MatchedModel.of(FILE, saved, session("a", "b", "c"), FitSettings.of(1, 1)).model().known())
                .containsExactly(true, false, true, false);
        SavedModel spare = new SavedModel(saved.model(), List.of("a", "b", "spare 1"), saved.inputs(), WIDTH_S,
                Optional.empty(), new float[]{1, 1, 1, 1});
        assertThat(MatchedModel.of(FILE, spare, session("a", "b", "spare 1"), FitSettings.of(1, 1)).model().known())
                .containsExactly(true, true, false, false);
    }

    @Test
    void shouldRefuseInOneLineThatNamesBothValuesWhatDoesNotAgree() {
        FitSettings settings = FitSettings.of(1, 1);
        RecordingDescription own = session("a");
        refuses(own, FitSettings.of(2, 1), "rank 1", "2 (--rank)");
        refuses(session("x", "y"), settings, "[a, b, c]", "[x, y]");
        refuses(new RecordingDescription(own.neurons(), 0.01, own.inputs(), List.of(), Observation.COUNTS, true,
                List.of(), "", Optional.empty()), settings, "0.02 s", "0.01 s");
        refuses(new RecordingDescription(own.neurons(), WIDTH_S, List.of("stop"), List.of(), Observation.COUNTS, true,
                List.of(), "", Optional.empty()), settings, "[go]", "[stop]");
        refuses(new RecordingDescription(own.neurons(), WIDTH_S, own.inputs(), List.of(), Observation.RATES, true,
                List.of(), "", Optional.empty()), settings, "COUNTS", "RATES");
        refuses(new RecordingDescription(own.neurons(), WIDTH_S, own.inputs(), List.of(), Observation.COUNTS, true,
                List.of(), "", Optional.of(new InputBasis(5, 30))), settings, "no input basis", "30", "--input-basis");
        FitSettings slow = new FitSettings(1, 0, 0.2, 1, true, 25, true, false, 1, 0, 30);
        refuses(own, slow, "0.1 s", "0.2 s (--tau)");
    }

    private static void refuses(RecordingDescription session, FitSettings settings, String... parts) {
        assertThatThrownBy(() -> MatchedModel.of(FILE, saved(), session, settings))
                .isInstanceOf(InvalidInputException.class).message().startsWith("--start-from monday.npz: holds ")
                .contains("expected").contains(parts).doesNotContain("\n");
    }
}
