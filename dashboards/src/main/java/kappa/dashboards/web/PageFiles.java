package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.extractUnmatchedPath;
import static akka.http.javadsl.server.Directives.reject;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpCharsets;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/**
 * The page's files, read once from the class path. They are served without a date of change: reproducible builds give all files
 * the same one, so that a browser would take the files of an older build for unchanged. The page is not stored at all, because
 * a token may be in its address. Immutable.
 */
final class PageFiles {

    private static final ContentType SCRIPT = MediaTypes.APPLICATION_JAVASCRIPT.toContentType(HttpCharsets.UTF_8);
    private static final String PAGE = "/kappa/dashboards/web/";
    private static final String ECHARTS = "/META-INF/resources/_static/echarts/6.0.0/dist/echarts.min.js";

    private final HttpResponse page;
    private final Map<String, HttpResponse> files = new HashMap<>();

    PageFiles() {
        page = file(PAGE + "index.html", ContentTypes.TEXT_HTML_UTF8, "no-store");
        page("/kappa.css", "kappa.css", MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8));
        page("/favicon.svg", "favicon.svg", MediaTypes.IMAGE_SVG_XML.toContentType());
        for (String script : new String[]{"kappa.js", "charts.js", "portrait.js", "mechanism.js", "silencing.js",
            "clock.js", "theme.js", "access.js", "card.js", "saving.js", "trials.js", "notes.js", "table.js",
            "tour.js"}) {
            page("/" + script, script, SCRIPT);
        }
        // The library's path carries no version, so a day.
        files.put("/lib/echarts.min.js", file(ECHARTS, SCRIPT, "private, max-age=86400"));
    }

    /**
     * The page, and what it is made of. None of it is a secret. To a visitor without a token the page says so: its status is 401
     * then.
     */
    Route route(AccessRules access) {
        return extractUnmatchedPath(path -> {
            if (path.equals("/")) {
                return access.whetherPageIsFor(admitted -> complete(admitted ? page : Answers.unauthorised(page)));
            }
            return files.containsKey(path) ? complete(files.get(path)) : reject();
        });
    }

    /** The page may change with the next build, so a browser asks each time. */
    private void page(String path, String name, ContentType type) {
        files.put(path, file(PAGE + name, type, "no-cache"));
    }

    private static HttpResponse file(String resource, ContentType type, String caching) {
        try (InputStream in = PageFiles.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is not on the class path");
            }
            return HttpResponse.create().withEntity(type, in.readAllBytes())
                    .addHeader(RawHeader.create("Cache-Control", caching));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
