package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import kappa.dashboards.web.DashboardSettings;
import kappa.dashboards.web.Tls;
import kappa.ingest.InvalidInputException;
import picocli.CommandLine.Option;

/** Where the dashboard listens. */
@Section.In(Section.PAGE)
final class PageOptions {
    @Option(names = "--host", paramLabel = "ADDRESS", defaultValue = "127.0.0.1",
            description = "Address on which the page listens; any address but loopback needs --token-file (default: "
                    + "${DEFAULT-VALUE}).")
    String host;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "8080",
            description = "Port of the page; 0 for a free one (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(names = "--token-file", paramLabel = "FILE",
            description = "File with the token that visitors must show, of at least 16 characters (default: no token "
                    + "on loopback).")
    Path tokenFile;

    @Section.In(Section.RARE)
    @Option(names = "--control-token-file", paramLabel = "FILE",
            description = "File with the token that interventions and replay controls need (default: "
                    + ".kappa/control-token beside the launcher, created if it is missing).")
    Path controlTokenFile;

    @Section.In(Section.RARE)
    @Option(names = "--tls-keystore", paramLabel = "FILE.p12",
            description = "PKCS12 file with the key and certificate to serve the page over HTTPS (default: plain "
                    + "HTTP).")
    Path tlsKeystore;

    @Section.In(Section.RARE)
    @Option(names = "--tls-password-file", paramLabel = "FILE",
            description = "File with the password of --tls-keystore.")
    Path tlsPasswordFile;

    DashboardSettings settings() {
        Optional<String> token = tokenFile == null
                ? Optional.empty()
                : Optional.of(ControlToken.read(tokenFile, "--token-file"));
        // All else is checked before a token is made.
        DashboardSettings settings = new DashboardSettings(host, port, token);
        settings.requireFree();
        return new DashboardSettings(settings.host(), settings.port(), settings.token(),
                controlTokenFile == null
                        ? ControlToken.kept()
                        : ControlToken.read(controlTokenFile, "--control-token-file"),
                tls());
    }

    private Optional<SSLContext> tls() {
        if ((tlsKeystore == null) != (tlsPasswordFile == null)) {
            throw new InvalidInputException(tlsKeystore == null
                    ? "--tls-password-file " + tlsPasswordFile + " needs --tls-keystore"
                    : "--tls-keystore " + tlsKeystore + " needs --tls-password-file");
        }
        return Optional.ofNullable(tlsKeystore).map(keystore -> Tls.context(keystore,
                ControlToken.read(tlsPasswordFile, "--tls-password-file").toCharArray()));
    }
}
