package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.ingest.Await;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Rejected;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.utils.Utils;

/**
 * A broker, and any number of {@code serve} in one group that reach it through a network which can be cut. Each {@code serve} is
 * a process; the broker is one where it is to be killed. What the topics hold is read past that network. Not thread-safe.
 */
final class Cluster implements AutoCloseable {

    static final Duration LIMIT = Await.LIMIT;

    private static final Duration POLL = Duration.ofMillis(20);
    /** Several processes on a small machine: a collector that has no threads of its own leaves more to the others. */
    private static final List<String> SERVE = List.of("-XX:-UseG1GC", "-XX:+UseSerialGC");

    private final Path directory;
    private final Path data;
    private final int port;
    private final CutProxy network;
    private final Map<String, KappaProcess> serves = new ConcurrentSkipListMap<>();
    /** The broker in this process; null if it has one of its own. */
    private EmbeddedBroker brokerHere;
    private KappaProcess broker;

    final TopicTail<Latents> latents;
    final TopicTail<ModelSnapshot> models;
    final TopicTail<Checkpoint> checkpoints;
    final TopicTail<Rejected> rejected;

    private Cluster(Path directory, Path data, boolean brokerHasProcess) {
        this.directory = directory;
        this.data = data;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        network = new CutProxy(port);
        if (brokerHasProcess) {
            startBroker();
        } else {
            brokerHere = EmbeddedBroker.start(data, port);
            Topics.createAll(KafkaConnection.to(servers()), Topics.DEFAULT_PARTITIONS);
        }
        latents = new TopicTail<>(servers(), Topics.LATENTS, Latents::parseFrom);
        models = new TopicTail<>(servers(), Topics.MODELS, ModelSnapshot::parseFrom);
        checkpoints = new TopicTail<>(servers(), Topics.CHECKPOINTS, Checkpoint::parseFrom);
        rejected = new TopicTail<>(servers(), Topics.REJECTED, Rejected::parseFrom);
    }

    /**
     * With the broker in this process, where it costs less.
     *
     * @param data where the broker keeps its log
     */
    static Cluster withBrokerHere(Path directory, Path data) {
        return new Cluster(directory, data, false);
    }

    /**
     * With a broker that can die.
     *
     * @param data where the broker keeps its log
     */
    static Cluster withBrokerProcess(Path directory, Path data) {
        return new Cluster(directory, data, true);
    }

    /** The broker itself, past the network. */
    String servers() {
        return "127.0.0.1:" + port;
    }

    int brokerPort() {
        return port;
    }

    CutProxy network() {
        return network;
    }

    /** The broker's process. */
    KappaProcess broker() {
        return broker;
    }

    /** Gives the broker a process, if it has none yet: it is stopped in order, and started again on its log and its port. */
    void giveBrokerAProcess() {
        if (brokerHere != null) {
            brokerHere.close();
            brokerHere = null;
            startBroker();
        }
    }

    void startBroker() {
        broker = KappaProcess.startWith(KappaProcess.CLIENT, directory, "broker", "--port", Integer.toString(port),
                "--data", data.toString());
        broker.awaitLine("Kafka (\\S+)", LIMIT);
    }

    /**
     * Starts a member of the group, or one after its death again.
     *
     * @param keepsPlace whether the group holds its partitions for a successor of this name until the time-out; else they go
     *        to the others after it, and a successor is a new member
     */
    KappaProcess serve(String name, boolean keepsPlace) {
        try {
            Path config = Files.writeString(directory.resolve(name + ".properties"),
                    keepsPlace ? "group.instance.id=" + name : "");
            KappaProcess serve = KappaProcess.startWith(SERVE, directory, "serve", "--bootstrap-servers",
                    network.servers(),
                    "--kafka-config", config.toString(), "--port", "0", "--fit-threads", "1");
            serves.put(name, serve);
            return serve;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    KappaProcess serve(String name) {
        return serves.get(name);
    }

    /** SIGKILL, for good. */
    void kill(String name) {
        serves.remove(name).kill();
    }

    /** The member that began to work on a session last, of those that run. */
    Optional<String> ownerOf(String session) {
        // Lines of the log begin with the time of day.
        return serves.keySet().stream().filter(name -> begins(name, session).findAny().isPresent())
                .max(Comparator.comparing(name -> begins(name, session).reduce("", (first, second) -> second)));
    }

    /** What a member, since it was started, has logged when it began to work on a session. */
    Stream<String> begins(String name, String session) {
        return serves.get(name).err().lines().filter(line -> line.contains("session " + session + ": ")
                && line.contains(" from its "));
    }

    /** Waits until so many members share the partitions, and gives those of each. */
    List<List<Integer>> awaitSharedBy(int members) {
        List<List<Integer>> shares = new ArrayList<>();
        try (Admin admin = Admin.create(KafkaConnection.to(servers()).admin())) {
            await("the group to be shared by " + members, () -> {
                shares.clear();
                shares.addAll(shares(admin));
                return shares.size() == members && shares.stream().noneMatch(List::isEmpty);
            });
        }
        return shares;
    }

    /** The partitions of each member; nothing while the group changes. */
    private static List<List<Integer>> shares(Admin admin) {
        try {
            ConsumerGroupDescription group = admin.describeConsumerGroups(List.of("kappa")).all().get().get("kappa");
            return group.groupState() == GroupState.STABLE
                    ? group.members().stream().map(Cluster::share).toList()
                    : List.of();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return List.of(); // nobody has joined it yet
            }
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static List<Integer> share(MemberDescription member) {
        return member.assignment().topicPartitions().stream()
                .filter(partition -> partition.topic().equals(Topics.ACTIVITY)).map(TopicPartition::partition).sorted()
                .toList();
    }

    /** A session that lies in a partition. */
    static String sessionIn(int partition, String prefix) {
        return IntStream.range(0, 10_000).mapToObj(n -> prefix + partition + "-" + n)
                .filter(id -> Utils.toPositive(Utils.murmur2(id.getBytes(UTF_8)))
                        % Topics.DEFAULT_PARTITIONS == partition)
                .findFirst().orElseThrow();
    }

    boolean ended(String session) {
        return checkpoints.arrived(session).stream().anyMatch(Checkpoint::getEnded);
    }

    /** Kappa of a session that was published after a moment. */
    List<Latents> since(String session, long unixNs) {
        return latents.arrived(session).stream().filter(record -> record.getPublishedUnixNs() > unixNs).toList();
    }

    /** Waits, and fails if a process ends meanwhile. */
    void await(String what, BooleanSupplier condition) {
        Await.until(what, LIMIT, POLL, () -> {
            shouldRun();
            return condition.getAsBoolean();
        });
    }

    void shouldRun() {
        if (broker != null) {
            broker.shouldRun();
        }
        serves.values().forEach(KappaProcess::shouldRun);
    }

    /** Every bin's kappa, all of its copies, in the order of the topic, without the rig's time. */
    Map<Long, List<Object>> kappa(String session) {
        Map<Long, List<Object>> bins = new TreeMap<>();
        for (Latents record : latents.all(session)) {
            for (int t = 0; t < record.getBinsCount(); t++) {
                bins.computeIfAbsent(record.getFirstBin() + t, bin -> new ArrayList<>(1))
                        .add(List.of(record.getModelVersion(),
                                record.getBins(t).toBuilder().clearRigTimeNs().build()));
            }
        }
        return bins;
    }

    /** The session's last model, as one that any session could have. */
    Optional<ModelSnapshot> lastModel(String session) {
        return models.all(session).stream().filter(ModelSnapshot::getFinal).reduce((first, second) -> second)
                .map(model -> model.toBuilder().clearSession().clearPublishedUnixNs().build());
    }

    /**
     * The invariants: each bin has kappa, and however often it was published, it and the last model are to the bit those of
     * the same session undisturbed; nothing was rejected; no checkpoint replaced a later one.
     */
    void shouldBeAsUndisturbed(String session, String undisturbed, boolean checkpointsWereTorn) {
        Map<Long, List<Object>> expected = kappa(undisturbed);
        Map<Long, List<Object>> found = kappa(session);
        assertThat(found.keySet()).as("bins with kappa").isEqualTo(expected.keySet());
        found.forEach((bin, copies) -> assertThat(copies).as("kappa of bin %d", bin)
                .allSatisfy(copy -> assertThat(copy).isEqualTo(expected.get(bin).getFirst())));
        assertThat(lastModel(session)).as("last model").isPresent().isEqualTo(lastModel(undisturbed));
        assertThat(rejected.all(session)).as("rejected records").isEmpty();
        List<Checkpoint> stored = checkpoints.all(session);
        if (!checkpointsWereTorn) {
            assertThat(stored.stream().map(Checkpoint::getNextBin)).as("bins of the checkpoints").isSorted();
        }
        assertThat(stored.getLast().getEnded()).as("the last checkpoint is the end").isTrue();
    }

    @Override
    public void close() {
        List.of(latents, models, checkpoints, rejected).forEach(TopicTail::close);
        serves.values().forEach(KappaProcess::close);
        if (broker != null) {
            broker.close();
        }
        if (brokerHere != null) {
            brokerHere.close();
        }
        network.close();
    }
}
