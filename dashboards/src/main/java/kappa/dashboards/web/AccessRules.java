package kappa.dashboards.web;

import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.Uri;
import akka.http.javadsl.model.headers.CacheControl;
import akka.http.javadsl.model.headers.CacheDirectives;
import akka.http.javadsl.model.headers.HttpCookie;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Route;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Who gets in. Each rule is a directive: it lets a request through to the inner route, or rejects it with a {@link Refusal}.
 * Immutable.
 */
final class AccessRules extends AllDirectives {

    private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

    private final boolean onLoopback;
    private final boolean secure;
    private final Optional<AccessToken> visitors;
    private final AccessToken control;

    AccessRules(DashboardSettings settings) {
        onLoopback = settings.onLoopback();
        secure = settings.tls().isPresent();
        visitors = settings.token().map(token -> new AccessToken("kappa-dashboard", token));
        control = new AccessToken("kappa-control", settings.controlToken());
    }

    /** What admits to interventions and controls, and to everything else. */
    AccessToken control() {
        return control;
    }

    /**
     * On loopback, admits only loopback's names as Host, so that a web page elsewhere cannot reach the server by rebinding a name
     * of its own. The port may be any, since a tunnel may have changed it.
     */
    Route allowedHost(Supplier<Route> then) {
        return optionalHeaderValueByName("Host", host -> !onLoopback || isLoopbackName(host.orElse(""))
                ? then.get()
                : reject(new Refusal(421, "This dashboard answers to localhost, 127.0.0.1 and [::1] only.")));
    }

    private static boolean isLoopbackName(String host) {
        return LOOPBACK_NAMES.contains(host.toLowerCase(Locale.ROOT).replaceFirst(":[0-9]{1,5}$", ""));
    }

    /**
     * Admits only pages that this server served, and programs: browsers always send Origin, a program does not.
     *
     * @param refusal what a page of another origin may not do
     */
    Route sameOrigin(String refusal, Supplier<Route> then) {
        return optionalHeaderValueByName("Host", host -> optionalHeaderValueByName("Origin",
                origin -> origin.isEmpty() || isOwn(origin.get(), host.orElse(""))
                        ? then.get()
                        : reject(new Refusal(403, refusal))));
    }

    /** Without a certificate of its own the server may stand behind a proxy that has one. */
    private boolean isOwn(String origin, String host) {
        return origin.equals("https://" + host) || (!secure && origin.equals("http://" + host));
    }

    /** Admits who shows the visitors' token, if there is one, or the control token. */
    Route visitor(Supplier<Route> then) {
        return visitors.isEmpty()
                ? then.get()
                : visitors.get().whetherShown(visits -> control.whetherShown(controls -> visits || controls
                        ? then.get()
                        : reject(new Refusal(401,
                                "This dashboard needs its token: open /?token=... once, or send Authorization: Bearer"
                                        + " ..."))));
    }

    /** Admits who shows the control token. */
    Route controller(Supplier<Route> then) {
        return control.whetherShown(controls -> controls
                ? then.get()
                : reject(new Refusal(401, "To ask anything of a rig needs the control token: open the address that"
                        + " kappa printed, or send Authorization: Bearer ...")));
    }

    /** Exchanges a token in the address for a cookie and redirects to the address without it; goes on if there is none. */
    Route remembered(Supplier<Route> then) {
        return parameterOptional("token", offered -> {
            List<HttpCookie> cookies = Stream.concat(visitors.stream(), Stream.of(control))
                    .filter(token -> offered.isPresent() && token.is(offered.get()))
                    .map(token -> token.cookie(secure)).toList();
            return cookies.isEmpty()
                    ? then.get()
                    : extractUri(uri -> respondWithHeader(CacheControl.create(CacheDirectives.NO_STORE),
                            () -> setCookie(cookies, () -> redirect(here(uri), StatusCodes.SEE_OTHER))));
        });
    }

    /** The address without its query. Two slashes at its beginning would make the path the name of another host. */
    private static Uri here(Uri uri) {
        return Uri.create("/" + uri.path().replaceFirst("^[/\\\\]+", ""));
    }
}
