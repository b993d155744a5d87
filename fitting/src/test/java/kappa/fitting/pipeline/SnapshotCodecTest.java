package kappa.fitting.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import kappa.fitting.fit.FitState;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.fit.Parameters;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Trial;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.LearnerState;
import kappa.ingest.wire.ParameterBlock;
import org.junit.jupiter.api.Test;

class SnapshotCodecTest {

    private static OnlineFitter fitter(int neurons, int rank) {
        return new OnlineFitter(new FitPlan(neurons, rank, 1, 0.2, Observation.COUNTS, 1, 5,
                FitPlan.DEFAULT_BUFFER_BYTES), KernelProvider.kernels(), Team.ALONE);
    }

    private static FitState learned() {
        OnlineFitter fitter = fitter(6, 2);
        float[] y = new float[40 * 6];
        for (int i = 0; i < y.length; i++) {
            y[i] = i % 3;
        }
        fitter.learn(new Trial(0, 0, 40, 0, y, new float[41], 0));
        return fitter.save();
    }

    private static void assertEqual(Parameters actual, Parameters expected) {
        for (int i = 0; i < expected.blocks().size(); i++) {
            assertThat(actual.blocks().get(i).values()).as(expected.blocks().get(i).name())
                    .containsExactly(expected.blocks().get(i).values());
        }
    }

    private static void assertEqual(FitState.Optimiser actual, FitState.Optimiser expected) {
        assertEqual(actual.values(), expected.values());
        assertEqual(actual.first(), expected.first());
        assertEqual(actual.second(), expected.second());
        assertEqual(actual.average(), expected.average());
        assertThat(actual.steps()).isEqualTo(expected.steps());
    }

    @Test
    void shouldReadBackAFitStateBitForBitInWhateverOrderItsBlocksLie() {
        FitState state = learned();
        LearnerState wire = SnapshotCodec.toWire(state);
        List<ParameterBlock> reversed = new ArrayList<>(wire.getBlocksList());
        Collections.reverse(reversed);
        FitState like = fitter(6, 2).save();

        assertThat(state.optimiser().steps()).isEqualTo(5);
        assertEqual(SnapshotCodec.fromWire(wire, like).optimiser(), state.optimiser());
        assertEqual(SnapshotCodec.fromWire(wire.toBuilder().clearBlocks().addAllBlocks(reversed).build(), like)
                .optimiser(), state.optimiser());
    }

    @Test
    void shouldReadBackTheUnitThatCurrentsAreFittedIn() {
        OnlineFitter fitter = new OnlineFitter(new FitPlan(6, 2, 1, 0.2, Observation.CURRENTS, 1, 5,
                FitPlan.DEFAULT_BUFFER_BYTES), KernelProvider.kernels(), Team.ALONE);
        FitState like = fitter.save();
        float[] y = new float[40 * 6];
        for (int i = 0; i < y.length; i++) {
            y[i] = 3000 + (i % 6 == 5 ? 0 : 17 * (i % 31));
        }
        fitter.learn(new Trial(0, 0, 40, 0, y, new float[41], 0));
        FitState back = SnapshotCodec.fromWire(SnapshotCodec.toWire(fitter.save()), like);
        assertThat(back.activity().scale()).containsExactly(fitter.activity().scale());
        assertThat(back.activity().scale()[5]).isZero();
        assertThat(back.activity().centre()).containsExactly(fitter.activity().centre());
        assertThat(back.activity().notes()).isEqualTo(fitter.notes());
        assertThat(SnapshotCodec.fromWire(SnapshotCodec.toWire(like), like).activity().isNone()).isTrue();
    }

    @Test
    void shouldRefuseParametersOfAnotherShapeOrName() {
        LearnerState wire = SnapshotCodec.toWire(learned());
        FitState like = fitter(6, 2).save();

        assertThatThrownBy(() -> SnapshotCodec.fromWire(wire, fitter(6, 1).save()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("parameters 'm' have shape [2, 6] and 12 numbers, expected shape [1, 6]");
        // As many numbers, but the other way round.
        ParameterBlock turned = wire.getBlocks(0).toBuilder().clearShape().addShape(6).addShape(2).build();
        assertThatThrownBy(() -> SnapshotCodec.fromWire(wire.toBuilder().setBlocks(0, turned).build(), like))
                .hasMessageContaining("parameters 'm' have shape [6, 2] and 12 numbers, expected shape [2, 6]");
        assertThatThrownBy(() -> SnapshotCodec.fromWire(wire.toBuilder().removeBlocks(4).build(), like))
                .hasMessageContaining("parameters 'b' are missing");
        assertThatThrownBy(() -> SnapshotCodec.fromWire(
                wire.toBuilder().addBlocks(ParameterBlock.newBuilder().setName("delay")).build(), like))
                .hasMessageContaining("delay").hasMessageContaining("expected [m, n, w, observation");
    }

    @Test
    void shouldReadParametersThatWereWrittenBeforeTheyHadNames() {
        FitState state = learned();
        LearnerState named = SnapshotCodec.toWire(state);
        LearnerState.Builder joined = named.toBuilder().clearBlocks();
        for (ParameterBlock block : named.getBlocksList()) {
            joined.addAllTheta(block.getValueList()).addAllAdamM(block.getFirstList())
                    .addAllAdamV(block.getSecondList()).addAllAverage(block.getAverageList());
        }
        FitState like = fitter(6, 2).save();

        assertEqual(SnapshotCodec.fromWire(joined.build(), like).optimiser(), state.optimiser());
        assertThatThrownBy(() -> SnapshotCodec.fromWire(joined.addTheta(1).build(), like))
                .hasMessageContaining("41 parameters, expected 40");
    }

    @Test
    void shouldSayWhyTheFirstCheckpointEverWrittenCannotBeGoneOnFrom() throws IOException {
        // Process noise and the uncertainty of a trial's start were not learnt then.
        try (InputStream in = getClass().getResourceAsStream("/kappa/ingest/wire/v1/kappa.checkpoints.bin")) {
            Checkpoint checkpoint = Checkpoint.parseFrom(in);
            SessionPlan plan = SessionPlan.of(checkpoint.getHeader());
            OnlineFitter fitter = new OnlineFitter(plan.fit(), KernelProvider.kernels(), Team.ALONE);

            assertThatThrownBy(() -> SnapshotCodec.fromWire(checkpoint.getLearner(), fitter.save()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("it holds 16 parameters, expected 18")
                    .hasMessageContaining("remove the session with ./kappa session forget and begin it anew");
        }
    }
}
