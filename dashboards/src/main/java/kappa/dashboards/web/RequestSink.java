package kappa.dashboards.web;

import com.google.protobuf.MessageLite;
import java.util.concurrent.CompletionStage;

/** Where what visitors ask of a rig goes: kappa.interventions and kappa.controls. Thread-safe. */
@FunctionalInterface
public interface RequestSink {

    /**
     * Publishes a request. May wait for room in a buffer.
     *
     * @param partition that of the session's other records: what belongs together must lie together
     * @return done once the topic has it
     */
    CompletionStage<Void> publish(String topic, int partition, String session, MessageLite request);
}
