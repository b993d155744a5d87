package kappa.ingest.rig.lsl;

import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import kappa.ingest.rig.lsl.Lsl.Correction;
import kappa.ingest.rig.lsl.Lsl.Inlet;
import kappa.ingest.rig.lsl.Lsl.LostException;
import kappa.ingest.rig.lsl.Lsl.Stream;

/**
 * Empties one stream's inlet, on a thread of its own, into a bounded queue; finds the stream again when its sender was started
 * again. Never waits for whoever reads the queue, so that liblsl never drops samples behind its back: what finds no room is
 * told as {@link Dropped}.
 */
final class StreamReader {

    /** What happened, in order. */
    sealed interface Event {
        StreamReader from();
    }

    /**
     * The stream is open.
     *
     * @param local from when on, by this host's clock, all that is sent comes
     */
    record Opened(StreamReader from, Stream stream, double local, Correction correction) implements Event {}

    /**
     * Samples, none where nothing came.
     *
     * @param stamps as the sender gave them, in seconds
     * @param values sample by sample; empty for texts
     * @param local  all that had arrived by then, by this host's clock, has been told with this; NaN where that cannot be said
     * @param size   what this takes of the room for values
     */
    record Samples(StreamReader from, double[] stamps, double[] values, String[] texts, double local,
            Correction correction, int size) implements Event {}

    /** Samples with stamps from {@code first} to {@code last} found no room. */
    record Dropped(StreamReader from, double first, double last, int samples) implements Event {}

    /** The connection broke. */
    record Lost(StreamReader from) implements Event {}

    /** This thread is at its end. */
    record Failed(StreamReader from, Throwable cause) implements Event {}

    /** Long enough to cost nothing, short beside a bin. */
    private static final double PULL_S = 0.005;

    /** A pull that finds nothing is worth a message only so often. */
    private static final double QUIET_S = 0.005;

    private static final double CONNECT_S = 5;
    private static final double CORRECTION_EVERY_S = 0.5;

    /** A sender that answered none of liblsl's probes, sent every 2 s, for so long is away. */
    private static final double UNANSWERED_S = 7;

    private static final double LOOK_S = 1;
    private static final long RETRY_NS = 200_000_000;

    /** Values of all streams together that may wait to be read: 32 MB. */
    private static final long MAX_VALUES = 4_000_000;

    private static final int MAX_CHUNK_VALUES = 16_384;

    private final Lsl lsl;
    private final LinkedBlockingQueue<Event> queue;
    private final AtomicLong waiting;
    private final Thread thread;
    private volatile boolean stopped;
    private Stream stream;
    private boolean open;
    private int dropped;
    private double firstDropped;
    private double lastDropped;

    /**
     * @param queue   where events go; shared by all streams of a session
     * @param waiting values in that queue: whoever takes {@link Samples} out of it subtracts its size
     */
    StreamReader(Lsl lsl, Stream stream, LinkedBlockingQueue<Event> queue, AtomicLong waiting) {
        this.lsl = lsl;
        this.stream = stream;
        this.queue = queue;
        this.waiting = waiting;
        thread = Thread.ofPlatform().daemon(true).name("kappa-lsl-" + stream.name()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Returns once the inlet is gone: liblsl must not lose it while a pull is under way. */
    void stop() throws InterruptedException {
        stopped = true;
        thread.join();
    }

    private void run() {
        try {
            while (!stopped) {
                try (Inlet inlet = lsl.open(stream, Math.clamp(MAX_CHUNK_VALUES / stream.channels(), 1, 1024),
                        CONNECT_S)) {
                    read(inlet);
                } catch (LostException e) {
                    if (open) {
                        open = false;
                        queue.add(new Lost(this));
                    } else {
                        // It is found, but cannot be opened.
                        LockSupport.parkNanos(RETRY_NS);
                    }
                    find();
                }
            }
        } catch (RuntimeException | Error e) {
            queue.add(new Failed(this, e));
        }
    }

    private void read(Inlet inlet) throws LostException {
        double opened = lsl.localClock();
        Correction correction = inlet.correction(CONNECT_S);
        tellDropped();
        queue.add(new Opened(this, stream, opened, correction));
        open = true;
        double measured = opened;
        double answered = opened;
        double told = opened;
        double looked = opened;
        while (!stopped) {
            double local = lsl.localClock();
            int count = inlet.pull(PULL_S);
            if (local - measured > CORRECTION_EVERY_S) {
                Correction now = inlet.correction(0);
                measured = local;
                answered = now.remoteSeconds() == correction.remoteSeconds() ? answered : local;
                correction = now;
            }
            boolean away = local - answered > UNANSWERED_S;
            if (count > 0) {
                // A full chunk may have left some behind.
                hand(inlet, count, away || count == inlet.chunk() ? Double.NaN : local, correction);
                told = local;
            } else if (away && local - looked > UNANSWERED_S) {
                looked = local;
                List<Stream> others = lsl.resolve(predicate(stream), 1, LOOK_S);
                if (others.stream().noneMatch(other -> other.uid().equals(stream.uid()))
                        && others.stream().anyMatch(this::same)) {
                    throw new LostException();
                }
            } else if (local - told > QUIET_S && !away) {
                hand(inlet, 0, local, correction);
                told = local;
            }
        }
    }

    private void hand(Inlet inlet, int count, double local, Correction correction) {
        double[] stamps = inlet.stamps(count);
        int size = Math.max(1, count * stream.channels());
        if (waiting.get() + size > MAX_VALUES) {
            for (double stamp : stamps) {
                firstDropped = dropped == 0 ? stamp : Math.min(firstDropped, stamp);
                lastDropped = dropped == 0 ? stamp : Math.max(lastDropped, stamp);
                dropped++;
            }
            return;
        }
        tellDropped();
        waiting.addAndGet(size);
        queue.add(new Samples(this, stamps, inlet.values(count), inlet.texts(count), local, correction, size));
    }

    private void tellDropped() {
        if (dropped > 0) {
            queue.add(new Dropped(this, firstDropped, lastDropped, dropped));
            dropped = 0;
        }
    }

    /** Looks for the stream until its sender is back. */
    private void find() {
        while (!stopped) {
            List<Stream> found = lsl.resolve(predicate(stream), 1, LOOK_S).stream().filter(this::same).toList();
            // Its own id is best; without one, a single stream that looks the same.
            List<Stream> own = found.stream()
                    .filter(other -> !stream.sourceId().isEmpty() && other.sourceId().equals(stream.sourceId()))
                    .toList();
            if (own.size() == 1 || (own.isEmpty() && found.size() == 1)) {
                stream = own.isEmpty() ? found.getFirst() : own.getFirst();
                return;
            }
        }
    }

    private boolean same(Stream other) {
        return other.type().equals(stream.type()) && other.channels() == stream.channels()
                && other.format() == stream.format() && other.rate() == stream.rate();
    }

    private static String predicate(Stream stream) {
        return "name=" + quoted(stream.name());
    }

    /** As an XPath string, which has no way to escape quotes. */
    static String quoted(String text) {
        return text.indexOf('\'') < 0 ? '\'' + text + '\'' : '"' + text + '"';
    }
}
