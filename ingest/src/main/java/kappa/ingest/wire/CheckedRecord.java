package kappa.ingest.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import kappa.ingest.log.Topics;

/**
 * A record of one of kappa's topics after its check. Every reader checks each record here before it uses it, so all readers
 * agree on which records are valid.
 *
 * <p>The check covers what a record says by itself: size, type, schema version, key and bounds. A record that depends on its
 * session's header is also checked with {@link WireChecks#activity} or {@link WireChecks#intervention}. Immutable.
 */
public sealed interface CheckedRecord {

    /** The record's key: the session's id as the key says it; empty if there is no key. */
    String session();

    /** A message that may be used. Its type is the topic's. */
    record Valid(String session, Message message) implements CheckedRecord {}

    /** A record without a value: Kafka's way to say that the session's record on a compacted topic is deleted. */
    record Deleted(String session) implements CheckedRecord {}

    /** A record that must not be used. */
    record Invalid(String session, Fault why) implements CheckedRecord {}

    /** What is wrong with the record, if anything. Where a message is required, a deletion is wrong, too. */
    default Optional<Fault> fault() {
        return switch (this) {
            case Valid _ -> Optional.empty();
            case Deleted _ -> Optional.of(new Fault(Reason.MALFORMED, "no value, expected a message"));
            case Invalid invalid -> Optional.of(invalid.why());
        };
    }

    /** The message if the record is valid and of this type, else nothing. */
    default <M extends Message> Optional<M> message(Class<M> type) {
        return this instanceof Valid valid && type.isInstance(valid.message())
                ? Optional.of(type.cast(valid.message()))
                : Optional.empty();
    }

    /** The session that a key names; empty if there is no key. */
    static String session(byte[] key) {
        return key == null ? "" : new String(key, UTF_8);
    }

    /**
     * Checks a record of one of {@link Topics#ALL}.
     *
     * @param key may be null
     * @param value null for a deletion
     * @throws IllegalArgumentException if kappa has no such topic
     */
    static CheckedRecord of(String topic, byte[] key, byte[] value) {
        Kind<?> kind = Kind.OF_TOPIC.get(topic);
        if (kind == null) {
            throw new IllegalArgumentException(topic + " is none of kappa's topics");
        }
        String session = session(key);
        return value == null ? new Deleted(session) : kind.check(session, value);
    }

    /**
     * What a topic's records must be.
     *
     * @param written by strangers, so that the size and the number of fields are limited as {@link WireChecks} says
     * @param session that the message names
     * @param check all else that can be said without the session's header
     */
    record Kind<M extends Message>(String name, Parser<M> parser, boolean written, ToIntFunction<M> version,
            Function<M, String> session, Function<M, Optional<Fault>> check) {

        private static final Map<String, Kind<?>> OF_TOPIC = Map.ofEntries(
                Map.entry(Topics.SESSIONS, new Kind<>("SessionHeader", SessionHeader.parser(), true,
                        _ -> WireChecks.SCHEMA_VERSION, SessionHeader::getSession, WireChecks::header)),
                Map.entry(Topics.ACTIVITY, new Kind<>("Activity", Activity.parser(), true,
                        Activity::getSchemaVersion, Activity::getSession,
                        activity -> WireChecks.bins(activity.getFirstBin(), activity.getBinsCount()))),
                Map.entry(Topics.LATENTS, new Kind<>("Latents", Latents.parser(), false,
                        Latents::getSchemaVersion, Latents::getSession,
                        latents -> WireChecks.bins(latents.getFirstBin(), latents.getBinsCount()))),
                Map.entry(Topics.MODELS, new Kind<>("ModelSnapshot", ModelSnapshot.parser(), false,
                        ModelSnapshot::getSchemaVersion, ModelSnapshot::getSession, WireChecks::snapshot)),
                Map.entry(Topics.ANALYSES, new Kind<>("Analysis", Analysis.parser(), false,
                        Analysis::getSchemaVersion, Analysis::getSession, _ -> Optional.empty())),
                Map.entry(Topics.INACTIVATIONS, new Kind<>("Inactivations", Inactivations.parser(), false,
                        Inactivations::getSchemaVersion, Inactivations::getSession, _ -> Optional.empty())),
                Map.entry(Topics.INTERVENTIONS, new Kind<>("Intervention", Intervention.parser(), true,
                        _ -> WireChecks.SCHEMA_VERSION, Intervention::getSession, _ -> Optional.empty())),
                Map.entry(Topics.CONTROLS, new Kind<>("PlaybackControl", PlaybackControl.parser(), true,
                        _ -> WireChecks.SCHEMA_VERSION, PlaybackControl::getSession,
                        WireChecks::control)),
                Map.entry(Topics.PLAYBACKS, new Kind<>("PlaybackState", PlaybackState.parser(), true,
                        PlaybackState::getSchemaVersion, PlaybackState::getSession, _ -> Optional.empty())),
                Map.entry(Topics.NOTES, new Kind<>("Note", Note.parser(), true,
                        Note::getSchemaVersion, Note::getSession, WireChecks::note)),
                Map.entry(Topics.REJECTED, new Kind<>("Rejected", Rejected.parser(), false,
                        Rejected::getSchemaVersion, Rejected::getSession, _ -> Optional.empty())),
                Map.entry(Topics.CHECKPOINTS, new Kind<>("Checkpoint", Checkpoint.parser(), false,
                        Checkpoint::getSchemaVersion,
                        checkpoint -> checkpoint.getHeader().getSession(), _ -> Optional.empty())));

        private CheckedRecord check(String key, byte[] value) {
            WireChecks.Parsed<M> parsed = written
                    ? WireChecks.parse(parser, value, name)
                    : WireChecks.parseOwn(parser, value, name);
            if (parsed.fault() != null) {
                return new Invalid(key, parsed.fault());
            }
            M message = parsed.message();
            if (version.applyAsInt(message) != WireChecks.SCHEMA_VERSION) {
                return new Invalid(key, new Fault(Reason.MALFORMED,
                        "schema_version is " + Integer.toUnsignedString(version.applyAsInt(message)) + ", expected "
                                + WireChecks.SCHEMA_VERSION));
            }
            Optional<Fault> fault = check.apply(message);
            if (fault.isPresent()) {
                return new Invalid(key, fault.get());
            }
            if (!session.apply(message).equals(key)) {
                return new Invalid(key, new Fault(Reason.KEY_MISMATCH,
                        "key \"" + key + "\", expected the session \"" + session.apply(message) + "\""));
            }
            return new Valid(key, message);
        }
    }
}
