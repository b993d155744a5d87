package kappa.analysis.actor;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractOnMessageBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import kappa.analysis.NetworkAnalysis;
import kappa.ingest.kafka.Topics;
import kappa.ingest.stream.Publisher;
import kappa.ingest.stream.UnixTime;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.ModelSnapshot;

/**
 * Analyses one snapshot after the other and publishes what it finds.
 *
 * <p>State owned: none. Back-pressure: {@link AnalysisReader} sends the next snapshot only after the answer to the one
 * before. Failure: a snapshot that cannot be analysed is answered with the reason and logged; the next one is independent.
 */
public final class Analyst extends AbstractOnMessageBehavior<Analyst.Command> {

    /** What the analyst is asked to do. */
    public sealed interface Command {}

    /** Analyse and publish; answered when the broker has the analysis. */
    public record Analyse(ModelSnapshot snapshot, int partition, ActorRef<Done> replyTo) implements Command {}

    /** @param failure null if the analysis was published */
    public record Done(String failure) {}

    public static Behavior<Command> create(Publisher publisher) {
        return Behaviors.setup(context -> new Analyst(context, publisher));
    }

    private final Publisher publisher;

    private Analyst(ActorContext<Command> context, Publisher publisher) {
        super(context);
        this.publisher = publisher;
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Analyse analyse -> onAnalyse(analyse);
        };
    }

    private Behavior<Command> onAnalyse(Analyse analyse) {
        ModelSnapshot snapshot = analyse.snapshot();
        try {
            Analysis analysis = NetworkAnalysis.of(snapshot).toBuilder().setPublishedUnixNs(UnixTime.nowNs()).build();
            // Answered from the producer's thread: once answered, the snapshot is never analysed again.
            publisher.send(Topics.ANALYSES, analyse.partition(), snapshot.getSession(), analysis,
                    (metadata, bytes) -> analyse.replyTo().tell(new Done(null)));
        } catch (IllegalArgumentException e) {
            getContext().getLog().warn("model {} of session {} cannot be analysed: {}", snapshot.getVersion(),
                    snapshot.getSession(), e.getMessage());
            analyse.replyTo().tell(new Done(e.getMessage()));
        }
        return this;
    }
}
