package kappa.ingest.outlet;

import java.time.Duration;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the latent states of one session on as they appear on {@code kappa.latents}. Each bin is sent once: what a pipeline
 * publishes again after a crash is left out. A thread of its own does it, from {@link #start} to {@link #close}.
 */
public final class LatentSender implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LatentSender.class);
    private static final Duration POLL = Duration.ofMillis(100);

    private final List<Threshold> thresholds;
    private final List<? extends LatentOutlet> outlets;
    private final LatentFeed feed;
    private final Thread thread;
    private final boolean[] beyond;
    private boolean told;
    private volatile boolean closing;

    /**
     * Begins with what is published from now on.
     *
     * @param outlets closed with this
     */
    public LatentSender(KafkaConnection connection, String session, List<Threshold> thresholds,
            List<? extends LatentOutlet> outlets) {
        this.thresholds = List.copyOf(thresholds);
        this.outlets = List.copyOf(outlets);
        beyond = new boolean[thresholds.size()];
        feed = LatentFeed.fromNow(connection, session, this::send);
        thread = Thread.ofPlatform().daemon(true).name("kappa-latent-sender").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try (feed) {
            while (!closing) {
                feed.poll(POLL);
            }
        } catch (RuntimeException e) {
            LOG.error("latent states are no longer sent: {}", e.toString());
        }
    }

    private void send(PublishedLatent latent) {
        long bin = latent.bin();
        float[] kappa = latent.kappa();
        long host = latent.hostUnixNs();
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
