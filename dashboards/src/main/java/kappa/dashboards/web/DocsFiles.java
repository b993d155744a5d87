package kappa.dashboards.web;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.extractUnmatchedPath;
import static akka.http.javadsl.server.Directives.pathPrefix;
import static akka.http.javadsl.server.Directives.redirect;
import static akka.http.javadsl.server.Directives.reject;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpCharsets;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.Uri;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.Route;
import java.util.Map;
import java.util.function.Supplier;
import kappa.dashboards.docs.DocsSite;

/** The documentation under {@code /docs}, made when it is first asked for. None of it is a secret. Thread-safe. */
final class DocsFiles {

    private final Supplier<Map<String, byte[]>> site = new Supplier<>() {
        private Map<String, byte[]> built;

        @Override
        public synchronized Map<String, byte[]> get() {
            built = built == null ? DocsSite.build() : built;
            return built;
        }
    };

    Route route() {
        return pathPrefix("docs", () -> extractUnmatchedPath(path -> {
            if (path.isEmpty()) {
                return redirect(Uri.create("/docs/"), StatusCodes.PERMANENT_REDIRECT);
            }
            String name = path.equals("/") ? "index.html" : path.substring(1);
            byte[] file = site.get().get(name);
            return file == null
                    ? reject(new Refusal(404, "The documentation has no such page. It begins at /docs/."))
                    : complete(HttpResponse.create().withEntity(type(name), file)
                            .addHeader(RawHeader.create("Cache-Control", "no-cache")));
        }));
    }

    private static ContentType type(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "html" -> ContentTypes.TEXT_HTML_UTF8;
            case "css" -> MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8);
            case "svg" -> MediaTypes.IMAGE_SVG_XML.toContentType();
            case "png" -> MediaTypes.IMAGE_PNG.toContentType();
            default -> ContentTypes.TEXT_PLAIN_UTF8;
        };
    }
}
