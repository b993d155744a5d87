package kappa.ingest.outlet;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The latent states of one session in plain numbers, in the order of their bins, each once: what a pipeline publishes again
 * after a crash is left out. Not thread-safe.
 */
public final class LatentFeed implements AutoCloseable {

    private static final long NS_PER_MS = 1_000_000;

    private final String session;
    private final Consumer<PublishedLatent> taker;
    private final TopicFollower log;
    private long next;

    private LatentFeed(KafkaConnection connection, String session, long next, Consumer<PublishedLatent> taker) {
        this.session = session;
        this.next = next;
        this.taker = taker;
        log = new TopicFollower(connection, this::read);
    }

    /** Begins with what is published from now on. */
    public static LatentFeed fromNow(KafkaConnection connection, String session, Consumer<PublishedLatent> taker) {
        LatentFeed feed = new LatentFeed(connection, session, 0, taker);
        feed.log.fromTime(feed.log.partitions(Topics.LATENTS), UnixTime.nowNs() / NS_PER_MS);
        return feed;
    }

    /** Begins with a bin, or with the first after it that Kafka still has. */
    public static LatentFeed fromBin(KafkaConnection connection, String session, long bin,
            Consumer<PublishedLatent> taker) {
        LatentFeed feed = new LatentFeed(connection, session, bin, taker);
        feed.log.fromBeginning(feed.log.partitions(Topics.LATENTS));
        return feed;
    }

    /** Hands over what comes within this time. */
    public void poll(Duration atMost) {
        log.poll(atMost);
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        if (checked.session().equals(session)) {
            checked.message(Latents.class).ifPresent(this::take);
        }
    }

    private void take(Latents latents) {
        for (int i = 0; i < latents.getBinsCount(); i++) {
            long bin = latents.getFirstBin() + i;
            if (bin >= next) {
                next = bin + 1;
                taker.accept(plain(bin, latents, latents.getBins(i)));
            }
        }
    }

    private static PublishedLatent plain(long bin, Latents latents, LatentBin of) {
        return new PublishedLatent(bin, floats(of.getKappaList()), floats(of.getCovarianceList()),
                floats(of.getInputsList()), of.getTrial(), of.getTrialStart(), of.getRigTimeNs(),
                of.getClock().getHostUnixNs(), latents.getModelVersion());
    }

    private static float[] floats(List<Float> list) {
        float[] array = new float[list.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = list.get(i);
        }
        return array;
    }

    @Override
    public void close() {
        log.close();
    }
}
