package kappa.ingest.rig.openephys;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/**
 * Takes the plugin's messages off the network as they come, on a thread that does nothing else, into a queue of at most
 * {@value #MAX_MESSAGES} messages and {@value #MAX_BYTES} bytes. What finds no room there is dropped, and shows in the
 * plugin's counter like any other loss: a slow reader costs messages, never memory and never the rig.
 *
 * <p>It subscribes to everything, for the counter counts all kinds, and without a limit of ZeroMQ's own, which would
 * drop silently. Every 2 s it asks the heartbeat socket on the next port; that one locks up after a lost reply, so it
 * is opened anew. When the GUI answers again after it was gone, while the data socket is silent, that one is opened
 * anew as well: a connection to a machine that vanished may never notice.
 *
 * <p>{@link #take} is for one thread, which may be interrupted; ZeroMQ's sockets are touched by the reception's thread
 * alone, which never is.
 */
final class Reception implements AutoCloseable {

    static final int MAX_MESSAGES = 131_072;
    static final long MAX_BYTES = 128L << 20;

    /** How long the GUI may leave a heartbeat unanswered before it counts as gone. */
    static final long GONE_NS = 5_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
    private static final long FRAME_LIMIT = 32L << 20;
    private static final long ASK_EVERY_NS = 2_000_000_000L;
    private static final long SILENT_NS = 2_000_000_000L;
    private static final int POLL_MS = 20;
    private static final int BURST = 1_024;
    private static final byte[] NONE = {};

    /**
     * A message.
     *
     * @param arrivalNs of the monotonic clock
     * @param topic as it came, NUL and all
     * @param payload empty if there is none
     * @param misshapen whether there were more frames than any message has, or fewer; the others are empty then
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Message(long arrivalNs, byte[] topic, byte[] header, byte[] payload, boolean misshapen) {
        private long size() {
            return (long) topic.length + header.length + payload.length;
        }
    }

    private final String endpoint;
    private final String heartbeat;
    private final byte[] question;
    private final Thread thread;
    private final ArrayBlockingQueue<Message> queue = new ArrayBlockingQueue<>(MAX_MESSAGES);
    private final AtomicLong waitingBytes = new AtomicLong();
    private volatile boolean stop;
    private boolean dropping;
    private volatile long answeredNs;
    private volatile long heardNs;
    private volatile long caughtUpNs;
    private volatile RuntimeException failure;

    /** @param endpoint tcp://HOST:PORT of the data socket; the heartbeat is on the next port */
    Reception(String endpoint) {
        this.endpoint = endpoint;
        heartbeat = OpenEphysSettings.heartbeat(endpoint);
        question = ("{\"application\":\"kappa\",\"uuid\":\"" + UUID.randomUUID() + "\",\"type\":\"heartbeat\"}")
                .getBytes(UTF_8);
        answeredNs = System.nanoTime() - 2 * GONE_NS;
        heardNs = answeredNs;
        caughtUpNs = answeredNs;
        thread = Thread.ofPlatform().daemon(true).name("kappa-open-ephys").start(this::run);
    }

    /** Whether the GUI has answered lately. */
    boolean answers() {
        return System.nanoTime() - answeredNs < GONE_NS;
    }

    /** When something came last, by the monotonic clock. */
    long heardNs() {
        return heardNs;
    }

    /** What had come by then, by the monotonic clock, is in the queue or was in it. */
    long caughtUpNs() {
        return caughtUpNs;
    }

    /** The next message; null if there was none for that long. */
    Message take(long patienceNs) throws InterruptedException {
        Message message = queue.poll(patienceNs, TimeUnit.NANOSECONDS);
        if (message != null) {
            waitingBytes.addAndGet(-message.size());
        } else if (failure != null) {
            throw failure;
        }
        return message;
    }

    private void put(Message message) {
        boolean room = waitingBytes.addAndGet(message.size()) <= MAX_BYTES && queue.offer(message);
        if (!room) {
            waitingBytes.addAndGet(-message.size());
            if (!dropping) {
                LOG.error("messages arrive faster than they are processed: some are dropped and marked as lost");
            }
        }
        dropping = !room;
    }

    private void run() {
        try (ZContext context = new ZContext()) {
            context.setLinger(0);
            new Sockets(context).run();
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    /** What only the reception's thread touches. */
    private final class Sockets {
        private final ZContext context;
        private final ZMQ.Socket data;
        private ZMQ.Socket asking;
        private long askedNs;
        private boolean unanswered;
        private boolean answered;
        private boolean gone;

        Sockets(ZContext context) {
            this.context = context;
            data = context.createSocket(SocketType.SUB);
            data.setRcvHWM(0);
            data.setMaxMsgSize(FRAME_LIMIT);
            data.setReconnectIVL(100);
            data.setReconnectIVLMax(2_000);
            data.setTCPKeepAlive(1);
            // Frames of one message come together; should they not, this thread must still stop when told to.
            data.setReceiveTimeOut(1_000);
            data.subscribe(NONE);
            data.connect(endpoint);
            askedNs = System.nanoTime() - ASK_EVERY_NS;
        }

        void run() {
            ZMQ.Poller poller = context.createPoller(1);
            poller.register(data, ZMQ.Poller.POLLIN);
            while (!stop) {
                int taken = 0;
                long now = System.nanoTime();
                while (taken < BURST && receive()) {
                    taken++;
                }
                ask(System.nanoTime());
                if (taken < BURST) {
                    caughtUpNs = now;
                }
                if (taken == 0) {
                    poller.poll(POLL_MS);
                }
            }
            poller.close();
        }

        private boolean receive() {
            byte[] topic = data.recv(ZMQ.DONTWAIT);
            if (topic == null) {
                return false;
            }
            long now = System.nanoTime();
            heardNs = now;
            byte[] header = data.hasReceiveMore() ? data.recv() : null;
            byte[] payload = header != null && data.hasReceiveMore() ? data.recv() : NONE;
            boolean more = false;
            while (data.hasReceiveMore() && data.recv() != null) {
                more = true;
            }
            put(header == null || payload == null || more
                    ? new Message(now, NONE, NONE, NONE, true)
                    : new Message(now, topic, header, payload, false));
            return true;
        }

        private void ask(long now) {
            if (unanswered) {
                byte[] answer = asking.recv(ZMQ.DONTWAIT);
                if (answer != null) {
                    unanswered = false;
                    answered = true;
                    answeredNs = now;
                    if (gone && now - heardNs > SILENT_NS) {
                        data.disconnect(endpoint);
                        data.connect(endpoint);
                    }
                    gone = false;
                }
            }
            if (now - askedNs < ASK_EVERY_NS) {
                return;
            }
            askedNs = now;
            gone |= answered && now - answeredNs >= GONE_NS;
            if (unanswered) {
                asking.close();
                asking = null;
            }
            if (asking == null) {
                asking = context.createSocket(SocketType.REQ);
                asking.setLinger(0);
                asking.setMaxMsgSize(MessageHeader.MAX_BYTES);
                asking.connect(heartbeat);
            }
            try {
                unanswered = asking.send(question, ZMQ.DONTWAIT);
            } catch (ZMQException e) {
                LOG.debug("heartbeat", e);
                unanswered = true;
            }
        }
    }

    /** Stops receiving and waits until the sockets are closed. */
    @Override
    public void close() {
        stop = true;
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (thread.isAlive() && System.nanoTime() < deadline) {
            try {
                thread.join(100);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
