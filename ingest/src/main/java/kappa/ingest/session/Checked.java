package kappa.ingest.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Message;
import java.util.List;
import java.util.Optional;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.WireChecks;

/**
 * A record after its check.
 *
 * @param message null if it cannot be used
 * @param problem why not, if kappa itself has written it
 */
record Checked(Message message, Optional<String> problem) {

    private static final List<String> OF_STRANGERS = List.of(Topics.SESSIONS, Topics.ACTIVITY, Topics.INTERVENTIONS);

    static Checked of(TopicRecord record) {
        String key = record.key() == null ? "" : new String(record.key(), UTF_8);
        WireChecks.Parsed<? extends Message> parsed = switch (record.topic()) {
            case Topics.SESSIONS -> WireChecks.header(key, record.value());
            case Topics.ACTIVITY -> WireChecks.activity(key, record.value());
            case Topics.LATENTS -> WireChecks.parse(Latents.parser(), record.value(), "Latents");
            case Topics.MODELS -> WireChecks.parse(ModelSnapshot.parser(), record.value(), "ModelSnapshot");
            case Topics.ANALYSES -> WireChecks.parse(Analysis.parser(), record.value(), "Analysis");
            case Topics.INACTIVATIONS -> WireChecks.parse(Inactivations.parser(), record.value(), "Inactivations");
            case Topics.INTERVENTIONS -> WireChecks.parse(Intervention.parser(), record.value(), "Intervention");
            case Topics.PLAYBACKS -> WireChecks.parse(PlaybackState.parser(), record.value(), "PlaybackState");
            case Topics.REJECTED -> WireChecks.parse(Rejected.parser(), record.value(), "Rejected");
            default -> throw new IllegalArgumentException(record.topic());
        };
        if (parsed.fault() == null) {
            return new Checked(parsed.message(), Optional.empty());
        }
        return new Checked(null, OF_STRANGERS.contains(record.topic())
                ? Optional.empty()
                : Optional.of(record.partition() + "/" + record.offset() + ": " + parsed.fault().detail()));
    }
}
