package kappa.dashboards.web;

import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Route;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

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
        visitors = settings.token().map(AccessToken::new);
        control = new AccessToken(settings.controlToken());
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
        return whetherVisitor(admitted -> admitted
                ? then.get()
                : reject(new Refusal(401, "This dashboard needs its token: open /?token=..., or send Authorization:"
                        + " Bearer ...")));
    }

    /**
     * Goes on with whether the page may show anything to this visitor. A browser that opens the page can show a token in its
     * address only: {@code ?token=}. The page itself holds no data; it keeps the token and shows it to {@code /ws}.
     */
    Route whetherPageIsFor(Function<Boolean, Route> then) {
        return parameterOptional("token", offered -> whetherVisitor(admitted -> then.apply(admitted || offered
                .map(token -> control.is(token) || (visitors.isPresent() && visitors.get().is(token))).orElse(false))));
    }

    private Route whetherVisitor(Function<Boolean, Route> then) {
        return visitors.isEmpty()
                ? then.apply(true)
                : visitors.get().whetherShown(
                        visits -> control.whetherShown(controls -> then.apply(visits || controls)));
    }

    /** Admits who shows the control token. */
    Route controller(Supplier<Route> then) {
        return control.whetherShown(controls -> controls
                ? then.get()
                : reject(new Refusal(401, "To ask anything of a rig needs the control token: open the address that"
                        + " kappa printed, or send Authorization: Bearer ...")));
    }
}
