package kappa.dashboards.web;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.session.TopicRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows kappa's topics for a {@link LiveView}, in a thread of its own, and tries again when the cluster cannot be read. */
final class LiveFollower implements AutoCloseable {

    /** Where reading starts, records before the end of a partition. */
    private static final long LATENTS_BACK = 200_000;
    private static final long ACTIVITY_BACK = 20_000;
    /** Records of a partition that may wait to be folded, once all were; beyond that the page would show the past. */
    private static final long TOO_FAR_BEHIND = 20_000;
    private static final List<String> BINS = List.of(Topics.SESSIONS, Topics.ACTIVITY, Topics.LATENTS,
            Topics.REJECTED);
    /** What is read when headers and bins have caught up, so that its sessions are known. */
    private static final List<String> RESULTS = List.of(Topics.MODELS, Topics.ANALYSES, Topics.INACTIVATIONS,
            Topics.INTERVENTIONS, Topics.PLAYBACKS, Topics.NOTES);
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(LiveFollower.class);

    private final LiveView view;
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    private final Thread thread;
    private volatile TopicFollower log;

    private LiveFollower(LiveView view, KafkaConnection kafka) {
        this.view = view;
        thread = Thread.ofPlatform().name("kappa-dashboard-follower").daemon(true).unstarted(() -> follow(kafka));
    }

    /** It reads until it, or the view, is closed. */
    static LiveFollower start(LiveView view, KafkaConnection kafka) {
        LiveFollower follower = new LiveFollower(view, kafka);
        follower.thread.start();
        return follower;
    }

    /** Called once the view is closed. */
    @Override
    public void close() {
        TopicFollower open = log;
        if (open != null) {
            open.stop();
        }
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void follow(KafkaConnection kafka) {
        while (!view.isClosed()) {
            try (TopicFollower opened = new TopicFollower(kafka, this::fold, this::failed)) {
                follow(opened);
            } catch (WakeupException e) {
                LOG.debug("The dashboard stops following", e);
            } catch (InterruptException e) {
                return;
            } catch (KafkaException | InvalidInputException e) {
                LOG.warn("The dashboard cannot read from {}, tries again: {}", kafka, e.toString());
                view.report("cannot read from Kafka at " + kafka.bootstrapServers() + ": " + e.getMessage());
            } finally {
                log = null;
            }
            view.pause(RETRY);
        }
    }

    /** Headers and bins first; what was made of them when these have caught up, so that their sessions are known. */
    private void follow(TopicFollower from) {
        log = from;
        if (Stream.concat(BINS.stream(), RESULTS.stream()).anyMatch(topic -> from.partitions(topic).isEmpty())) {
            view.report("the topics do not exist yet");
            return;
        }
        view.report("");
        from.handOverNewestOnly(RESULTS.stream().filter(Topics.COMPACTED::contains).toList());
        BINS.forEach(topic -> start(from, topic));
        Map<TopicPartition, Long> ends = from.ends(from.followed());
        while (!view.isClosed()) {
            if (from.poll(POLL) > 0) {
                view.news();
            }
            if (ends == null) {
                skipWhatIsTooOld(from);
            } else if (from.reached(ends)) {
                ends = null;
                RESULTS.forEach(topic -> start(from, topic));
            }
        }
    }

    /** Begins a little before the end; after a broken connection, where it was. */
    private void start(TopicFollower from, String topic) {
        List<TopicPartition> partitions = from.partitions(topic);
        from.fromLast(partitions, switch (topic) {
            case Topics.ACTIVITY -> ACTIVITY_BACK;
            case Topics.LATENTS, Topics.REJECTED, Topics.INTERVENTIONS, Topics.NOTES -> LATENTS_BACK;
            default -> Long.MAX_VALUE;
        });
        Map<TopicPartition, Long> before = new HashMap<>(positions);
        before.keySet().retainAll(partitions);
        from.from(before);
    }

    private void skipWhatIsTooOld(TopicFollower from) {
        for (TopicPartition partition : from.followed()) {
            if (List.of(Topics.ACTIVITY, Topics.LATENTS).contains(partition.topic())) {
                long left = from.skipIfBehind(partition, TOO_FAR_BEHIND);
                if (left > 0) {
                    view.skip(partition, left);
                }
            }
        }
    }

    private void fold(ConsumerRecord<byte[], byte[]> record) {
        view.take(TopicRecord.of(record));
        positions.merge(new TopicPartition(record.topic(), record.partition()), record.offset() + 1, Math::max);
    }

    private void failed(ConsumerRecord<byte[], byte[]> record, RuntimeException failure) {
        view.unusable(record.topic(), record.partition() + "/" + record.offset() + ": " + failure);
    }
}
