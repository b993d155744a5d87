package kappa.ingest.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * The password of a closed broker (SASL/SCRAM-SHA-256). It lies in the broker's directory as a {@code client.properties}
 * file that only the owner's account can read, so that the file is all that a client needs ({@code --kafka-config}). Who
 * deletes the file gets a new password at the next start. Stateless.
 */
final class BrokerPassword {

    static final String FILE = "client.properties";

    private static final String MECHANISM = "SCRAM-SHA-256";
    private static final String USER = "kappa";
    private static final int BYTES = 32;

    private BrokerPassword() {}

    /** The settings of a client of the broker in a directory; empty if that broker is open. */
    static Optional<Path> file(Path directory) {
        return Optional.of(directory.resolve(FILE)).filter(Files::exists);
    }

    /** Makes sure that the directory holds a password, for the owner's account alone. */
    static Path require(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            byte[] secret = new byte[BYTES];
            new SecureRandom().nextBytes(secret);
            Path fresh = directory.resolve(FILE + ".new");
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, OwnersOnly.file());
            Files.writeString(fresh, """
                    # The password of the Kafka broker in this directory, for --kafka-config and for clients of your own.
                    security.protocol=SASL_PLAINTEXT
                    sasl.mechanism=%s
                    sasl.jaas.config=%s
                    """.formatted(MECHANISM, login(HexFormat.of().formatHex(secret))), StandardCharsets.UTF_8,
                    StandardOpenOption.WRITE);
            Files.move(fresh, file);
        }
        return file;
    }

    /** What makes a broker ask for the password of a file, its controller's port included. */
    static Map<String, String> settings(Path file) {
        String jaas = KafkaConnection.withConfig("", file).extra().get("sasl.jaas.config");
        Map<String, String> settings = new HashMap<>();
        settings.put("listener.security.protocol.map", "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT");
        settings.put("sasl.enabled.mechanisms", MECHANISM);
        settings.put("sasl.mechanism.inter.broker.protocol", MECHANISM);
        settings.put("sasl.mechanism.controller.protocol", MECHANISM);
        for (String listener : new String[]{"plaintext", "controller"}) {
            String prefix = "listener.name." + listener + ".scram-sha-256.";
            settings.put(prefix + "sasl.jaas.config", jaas);
            settings.put(prefix + "sasl.server.callback.handler.class", ScramFromSettings.class.getName());
        }
        return settings;
    }

    private static String login(String password) {
        return "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"" + USER + "\" password=\""
                + password + "\";";
    }
}
