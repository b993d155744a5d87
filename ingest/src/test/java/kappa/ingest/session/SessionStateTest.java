package kappa.ingest.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Masks;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.Test;

class SessionStateTest {

    private static final SessionHeader HEADER = SessionHeader.newBuilder().setSchemaVersion(1).setSession("s")
            .setBinWidthS(0.02).setTrials(true).setObservation(Observation.COUNTS).addNeurons("a").addNeurons("b")
            .setFit(FitSettings.newBuilder().setRank(1)).build();

    private final SessionState state = new SessionState(HEADER, History.of(100, 1_000));
    private long offset;

    private void fold(String topic, Message message) {
        assertThat(state.fold(record(topic, "s", message))).isEmpty();
    }

    private TopicRecord record(String topic, String key, Message message) {
        return new TopicRecord(topic, 0, offset++, 0, key.getBytes(UTF_8), message.toByteArray());
    }

    private static LatentBin.Builder bin(double kappa) {
        return LatentBin.newBuilder().addKappa((float) kappa).addCovariance(0.25f).setTrial(1);
    }

    private void latents(long first, LatentBin.Builder... bins) {
        Latents.Builder record = Latents.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(first)
                .setModelVersion(2);
        for (LatentBin.Builder bin : bins) {
            record.addBins(bin);
        }
        fold(Topics.LATENTS, record.build());
    }

    private static Activity activity(long first, int... counts) {
        return Activity.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(first)
                .addBins(Bin.newBuilder().addCounts(counts[0]).addCounts(counts[1]).setTrial(1)).build();
    }

    private static Rejected rejected(long at, Reason reason, boolean used) {
        return Rejected.newBuilder().setSchemaVersion(1).setSession("s").setReason(reason).setRecordUsed(used)
                .setTopic(Topics.ACTIVITY).setOffset(at).build();
    }

    @Test
    void shouldCountABinThatIsPublishedAgainOnceAndKeepItsLastKappa() {
        latents(0, bin(1), bin(2), bin(3));
        latents(1, bin(7), bin(8), bin(9));
        assertThat(state.counters().latents()).isEqualTo(4);
        assertThat(state.counters().duplicates()).isEqualTo(2);
        assertThat(state.latents().kappa(1, 0)).isEqualTo(7);
        assertThat(state.newestBin().orElseThrow().kappa()).containsExactly(9f);
        assertThat(state.latents().sd(3, 0)).isEqualTo(0.5f);
    }

    @Test
    void shouldCountBinsThatNeverCameAndTheGapsThatTheyMake() {
        latents(0, bin(0), bin(0));
        latents(5, bin(0));
        latents(7, bin(0));
        assertThat(state.counters().binsMissing()).isEqualTo(4);
        assertThat(state.counters().gaps()).isEqualTo(2);
        assertThat(state.losses()).extracting(Loss::first).containsExactly(2L, 6L);
        assertThat(state.latents().followsGap(5)).isTrue();
        assertThat(state.latents().followsGap(1)).isFalse();
    }

    @Test
    void shouldCountAGapOnceHoweverManyRecordsTellOfIt() {
        Rejected gap = rejected(4, Reason.GAP, true).toBuilder().setMissingFrom(2).setMissingBins(3).build();
        fold(Topics.REJECTED, gap);
        latents(0, bin(0), bin(0));
        latents(5, bin(0));
        fold(Topics.REJECTED, gap);
        assertThat(state.counters().binsMissing()).isEqualTo(3);
        assertThat(state.counters().gaps()).isEqualTo(1);
        assertThat(state.counters().rejected()).as("the record itself was used").isZero();
    }

    @Test
    void shouldCountBinsThatNeverCameBeforeTheFirstAndAfterTheLast() {
        fold(Topics.REJECTED, rejected(0, Reason.GAP, true).toBuilder().setMissingBins(4).build());
        latents(4, bin(0));
        fold(Topics.REJECTED, rejected(3, Reason.GAP, true).toBuilder().setMissingFrom(5).setMissingBins(2).build());
        assertThat(state.counters().binsMissing()).isEqualTo(6);
        assertThat(state.counters().gaps()).isEqualTo(2);
    }

    @Test
    void shouldTellLossesApartFromBinsThatNeverCame() {
        BinClock.Builder clock = BinClock.newBuilder().setLost(3);
        latents(0, bin(0), bin(0).setClock(clock), bin(0).setClock(clock), bin(0));
        latents(1, bin(0).setClock(clock));
        assertThat(state.counters().binsWithLosses()).isEqualTo(2);
        assertThat(state.counters().messagesLost()).isEqualTo(6);
        assertThat(state.counters().binsMissing()).isZero();
        assertThat(state.losses()).containsExactly(new Loss(1, 2, 0, 6));
    }

    @Test
    void shouldNotCallBinsMissingThatTheReaderLeftOut() {
        latents(0, bin(0));
        state.skipAhead();
        latents(10, bin(0));
        latents(12, bin(0));
        assertThat(state.counters().binsSkipped()).isEqualTo(9);
        assertThat(state.counters().binsMissing()).isEqualTo(1);
        assertThat(state.latents().followsGap(10)).isFalse();
    }

    @Test
    void shouldCountARejectedRecordOnceAndNotOneThatWasUsed() {
        fold(Topics.REJECTED, rejected(7, Reason.NOT_FINITE, false));
        fold(Topics.REJECTED, rejected(9, Reason.NOT_FINITE, false));
        fold(Topics.REJECTED, rejected(7, Reason.NOT_FINITE, false));
        fold(Topics.REJECTED, rejected(11, Reason.BIN_REPEATED, true));
        fold(Topics.REJECTED, rejected(8, Reason.BIN_JUMPED, false));
        assertThat(state.counters().rejectedByReason()).isEqualTo(Map.of("NOT_FINITE", 2L, "BIN_JUMPED", 1L));
        assertThat(state.counters().rejected()).isEqualTo(3);
    }

    @Test
    void shouldIgnoreActivityThatThePipelineRejects() {
        fold(Topics.ACTIVITY, activity(0, 1, 2));
        fold(Topics.ACTIVITY, activity(0, 9, 9));
        fold(Topics.ACTIVITY, activity(1_000_000_000_000L, 9, 9));
        fold(Topics.ACTIVITY, activity(1, 3, -1));
        fold(Topics.ACTIVITY, activity(1, 3, 4));
        assertThat(state.fold(record(Topics.ACTIVITY, "other", activity(2, 5, 6)))).isEmpty();
        assertThat(state.activity().value(0, 0)).isEqualTo(1);
        assertThat(state.activity().value(1, 1)).isEqualTo(4);
        assertThat(state.activity().value(0, 2)).isNaN();
        assertThat(state.recorded().size()).isEqualTo(2);
        assertThat(state.lag()).isEqualTo(2);
    }

    @Test
    void shouldSayWhyARecordOfKappasOwnCannotBeUsed() {
        Latents wrong = Latents.newBuilder().setSchemaVersion(1).setSession("s").addBins(bin(0).addKappa(1)).build();
        assertThat(state.fold(record(Topics.LATENTS, "s", wrong)).orElseThrow()).contains("dimensions");
        ModelSnapshot halved = model(1).clearM().build();
        assertThat(state.fold(record(Topics.MODELS, "s", halved)).orElseThrow())
                .contains("number of elements of m is 0, expected 2");
        assertThat(state.counters().latents()).isZero();
        assertThat(state.snapshot()).isEmpty();
    }

    private static ModelSnapshot.Builder model(long version) {
        return ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("s").setVersion(version).setNeurons(2)
                .setRank(1).addAllM(List.of(1f, 1f)).addAllN(List.of(1f, 1f)).addAllB(List.of(0f, 0f))
                .addAllGain(List.of(1f, 1f));
    }

    @Test
    void shouldKeepTheNewestSnapshotWithItsScores() {
        fold(Topics.MODELS, model(6).setSteps(25).setStepsShed(3).setFinal(true).setQuality(FitQuality.newBuilder()
                .setUnit("bits/spike").setFirstTrial(2).addOneStep(0.25).addOneStep(0.5)).build());
        fold(Topics.MODELS, model(5).build());
        latents(0, bin(0));
        assertThat(state.counters().modelVersion()).isEqualTo(6);
        assertThat(state.counters().steps()).isEqualTo(25);
        assertThat(state.counters().stepsShed()).isEqualTo(3);
        assertThat(state.quality().trialsLearned()).isEqualTo(4);
        assertThat(state.quality().newestMean(20)).isEqualTo(0.375);
        assertThat(state.over()).isTrue();
        assertThat(state.ended()).isTrue();
    }

    @Test
    void shouldCountPerturbedTrialsOfTheNewestRequestOnce() {
        fold(Topics.INTERVENTIONS, Intervention.newBuilder().setSchemaVersion(1).setSession("s").setId("i-1")
                .addNeurons(1).setTrials(5).build());
        fold(Topics.INTERVENTIONS, Intervention.newBuilder().setSchemaVersion(1).setSession("s").setId("i-2")
                .addNeurons(99).setTrials(5).build());
        for (int twice = 0; twice < 2; twice++) {
            latents(0, bin(0).setSilenced(Masks.mask(2, List.of(1))).setIntervention("i-1"), bin(0),
                    bin(0).setTrial(3).setSilenced(Masks.mask(2, List.of(1))).setIntervention("i-1"));
        }
        SilencingRequest request = state.request().orElseThrow();
        assertThat(request.id()).as("no rig could obey the other").isEqualTo("i-1");
        assertThat(request.perturbed()).isEqualTo(2);
        assertThat(request.every()).isEqualTo(2);
        assertThat(state.trials()).isEqualTo(2);
        assertThat(state.latents().silenced(2)).isEqualTo(1);
    }

    @Test
    void shouldKeepABoundedPast() {
        for (long t = 0; t < 1_000; t++) {
            latents(2 * t, bin((double) t));
        }
        assertThat(state.latents().has(1_998)).isTrue();
        assertThat(state.latents().has(1_898)).isFalse();
        assertThat(state.latents().kappa(1_990, 0)).isEqualTo(995);
        assertThat(state.counters().gaps()).isEqualTo(999);
    }
}
