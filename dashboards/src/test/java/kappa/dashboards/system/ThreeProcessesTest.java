package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import kappa.dashboards.system.Recording.Outcome;
import kappa.ingest.Await;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@ProcessTest
class ThreeProcessesTest {

    /** Five seconds on a machine that does nothing else. */
    private static final Duration STOPPED_WITHIN = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    @Test
    void shouldGiveTheFiguresAndTheModelOfOneProcessAndLatentsThatAnybodyCanRead() throws Exception {
        String file = Recording.chewieFile().toString();
        Path network = directory.resolve("net.npz");
        try (KappaProcess broker = KappaProcess.startWith(KappaProcess.CLIENT, directory, "broker", "--port", "0",
                "--data", directory.resolve("data").toString())) {
            String servers = broker.awaitLine("Kafka (\\S+)", Recording.LIMIT);
            try (KappaProcess serve = KappaProcess.start(directory, "serve", "--bootstrap-servers", servers, "--port",
                    "0");
                    KappaProcess replay = KappaProcess.startWith(KappaProcess.CLIENT, directory, "replay", file,
                            "--bootstrap-servers", servers, "--rank", "2", "--speed", "max", "--until-end", "--json",
                            "--out", network.toString())) {
                String token = serve.awaitLine("dashboard http://localhost:\\d+/\\?token=([0-9a-f]{32}) ",
                        Recording.LIMIT);
                replay.awaitSuccess(Recording.LIMIT);

                Outcome outcome = Outcome.of(replay, network);
                assertThat(outcome.figures().get("bins").asInt()).isEqualTo(Recording.CHEWIE_BINS);
                assertThat(outcome.figures().get("latents").asInt()).isEqualTo(Recording.CHEWIE_BINS);
                assertThat(outcome.figures().get("rejected").asInt()).isZero();
                outcome.shouldEqual(Recording.chewieUndisturbed());
                assertThat(serve.err().split(token, -1)).as("the control token is told once").hasSize(2);
                saysThatItIsNotReadyWithoutItsBroker(serve, broker);
                leavesNothingUndoneWhenItIsStopped(serve, servers);
            }
            // The pipeline is gone; what it published is there for all.
            anotherClientCanReadKappa(servers);
            aConsumerWithoutOurClassesCanReadKappa(servers);
            assertThat(broker.stop(STOPPED_WITHIN)).as("exit code of the broker").isZero();
        }
    }

    private static void saysThatItIsNotReadyWithoutItsBroker(KappaProcess serve, KappaProcess broker) throws Exception {
        HttpRequest ready = HttpRequest.newBuilder(URI.create("http://localhost:"
                + serve.awaitLine("dashboard http://localhost:(\\d+)/", Recording.LIMIT) + "/health/ready")).build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            serve.await("to be ready", Recording.LIMIT, () -> answer(client, ready).equals("200 reading\n"));
            broker.stop();
            serve.await("to notice that the broker is silent", Recording.LIMIT,
                    () -> answer(client, ready).startsWith("503 no heartbeat to the consumer group for "));
            serve.awaitLine("not ready: no heartbeat to the consumer group .* Make sure that the broker runs",
                    Recording.LIMIT);
            broker.goOn();
            serve.await("to be ready again", Recording.LIMIT, () -> answer(client, ready).equals("200 reading\n"));
            serve.awaitLine("ready again, after \\d+ s", Recording.LIMIT);
            serve.shouldHaveShownNoTrace();
        }
    }

    private static String answer(HttpClient client, HttpRequest request) {
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Its group is empty at once, so that others take over without waiting, and nothing that was accounted for is read again. */
    private static void leavesNothingUndoneWhenItIsStopped(KappaProcess serve, String servers) throws Exception {
        assertThat(serve.stop(STOPPED_WITHIN)).as("exit code of serve").isZero();
        try (Admin admin = Admin.create(KafkaConnection.to(servers).admin())) {
            assertThat(admin.describeConsumerGroups(List.of("kappa")).all().get().get("kappa").members()).isEmpty();
            Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets("kappa")
                    .partitionsToOffsetAndMetadata().get();
            Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
            for (int partition = 0; partition < Topics.DEFAULT_PARTITIONS; partition++) {
                ends.put(new TopicPartition(Topics.ACTIVITY, partition), OffsetSpec.latest());
            }
            admin.listOffsets(ends).all().get().forEach((partition, end) -> {
                if (end.offset() > 0) {
                    assertThat(committed.get(partition).offset()).as("committed of %s", partition)
                            .isEqualTo(end.offset());
                }
            });
        }
    }

    private static void anotherClientCanReadKappa(String servers) throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintKappa.print(servers, Recording.CHEWIE_BINS - 1, new PrintStream(printed, true, UTF_8));
        List<String> lines = printed.toString(UTF_8).lines().toList();
        assertThat(lines).hasSize(Recording.CHEWIE_BINS);
        assertThat(IntStream.range(0, lines.size()))
                .allSatisfy(bin -> assertThat(lines.get(bin)).matches("chewie " + bin + " \\[\\S+, \\S+\\]"));
    }

    /** Kafka's console consumer is this: a key in text, and a value whose bytes it hands on. */
    private static void aConsumerWithoutOurClassesCanReadKappa(String servers) throws Exception {
        List<LatentBin> bins = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", servers, "group.id", "console", "auto.offset.reset",
                        "earliest"),
                new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("kappa.latents"));
            Await.until("all bins", () -> {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    assertThat(record.key()).isEqualTo("chewie");
                    bins.addAll(Latents.parseFrom(record.value()).getBinsList());
                }
                return bins.size() >= Recording.CHEWIE_BINS;
            });
        }
        assertThat(bins).hasSize(Recording.CHEWIE_BINS).allSatisfy(bin -> assertThat(bin.getKappaList()).hasSize(2));
    }
}
