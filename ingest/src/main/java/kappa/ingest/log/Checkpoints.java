package kappa.ingest.log;

import java.util.Collection;
import java.util.HashMap;
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
     * @throws InvalidInputException if a record is no checkpoint that this kappa can read: its session would begin anew
     */
    static Map<Integer, Map<String, Checkpoint>> read(KafkaConnection connection,
            Collection<TopicPartition> partitions) {
        Map<Integer, Map<String, Checkpoint>> newest = new HashMap<>();
        partitions.forEach(partition -> newest.put(partition.partition(), new HashMap<>()));
        try (TopicFollower table = TopicFollower.ofTable(connection, record -> {
            Map<String, Checkpoint> sessions = newest.get(record.partition());
            if (record.value() == null) {
                sessions.remove(CheckedRecord.session(record.key()));
            } else {
                Checkpoint checkpoint = checkpoint(record);
                sessions.put(CheckedRecord.session(record.key()),
                        checkpoint.getEnded() ? withoutTheRest(checkpoint) : checkpoint);
            }
        })) {
            table.fromBeginning(partitions.stream()
                    .map(partition -> new TopicPartition(Topics.CHECKPOINTS, partition.partition())).toList());
            table.readToEnd();
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
