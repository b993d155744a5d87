package kappa.dashboards.web;

import java.util.concurrent.CompletionStage;
import kappa.ingest.wire.Intervention;

/** Where requests to silence neurons go: kappa.interventions. Thread-safe. */
@FunctionalInterface
public interface InterventionSink {

    /**
     * Publishes a request. May wait for room in a buffer.
     *
     * @param partition that of the session's other records: what belongs together must lie together
     * @return done once the topic has it
     */
    CompletionStage<Void> publish(int partition, Intervention request);
}
