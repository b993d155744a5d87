package kappa.ingest.log;

import com.google.protobuf.MessageLite;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Intervention;
import kappa.ingest.wire.Author;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Note;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.WireChecks;

/**
 * Publishes what people send to a session: interventions on kappa.interventions, wishes for a replay on kappa.controls, and notes
 * on kappa.notes. A request is checked as the rig checks it. Thread-safe if its sink is.
 */
public final class ControlPublisher {

    /** Takes a record for a topic. */
    @FunctionalInterface
    public interface Sink {

        /**
         * Publishes a record. May wait for room in a buffer.
         *
         * @return done once the topic has it
         */
        CompletionStage<Void> publish(String topic, int partition, String session, MessageLite record);
    }

    /**
     * The rig that is asked.
     *
     * @param partition that of the session's other records: the records of a session lie together
     * @param neurons recorded neurons of the session
     */
    public record Rig(String session, int partition, int neurons) {}

    /**
     * A wish for a replay. At least one part is present.
     *
     * @param pause true to hold, false to go on
     * @param seekSeconds seconds of the recording to go on at
     * @param speed multiple of the rig's own time; infinite for as fast as possible
     */
    public record PlaybackWish(Optional<Boolean> pause, Optional<Double> seekSeconds, Optional<Double> speed) {}

    private final Sink sink;

    public ControlPublisher(Sink sink) {
        this.sink = sink;
    }

    public ControlPublisher(Publisher publisher) {
        this((topic, partition, session, record) -> {
            CompletableFuture<Void> published = new CompletableFuture<>();
            publisher.send(topic, partition, session, record, (metadata, bytes) -> published.complete(null));
            return published;
        });
    }

    /**
     * Asks a rig to silence neurons.
     *
     * @param set name of the set of neurons, for people
     * @return done once the topic has the request
     * @throws InvalidInputException with one line if no rig of this session could obey
     */
    public CompletionStage<Void> intervene(Rig rig, Intervention request, String set, long requestedUnixNs) {
        var message = kappa.ingest.wire.Intervention.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(rig.session).setId(request.id()).setName(set).addAllNeurons(request.neurons())
                .setTrials(request.trials()).setEvery(request.every()).setFirstBin(request.firstBin())
                .setBins(request.bins()).setRequestedUnixNs(requestedUnixNs).build();
        require(WireChecks.intervention(rig.neurons, message));
        return sink.publish(Topics.INTERVENTIONS, rig.partition, rig.session, message);
    }

    /**
     * Asks a replay to pause, go on, seek or change its speed.
     *
     * @return done once the topic has the wish
     * @throws InvalidInputException with one line if no replay could follow
     */
    public CompletionStage<Void> control(Rig rig, PlaybackWish wish, long requestedUnixNs) {
        PlaybackControl.Builder message = PlaybackControl.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(rig.session).setRequestedUnixNs(requestedUnixNs);
        wish.pause.ifPresent(message::setPause);
        wish.seekSeconds.ifPresent(message::setSeekS);
        wish.speed.ifPresent(message::setSpeed);
        require(WireChecks.control(message.build()));
        return sink.publish(Topics.CONTROLS, rig.partition, rig.session, message.build());
    }

    /**
     * Notes something of a session on kappa.notes.
     *
     * @param bin the session's newest bin
     * @return done once the topic has it
     * @throws InvalidInputException with one line if the text cannot be a note
     */
    public CompletionStage<Void> note(Rig rig, String text, long bin, long publishedUnixNs) {
        Note note = Note.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setSession(rig.session).setText(text)
                .setBin(Math.max(0, bin)).setAuthor(Author.PERSON).setPublishedUnixNs(publishedUnixNs).build();
        require(WireChecks.note(note));
        return sink.publish(Topics.NOTES, rig.partition, rig.session, note);
    }

    private static void require(Optional<Fault> fault) {
        if (fault.isPresent()) {
            throw new InvalidInputException(fault.get().detail());
        }
    }
}
