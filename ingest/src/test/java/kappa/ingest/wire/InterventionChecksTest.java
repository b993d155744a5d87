package kappa.ingest.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterventionChecksTest {

    private static final SessionHeader HEADER = SessionHeader.newBuilder().setSchemaVersion(1).setSession("s")
            .addAllNeurons(List.of("a", "b", "c", "d", "e", "f", "g", "h", "i")).setBinWidthS(0.02)
            .setObservation(Observation.COUNTS).build();

    private static Intervention request(String id, int trials, int neuron) {
        return Intervention.newBuilder().setSchemaVersion(1).setSession("s").setId(id).setTrials(trials)
                .addNeurons(neuron).build();
    }

    @Test
    void shouldAcceptARequestAndOneThatCallsItOff() {
        assertThat(WireChecks.intervention(HEADER, request("i-1", 30, 8))).isEmpty();
        assertThat(WireChecks.intervention(HEADER,
                Intervention.newBuilder().setSchemaVersion(1).setId("i-2").build())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'a b', 30, 0, id", "'', 30, 0, id", "i, 10001, 0, trials", "i, -1, 0, trials", "i, 30, 9, neurons",
        "i, 30, -1, neurons"})
    void shouldNameTheFieldThatNoRigCouldObey(String id, int trials, int neuron, String field) {
        assertThat(WireChecks.intervention(HEADER, request(id, trials, neuron))).hasValueSatisfying(fault -> {
            assertThat(fault.reason()).isEqualTo(Reason.BAD_INTERVENTION);
            assertThat(fault.detail()).startsWith(field + " is ").contains("expected");
        });
    }

    @Test
    void shouldRefuseARequestWithoutNeuronsOrOfAnotherVersion() {
        Intervention some = request("i", 30, 0);
        assertThat(WireChecks.intervention(HEADER, some.toBuilder().clearNeurons().build())).isPresent();
        assertThat(WireChecks.intervention(HEADER, some.toBuilder().setSchemaVersion(2).build())).isPresent();
    }

    @Test
    void shouldMarkNeuronsByTheirBits() {
        ByteString mask = Masks.mask(9, List.of(0, 8));
        assertThat(mask.toByteArray()).containsExactly(1, 1);
        assertThat(WireChecks.marked(mask, 8)).isTrue();
        assertThat(WireChecks.marked(mask, 7)).isFalse();
        assertThat(Masks.mask(9, List.of())).isEqualTo(ByteString.EMPTY);
        assertThat(WireChecks.marked(ByteString.EMPTY, 3)).isFalse();
    }

    @Test
    void shouldRejectBinsWhoseMarksCannotBe() {
        Bin bin = Bin.newBuilder().addAllCounts(List.of(0, 0, 0, 0, 0, 0, 0, 0, 0)).build();
        assertThat(check(bin.toBuilder().setSilenced(ByteString.copyFrom(new byte[]{1, 0})).setIntervention("i-1")))
                .isNull();
        assertThat(check(bin.toBuilder().setSilenced(ByteString.copyFrom(new byte[]{1}))))
                .isEqualTo(Reason.NEURON_COUNT);
        assertThat(check(bin.toBuilder().setIntervention("no id"))).isEqualTo(Reason.BAD_INTERVENTION);
    }

    private static Reason check(Bin.Builder bin) {
        return WireChecks.activity(HEADER, Activity.newBuilder().setSchemaVersion(1).setSession("s").addBins(bin)
                .build()).map(Fault::reason).orElse(null);
    }
}
