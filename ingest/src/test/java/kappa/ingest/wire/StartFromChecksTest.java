package kappa.ingest.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class StartFromChecksTest {

    private static final SessionHeader HEADER = SessionHeader.newBuilder().setSchemaVersion(1).setSession("s")
            .addAllNeurons(List.of("a", "b")).setBinWidthS(0.02).addInputChannels("go")
            .setObservation(Observation.COUNTS).setFit(FitSettings.newBuilder().setRank(1).setHiddenNeurons(1))
            .build();

    private static final ModelSnapshot MODEL = ModelSnapshot.newBuilder().setNeurons(3).setRank(1).setInputs(1)
            .setAlpha(0.2).addAllM(List.of(1f, -1f, 0.5f)).addAllN(List.of(1f, 2f, 3f)).addAllW(List.of(0f, 1f, 2f))
            .addAllB(List.of(0f, 0f, 0f)).setObservation(Observation.COUNTS).addAllGain(List.of(0.1f, 0.2f, 0.3f))
            .addAllOffset(List.of(0f, 0f, 0f)).addAllNoise(List.of(1f, 1f, 1f)).addAllMean(List.of(0.1f, 0.2f, 0.3f))
            .addProcessNoise(0.01).addKappaStd(1).addStart(0).addStartCovariance(0.1).build();

    private static SessionHeader with(UnaryOperator<ModelSnapshot.Builder> change) {
        return HEADER.toBuilder().setStartFrom(StartFrom.newBuilder().setModel(change.apply(MODEL.toBuilder()))
                .setKnown(ByteString.copyFrom(new byte[]{3}))).build();
    }

    private static void refuses(String field, UnaryOperator<ModelSnapshot.Builder> change) {
        assertThat(WireChecks.header(with(change))).as(field).hasValueSatisfying(fault -> {
            assertThat(fault.reason()).isEqualTo(Reason.BAD_HEADER);
            assertThat(fault.detail()).startsWith("start_from." + field).contains("expected");
        });
    }

    @Test
    void shouldAcceptAModelInTheSessionsTerms() {
        assertThat(WireChecks.header(HEADER)).isEmpty();
        assertThat(WireChecks.header(with(model -> model))).isEmpty();
    }

    @Test
    void shouldRefuseAModelOfAnotherShapeThanTheSessions() {
        refuses("model.neurons", model -> model.setNeurons(2).clearM().addAllM(List.of(1f, 1f)).clearN()
                .addAllN(List.of(1f, 1f)).clearW().addAllW(List.of(1f, 1f)).clearB().addAllB(List.of(1f, 1f))
                .clearGain().addAllGain(List.of(1f, 1f)).clearOffset().clearNoise().clearMean());
        refuses("model.observation", model -> model.setObservation(Observation.RATES));
        refuses("model.inputs", model -> model.setInputs(0).clearW());
        refuses("model: number of elements of m", model -> model.addM(1));
        refuses("model.alpha", model -> model.setAlpha(Double.NaN));
        assertThat(WireChecks.header(with(model -> model.clearMean()))).hasValueSatisfying(
                fault -> assertThat(fault.detail()).contains("start_from.model.mean is 0, expected 3"));
        assertThat(WireChecks.header(with(model -> model).toBuilder().setStartFrom(
                StartFrom.newBuilder().setModel(MODEL).setKnown(ByteString.copyFrom(new byte[2]))).build()))
                .hasValueSatisfying(fault -> assertThat(fault.detail())
                        .isEqualTo("start_from.known is 2 bytes, expected 1, a bit for each neuron"));
    }

    @Test
    void shouldRefuseNumbersThatNoFilterCanRunOn() {
        refuses("model.m[1]", model -> model.setM(1, Float.NaN));
        refuses("model.n[2]", model -> model.setN(2, Float.POSITIVE_INFINITY));
        refuses("model.gain[0]", model -> model.setGain(0, 0));
        refuses("model.mean[2]", model -> model.setMean(2, -1));
        refuses("model.m", model -> model.setM(0, 0).setM(1, 0).setM(2, 0));
        refuses("model.process_noise", model -> model.setProcessNoise(0, 0));
        refuses("model.start_covariance", model -> model.setStartCovariance(0, -1));
        refuses("model.kappa_std[0]", model -> model.setKappaStd(0, Double.NaN));
    }
}
