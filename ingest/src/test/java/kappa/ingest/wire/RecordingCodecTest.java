package kappa.ingest.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordingCodecTest {

    private static final List<String> NEURONS = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i");

    private static RecordingDescription recording(Observation observation) {
        return new RecordingDescription(NEURONS, 0.02, List.of("go"), List.of("speed", "lever"), observation, true,
                List.of("delay", "decision"), "a test", Optional.of(new InputBasis(3, 40)));
    }

    private static RecordedBin full(Observation observation) {
        RecordedBin bin = recording(observation).newBin();
        for (int i = 0; i < bin.activity.length; i++) {
            bin.activity[i] = (float) Math.floorDiv(i, 8);
        }
        bin.activity[0] = Float.NaN;
        bin.inputs[0] = -1.5f;
        bin.behavior[0] = 3;
        bin.behavior[1] = Float.NaN;
        bin.trial = 7;
        bin.trialEnd = true;
        bin.phase = 2;
        bin.rigTimeNs = 20_000_000;
        bin.silenced.set(3);
        bin.silenced.set(8);
        bin.intervention = "i-1";
        bin.clocked = true;
        bin.sample = 600;
        bin.hostUnixNs = 1_000;
        bin.errorNs = 5;
        bin.epoch = 2;
        bin.lost = 1;
        return bin;
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldReadBackEveryFieldOfABinThatItWrote(Observation observation) {
        RecordedBin bin = full(observation);
        Bin wire = RecordingCodec.bin(bin, observation);
        assertThat(wire.getCountsCount()).isEqualTo(observation == Observation.COUNTS ? 9 : 0);
        assertThat(wire.getValuesCount()).isEqualTo(observation == Observation.COUNTS ? 0 : 9);
        SessionHeader header = RecordingCodec.header(recording(observation)).build();
        assertThat(RecordingCodec.bin(header, wire)).usingRecursiveComparison()
                .withEqualsForType(Float::equals, Float.class).isEqualTo(bin);
    }

    @Test
    void shouldMarkWhatWasNotObservedInWholeBytesAndSendAZeroForIt() {
        Bin wire = RecordingCodec.bin(full(Observation.COUNTS), Observation.COUNTS);
        assertThat(wire.getUnobserved().toByteArray()).containsExactly(1, 0);
        assertThat(wire.getCounts(0)).isZero();
        assertThat(wire.getSilenced().toByteArray()).containsExactly(8, 1);
    }

    @Test
    void shouldLeaveOutMasksAndClockThatSayNothing() {
        RecordedBin bin = recording(Observation.RATES).newBin();
        Bin wire = RecordingCodec.bin(bin, Observation.RATES);
        assertThat(wire.getUnobserved().isEmpty()).isTrue();
        assertThat(wire.getSilenced().isEmpty()).isTrue();
        assertThat(wire.hasClock()).isFalse();
    }

    @Test
    void shouldDescribeTheRecordingInTheHeaderAndLeaveSessionAndFitToThePublisher() {
        SessionHeader.Builder header = RecordingCodec.header(recording(Observation.CURRENTS));
        assertThat(header.getNeuronsList()).isEqualTo(NEURONS);
        assertThat(header.getInputChannelsList()).containsExactly("go");
        assertThat(header.getBehaviorChannelsList()).containsExactly("speed", "lever");
        assertThat(header.getPhasesList()).containsExactly("delay", "decision");
        assertThat(RecordingCodec.observation(header.getObservation())).isEqualTo(Observation.CURRENTS);
        assertThat(header.getInputBasis()).isEqualTo(
                kappa.ingest.wire.InputBasis.newBuilder().setBumps(3).setBins(40).build());
        assertThat(header.getSession()).isEmpty();
        assertThat(header.hasFit()).isFalse();
        assertThat(WireChecks.header(header.setSession("s").setFit(FitSettings.newBuilder().setRank(1)).build()))
                .isEmpty();
    }

    @Test
    void shouldHideFromTheFitWhatWasSilencedOrNobodyRecorded() {
        float[] y = new float[10];
        full(Observation.COUNTS).usableActivity(y);
        assertThat(y).containsExactly(Float.NaN, 0, 0, Float.NaN, 0, 0, 0, 0, Float.NaN, Float.NaN);
    }
}
