package kappa.ingest.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import kappa.ingest.wire.Latents;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class PublisherTest {

    /** A broker that was away for longer than records are retried gives up the old ones and takes the newer. */
    @Test
    void shouldReportNothingAsDeliveredOnceARecordBeforeItWasLost() {
        MockProducer<byte[], byte[]> producer = new MockProducer<>(false, new RoundRobinPartitioner(),
                new ByteArraySerializer(), new ByteArraySerializer());
        List<Throwable> failures = new ArrayList<>();
        List<Long> delivered = new ArrayList<>();
        try (Publisher publisher = new Publisher(producer, new SimpleMeterRegistry(), failures::add)) {
            for (long bin = 0; bin < 3; bin++) {
                long first = bin;
                publisher.send(Topics.LATENTS, 0, "s", Latents.newBuilder().setSession("s").setFirstBin(bin).build(),
                        (metadata, bytes) -> delivered.add(first));
            }
            producer.completeNext();
            producer.errorNext(new TimeoutException("expiring 1 record"));
            producer.completeNext();
        }

        assertThat(failures).hasSize(1);
        assertThat(delivered).containsExactly(0L);
    }
}
