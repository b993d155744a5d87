package kappa.dashboards.system;

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
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import kappa.ingest.Await;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Rejected;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/**
 * A broker, and any number of {@code serve} in one group that reach it through a network which can be cut: all processes of
 * their own. What the topics hold is read past that network. Not thread-safe.
 */
final class Cluster implements AutoCloseable {

    static final Duration LIMIT = Await.LIMIT;

    private final Path directory;
    private final Path data;
    private final int port;
    private final CutProxy network;
    private final Map<String, KappaProcess> serves = new TreeMap<>();
    private KappaProcess broker;

    final TopicTail<Latents> latents;
    final TopicTail<ModelSnapshot> models;
    final TopicTail<Checkpoint> checkpoints;
    final TopicTail<Rejected> rejected;

    /** @param data where the broker keeps its log */
    Cluster(Path directory, Path data) {
        this.directory = directory;
        this.data = data;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        network = new CutProxy(port);
        startBroker();
        latents = new TopicTail<>(servers(), Topics.LATENTS, Latents::parseFrom);
        models = new TopicTail<>(servers(), Topics.MODELS, ModelSnapshot::parseFrom);
        checkpoints = new TopicTail<>(servers(), Topics.CHECKPOINTS, Checkpoint::parseFrom);
        rejected = new TopicTail<>(servers(), Topics.REJECTED, Rejected::parseFrom);
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

    KappaProcess broker() {
        return broker;
    }

    void startBroker() {
        broker = KappaProcess.start(directory, "broker", "--port", Integer.toString(port), "--data", data.toString());
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
            KappaProcess serve = KappaProcess.start(directory, "serve", "--bootstrap-servers", network.servers(),
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

    /** Waits until so many members share the partitions. */
    void awaitSharedBy(int members) {
        try (Admin admin = Admin.create(KafkaConnection.to(servers()).admin())) {
            await("the group to be shared by " + members, () -> shared(admin, members));
        }
    }

    private static boolean shared(Admin admin, int members) {
        try {
            ConsumerGroupDescription group = admin.describeConsumerGroups(List.of("kappa")).all().get().get("kappa");
            return group.groupState() == GroupState.STABLE && group.members().size() == members
                    && group.members().stream().noneMatch(member -> member.assignment().topicPartitions().isEmpty());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return false; // nobody has joined it yet
            }
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Waits, and fails if a process ends meanwhile. */
    void await(String what, BooleanSupplier condition) {
        Await.until(what, LIMIT, () -> {
            shouldRun();
            return condition.getAsBoolean();
        });
    }

    void shouldRun() {
        broker.shouldRun();
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
        broker.close();
        network.close();
    }
}
