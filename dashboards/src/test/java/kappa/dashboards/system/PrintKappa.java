package kappa.dashboards.system;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What somebody else's client in Java is: prints bin and kappa until it has seen the last bin. */
final class PrintKappa {

    private PrintKappa() {}

    /** Fails if nothing comes for as long as a test waits. */
    static void print(String servers, long lastBin, PrintStream out) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", servers);
        settings.put("group.id", "print-kappa");
        settings.put("auto.offset.reset", "earliest");
        long last = -1;
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("kappa.latents"));
            long end = System.nanoTime() + Recording.LIMIT.toNanos();
            while (last < lastBin) {
                if (System.nanoTime() - end > 0) {
                    throw new AssertionError("waited in vain for bin " + lastBin + " after " + last);
                }
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    Latents latents = Latents.parseFrom(record.value());
                    last = latents.getFirstBin() - 1;
                    for (LatentBin bin : latents.getBinsList()) {
                        out.println(record.key() + " " + ++last + " " + bin.getKappaList());
                    }
                }
            }
        }
    }
}
