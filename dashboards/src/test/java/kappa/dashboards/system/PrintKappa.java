package kappa.dashboards.system;

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

    /** @param args host:port and the last bin */
    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("group.id", "print-kappa");
        settings.put("auto.offset.reset", "earliest");
        long last = -1;
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("kappa.latents"));
            while (last < Long.parseLong(args[1])) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    Latents latents = Latents.parseFrom(record.value());
                    last = latents.getFirstBin() - 1;
                    for (LatentBin bin : latents.getBinsList()) {
                        System.out.println(record.key() + " " + ++last + " " + bin.getKappaList());
                    }
                }
            }
        }
    }
}
