package kappa.dashboards.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.concurrent.ExecutionException;
import kappa.ingest.InvalidInputException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class FailureLineTest {

    @Test
    void shouldNameTheCauseThatLibrariesHaveWrapped() {
        assertThat(FailureLine.of(new KafkaException("User rebalance callback throws an error",
                new InvalidInputException("kappa.checkpoints-3@7 cannot be read as a checkpoint"))))
                .isEqualTo("kappa.checkpoints-3@7 cannot be read as a checkpoint");
        assertThat(FailureLine.of(new IllegalStateException("outside",
                new IllegalArgumentException("inside\nand on a second line"))))
                .isEqualTo("inside and on a second line");
        assertThat(FailureLine.of(new IllegalStateException(new IndexOutOfBoundsException())))
                .isEqualTo("IndexOutOfBoundsException");
    }

    @Test
    void shouldSayWhatToDoAboutWhatAUserCanRemedy() {
        assertThat(FailureLine.foreseen(new UncheckedIOException(new IOException("No space left on device"))))
                .hasValueSatisfying(line -> assertThat(line).contains("disk is full", "Make room"));
        assertThat(FailureLine.foreseen(new ExecutionException(new AccessDeniedException("/data/kafka"))))
                .hasValueSatisfying(
                        line -> assertThat(line).contains("/data/kafka: permission denied", "another place"));
        assertThat(FailureLine.foreseen(new KafkaException(new TimeoutException("60000 ms"))))
                .hasValueSatisfying(line -> assertThat(line).contains("60000 ms", "the broker is running"));
        assertThat(FailureLine.foreseen(new SaslAuthenticationException("Authentication failed")))
                .hasValueSatisfying(line -> assertThat(line).contains("--kafka-config"));
        assertThat(FailureLine.foreseen(new UncheckedIOException(new FileSystemException("/data/log", null,
                "Read-only file system")))).hasValueSatisfying(
                        line -> assertThat(line).contains("/data/log", "can be written"));
        assertThat(FailureLine.foreseen(new KafkaException("Record batch for partition kappa.activity-3 at offset 5"
                + " is invalid, cause: Record is corrupt"))).hasValueSatisfying(
                        line -> assertThat(line).contains("kappa.activity-3", "damaged", "runbook"));
        assertThat(FailureLine.foreseen(new IllegalStateException("a fault of kappa's own"))).isEmpty();
    }
}
