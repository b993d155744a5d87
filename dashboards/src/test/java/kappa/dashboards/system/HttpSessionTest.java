package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sessions of programs without a Kafka client. {@code -Dkappa.http.speed=1} sends the minute of a hundred neurons at its own
 * pace.
 */
@ProcessTest
class HttpSessionTest {

    private static final int NEURONS = 100;
    private static final int BINS = 3_000;
    private static final double BIN_S = 0.02;
    private static final double SPEED = Double.parseDouble(System.getProperty("kappa.http.speed", "10"));

    @TempDir
    static Path directory;

    private static KappaProcess live;
    private static String page;
    private static String token;

    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeAll
    static void start() {
        live = KappaProcess.start(directory, "live", "--port", "0", "--trials", "1", "--neurons", "20");
        page = live.awaitLine("dashboard (http://localhost:\\d+)/", Recording.LIMIT);
        token = live.awaitLine("\\?token=([0-9a-f]{32}) ", Recording.LIMIT);
    }

    @AfterAll
    static void stop() {
        live.close();
    }

    private HttpResponse<String> send(String method, String path, String type, String body) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(page + path)).header("Content-Type", type)
                .header("Authorization", "Bearer " + token).method(method, BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString());
    }

    private static String bin(Random random, int t) {
        return "{\"counts\":[" + IntStream.range(0, NEURONS).mapToObj(_ -> random.nextDouble() < 0.2 ? "1" : "0")
                .collect(Collectors.joining(",")) + "],\"trial\":" + t / 50 + ",\"bin\":" + t + "}\n";
    }

    @Test
    void shouldLoseNothingOfAMinuteOfAHundredNeurons() throws Exception {
        assertThat(send("PUT", "/sessions/minute", "application/json",
                "{\"neurons\":100,\"bin_width\":0.02,\"trials\":true}").statusCode()).isEqualTo(201);
        CompletableFuture<HttpResponse<Stream<String>>> events = client.sendAsync(
                HttpRequest.newBuilder(URI.create(page + "/sessions/minute/latents?from=0")).build(),
                BodyHandlers.ofLines());
        Random random = new Random(1);
        long begun = System.nanoTime();
        for (int t = 0; t < BINS; t++) {
            long due = begun + (long) ((t + 1) * BIN_S / SPEED * 1e9);
            LockSupport.parkNanos(due - System.nanoTime());
            HttpResponse<String> answer = send("POST", "/sessions/minute/bins", "application/x-ndjson",
                    bin(random, t));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
        assertThat(send("POST", "/sessions/minute/bins", "application/json", "{\"end\":true}").body())
                .contains("\"bins\":3000", "\"over\":true");
        List<String> lines = events.get().body().takeWhile(line -> !line.equals("event: end")).toList();
        ObjectMapper json = new ObjectMapper();
        List<JsonNode> kappa = lines.stream().filter(line -> line.startsWith("data: ")).map(line -> {
            try {
                return json.readTree(line.substring(6));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }).toList();
        assertThat(kappa).extracting(one -> one.get("bin").longValue())
                .containsExactlyElementsOf(LongStream.range(0, BINS).boxed().toList());
        assertThat(kappa).allSatisfy(one -> {
            assertThat(one.get("kappa")).hasSize(2);
            assertThat(one.get("covariance").get(1)).hasSize(2);
        });
        assertThat(kappa.getLast().get("model_version").longValue()).as("it was fitted meanwhile").isPositive();
    }

    @Test
    void shouldTurnAwayWhatIsWrongInAJsonObject() throws Exception {
        assertThat(send("PUT", "/sessions/a%20b", "application/json", "{\"neurons\":3,\"bin_width\":0.02}"))
                .satisfies(answer -> isRefused(answer, 400, "expected 1 to 128 characters out of"));
        isRefused(send("PUT", "/sessions/x", "text/plain", "{}"), 415, "Expected Content-Type");
        isRefused(send("POST", "/sessions/x/bins", "application/json", "{}"), 404, "There is no session x.");
        isRefused(send("DELETE", "/sessions/x", "application/json", ""), 405, "Only PUT");
        isRefused(send("POST", "/sessions/x/bins", "application/json", "1".repeat((1 << 20) + 1)), 413,
                "more than 1048576 bytes");
        isRefused(send("PUT", "/sessions/x", "application/x-protobuf", "nonsense"), 400, "is not a SessionHeader");
        HttpRequest.Builder stranger = HttpRequest.newBuilder(URI.create(page + "/sessions/x"))
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString("{\"neurons\":3,\"bin_width\":0.02}"));
        isRefused(client.send(stranger.build(), BodyHandlers.ofString()), 401, "control token");
        isRefused(client.send(stranger.header("Authorization", "Bearer " + token)
                .header("Origin", "http://evil.example").build(), BodyHandlers.ofString()), 403, "another origin");
        live.shouldHaveShownNoTrace();
    }

    private static void isRefused(HttpResponse<String> answer, int status, String line) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body()).startsWith("{\"error\":\"").endsWith("\"}\n").contains(line);
    }

    /** The commands of the documents, with this page's address and token in place of theirs. */
    @Test
    void shouldRunTheExampleWithCurl() throws Exception {
        Path guide = Path.of(System.getProperty("kappa.root"), "ingest", "docs", "python.md");
        Matcher example = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(guide));
        assertThat(example.find()).as("an example in " + guide).isTrue();
        String script = example.group(1).replace("http://localhost:8080", page)
                .replace("$(cat .kappa/control-token)", token);
        Process curl = new ProcessBuilder("bash", "-e", "-c", script).redirectErrorStream(true).start();
        String told = new String(curl.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(curl.waitFor()).as(told).isZero();
        assertThat(told).contains("\"bins\":2", "\"over\":true", "data: {\"bin\":1,", "event: end")
                .doesNotContain("error");
    }
}
