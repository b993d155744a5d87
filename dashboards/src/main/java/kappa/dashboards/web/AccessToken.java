package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.optionalHeaderValueByName;

import akka.http.javadsl.server.Route;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Function;

/**
 * A secret that a visitor shows as {@code Authorization: Bearer}. A page cannot set this header for its WebSocket; it names the
 * token among the protocols that it offers, in hexadecimal: {@code kappa.token.HEX}. A cookie would be sent to every server on
 * this host, whatever its port. Comparisons take the same time for every text that is offered. Immutable.
 */
record AccessToken(String secret) {

    private static final String BEARER = "Bearer ";
    private static final String PROTOCOL = "kappa.token.";

    /** Goes on with whether the request shows this token. A request with a bearer token is judged by that alone. */
    Route whetherShown(Function<Boolean, Route> then) {
        return optionalHeaderValueByName("Authorization",
                authorization -> optionalHeaderValueByName("Sec-WebSocket-Protocol",
                        protocols -> then.apply(authorization
                                .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                                .map(value -> is(value.substring(BEARER.length()).strip()))
                                .orElseGet(() -> protocols.map(this::isAmong).orElse(false)))));
    }

    private boolean isAmong(String protocols) {
        String expected = PROTOCOL + HexFormat.of().formatHex(secret.getBytes(StandardCharsets.UTF_8));
        return Arrays.stream(protocols.split(",", 16)).map(String::strip)
                .anyMatch(protocol -> same(protocol, expected));
    }

    boolean is(String offered) {
        return same(offered, secret);
    }

    /** Compares digests, so that neither length nor content shows in the time taken. */
    private static boolean same(String offered, String expected) {
        return MessageDigest.isEqual(digest(offered), digest(expected));
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "AccessToken";
    }
}
