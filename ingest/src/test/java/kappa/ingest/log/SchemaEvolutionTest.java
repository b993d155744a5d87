package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Author;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.FixedPointType;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Loss;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Note;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Records that were written long ago, and records of a kappa to come. */
class SchemaEvolutionTest {

    private static final Map<String, Parser<? extends Message>> TOPICS = Map.ofEntries(
            Map.entry(Topics.SESSIONS, SessionHeader.parser()), Map.entry(Topics.ACTIVITY, Activity.parser()),
            Map.entry(Topics.LATENTS, Latents.parser()), Map.entry(Topics.MODELS, ModelSnapshot.parser()),
            Map.entry(Topics.ANALYSES, Analysis.parser()), Map.entry(Topics.INACTIVATIONS, Inactivations.parser()),
            Map.entry(Topics.INTERVENTIONS, Intervention.parser()),
            Map.entry(Topics.CONTROLS, PlaybackControl.parser()),
            Map.entry(Topics.PLAYBACKS, PlaybackState.parser()), Map.entry(Topics.NOTES, Note.parser()),
            Map.entry(Topics.REJECTED, Rejected.parser()),
            Map.entry(Topics.CHECKPOINTS, Checkpoint.parser()));

    private static byte[] first(String topic) throws IOException {
        try (InputStream in = SchemaEvolutionTest.class
                .getResourceAsStream("/kappa/ingest/wire/v1/" + topic + ".bin")) {
            assertThat(in).as("a record of %s as it was first written", topic).isNotNull();
            return in.readAllBytes();
        }
    }

    @Test
    void shouldKnowEveryFieldOfTheFirstRecordOfEachTopic() throws IOException {
        assertThat(TOPICS).containsOnlyKeys(Topics.ALL);
        for (String topic : Topics.ALL) {
            Message message = TOPICS.get(topic).parseFrom(first(topic));
            assertThat(message.getField(message.getDescriptorForType().findFieldByName("schema_version")))
                    .isEqualTo(1);
            assertThat(message.getUnknownFields().asMap()).as("%s: fields that are no more", topic).isEmpty();
        }
    }

    @Test
    void shouldTakeTheFirstHeaderAndActivityAsTheyWereMeant() throws IOException {
        SessionHeader header = SessionHeader.parseFrom(first(Topics.SESSIONS));
        assertThat(WireChecks.header(header)).isEmpty();
        assertThat(header.getNeuronsList()).containsExactly("0", "1", "2", "3");
        assertThat(header.getBinWidthS()).isEqualTo(0.02);
        assertThat(header.getObservation()).isEqualTo(Observation.COUNTS);
        assertThat(header.getTrials()).isTrue();
        assertThat(header.getFit().getRank()).isEqualTo(1);
        assertThat(header.getFit().getPacing()).isEqualTo(Pacing.LOCKSTEP);
        assertThat(header.getFit().getStepsPerTrial()).isEqualTo(25);
        // What was not there yet is absent, and absent means what was meant then or a default that is written down.
        assertThat(header.getFit().getLoss()).isEqualTo(Loss.LOSS_UNSPECIFIED);
        assertThat(header.getFit().hasPrior()).isFalse();
        assertThat(header.hasInputBasis()).isFalse();

        Activity activity = Activity.parseFrom(first(Topics.ACTIVITY));
        assertThat(WireChecks.activity(header, activity)).isEmpty();
        assertThat(activity.getFirstBin()).isEqualTo(192);
        assertThat(activity.getEndOfSession()).isTrue();
        Bin bin = activity.getBins(0);
        assertThat(bin.getCountsList()).containsExactly(0, 0, 1, 0);
        assertThat(bin.getRigTimeNs()).isEqualTo(3_860_000_000L);
        assertThat(bin.getInputsList()).containsExactly(-1.8310294f);
        assertThat(bin.getBehaviorList()).containsExactly(0.5955278f);
        assertThat(bin.getTrial()).isEqualTo(9);
        assertThat(bin.hasClock()).isFalse();
        assertThat(bin.getSilenced()).isEmpty();
    }

    @Test
    void shouldReadTheFirstResultsAsTheyWereMeant() throws IOException {
        Latents latents = Latents.parseFrom(first(Topics.LATENTS));
        assertThat(latents.getBins(0)).matches(bin -> bin.getKappa(0) == 0 && bin.getCovariance(0) == 1
                && bin.getV(0) == -0.19363914f && bin.getTrialStart() && bin.getRigTimeNs() == 20_000_000);
        ModelSnapshot model = ModelSnapshot.parseFrom(first(Topics.MODELS));
        assertThat(List.of(model.getVersion(), model.getBinsLearned(), model.getSteps())).containsExactly(12L, 240L,
                300L);
        assertThat(model.getMList()).containsExactly(0.69198006f, -0.9857089f, -1.5168047f, 0.49884373f);
        assertThat(model.getQuality().getUnit()).isEqualTo("bits/spike");
        assertThat(model.getQuality().getOneStepList()).hasSize(12);
        assertThat(model.getStartList()).as("kappa at a trial's start: none, so 0").isEmpty();
        Analysis analysis = Analysis.parseFrom(first(Topics.ANALYSES));
        assertThat(analysis.getConditions(1).getInput()).isEqualTo("input 0");
        assertThat(analysis.getConditions(1).getFixedPoints(0).getType()).isEqualTo(FixedPointType.STABLE_NODE);
        assertThat(analysis.getConditions(1).getFixedPoints(0).getKappa(0)).isEqualTo(0.2851206209450025);
        Inactivations inactivations = Inactivations.parseFrom(first(Topics.INACTIVATIONS));
        assertThat(inactivations.getSets(0).getConditions(0).getKappaSilencedList()).containsExactly(0.0, 0.25);
        assertThat(inactivations.getCarried(0).getObservedList()).containsExactly(0.375, 0.25);
        Rejected rejected = Rejected.parseFrom(first(Topics.REJECTED));
        assertThat(rejected.getReason()).isEqualTo(Reason.MALFORMED);
        assertThat(rejected.getOffset()).isEqualTo(4);
        assertThat(rejected.getValue().toByteArray()).containsExactly(0xff, 1, 2);
        Checkpoint checkpoint = Checkpoint.parseFrom(first(Topics.CHECKPOINTS));
        assertThat(checkpoint.getNextBin()).isEqualTo(200);
        assertThat(checkpoint.getNextOffset()).isEqualTo(3);
        assertThat(checkpoint.getPublished().getVersion()).isEqualTo(10);
        assertThat(checkpoint.getLearner().getTrialsSeen()).isEqualTo(10);
    }

    @Test
    void shouldObeyTheFirstRequestsAsTheyWereMeant() throws IOException {
        SessionHeader header = SessionHeader.parseFrom(first(Topics.SESSIONS));
        Intervention request = Intervention.parseFrom(first(Topics.INTERVENTIONS));
        assertThat(WireChecks.intervention(header, request)).isEmpty();
        assertThat(request.getNeuronsList()).containsExactly(0, 2);
        assertThat(List.of(request.getTrials(), request.getEvery(), request.getFirstBin(), request.getBins()))
                .containsExactly(30, 3, 5, 7);
        PlaybackControl wish = PlaybackControl.parseFrom(first(Topics.CONTROLS));
        assertThat(WireChecks.control(wish)).isEmpty();
        assertThat(wish).matches(w -> w.hasPause() && !w.getPause() && w.getSeekS() == 61.5 && w.getSpeed() == 2);
        assertThat(PlaybackState.parseFrom(first(Topics.PLAYBACKS))).matches(state -> state.getLoop()
                && state.getPaused() && state.getPosition() == 731 && state.getUntil() == 1_600);
    }

    @Test
    void shouldShowTheFirstNoteAsItWasMeant() throws IOException {
        Note note = Note.parseFrom(first(Topics.NOTES));
        assertThat(WireChecks.note(note)).isEmpty();
        assertThat(note).matches(n -> n.getText().equals("reward valve cleaned") && n.getBin() == 731
                && n.getAuthor() == Author.PERSON);
    }

    /** A field that a later kappa adds is passed on by who does not know it, and changes nothing for him. */
    @Test
    void shouldReadARecordWithFieldsToComeAndKeepThem() throws IOException {
        UnknownFieldSet later = UnknownFieldSet.newBuilder()
                .addField(1_000, UnknownFieldSet.Field.newBuilder()
                        .addLengthDelimited(ByteString.copyFromUtf8("what nobody knows yet")).build())
                .build();
        for (String topic : Topics.ALL) {
            Message before = TOPICS.get(topic).parseFrom(first(topic));
            byte[] bytes = before.toBuilder().setUnknownFields(later).build().toByteArray();
            Message read = TOPICS.get(topic).parseFrom(bytes);
            assertThat(read.getAllFields()).as(topic).isEqualTo(before.getAllFields());
            assertThat(read.toByteArray()).as("%s, passed on", topic).isEqualTo(bytes);
        }
        SessionHeader header = SessionHeader.parseFrom(first(Topics.SESSIONS)).toBuilder().setUnknownFields(later)
                .build();
        assertThat(WireChecks.header(header)).isEmpty();
        assertThat(WireChecks.activity(header,
                Activity.parseFrom(first(Topics.ACTIVITY)).toBuilder().setUnknownFields(later).build())).isEmpty();
    }

    @Test
    void shouldRejectAVersionAboveOursAndSayWhich() throws IOException {
        SessionHeader header = SessionHeader.parseFrom(first(Topics.SESSIONS));
        assertThat(WireChecks.header(header.toBuilder().setSchemaVersion(2).build())).contains(
                new Fault(Reason.BAD_HEADER, "schema_version is 2, expected 1"));
        assertThat(CheckedRecord.of(Topics.ACTIVITY, header.getSession().getBytes(UTF_8),
                Activity.parseFrom(first(Topics.ACTIVITY)).toBuilder().setSchemaVersion(2).build().toByteArray())
                .fault())
                .contains(new Fault(Reason.MALFORMED, "schema_version is 2, expected 1"));
        assertThat(WireChecks.intervention(header,
                Intervention.parseFrom(first(Topics.INTERVENTIONS)).toBuilder().setSchemaVersion(2).build()))
                .contains(new Fault(Reason.BAD_INTERVENTION, "schema_version is 2, expected 1"));
        assertThat(WireChecks.control(
                PlaybackControl.parseFrom(first(Topics.CONTROLS)).toBuilder().setSchemaVersion(2).build()))
                .contains(new Fault(Reason.BAD_CONTROL, "schema_version is 2, expected 1"));
        Checkpoint checkpoint = Checkpoint.parseFrom(first(Topics.CHECKPOINTS));
        assertThat(Checkpoints.checkpoint(record(checkpoint))).isEqualTo(checkpoint);
        assertThatThrownBy(() -> Checkpoints.checkpoint(record(checkpoint.toBuilder().setSchemaVersion(2).build())))
                .hasMessage("kappa.checkpoints-3@7 cannot be read as a checkpoint: schema_version is 2,"
                        + " expected 1. If a newer kappa wrote it, start that one. Only kappa may write to this topic.");
    }

    private static ConsumerRecord<byte[], byte[]> record(Checkpoint checkpoint) {
        return new ConsumerRecord<>(Topics.CHECKPOINTS, 3, 7, checkpoint.getHeader().getSession().getBytes(UTF_8),
                checkpoint.toByteArray());
    }
}
