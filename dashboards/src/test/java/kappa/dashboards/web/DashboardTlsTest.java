package kappa.dashboards.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.Certificate;
import kappa.ingest.log.ControlPublisher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page over HTTPS, with a client that checks the certificate. */
class DashboardTlsTest {

    private static final String TOKEN = "correct-horse-battery";
    private static final String CONTROL = "00112233445566778899aabbccddeeff";

    @TempDir
    private Path directory;

    @Test
    void shouldServePageAndSocketOverHttpsOnly()
            throws IOException, GeneralSecurityException, InterruptedException {
        Path keystore = Certificate.in(directory);
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "tls-test");
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        DashboardSettings settings = new DashboardSettings("0.0.0.0", 0, Optional.of(TOKEN), CONTROL,
                Optional.of(Tls.context(keystore, Certificate.PASSWORD.toCharArray())));
        try (DashboardServer server = DashboardServer.start(system, settings,
                new LiveView(meters, System::nanoTime, System::nanoTime), meters,
                () -> new DashboardServer.Readiness(true, "reading"),
                new ControlPublisher((topic, partition, session, record) -> CompletableFuture.completedFuture(null)));
                HttpClient client = HttpClient.newBuilder().sslContext(trusting(keystore)).build()) {
            URI page = URI.create("https://localhost:" + server.port() + "/");
            assertThat(get(client, page, "none").statusCode()).isEqualTo(401);
            assertThat(get(client, page, "Bearer " + TOKEN).statusCode()).isEqualTo(200);
            assertThat(get(client, page.resolve("?token=" + TOKEN), "none").statusCode()).isEqualTo(200);
            WebSocket socket = client.newWebSocketBuilder().header("Authorization", "Bearer " + TOKEN)
                    .header("Origin", "https://localhost:" + server.port())
                    .buildAsync(URI.create("wss://localhost:" + server.port() + "/ws"), new WebSocket.Listener() {
                    }).join();
            assertThat(socket.isOutputClosed()).isFalse();
            socket.abort();
            assertThatThrownBy(() -> client.newWebSocketBuilder().header("Authorization", "Bearer " + TOKEN)
                    .header("Origin", "http://localhost:" + server.port())
                    .buildAsync(URI.create("wss://localhost:" + server.port() + "/ws"), new WebSocket.Listener() {
                    }).join()).as("a page that somebody on the way has made")
                    .cause().isInstanceOfSatisfying(WebSocketHandshakeException.class,
                            refused -> assertThat(refused.getResponse().statusCode()).isEqualTo(403));
            assertThatThrownBy(
                    () -> get(client, URI.create("http://localhost:" + server.port() + "/"), "Bearer " + TOKEN))
                    .isInstanceOf(IOException.class);
        } finally {
            system.terminate();
        }
    }

    @Test
    void shouldSayInOneLineWhatIsWrongWithAKeystoreAndNotItsPassword() throws IOException {
        Path keystore = Certificate.in(directory);
        Path rubbish = Files.writeString(directory.resolve("rubbish.p12"), "not a keystore");
        for (Path file : new Path[]{keystore, rubbish, directory.resolve("missing.p12")}) {
            assertThatThrownBy(() -> Tls.context(file, "wrong-password".toCharArray()))
                    .isInstanceOf(InvalidInputException.class).message().hasLineCount(1).contains(file.toString())
                    .doesNotContain("wrong-password");
        }
    }

    private static HttpResponse<String> get(HttpClient client, URI uri, String authorization)
            throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(uri).header("Authorization", authorization)
                .timeout(Duration.ofSeconds(10)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static SSLContext trusting(Path keystore) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keystore)) {
            store.load(in, Certificate.PASSWORD.toCharArray());
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
