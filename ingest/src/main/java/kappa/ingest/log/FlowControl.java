package kappa.ingest.log;

import io.micrometer.core.instrument.Counter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Pauses a partition while more than {@link ActivityReader#HIGH} bins of it are under way, until half of them are done. The log
 * keeps the rest. Not thread-safe, but {@link Arrival} counts down from any thread.
 */
final class FlowControl {

    private final Counter pauses;
    private final Map<Integer, AtomicInteger> underWay = new HashMap<>();

    FlowControl(Counter pauses) {
        this.pauses = pauses;
    }

    void take(int partition) {
        underWay.put(partition, new AtomicInteger());
    }

    void giveUp(int partition) {
        underWay.remove(partition);
    }

    AtomicInteger underWay(int partition) {
        return underWay.computeIfAbsent(partition, _ -> new AtomicInteger());
    }

    void pauseAndResume(Consumer<?, ?> consumer) {
        List<TopicPartition> pause = new ArrayList<>();
        List<TopicPartition> resume = new ArrayList<>();
        for (TopicPartition partition : consumer.assignment()) {
            AtomicInteger count = underWay.get(partition.partition());
            boolean paused = consumer.paused().contains(partition);
            if (!paused && count != null && count.get() > ActivityReader.HIGH) {
                pause.add(partition);
            } else if (paused && (count == null || count.get() < ActivityReader.HIGH / 2)) {
                resume.add(partition);
            }
        }
        pauses.increment(pause.size());
        consumer.pause(pause);
        consumer.resume(resume);
    }
}
