package kappa.ingest.log;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.scram.ScramCredential;
import org.apache.kafka.common.security.scram.ScramCredentialCallback;
import org.apache.kafka.common.security.scram.internals.ScramFormatter;
import org.apache.kafka.common.security.scram.internals.ScramMechanism;

/**
 * Checks SCRAM logins against the one user that the broker's own JAAS settings name. Kafka's usual handler looks into the
 * metadata log, which a broker that asks itself for a password cannot read before it has started.
 *
 * <p>Kafka creates it by name. Immutable after {@link #configure}, and so thread-safe.
 */
public final class ScramFromSettings implements AuthenticateCallbackHandler {

    /** As many rounds as Kafka's own tools ask for at least. */
    private static final int ITERATIONS = 4096;

    private String user;
    private ScramCredential credential;

    @Override
    public void configure(Map<String, ?> settings, String mechanism, List<AppConfigurationEntry> entries) {
        Map<String, ?> login = entries.getFirst().getOptions();
        user = login.get("username").toString();
        try {
            credential = new ScramFormatter(ScramMechanism.forMechanismName(mechanism))
                    .generateCredential(login.get("password").toString(), ITERATIONS);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        boolean known = false;
        for (Callback callback : callbacks) {
            switch (callback) {
                case NameCallback name -> known = user.equals(name.getDefaultName());
                case ScramCredentialCallback scram -> scram.scramCredential(known ? credential : null);
                default -> throw new UnsupportedCallbackException(callback);
            }
        }
    }

    @Override
    public void close() {}
}
