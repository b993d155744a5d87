package kappa.ingest.outlet;

import java.time.Duration;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the latent states of one session on as they appear on {@code kappa.latents}. Each bin is sent once: what a pipeline
 * publishes again after a crash is left out. A thread of its own does it, from {@link #start} to {@link #close}.
 */
public final class LatentSender implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LatentSender.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long NS_PER_MS = 1_000_000;

    private final String session;
    private final List<Threshold> thresholds;
    private final List<? extends LatentOutlet> outlets;
    private final TopicFollower log;
    private final Thread thread;
    private final boolean[] beyond;
    private long next;
    private boolean told;
    private volatile boolean closing;

    /**
     * Begins with what is published from now on.
     *
     * @param outlets closed with this
     */
    public LatentSender(KafkaConnection connection, String session, List<Threshold> thresholds,
            List<? extends LatentOutlet> outlets) {
        this.session = session;
        this.thresholds = List.copyOf(thresholds);
        this.outlets = List.copyOf(outlets);
        beyond = new boolean[thresholds.size()];
        log = new TopicFollower(connection, this::read);
        log.fromTime(log.partitions(Topics.LATENTS), UnixTime.nowNs() / NS_PER_MS);
        thread = Thread.ofPlatform().daemon(true).name("kappa-latent-sender").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try (log) {
            while (!closing) {
                log.poll(POLL);
            }
        } catch (RuntimeException e) {
            LOG.error("latent states are no longer sent: {}", e.toString());
        }
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        if (checked.session().equals(session)) {
            checked.message(Latents.class).ifPresent(this::send);
        }
    }

    private void send(Latents latents) {
        for (int i = 0; i < latents.getBinsCount(); i++) {
            long bin = latents.getFirstBin() + i;
            if (bin >= next) {
                next = bin + 1;
                send(bin, latents.getBins(i));
            }
        }
    }

    private void send(long bin, LatentBin of) {
        float[] kappa = new float[of.getKappaCount()];
        for (int k = 0; k < kappa.length; k++) {
            kappa[k] = of.getKappa(k);
        }
        long host = of.getClock().getHostUnixNs();
        outlets.forEach(outlet -> outlet.kappa(bin, kappa, host));
        for (int i = 0; i < beyond.length; i++) {
            Threshold threshold = thresholds.get(i);
            if (threshold.latent() >= kappa.length) {
                if (!told) {
                    told = true;
                    LOG.warn("--threshold {}: the session has only {} latent variables", threshold.text(),
                            kappa.length);
                }
                continue;
            }
            boolean now = threshold.beyond(kappa);
            if (now && !beyond[i]) {
                outlets.forEach(outlet -> outlet.crossing(threshold, bin, kappa[threshold.latent()], host));
            }
            beyond[i] = now;
        }
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InvalidInputException("interrupted while latent states were sent", e);
        } finally {
            outlets.forEach(LatentOutlet::close);
        }
    }
}
