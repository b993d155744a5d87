package kappa.dashboards.report;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;
import kappa.ingest.NewFile;

/**
 * The one look of everything that kappa writes for people to show: a self-contained page with what was found in sentences first,
 * then figures, then tables. Each figure has a button that saves it as SVG and one for its numbers as CSV; those of the report's
 * own are also written beside the page. The page needs no network, prints on paper, and is light or dark as the reader's system
 * is. Not thread-safe.
 */
public final class Report {

    private static final String PAGE = "index.html";
    private static final String GENERATOR = "<meta name=\"generator\" content=\"kappa\">";
    private static final Pattern OPTION = Pattern
            .compile("(\\./kappa [a-z]+ )?--[a-z][a-z-]*( \\d+)?|\\./kappa [a-z]+");
    private static final Pattern TITLE = Pattern.compile("<title>(.*?)</title>");

    private final Path directory;
    private final String title;
    private final StringBuilder body = new StringBuilder();
    private int figures;

    Report(Path directory, String title) {
        this("--report", directory, title);
    }

    /**
     * @param option that names the directory, for messages
     * @throws InvalidInputException if the directory cannot be made, or holds a page that is no report of kappa
     */
    public Report(String option, Path directory, String title) {
        this.directory = directory;
        this.title = title;
        requireUsable(option, directory);
    }

    /**
     * Checked before a long computation, not at its end.
     *
     * @param option that names the directory, for messages
     * @throws InvalidInputException if the directory cannot be made, or holds a page that is no report of kappa
     */
    public static void requireUsable(String option, Path directory) {
        try {
            Files.createDirectories(directory);
            Path older = directory.resolve(PAGE);
            if (Files.exists(older) && !Files.readString(older, ISO_8859_1).contains(GENERATOR)) {
                throw new InvalidInputException(option + " " + directory + ": holds an " + PAGE
                        + " that kappa did not write: expected another directory");
            }
        } catch (IOException e) {
            throw new InvalidInputException(
                    option + " " + directory + ": cannot be made: " + InvalidInputException.why(e),
                    e);
        }
    }

    /** What was found, a paragraph for each sentence; comes first. */
    public void summary(List<String> sentences) {
        body.append("<section class=\"short\" aria-label=\"In short\"><h2>In short</h2>\n");
        sentences.stream().filter(sentence -> !sentence.isBlank())
                .forEach(sentence -> body.append("<p>").append(prose(sentence)).append("</p>\n"));
        body.append("</section>\n");
    }

    /** A heading with a paragraph below it. */
    public void section(String heading, String text) {
        body.append("<h2>").append(SvgPlot.escape(heading)).append("</h2>\n");
        if (!text.isEmpty()) {
            body.append("<p>").append(prose(text)).append("</p>\n");
        }
    }

    /** A sentence, with options and commands as they are typed. */
    private static String prose(String text) {
        return OPTION.matcher(SvgPlot.escape(text)).replaceAll("<code>$0</code>");
    }

    /** Figures side by side, as many in a row as there is room for; each is also written as SVG and CSV. */
    void figures(List<SvgPlot> row) {
        if (row.isEmpty()) {
            return;
        }
        body.append("<div class=\"figures\">\n");
        for (SvgPlot plot : row) {
            String svg = plot.svg();
            String name = append(svg);
            write(name + ".svg", svg);
            write(name + ".csv", plot.csv());
        }
        body.append("</div>\n");
    }

    /** Pictures that are there as SVG already, with an empty line between them. */
    public void pictures(String svgs) {
        body.append("<div class=\"figures\">\n");
        for (String svg : svgs.split("\n\n", -1)) {
            append(svg);
        }
        body.append("</div>\n");
    }

    /** @return the figure's name */
    private String append(String svg) {
        Matcher found = TITLE.matcher(svg);
        String words = found.find()
                ? found.group(1).replace("\u03ba", "kappa ").replaceAll("(&[a-z]+;|[^A-Za-z0-9])+", "-")
                        .replaceAll("-$", "")
                : "figure";
        String name = "%02d-%s".formatted(++figures, words);
        body.append("<figure id=\"").append(name).append("\">").append(svg).append("<figcaption>")
                .append("<button data-save=\"svg\" title=\"Save this figure\">SVG</button>");
        if (svg.contains("<metadata>")) {
            body.append("<button data-save=\"csv\" title=\"Save the numbers of this figure\">CSV</button>");
        }
        body.append("</figcaption></figure>\n");
        return name;
    }

    public void table(List<String> heads, List<List<String>> rows) {
        body.append("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"")
                .append(SvgPlot.escape("Table of " + heads.getFirst())).append("\"><table><thead><tr>");
        heads.forEach(head -> body.append("<th scope=\"col\">").append(SvgPlot.escape(head)).append("</th>"));
        body.append("</tr></thead><tbody>\n");
        for (List<String> row : rows) {
            body.append("<tr>");
            row.forEach(cell -> body.append("<td>").append(SvgPlot.escape(cell)).append("</td>"));
            body.append("</tr>\n");
        }
        body.append("</tbody></table></div>\n");
    }

    /** A command line. */
    public void command(String line) {
        body.append("<p class=\"command\"><code>").append(SvgPlot.escape(line)).append("</code></p>\n");
    }

    /** Writes the page, index.html. */
    public Path write() {
        write(PAGE, """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8">%s<title>%s</title>
                <meta name="viewport" content="width=device-width, initial-scale=1"><style>
                %s</style></head><body>
                <header><h1>%s</h1><button data-save="print">Print or save as PDF</button></header>
                <main>
                %s</main>
                <footer>Written by kappa. The page needs no network: it can be sent as it is.</footer>
                <script>
                %s</script></body></html>
                """.formatted(GENERATOR, SvgPlot.escape(title), resource("report.css"), SvgPlot.escape(title), body,
                resource("report.js")));
        return directory.resolve(PAGE);
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(
                Report.class.getResourceAsStream("/kappa/dashboards/report/" + name), name)) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(String name, String text) {
        NewFile file = new NewFile(directory.resolve(name));
        try (Writer writer = Files.newBufferedWriter(file.part(), UTF_8)) {
            writer.write(text);
            file.close(writer, true);
        } catch (IOException e) {
            throw file.unwritable(e);
        }
    }
}
