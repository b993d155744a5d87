package kappa.ingest.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A real broker that lets in only who comes over TLS with the right password (SASL_SSL, PLAIN). */
public final class SecuredBroker implements AutoCloseable {

    private static final String USER = "kappa";
    private static final String SECRET = "correct-horse-battery";

    private final EmbeddedBroker broker;
    private final Path directory;
    private final Path keystore;

    private SecuredBroker(EmbeddedBroker broker, Path directory, Path keystore) {
        this.broker = broker;
        this.directory = directory;
        this.keystore = keystore;
    }

    public static SecuredBroker start(Path directory) {
        Path keystore = Certificate.in(directory);
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String login = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + USER
                + "\" password=\""
                + SECRET + "\" user_" + USER + "=\"" + SECRET + "\";";
        EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("data"), port,
                Map.ofEntries(
                        Map.entry("listener.security.protocol.map", "PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT"),
                        Map.entry("listener.name.plaintext.plain.sasl.jaas.config", login),
                        Map.entry("sasl.enabled.mechanisms", "PLAIN"),
                        Map.entry("sasl.mechanism.inter.broker.protocol", "PLAIN"),
                        Map.entry("ssl.keystore.location", keystore.toString()),
                        Map.entry("ssl.keystore.type", "PKCS12"),
                        Map.entry("ssl.keystore.password", Certificate.PASSWORD),
                        Map.entry("ssl.truststore.location", keystore.toString()),
                        Map.entry("ssl.truststore.type", "PKCS12"),
                        Map.entry("ssl.truststore.password", Certificate.PASSWORD)));
        return new SecuredBroker(broker, directory, keystore);
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    /** A client.properties file for it. */
    public Path clientProperties(boolean rightPassword) {
        try {
            return Files.writeString(directory.resolve(rightPassword ? "client.properties" : "wrong.properties"), """
                    security.protocol=SASL_SSL
                    sasl.mechanism=PLAIN
                    sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="%s" password="%s";
                    ssl.truststore.location=%s
                    ssl.truststore.type=PKCS12
                    ssl.truststore.password=%s
                    """.formatted(USER, rightPassword ? SECRET : "wrong", keystore, Certificate.PASSWORD));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}
