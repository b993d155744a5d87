package kappa.dashboards.web;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import kappa.ingest.InvalidInputException;

/** The certificate that the page is served with. */
public final class Tls {

    private Tls() {}

    /**
     * @param keystore PKCS12 with a private key and its certificates, as {@code keytool} or {@code openssl pkcs12} makes it
     * @param password of the keystore and its key; overwritten here
     * @throws InvalidInputException in one line, without the password, if it cannot be used
     */
    public static SSLContext context(Path keystore, char[] password) {
        try (InputStream in = Files.newInputStream(keystore)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password);
            if (Collections.list(store.aliases()).stream().noneMatch(alias -> isKey(store, alias))) {
                throw new InvalidInputException("TLS keystore " + keystore + ": holds no private key, expected one");
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new InvalidInputException("TLS keystore " + keystore + ": cannot be used (" + e.getMessage()
                    + "), expected a PKCS12 file and its password", e);
        } finally {
            Arrays.fill(password, '\0');
        }
    }

    private static boolean isKey(KeyStore store, String alias) {
        try {
            return store.isKeyEntry(alias);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
