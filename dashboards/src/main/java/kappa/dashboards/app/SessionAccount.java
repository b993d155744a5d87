package kappa.dashboards.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/**
 * Follows one session on the topics until its last model has been analysed, and gives an account of it: how many bins have a
 * kappa, how good the model was, how long a bin took. It reads what everybody can read. Not thread-safe.
 */
public final class SessionAccount {

    private static final List<String> FOLLOWED = List.of(Topics.LATENTS, Topics.MODELS, Topics.ANALYSES,
            Topics.REJECTED);
    private static final Duration POLL = Duration.ofMillis(100);
    /** Clocks of the publisher and the broker may differ by this much. */
    private static final long CLOCK_SLACK_MS = 60_000;

    private final KafkaConnection connection;
    private final SessionHeader header;
    private final BitSet latents = new BitSet();
    private final Histogram latencyMs = new Histogram(3_600_000L, 3);
    /** By topic, partition and offset: after a restart a record can be rejected again. */
    private final Set<String> rejected = new HashSet<>();
    private ModelSnapshot finalModel;
    private long analysedVersion = -1;

    public SessionAccount(KafkaConnection connection, SessionHeader header) {
        this.connection = connection;
        this.header = header;
    }

    /** Bins with a kappa so far. */
    public long latents() {
        return latents.cardinality();
    }

    /** The session's last model; null before its end. */
    public ModelSnapshot finalModel() {
        return finalModel;
    }

    /**
     * Reads until the session is over and everything about it is published.
     *
     * @return false if told to stop before that
     */
    public boolean follow(BooleanSupplier stop) {
        try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            Map<TopicPartition, Long> since = new HashMap<>();
            for (String topic : FOLLOWED) {
                consumer.partitionsFor(topic)
                        .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
            }
            consumer.assign(partitions);
            partitions.forEach(p -> since.put(p, header.getCreatedUnixNs() / 1_000_000 - CLOCK_SLACK_MS));
            Map<TopicPartition, OffsetAndTimestamp> starts = consumer.offsetsForTimes(since);
            for (TopicPartition partition : partitions) {
                OffsetAndTimestamp start = starts.get(partition);
                if (start == null) {
                    consumer.seekToEnd(List.of(partition));
                } else {
                    consumer.seek(partition, start.offset());
                }
            }
            // Positions of partitions at their end are looked up lazily: now, before anything is published.
            partitions.forEach(consumer::position);
            while (!complete()) {
                if (stop.getAsBoolean()) {
                    return false;
                }
                consumer.poll(POLL).forEach(this::fold);
            }
            // The last latents are on the topic before the last model, but another partition may have been read first.
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                consumer.poll(POLL).forEach(this::fold);
            }
            return true;
        }
    }

    private boolean complete() {
        return finalModel != null && analysedVersion >= finalModel.getVersion();
    }

    private void fold(ConsumerRecord<byte[], byte[]> record) {
        if (!Arrays.equals(record.key(), header.getSession().getBytes(UTF_8))) {
            return;
        }
        switch (record.topic()) {
            case Topics.LATENTS -> {
                Latents message = WireChecks.parse(Latents.parser(), record.value(), "Latents").message();
                if (message != null) {
                    int first = Math.toIntExact(message.getFirstBin());
                    latents.set(first, first + message.getBinsCount());
                    long took = Math.max(0, record.timestamp() - message.getActivityUnixNs() / 1_000_000);
                    latencyMs.recordValueWithCount(Math.min(took, latencyMs.getHighestTrackableValue()),
                            message.getBinsCount());
                }
            }
            case Topics.MODELS -> {
                ModelSnapshot message = WireChecks.parse(ModelSnapshot.parser(), record.value(), "ModelSnapshot")
                        .message();
                if (message != null && message.getFinal()) {
                    finalModel = message;
                }
            }
            case Topics.ANALYSES -> {
                Analysis message = WireChecks.parse(Analysis.parser(), record.value(), "Analysis").message();
                if (message != null) {
                    analysedVersion = Math.max(analysedVersion, message.getModelVersion());
                }
            }
            default -> {
                Rejected message = WireChecks.parse(Rejected.parser(), record.value(), "Rejected").message();
                if (message != null && !message.getRecordUsed()) {
                    rejected.add(message.getTopic() + '-' + message.getPartition() + '@' + message.getOffset());
                }
            }
        }
    }

    /** The figures of {@code --json}, once {@link #follow} has returned true. */
    public Map<String, Object> figures(long bins, double seconds) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("session", header.getSession());
        out.put("rank", header.getFit().getRank());
        out.put("bins", bins);
        out.put("latents", latents.cardinality());
        out.put("rejected", rejected.size());
        out.put("model_version", finalModel.getVersion());
        out.put("steps", finalModel.getSteps());
        out.put("seconds", seconds);
        out.put("prequential", prequential(finalModel.getQuality()));
        out.put("warnings", finalModel.getQuality().getWarningsList());
        out.put("latency_ms", Map.of("p50", latencyMs.getValueAtPercentile(50), "p99",
                latencyMs.getValueAtPercentile(99), "p999", latencyMs.getValueAtPercentile(99.9)));
        return out;
    }

    /** The first trial is not part of the means: nothing was known before it, so its score is 0 by definition. */
    public static Map<String, Object> prequential(FitQuality quality) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("unit", quality.getUnit());
        out.put("first_trial", quality.getFirstTrial());
        out.put("per_trial", quality.getOneStepList());
        out.put("mean", mean(quality.getOneStepList(), quality.getFirstTrial()));
        out.put("free_run_per_trial", quality.getFreeRunList());
        out.put("free_run_mean", mean(quality.getFreeRunList(), quality.getFirstTrial()));
        return out;
    }

    private static double mean(List<Double> scores, long firstTrial) {
        return scores.stream().skip(firstTrial == 0 ? 1 : 0).mapToDouble(x -> x).average().orElse(0);
    }
}
