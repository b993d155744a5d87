package kappa.ingest.log;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kappa.ingest.InvalidInputException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.common.utils.internals.Exit;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A real Kafka broker (KRaft, one node) in this process, listening on loopback only, for machines without a Kafka. Its log
 * is kept in a directory that no other account can read, and survives a crash of the process. An open broker lets every
 * account of the machine in; a closed one asks for the password in {@link #clientProperties}.
 *
 * <p>Thread-safe. One broker a directory: a second one is refused.
 */
public final class EmbeddedBroker implements AutoCloseable {

    /** Where clients look for a broker if nobody says otherwise. */
    public static final int USUAL_PORT = 9092;

    private static final String LOOPBACK = "127.0.0.1";

    /** Says, in a directory that is in use, where its broker listens. */
    private static final String ADDRESS = "broker.address";

    private static final String LOCK = "kappa.lock";

    private static final String INTERNAL_SEGMENT_BYTES = Integer.toString(16 << 20);

    /** Longer than anybody reads. */
    private static final Duration NEVER = Duration.ofDays(3650);

    private final KafkaRaftServer server;
    private final KafkaConnection connection;
    private final FileChannel lockChannel;
    private boolean closed;

    private EmbeddedBroker(KafkaRaftServer server, KafkaConnection connection, FileChannel lockChannel) {
        this.server = server;
        this.connection = connection;
        this.lockChannel = lockChannel;
    }

    /** Who may be a client. */
    public enum Door {
        /** Every account of this machine. */
        OPEN,
        /** Who can read {@link #clientProperties}: the owner's account. */
        CLOSED
    }

    /**
     * Starts a broker, which takes a few seconds, and returns when it accepts clients.
     *
     * @param directory where its log lies; created if missing
     * @param port to listen on; 0 for a free one
     * @throws InvalidInputException if the directory is in use or cannot be written, or the port is taken
     */
    public static EmbeddedBroker start(Path directory, int port, Door door) {
        return start(directory, port, door, Map.of());
    }

    /** An open one. */
    public static EmbeddedBroker start(Path directory, int port) {
        return start(directory, port, Door.OPEN);
    }

    /**
     * Starts a broker on the log that an earlier one has left, on a free port, and lets it neither compact nor delete what
     * would be due by now: for those who come to read what is there. It is closed if the earlier one was.
     *
     * @throws InvalidInputException if there is no such log, or the directory is in use
     */
    public static EmbeddedBroker startToRead(Path directory) {
        if (!Files.exists(directory.resolve("kafka").resolve("meta.properties"))) {
            throw new InvalidInputException("--data " + directory
                    + ": holds no log, expected the directory of a ./kappa live or ./kappa broker that has run");
        }
        Door door = clientProperties(directory).isPresent() ? Door.CLOSED : Door.OPEN;
        return start(directory, 0, door, Map.of("log.cleaner.enable", "false", "log.initial.task.delay.ms",
                Long.toString(NEVER.toMillis())));
    }

    /** What ends the process when a broker in it finds that it can do no more. It must not return. */
    public static void whenItHalts(Runnable end) {
        Exit.setHaltProcedure((status, message) -> end.run());
        Exit.setExitProcedure((status, message) -> end.run());
    }

    /** host:port of the broker that uses a directory at this moment, in whatever process; empty if none does. */
    public static Optional<String> runningIn(Path directory) {
        if (!Files.exists(directory.resolve(LOCK))) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.WRITE)) {
            try (FileLock free = channel.tryLock()) {
                if (free != null) {
                    return Optional.empty();
                }
            } catch (OverlappingFileLockException e) {
                // This very process uses it.
            }
            return Optional.of(Files.readString(directory.resolve(ADDRESS)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The client settings, password included, that the broker of a directory asks for; empty if it is an open one. */
    public static Optional<Path> clientProperties(Path directory) {
        return BrokerPassword.file(directory);
    }

    /** @param changes to the broker's settings */
    static EmbeddedBroker start(Path directory, int port, Map<String, String> changes) {
        return start(directory, port, Door.OPEN, changes);
    }

    private static EmbeddedBroker start(Path directory, int port, Door door, Map<String, String> changes) {
        if (port < 0 || port > 65_535) {
            throw new InvalidInputException("port of the broker is " + port + ", expected 0 to 65535");
        }
        FileChannel lock = lock(directory);
        try {
            int brokerPort = port == 0 ? freePort() : requireFree(port);
            Path log = directory.resolve("kafka");
            OwnersOnly.directory(log);
            Properties properties = settings(log, brokerPort, freePort());
            KafkaConnection connection = KafkaConnection.to(LOOPBACK + ":" + brokerPort);
            if (door == Door.CLOSED) {
                Path password = BrokerPassword.require(directory);
                properties.putAll(BrokerPassword.settings(password));
                connection = KafkaConnection.withConfig(connection.bootstrapServers(), password);
            } else {
                Files.deleteIfExists(directory.resolve(BrokerPassword.FILE));
            }
            properties.putAll(changes);
            if (!Files.exists(log.resolve("meta.properties"))) {
                format(log);
            }
            KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
            server.startup();
            Files.writeString(directory.resolve(ADDRESS), connection.bootstrapServers() + "\n");
            return new EmbeddedBroker(server, connection, lock);
        } catch (RuntimeException | IOException e) {
            Utils.closeQuietly(lock, LOCK);
            if (e instanceof InvalidInputException input) {
                throw input;
            }
            throw new InvalidInputException("the broker in " + directory + " did not start: "
                    + (e instanceof IOException failure ? InvalidInputException.why(failure) : e.getMessage()), e);
        }
    }

    /** host:port for clients. */
    public String bootstrapServers() {
        return connection.bootstrapServers();
    }

    /** How a client of this process reaches it, with the password of a closed one. */
    public KafkaConnection connection() {
        return connection;
    }

    public void awaitShutdown() {
        server.awaitShutdown();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        server.shutdown();
        server.awaitShutdown();
        try {
            lockChannel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Properties settings(Path log, int port, int controllerPort) {
        Properties p = new Properties();
        p.put("process.roles", "broker,controller");
        p.put("node.id", "1");
        p.put("controller.quorum.voters", "1@" + LOOPBACK + ":" + controllerPort);
        p.put("listeners", "PLAINTEXT://" + LOOPBACK + ":" + port + ",CONTROLLER://" + LOOPBACK + ":" + controllerPort);
        p.put("advertised.listeners", "PLAINTEXT://" + LOOPBACK + ":" + port);
        p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        p.put("controller.listener.names", "CONTROLLER");
        p.put("inter.broker.listener.name", "PLAINTEXT");
        p.put("log.dirs", log.toString());
        p.put("num.partitions", Integer.toString(Topics.DEFAULT_PARTITIONS));
        p.put("default.replication.factor", "1");
        p.put("offsets.topic.replication.factor", "1");
        p.put("offsets.topic.num.partitions", "4");
        p.put("transaction.state.log.replication.factor", "1");
        p.put("transaction.state.log.min.isr", "1");
        p.put("transaction.state.log.num.partitions", "4");
        // Their active segments are never compacted, and kappa commits twice a second.
        p.put("offsets.topic.segment.bytes", INTERNAL_SEGMENT_BYTES);
        p.put("transaction.state.log.segment.bytes", INTERNAL_SEGMENT_BYTES);
        p.put("share.coordinator.state.topic.replication.factor", "1");
        p.put("share.coordinator.state.topic.min.isr", "1");
        p.put("group.initial.rebalance.delay.ms", "0");
        p.put("auto.create.topics.enable", "false");
        p.put("message.max.bytes", Integer.toString(Topics.MAX_MESSAGE_BYTES));
        p.put("replica.fetch.max.bytes", Integer.toString(Topics.MAX_MESSAGE_BYTES));
        p.put("log.cleaner.dedupe.buffer.size", Integer.toString(32 << 20));
        p.put("num.network.threads", "2");
        p.put("num.io.threads", "4");
        p.put("background.threads", "2");
        return p;
    }

    /** A KRaft directory carries the cluster's identity before the first start. */
    private static void format(Path log) throws IOException {
        try {
            new Formatter().setClusterId(Uuid.randomUuid().toString()).setNodeId(1).addDirectory(log.toString())
                    .setMetadataLogDirectory(log.toString()).setControllerListenerName("CONTROLLER")
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .run();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static FileChannel lock(Path directory) {
        try {
            OwnersOnly.createMissing(directory);
            FileChannel channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null;
            }
            if (lock == null) {
                channel.close();
                throw new InvalidInputException(
                        "--data " + directory + ": another kappa is using it; stop that one or name another directory");
            }
            return channel;
        } catch (IOException e) {
            throw new InvalidInputException("--data " + directory + ": cannot be written ("
                    + InvalidInputException.why(e)
                    + "); give this account the right to write it, or name another directory", e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Whether a broker could listen on this port at present; on any where it is 0. */
    public static boolean isFree(int port) {
        try {
            requireFree(port);
            return true;
        } catch (InvalidInputException | IOException e) {
            return false;
        }
    }

    private static int requireFree(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return port;
        } catch (BindException e) {
            throw new InvalidInputException("port " + port + " is taken; stop the other broker, or name another port",
                    e);
        }
    }
}
