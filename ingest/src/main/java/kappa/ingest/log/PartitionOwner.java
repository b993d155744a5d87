package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write the checkpoints and snapshots of a partition's sessions. Only one process may have it, because the newest
 * record of a session replaces the older ones.
 *
 * <p>A process that was stopped or cut off for longer than the group's session time-out continues with its work and does not
 * know yet that the partition was given to another process. Therefore the records are written in transactions whose id names
 * the partition. The broker accepts the process that claimed the partition last and refuses all before it. A process that first
 * claims the partition and then reads the committed checkpoints has the newest ones. Latents are not written in transactions,
 * because a transaction takes milliseconds; a bin's latents may be published twice.
 *
 * <p>Thread-safe. Records wait in a queue while a transaction is written. While more than {@value #MOST_BYTES} bytes wait, the
 * caller waits too, as in {@link Publisher}: a slow broker slows the pipeline down. If the broker refuses a record although the
 * partition is ours, the whole pipeline fails, as there.
 */
public final class PartitionOwner {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionOwner.class);

    private static final int MOST_AT_ONCE = 64;
    private static final int ATTEMPTS = 3;

    /** Bytes that may wait: as many as a producer may hold. */
    private static final int MOST_BYTES = 2 * Topics.MAX_MESSAGE_BYTES;

    /** Longer than the delivery time-out of records, which notices an absent broker first. */
    private static final Duration TRANSACTION = Duration.ofMinutes(5);

    /** Within this time the group tells a process that was taken for dead that it has lost the partition. */
    private static final Duration VERDICT = Duration.ofSeconds(5);

    /** @param room bytes it takes of what may wait */
    private record Write(ProducerRecord<byte[], byte[]> record, int room, Runnable durable) {}

    private static final Write END = new Write(null, 0, null);

    private final int partition;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Consumer<Throwable> onFailure;
    private final BlockingQueue<Write> writes = new LinkedBlockingQueue<>();
    /** Bytes that may still be sent before a caller waits. */
    private final Semaphore room;
    private final int mostBytes;
    private final Duration verdict;
    private final CountDownLatch givenUp = new CountDownLatch(1);
    private final CompletableFuture<Void> claimed = new CompletableFuture<>();
    private final Thread thread;
    /** Of the thread alone. */
    private Producer<byte[], byte[]> producer;
    private volatile boolean released;
    private volatile boolean fenced;
    private volatile long fencedAtNs;

    /**
     * @param producers makes a producer with the partition's transactional id: the first, and one for each that failed
     * @param verdict within this time the group tells us that it has given the partition to another process
     */
    PartitionOwner(int partition, Supplier<Producer<byte[], byte[]>> producers, int mostBytes, Duration verdict,
            Consumer<Throwable> onFailure) {
        this.partition = partition;
        this.producers = producers;
        this.mostBytes = mostBytes;
        this.verdict = verdict;
        this.onFailure = onFailure;
        room = new Semaphore(mostBytes);
        producer = producers.get();
        thread = Thread.ofVirtual().name("kappa-owner-" + partition).start(this::run);
    }

    /**
     * Begins to claim a partition; {@link #awaitClaimed} waits until that is done.
     *
     * @param group the consumer group that shares the sessions; its name begins the transaction's id
     * @param onFailure called once if the broker does not take a record although the partition is ours
     */
    public static PartitionOwner claim(KafkaConnection connection, String group, int partition,
            Consumer<Throwable> onFailure) {
        Map<String, Object> settings = connection.producer();
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, group + "-owner-" + partition);
        // A broker that has not taken a new producer's first batch yet refuses those after it, and logs an error for each.
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1");
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Long.toString(TRANSACTION.toMillis()));
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(TRANSACTION.toMillis()));
        return new PartitionOwner(partition, () -> new KafkaProducer<>(settings), MOST_BYTES, VERDICT,
                onFailure);
    }

    /** Returns when no earlier owner can write any more and every transaction of theirs has ended. */
    public void awaitClaimed() {
        try {
            claimed.join();
        } catch (CompletionException e) {
            throw new KafkaException("partition " + partition + " could not be claimed: " + e.getCause(), e.getCause());
        }
    }

    /**
     * Sends a record. {@code durable} is called from a thread of this object once every replica has the record and its
     * transaction is committed. After the partition was released or claimed by another process, records are dropped.
     */
    public void send(String topic, String session, MessageLite message, Runnable durable) {
        if (released || fenced) {
            return;
        }
        byte[] value = message.toByteArray();
        // A record that is larger than all the room waits until the queue is empty.
        int bytes = Math.min(value.length, mostBytes);
        room.acquireUninterruptibly(bytes);
        writes.add(new Write(new ProducerRecord<>(topic, partition, session.getBytes(UTF_8), value), bytes, durable));
    }

    /**
     * Whether another process has claimed the partition although the group has not taken it from us. The claim is old enough that
     * the group would have told us by now.
     */
    boolean lostUnawares() {
        return fenced && System.nanoTime() - fencedAtNs > verdict.toNanos();
    }

    /** Gives the partition up. What was sent before is still written, unless another process has claimed it. */
    void release() {
        released = true;
        givenUp.countDown();
        writes.add(END);
    }

    /** Waits until everything is written that was sent before {@link #release}. */
    void join(Duration atMost) throws InterruptedException {
        thread.join(atMost);
    }

    private void run() {
        try {
            producer.initTransactions();
            claimed.complete(null);
            List<Write> batch = new ArrayList<>();
            boolean more = true;
            while (more) {
                batch.add(writes.take());
                writes.drainTo(batch, MOST_AT_ONCE);
                int end = batch.indexOf(END);
                more = end < 0;
                List<Write> due = more ? batch : batch.subList(0, end);
                if (!due.isEmpty()) {
                    write(due);
                    due.forEach(write -> write.durable().run());
                    room.release(due.stream().mapToInt(Write::room).sum());
                }
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            if (comesFrom(ProducerFencedException.class, e)) {
                fencedAtNs = System.nanoTime();
                fenced = true;
                LOG.atInfo().addKeyValue("partition", partition).log(
                        "another process has claimed partition {}; what this one had not written yet is dropped",
                        partition);
                claimed.complete(null);
            } else if (claimed.isDone() && wasTakenFromUs(e)) {
                LOG.atWarn().addKeyValue("partition", partition).log(
                        "partition {} was given up while the broker failed to end a transaction: {}",
                        partition, e.toString());
            } else if (!claimed.completeExceptionally(e)) {
                LOG.atError().addKeyValue("partition", partition).log(
                        "checkpoints and snapshots of partition {} could not be written: {}", partition, e.toString());
                onFailure.accept(e);
            }
        } finally {
            // Callers that wait for room, and later ones, go on.
            released = true;
            writes.clear();
            room.release(Integer.MAX_VALUE / 2);
            producer.close();
        }
    }

    /**
     * Whether the partition is given up at this moment, as it is when it goes to another process. A broker that is asked to end a
     * transaction while another process claims the partition may answer with an internal error; that it has refused us is then
     * not said. Nothing may be written again in this case, because it could replace a record of the new owner.
     */
    private boolean wasTakenFromUs(Throwable failure) {
        if (!comesFrom(UnknownServerException.class, failure)) {
            return false;
        }
        try {
            return givenUp.await(verdict.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void write(List<Write> batch) {
        for (int attempt = 1;; attempt++) {
            try {
                producer.beginTransaction();
                batch.forEach(write -> producer.send(write.record()));
                producer.commitTransaction();
                return;
            } catch (KafkaException e) {
                if (attempt == ATTEMPTS || comesFrom(ProducerFencedException.class, e)) {
                    throw e;
                }
                LOG.info("a transaction is begun again: {}", e.toString());
                abort();
            }
        }
    }

    /** Ends the transaction. This says whether a record was refused because somebody else has claimed the partition. */
    private void abort() {
        try {
            producer.abortTransaction();
        } catch (KafkaException e) {
            if (!comesFrom(InvalidTxnStateException.class, e)) {
                throw e;
            }
            // The broker says so where it had ended the transaction before it was asked to. The producer can do nothing more.
            // The broker looks first at who has claimed the partition: it is still ours, and a new producer claims it again.
            LOG.info("the producer of partition {} failed and is replaced: {}", partition, e.toString());
            producer.close(Duration.ZERO);
            producer = producers.get();
            producer.initTransactions();
        }
    }

    private static boolean comesFrom(Class<? extends KafkaException> type, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
