package kappa.dashboards.web;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import kappa.ingest.InvalidInputException;

/**
 * Where to listen.
 *
 * @param host a name or address of this machine
 * @param port 0 for a free one
 * @param token what a visitor must show; needed unless the host is loopback
 * @param controlToken what a visitor must show to ask anything of a rig; opens everything else, too
 * @param tls the certificate to be served with; without one it is plain HTTP
 */
public record DashboardSettings(String host, int port, Optional<String> token, String controlToken,
        Optional<SSLContext> tls) {

    private static final int MIN_TOKEN = 16;
    private static final int CONTROL_TOKEN_BYTES = 16;

    /** What a header can hold as it is. */
    private static final Pattern PRINTABLE = Pattern.compile("[\\x20-\\x7e]+");

    public DashboardSettings {
        if (port < 0 || port > 65_535) {
            throw new InvalidInputException("dashboard port: " + port + ", expected 0 to 65535");
        }
        if (token.isEmpty() && !isLoopback(host)) {
            throw new InvalidInputException("dashboard host: " + host
                    + " is reachable from other machines and needs a token, expected one or a loopback address");
        }
        if (token.isPresent() && token.get().length() < MIN_TOKEN) {
            throw new InvalidInputException("dashboard token: " + token.get().length()
                    + " characters, expected at least " + MIN_TOKEN);
        }
        if (!PRINTABLE.matcher(token.orElse(controlToken) + controlToken).matches()) {
            throw new InvalidInputException("dashboard token or control token: holds characters that are not in ASCII,"
                    + " expected letters, digits and signs");
        }
        if (controlToken.length() < MIN_TOKEN) {
            throw new InvalidInputException("dashboard control token: " + controlToken.length()
                    + " characters, expected at least " + MIN_TOKEN);
        }
    }

    /** Plain HTTP. */
    public DashboardSettings(String host, int port, Optional<String> token, String controlToken) {
        this(host, port, token, controlToken, Optional.empty());
    }

    /** Plain HTTP, with a control token of its own. */
    public DashboardSettings(String host, int port, Optional<String> token) {
        this(host, port, token, newControlToken());
    }

    /** 128 random bits in hexadecimal. */
    public static String newControlToken() {
        byte[] bits = new byte[CONTROL_TOKEN_BYTES];
        new SecureRandom().nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }

    /** Whether only this machine can reach it. */
    public boolean onLoopback() {
        return isLoopback(host);
    }

    /**
     * To be called before anything else is started, which would have to be stopped again.
     *
     * @throws InvalidInputException in one line if the address cannot be listened on now
     */
    public void requireFree() {
        if (port == 0) {
            return;
        }
        try (ServerSocket listener = new ServerSocket()) {
            listener.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw cannotBeListenedOn(e);
        }
    }

    InvalidInputException cannotBeListenedOn(Throwable cause) {
        return new InvalidInputException("dashboard port: " + port + " on " + host + " cannot be listened on ("
                + cause.getMessage() + "), expected a free one (--port)", cause);
    }

    /** Without the tokens. */
    @Override
    public String toString() {
        return "DashboardSettings[host=" + host + ", port=" + port + (token.isPresent() ? ", with token]" : "]");
    }

    /** Looks nothing up: a name other than localhost may mean anything. */
    private static boolean isLoopback(String host) {
        if (host.equalsIgnoreCase("localhost")) {
            return true;
        }
        try {
            return InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
