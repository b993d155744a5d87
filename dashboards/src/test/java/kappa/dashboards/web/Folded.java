package kappa.dashboards.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Message;
import java.util.Map;
import kappa.ingest.log.Topics;
import kappa.ingest.session.TopicRecord;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Note;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;

/** Messages as records of the topics that they belong on, in partition 0. */
final class Folded {

    private static final Map<Class<? extends Message>, String> TOPICS = Map.ofEntries(
            Map.entry(SessionHeader.class, Topics.SESSIONS), Map.entry(Activity.class, Topics.ACTIVITY),
            Map.entry(Latents.class, Topics.LATENTS), Map.entry(ModelSnapshot.class, Topics.MODELS),
            Map.entry(Analysis.class, Topics.ANALYSES), Map.entry(Inactivations.class, Topics.INACTIVATIONS),
            Map.entry(Intervention.class, Topics.INTERVENTIONS), Map.entry(Rejected.class, Topics.REJECTED),
            Map.entry(PlaybackState.class, Topics.PLAYBACKS), Map.entry(Note.class, Topics.NOTES));

    private Folded() {}

    static void fold(LiveView view, Message message) {
        fold(view, message, message instanceof Latents latents ? latents.getPublishedUnixNs() : 0);
    }

    static void fold(LiveView view, Message message, long appendedUnixNs) {
        view.fold(record(message, appendedUnixNs));
    }

    static TopicRecord record(Message message, long appendedUnixNs) {
        String session = (String) message.getField(message.getDescriptorForType().findFieldByName("session"));
        return new TopicRecord(TOPICS.get(message.getClass()), 0, 0, appendedUnixNs, session.getBytes(UTF_8),
                message.toByteArray());
    }
}
