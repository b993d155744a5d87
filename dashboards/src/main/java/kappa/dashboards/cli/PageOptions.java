package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import kappa.dashboards.web.DashboardServer;
import kappa.dashboards.web.Tls;
import kappa.ingest.InvalidInputException;
import picocli.CommandLine.Option;

/** Where the dashboard listens. */
final class PageOptions {
    @Option(names = "--host", defaultValue = "127.0.0.1",
            description = "Address of the dashboard; any but loopback needs a token (default: ${DEFAULT-VALUE}).")
    String host;

    @Option(names = "--port", defaultValue = "8080",
            description = "Port of the dashboard, 0 for a free one (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(names = "--token-file", paramLabel = "FILE",
            description = "File that holds the token a visitor must show, at least 16 characters.")
    Path tokenFile;

    @Option(names = "--control-token-file", paramLabel = "FILE",
            description = "File that holds the token which interventions and controls need (default:"
                    + " .kappa/control-token beside the launcher, made if it is not there).")
    Path controlTokenFile;

    @Option(names = "--tls-keystore", paramLabel = "FILE.p12",
            description = "Serve the page over HTTPS with this key and certificate (PKCS12).")
    Path tlsKeystore;

    @Option(names = "--tls-password-file", paramLabel = "FILE",
            description = "File that holds the keystore's password.")
    Path tlsPasswordFile;

    DashboardServer.Settings settings() {
        Optional<String> token = tokenFile == null
                ? Optional.empty()
                : Optional.of(ControlToken.read(tokenFile, "--token-file"));
        // All else is checked before a token is made.
        DashboardServer.Settings settings = new DashboardServer.Settings(host, port, token);
        return new DashboardServer.Settings(settings.host(), settings.port(), settings.token(),
                controlTokenFile == null
                        ? ControlToken.kept()
                        : ControlToken.read(controlTokenFile, "--control-token-file"),
                tls());
    }

    private Optional<SSLContext> tls() {
        if ((tlsKeystore == null) != (tlsPasswordFile == null)) {
            throw new InvalidInputException(tlsKeystore == null
                    ? "--tls-password-file " + tlsPasswordFile + ": expected only with --tls-keystore"
                    : "--tls-keystore " + tlsKeystore + ": expected --tls-password-file with it");
        }
        return Optional.ofNullable(tlsKeystore).map(keystore -> Tls.context(keystore,
                ControlToken.read(tlsPasswordFile, "--tls-password-file").toCharArray()));
    }
}
