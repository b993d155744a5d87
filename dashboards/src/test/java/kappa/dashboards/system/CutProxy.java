package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The network between Kafka clients and their broker, to be cut. A broker tells its clients where to connect to, so in its
 * responses the proxy puts its own port in place of the broker's. Thread-safe.
 */
final class CutProxy implements AutoCloseable {

    private enum Mode {
        /** Everything goes through. */
        PASS,
        /** Nothing does, nothing is lost, and nobody is told. */
        HOLD,
        /** Connections stay open, and what is sent on them is lost. */
        SWALLOW
    }

    private static final byte[] HOST = "127.0.0.1".getBytes(US_ASCII);
    private static final int CHUNK = 16_384;

    private final ServerSocket server;
    private final int brokerPort;
    private final byte[] brokerAddress;
    private final byte[] ownAddress;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private Mode mode = Mode.PASS;
    /** Bytes from clients until nothing passes any more; negative for no limit. */
    private long budget = -1;

    CutProxy(int brokerPort) {
        this.brokerPort = brokerPort;
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        brokerAddress = address(brokerPort);
        ownAddress = address(server.getLocalPort());
        Thread.ofVirtual().start(this::accept);
    }

    private static byte[] address(int port) {
        return ByteBuffer.allocate(HOST.length + Integer.BYTES).put(HOST).putInt(port).array();
    }

    /** host:port for clients. */
    String servers() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** All connections break at once; new ones can be made. */
    void cut() {
        sockets.forEach(CutProxy::closeQuietly);
        sockets.clear();
    }

    synchronized void hold() {
        mode = Mode.HOLD;
    }

    synchronized void swallow() {
        mode = Mode.SWALLOW;
    }

    /** Lets so many more bytes of what clients send through, perhaps half a record, and then nothing. */
    synchronized void holdAfter(long bytes) {
        budget = bytes;
    }

    synchronized boolean holding() {
        return mode == Mode.HOLD;
    }

    /** Heals the network. Connections of which something was lost break. */
    void pass() {
        boolean lost;
        synchronized (this) {
            lost = mode == Mode.SWALLOW;
            mode = Mode.PASS;
            budget = -1;
            notifyAll();
        }
        if (lost) {
            cut();
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            }
        } catch (IOException e) {
            cut(); // closed
        }
    }

    private void connect(Socket client) {
        Socket broker;
        try {
            broker = new Socket(InetAddress.getLoopbackAddress(), brokerPort);
            broker.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
        } catch (IOException e) {
            closeQuietly(client);
            sockets.remove(client);
            return;
        }
        sockets.add(broker);
        Thread.ofVirtual().start(() -> pump(client, broker, () -> requests(client, broker)));
        Thread.ofVirtual().start(() -> pump(client, broker, () -> responses(broker, client)));
    }

    private interface Pump {
        void run() throws IOException, InterruptedException;
    }

    private void pump(Socket client, Socket broker, Pump pump) {
        try {
            pump.run();
        } catch (IOException | InterruptedException e) {
            // Either side has closed, or the proxy was told to cut: the other side learns of it below.
        } finally {
            closeQuietly(client);
            closeQuietly(broker);
            sockets.remove(client);
            sockets.remove(broker);
        }
    }

    private void requests(Socket client, Socket broker) throws IOException, InterruptedException {
        InputStream in = client.getInputStream();
        OutputStream out = broker.getOutputStream();
        byte[] chunk = new byte[CHUNK];
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
            int from = 0;
            while (from < read) {
                int count = allowed(read - from);
                if (count < 0) {
                    break;
                }
                out.write(chunk, from, count);
                from += count;
            }
        }
    }

    /** Waits until bytes may pass, and says how many; negative if they are to be lost. */
    private synchronized int allowed(int wanted) throws InterruptedException {
        while (mode == Mode.HOLD) {
            wait();
        }
        if (mode == Mode.SWALLOW) {
            return -1;
        }
        if (budget < 0) {
            return wanted;
        }
        int count = (int) Math.min(wanted, budget);
        budget -= count;
        if (budget == 0) {
            mode = Mode.HOLD;
        }
        return count;
    }

    private void responses(Socket broker, Socket client) throws IOException, InterruptedException {
        DataInputStream in = new DataInputStream(broker.getInputStream());
        OutputStream out = client.getOutputStream();
        while (true) {
            byte[] frame = new byte[Integer.BYTES + in.readInt()];
            ByteBuffer.wrap(frame).putInt(frame.length - Integer.BYTES);
            in.readFully(frame, Integer.BYTES, frame.length - Integer.BYTES);
            redirect(frame);
            synchronized (this) {
                while (mode == Mode.HOLD) {
                    wait();
                }
                if (mode == Mode.SWALLOW) {
                    continue;
                }
            }
            out.write(frame);
        }
    }

    private void redirect(byte[] frame) {
        int last = frame.length - brokerAddress.length;
        for (int i = 0; i <= last; i++) {
            int matching = 0;
            while (matching < brokerAddress.length && frame[i + matching] == brokerAddress[matching]) {
                matching++;
            }
            if (matching == brokerAddress.length) {
                System.arraycopy(ownAddress, 0, frame, i, ownAddress.length);
            }
        }
    }

    private static void closeQuietly(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    @Override
    public void close() {
        closeQuietly(server);
        cut();
    }
}
