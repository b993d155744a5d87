package kappa.dashboards.docs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import kappa.dashboards.docs.Contents.Page;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * The documentation as a site of plain HTML: every file by its name. The documents are on the class path, where the build puts
 * them from the folders {@code docs} of the modules. A link to another document leads to its page, one to a picture brings the
 * picture along; what else lies in the repository only is named, not linked. Stateless.
 */
public final class DocsSite {

    private static final String DOCUMENTS = "/kappa/docs/";
    private static final String STYLE = "docs.css";
    private static final String SCHEMA = "wire.proto";
    private static final String FIRST = "index.html";

    private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create(),
            HeadingAnchorExtension.create());
    private static final Parser MARKDOWN = Parser.builder().extensions(EXTENSIONS).build();
    private static final HtmlRenderer HTML = HtmlRenderer.builder().extensions(EXTENSIONS).build();

    private DocsSite() {}

    /** All files of the site by their names; {@code index.html} is the first page. */
    public static Map<String, byte[]> build() {
        Map<String, byte[]> site = new TreeMap<>();
        for (Page page : Contents.allPages()) {
            site.put(page.name() + ".html", page(page, site).getBytes(UTF_8));
        }
        site.put(FIRST, site.get(Contents.allPages().getFirst().name() + ".html"));
        site.put(STYLE, resource("/kappa/dashboards/docs/" + STYLE).orElseThrow());
        resource(DOCUMENTS + "ingest/" + SCHEMA).ifPresent(schema -> site.put(SCHEMA, schema));
        return site;
    }

    /** Writes the site into a folder, and gives its first page. */
    public static Path write(Path folder) {
        try {
            Files.createDirectories(folder);
            for (Map.Entry<String, byte[]> file : build().entrySet()) {
                Files.write(folder.resolve(file.getKey()), file.getValue());
            }
            return folder.resolve(FIRST);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String page(Page page, Map<String, byte[]> site) {
        String text = new String(resource(DOCUMENTS + page.source())
                .orElseThrow(() -> new IllegalStateException("no document " + page.source() + " on the class path")),
                UTF_8);
        Node document = MARKDOWN.parse(text);
        document.accept(new AbstractVisitor() {
            @Override
            public void visit(Link link) {
                String target = target(link.getDestination());
                if (target == null) {
                    unlink(link);
                } else {
                    link.setDestination(target);
                }
                visitChildren(link);
            }

            @Override
            public void visit(Image image) {
                String name = baseName(image.getDestination());
                site.put(name, resource(resolved(page, image.getDestination()))
                        .orElseThrow(() -> new IllegalStateException("no picture " + name + " on the class path")));
                image.setDestination(name);
            }
        });
        return frame(page, HTML.render(document));
    }

    /** Where a link of a document leads within the site; null if nowhere. */
    private static String target(String destination) {
        if (destination.startsWith("#") || destination.matches("[a-z]+:.*")) {
            return destination;
        }
        int hash = destination.indexOf('#');
        String file = baseName(hash < 0 ? destination : destination.substring(0, hash));
        String anchor = hash < 0 ? "" : destination.substring(hash);
        if (file.equals(SCHEMA)) {
            return SCHEMA;
        }
        return Contents.allPages().stream().filter(page -> (page.name() + ".md").equals(file)).findFirst()
                .map(page -> page.name() + ".html" + anchor).orElse(null);
    }

    /** What lies in the repository only is named in the way of code. */
    private static void unlink(Link link) {
        Node child = link.getFirstChild();
        while (child != null) {
            Node next = child.getNext();
            link.insertBefore(child);
            child = next;
        }
        if (!(link.getPrevious() instanceof Code)) {
            link.insertBefore(new org.commonmark.node.Text(" ("));
            link.insertBefore(new Code(link.getDestination().replaceFirst("^(\\.\\./)+", "")));
            link.insertBefore(new org.commonmark.node.Text(")"));
        }
        link.unlink();
    }

    private static String baseName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** {@code ../../analysis/docs/x.svg} of a document of another module is that module's {@code x.svg}. */
    private static String resolved(Page page, String destination) {
        Path beside = Path.of(page.source().substring(0, page.source().indexOf('/')), "docs");
        return DOCUMENTS + beside.resolve(destination).normalize().toString().replace('\\', '/').replace("/docs/", "/");
    }

    private static String frame(Page here, String body) {
        StringBuilder html = new StringBuilder("""
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><title>%s · kappa</title>
                <meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="%s"></head>
                <body><nav><p class="name"><a href="%s">kappa</a></p>
                """.formatted(here.title(), STYLE, FIRST));
        for (Contents group : Contents.ALL) {
            html.append("<p>").append(group.title()).append("</p>\n<ul>\n");
            for (Page page : group.pages()) {
                html.append("<li").append(page.equals(here) ? " class=\"here\"" : "").append("><a href=\"")
                        .append(page.name()).append(".html\">").append(page.title()).append("</a></li>\n");
            }
            html.append("</ul>\n");
        }
        return html.append("</nav>\n<main>\n").append(body).append("</main></body></html>\n").toString();
    }

    private static Optional<byte[]> resource(String name) {
        try (InputStream in = DocsSite.class.getResourceAsStream(name)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
