package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.optionalCookie;
import static akka.http.javadsl.server.Directives.optionalHeaderValueByName;

import akka.http.javadsl.model.headers.HttpCookie;
import akka.http.javadsl.model.headers.SameSite;
import akka.http.javadsl.server.Route;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A secret that a visitor shows as {@code Authorization: Bearer} or by the cookie that stands for it. Comparisons take the same
 * time for every text that is offered. Immutable.
 *
 * @param cookieName the cookie that a browser keeps
 */
record AccessToken(String cookieName, String secret) {

    private static final String BEARER = "Bearer ";

    /** Goes on with whether the request shows this token. A request with a bearer token is judged by that alone. */
    Route whetherShown(Function<Boolean, Route> then) {
        return optionalHeaderValueByName("Authorization", authorization -> optionalCookie(cookieName, cookie -> {
            Optional<String> bearer = authorization
                    .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                    .map(value -> value.substring(BEARER.length()).strip());
            return then.apply(bearer.isPresent()
                    ? is(bearer.get())
                    : cookie.isPresent() && same(cookie.get().value(), cookieValue()));
        }));
    }

    boolean is(String offered) {
        return same(offered, secret);
    }

    /** The cookie that stands for the token from now on. */
    HttpCookie cookie(boolean secure) {
        return HttpCookie.create(cookieName, cookieValue()).withPath("/").withHttpOnly(true).withSecure(secure)
                .withSameSite(SameSite.Strict);
    }

    /** Made from the token, so that it outlives a restart, but not the token. */
    private String cookieValue() {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(cookieName.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
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
        return "AccessToken[" + cookieName + "]";
    }
}
