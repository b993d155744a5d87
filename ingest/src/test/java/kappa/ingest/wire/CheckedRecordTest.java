package kappa.ingest.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import kappa.ingest.log.Topics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckedRecordTest {

    private static final byte[] KEY = "rig".getBytes(UTF_8);

    private static Activity.Builder activity(long firstBin) {
        return Activity.newBuilder().setSchemaVersion(1).setSession("rig").setFirstBin(firstBin)
                .addBins(Bin.getDefaultInstance());
    }

    private static CheckedRecord check(String topic, Message message) {
        return CheckedRecord.of(topic, KEY, message.toByteArray());
    }

    @Test
    void shouldHandOutAValidMessageAsWhatItsTopicHolds() {
        Activity activity = activity(7).build();
        CheckedRecord checked = check(Topics.ACTIVITY, activity);
        assertThat(checked).isEqualTo(new CheckedRecord.Valid("rig", activity));
        assertThat(checked.message(Activity.class)).contains(activity);
        assertThat(checked.message(Latents.class)).isEmpty();
        assertThat(checked.fault()).isEmpty();
    }

    @Test
    void shouldTakeARecordWithoutAValueForADeletionOnEveryTopic() {
        for (String topic : Topics.ALL) {
            CheckedRecord checked = CheckedRecord.of(topic, KEY, null);
            assertThat(checked).as(topic).isEqualTo(new CheckedRecord.Deleted("rig"));
            assertThat(checked.fault()).map(Fault::reason).as("where a message is required").contains(Reason.MALFORMED);
        }
    }

    @Test
    void shouldKnowEveryTopicAndNoOther() {
        for (String topic : Topics.ALL) {
            assertThat(CheckedRecord.of(topic, KEY, new byte[]{1}).fault()).as(topic).isPresent();
        }
        assertThatThrownBy(() -> CheckedRecord.of("another", KEY, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("another");
    }

    @Test
    void shouldNotTakeAMessageThatLiesUnderTheKeyOfAnotherSession() {
        byte[] other = "other".getBytes(UTF_8);
        assertThat(CheckedRecord.of(Topics.ACTIVITY, other, activity(0).build().toByteArray()))
                .isEqualTo(new CheckedRecord.Invalid("other",
                        new Fault(Reason.KEY_MISMATCH, "key \"other\", expected the session \"rig\"")));
        Latents latents = Latents.newBuilder().setSchemaVersion(1).setSession("rig").build();
        assertThat(CheckedRecord.of(Topics.LATENTS, null, latents.toByteArray()).fault()).map(Fault::reason)
                .contains(Reason.KEY_MISMATCH);
    }

    @Test
    void shouldNotTakeAMessageOfALaterSchema() {
        assertThat(
                check(Topics.MODELS, ModelSnapshot.newBuilder().setSchemaVersion(2).setSession("rig").build()).fault())
                .contains(new Fault(Reason.MALFORMED, "schema_version is 2, expected 1"));
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Long.MIN_VALUE, -1, WireChecks.MAX_BINS})
    void shouldNotTakeBinsThatNoSessionCanReach(long firstBin) {
        assertThat(check(Topics.ACTIVITY, activity(firstBin).build()).fault()).map(Fault::reason)
                .contains(Reason.MALFORMED);
        assertThat(check(Topics.ACTIVITY, activity(firstBin).clearBins().setEndOfSession(true).build()).fault()
                .isPresent()).isEqualTo(firstBin != WireChecks.MAX_BINS);
        assertThat(check(Topics.LATENTS, Latents.newBuilder().setSchemaVersion(1).setSession("rig")
                .setFirstBin(firstBin).addBins(LatentBin.getDefaultInstance()).build()).fault()).map(Fault::reason)
                .contains(Reason.MALFORMED);
    }

    @Test
    void shouldTakeTheLastBinThatASessionCanReach() {
        assertThat(check(Topics.ACTIVITY, activity(WireChecks.MAX_BINS - 1).build()).fault()).isEmpty();
    }

    @Test
    void shouldTakeASnapshotThatIsLargerThanWhatARigMaySend() {
        int neurons = 70_000;
        int rank = 16;
        ModelSnapshot.Builder large = ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("rig")
                .setNeurons(neurons).setRank(rank);
        for (int i = 0; i < neurons; i++) {
            large.addB(0).addGain(1);
            for (int k = 0; k < rank; k++) {
                large.addM(1).addN(1);
            }
        }
        assertThat(large.build().getSerializedSize()).isGreaterThan(Topics.MAX_RECORD_BYTES);
        assertThat(check(Topics.MODELS, large.build()).fault()).isEmpty();
        assertThat(CheckedRecord.of(Topics.ACTIVITY, KEY, new byte[Topics.MAX_RECORD_BYTES + 1]).fault())
                .map(Fault::reason).contains(Reason.TOO_LARGE);
    }

    /** Its product of rank and neurons, in 32 bits, is 1. */
    @Test
    void shouldRefuseASnapshotThatAnnouncesMoreThanItHolds() {
        ModelSnapshot.Builder model = ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("rig").addM(1).addN(1)
                .setNeurons(Integer.MAX_VALUE).setRank(Integer.MAX_VALUE);
        assertThat(check(Topics.MODELS, model.build()).fault()).map(Fault::detail)
                .contains("neurons is 2147483647, expected 1 to 100000");
        model.setNeurons(1).setRank(1).addB(0).addGain(1).addNoise(1).addNoise(1);
        assertThat(check(Topics.MODELS, model.build()).fault()).map(Fault::detail)
                .contains("number of elements of noise is 2, expected 0 or 1");
    }
}
