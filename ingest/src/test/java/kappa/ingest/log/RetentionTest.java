package kappa.ingest.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import kappa.ingest.InvalidInputException;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much the topics keep, and how much room is left for them. */
class RetentionTest {

    private static final long GIB = 1L << 30;
    private static final List<String> LARGE = List.of(Topics.ACTIVITY, Topics.LATENTS, Topics.REJECTED);

    /** Kafka keeps up to retention.bytes in closed segments beside the one it writes to. */
    private static long most(Map<String, String> settings) {
        return Long.parseLong(settings.get("retention.bytes")) + Long.parseLong(settings.get("segment.bytes"));
    }

    @ParameterizedTest
    @CsvSource({"8, 32", "8, 3", "1, 1", "8, 1000", "480, 1920", "2, 7.3"})
    void shouldNeverKeepMoreThanWasSaid(int partitions, double gib) {
        Retention retention = new Retention(Duration.ofDays(7), Math.round(gib * GIB));
        long all = LARGE.stream().mapToLong(topic -> partitions * most(retention.settings(topic, partitions))).sum();
        assertThat(all).isBetween((long) (0.99 * gib * GIB), (long) (gib * GIB));
        for (String topic : Topics.ALL) {
            if (!Topics.COMPACTED.contains(topic)) {
                Map<String, String> settings = retention.settings(topic, partitions);
                assertThat(Long.parseLong(settings.get("segment.bytes"))).as("holds the largest record")
                        .isGreaterThanOrEqualTo(Topics.MAX_MESSAGE_BYTES)
                        .isLessThanOrEqualTo(Long.parseLong(settings.get("retention.bytes")));
                assertThat(settings).containsEntry("retention.ms", "604800000");
            }
        }
    }

    /** 1,000 neurons at 50 bins/s are 1,162 bytes a bin in the log, their kappa 248: measured in fitting/docs/scaling.md. */
    @Test
    void shouldKeepADayOfRecordingOfALargeRigWithoutBeingAsked() {
        Retention retention = Retention.standard(Topics.DEFAULT_PARTITIONS);
        assertThat(retention.bytes()).isEqualTo(32 * GIB);
        double activityHours = Double.parseDouble(retention.settings(Topics.ACTIVITY, 8).get("retention.bytes")) / 1_162
                / 50 / 3_600;
        double kappaHours = Double.parseDouble(retention.settings(Topics.LATENTS, 8).get("retention.bytes")) / 248 / 50
                / 3_600;
        assertThat(activityHours).isGreaterThan(8);
        assertThat(kappaHours).isGreaterThan(24);
    }

    @Test
    void shouldTakeHalfOfASmallDisk(@TempDir Path directory) throws IOException {
        Retention retention = Retention.onDisk(directory.resolve("not/there/yet"), 8);
        long usable = Files.getFileStore(directory).getUsableSpace();
        assertThat(retention.bytes()).isBetween(3 * GIB, 32 * GIB);
        assertThat(retention.bytes()).isLessThanOrEqualTo(Math.max(3 * GIB, usable / 2 + GIB));
        Files.write(directory.resolve("00000.log"), new byte[1 << 20]);
        Files.write(directory.resolve("00000.index"), new byte[1 << 20]);
        assertThat(Retention.room(directory) - Files.getFileStore(directory).getUsableSpace())
                .as("what the log fills counts as room, but for what else is written meanwhile")
                .isBetween(-GIB, GIB);
    }

    /** As Kafka does with its checkpoints, whenever it likes. */
    @Test
    void shouldLookAtADiskWhoseBrokerRenamesAndDeletesFiles(@TempDir Path directory) throws Exception {
        AtomicBoolean looking = new AtomicBoolean(true);
        try (ExecutorService broker = Executors.newSingleThreadExecutor()) {
            Future<Integer> renames = broker.submit(() -> {
                int count = 0;
                for (; looking.get(); count++) {
                    Path partition = Files.createDirectories(directory.resolve("kappa.activity-" + count % 8));
                    Path written = Files.write(partition.resolve("checkpoint.tmp"), new byte[8]);
                    Files.move(written, partition.resolve("checkpoint"), StandardCopyOption.ATOMIC_MOVE);
                    Files.delete(partition.resolve("checkpoint"));
                    Files.delete(partition);
                }
                return count;
            });
            try {
                for (int i = 0; i < 2_000; i++) {
                    assertThat(Retention.room(directory)).isPositive();
                }
            } finally {
                looking.set(false);
            }
            assertThat(renames.get()).isGreaterThan(100);
        }
    }

    @Test
    void shouldSayInOneLineWhatIsTooLittle() {
        assertThatThrownBy(() -> new Retention(Duration.ofDays(7), GIB).settings(Topics.ACTIVITY, 8))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("--retention-gib is 1.0 GiB, expected at least 3.0 GiB with 8 partitions");
        assertThatThrownBy(() -> new Retention(Duration.ofMinutes(1), GIB)).isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("--retention-days is 6.9").hasMessageNotContaining("\n");
    }

    @Test
    void shouldTellTheFullestDiskAndWhatTheTopicsTake() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        // Nobody listens there: what it tells is given by hand.
        try (BrokerDisk disk = new BrokerDisk(KafkaConnection.to("127.0.0.1:1"), meters)) {
            disk.told(Map.of(1, Map.of("/a", directory(100 * GIB, Topics.ACTIVITY, 70)), 2,
                    Map.of("/b", directory(4 * GIB, "somebody-elses", 500), "/c",
                            directory(9 * GIB, Topics.LATENTS, 5))));
            assertThat(meters.get("kappa.broker.disk.usable").gauge().value()).isEqualTo(4.0 * GIB)
                    .isLessThan(BrokerDisk.LOW_BYTES);
            assertThat(meters.get("kappa.broker.log").gauge().value()).isEqualTo(75);
            disk.told(Map.of(1, Map.of("/a", new LogDirDescription(null, Map.of()))));
            assertThat(meters.get("kappa.broker.disk.usable").gauge().value()).as("an old broker").isNaN();
        }
    }

    private static LogDirDescription directory(long usable, String topic, long size) {
        LogDirDescription description = new LogDirDescription(null,
                Map.of(new TopicPartition(topic, 0), new ReplicaInfo(size, 0, false)), 200 * GIB, usable);
        assertThat(description.usableBytes()).isEqualTo(OptionalLong.of(usable));
        return description;
    }
}
