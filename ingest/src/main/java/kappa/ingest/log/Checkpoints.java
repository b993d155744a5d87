package kappa.ingest.log;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import kappa.ingest.InvalidInputException;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Fault;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads kappa.checkpoints. Stateless. */
public final class Checkpoints {

    private Checkpoints() {}

    /**
     * What must be kept of the checkpoint of a session that has ended: where its end is. The rest may be megabytes, and a Kafka
     * holds the sessions of years.
     */
    public static Checkpoint withoutTheRest(Checkpoint ended) {
        return Checkpoint.newBuilder().setSchemaVersion(ended.getSchemaVersion()).setPartition(ended.getPartition())
                .setNextOffset(ended.getNextOffset()).setNextBin(ended.getNextBin())
                .setNextBinOffset(ended.getNextBinOffset()).setEnded(true).build();
    }

    /**
     * The newest checkpoint of each session, by partition; of a session that has ended only its end. A session whose checkpoint
     * was deleted has none.
     *
     * @throws InvalidInputException if the newest record of a session is no checkpoint that this kappa can read: the session
     *         would begin anew. Older ones, which Kafka keeps until it compacts the topic, do not matter
     */
    static Map<Integer, Map<String, Checkpoint>> read(KafkaConnection connection,
            Collection<TopicPartition> partitions) {
        Map<Integer, Map<String, Checkpoint>> newest = new HashMap<>();
        Map<String, InvalidInputException> unreadable = new LinkedHashMap<>();
        partitions.forEach(partition -> newest.put(partition.partition(), new HashMap<>()));
        try (TopicFollower table = TopicFollower.ofTable(connection, record -> {
            Map<String, Checkpoint> sessions = newest.get(record.partition());
            String session = CheckedRecord.session(record.key());
            String place = record.partition() + "/" + session;
            sessions.remove(session);
            unreadable.remove(place);
            if (record.value() != null) {
                try {
                    Checkpoint checkpoint = checkpoint(record);
                    sessions.put(session, checkpoint.getEnded() ? withoutTheRest(checkpoint) : checkpoint);
                } catch (InvalidInputException e) {
                    unreadable.put(place, e);
                }
            }
        })) {
            table.fromBeginning(partitions.stream()
                    .map(partition -> new TopicPartition(Topics.CHECKPOINTS, partition.partition())).toList());
            table.readToEnd();
        }
        if (!unreadable.isEmpty()) {
            throw unreadable.values().iterator().next();
        }
        return newest;
    }

    static Checkpoint checkpoint(ConsumerRecord<byte[], byte[]> record) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        return checked.message(Checkpoint.class).orElseThrow(() -> new InvalidInputException(
                TopicFollower.place(record) + " cannot be read as a checkpoint: "
                        + checked.fault().map(Fault::detail).orElseThrow()
                        + ". If a newer kappa wrote it, start that one. Only kappa may write to this topic."));
    }
}
