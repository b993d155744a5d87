package kappa.dashboards.web;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.outlet.LatentFeed;
import kappa.ingest.outlet.PublishedLatent;

/**
 * κ of a session as server-sent events: one event a bin, whose id is the bin's index and whose data is a JSON object; at the end
 * of the session one event named {@code end}. A line without an event comes at least every quarter of a second, so that a
 * reader who is gone is noticed. Thread-safe.
 */
final class LatentStream {

    /** Each holds a thread of the blocking dispatcher while it waits for Kafka. */
    static final int MAX_READERS = 12;

    private static final Duration POLL = Duration.ofMillis(250);

    /**
     * κ of a bin.
     *
     * @param rigTime seconds
     * @param covariance [K,K]
     */
    record Event(long bin, float[] kappa, float[][] covariance, long trial, boolean trialStart, double rigTime,
            long modelVersion) {}

    private final KafkaConnection connection;
    private final AtomicInteger readers = new AtomicInteger();

    LatentStream(KafkaConnection connection) {
        this.connection = connection;
    }

    /**
     * Events from a bin on.
     *
     * @param over whether the session has ended, so that nothing follows what is there
     * @return nothing if there are {@value #MAX_READERS} readers already
     */
    Optional<Source<ByteString, NotUsed>> events(String session, long from, BooleanSupplier over) {
        if (readers.incrementAndGet() > MAX_READERS) {
            readers.decrementAndGet();
            return Optional.empty();
        }
        return Optional.of(Source.unfoldResource(() -> new Reader(session, from, over), Reader::read, Reader::close)
                .watchTermination((none, end) -> {
                    end.whenComplete((_, _) -> readers.decrementAndGet());
                    return none;
                }));
    }

    private final class Reader {
        private final LatentFeed feed;
        private final BooleanSupplier over;
        private final StringBuilder events = new StringBuilder();
        private boolean wasOver;
        private boolean ended;

        Reader(String session, long from, BooleanSupplier over) {
            this.over = over;
            feed = from < 0
                    ? LatentFeed.fromNow(connection, session, this::take)
                    : LatentFeed.fromBin(connection, session, from, this::take);
        }

        Optional<ByteString> read() {
            if (ended) {
                return Optional.empty();
            }
            boolean overBefore = over.getAsBoolean();
            feed.poll(POLL);
            if (events.isEmpty()) {
                // All of its κ is there when its last model is; a second look meets what came meanwhile.
                ended = overBefore && wasOver;
                wasOver = overBefore;
                events.append(ended ? "event: end\ndata: {}\n\n" : ":\n\n");
            }
            ByteString chunk = ByteString.fromString(events.toString());
            events.setLength(0);
            return Optional.of(chunk);
        }

        private void take(PublishedLatent latent) {
            try {
                events.append("id: ").append(latent.bin()).append("\ndata: ")
                        .append(StrictJson.write(new Event(latent.bin(), latent.kappa(),
                                square(latent.covariance(), latent.kappa().length), latent.trial(),
                                latent.trialStart(), latent.rigTimeNs() / 1e9, latent.modelVersion())))
                        .append("\n\n");
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }

        void close() {
            feed.close();
        }
    }

    private static float[][] square(float[] lower, int rank) {
        float[][] square = new float[rank][rank];
        for (int i = 0, at = 0; i < rank; i++) {
            for (int j = 0; j <= i && at < lower.length; j++, at++) {
                square[i][j] = lower[at];
                square[j][i] = lower[at];
            }
        }
        return square;
    }
}
