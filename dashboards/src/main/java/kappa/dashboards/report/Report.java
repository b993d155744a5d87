package kappa.dashboards.report;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.NewFile;

/** A self-contained page of text, tables and pictures. Pictures of its own are written as files too. Not thread-safe. */
public final class Report {

    private static final String PAGE = "index.html";
    private static final String GENERATOR = "<meta name=\"generator\" content=\"kappa\">";

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

    /** A heading with a paragraph below it. */
    public void section(String heading, String text) {
        body.append("<h2>").append(SvgPlot.escape(heading)).append("</h2>\n<p>").append(SvgPlot.escape(text))
                .append("</p>\n");
    }

    void figure(SvgPlot figure) {
        String svg = figure.svg();
        body.append(svg);
        String name = "%02d-%s.svg".formatted(++figures, figure.title().replaceAll("[^A-Za-z0-9]+", "-"));
        write(name, svg);
    }

    public void table(List<String> heads, List<List<String>> rows) {
        body.append("<table><tr>");
        heads.forEach(head -> body.append("<th>").append(SvgPlot.escape(head)).append("</th>"));
        body.append("</tr>\n");
        for (List<String> row : rows) {
            body.append("<tr>");
            row.forEach(cell -> body.append("<td>").append(SvgPlot.escape(cell)).append("</td>"));
            body.append("</tr>\n");
        }
        body.append("</table>\n");
    }

    /** Pictures that are there as SVG already. */
    public void picture(String svg) {
        body.append(svg);
    }

    /** A command line. */
    public void command(String line) {
        body.append("<p><code>").append(SvgPlot.escape(line)).append("</code></p>\n");
    }

    /** Writes the page, index.html. */
    public Path write() {
        write(PAGE, """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8">%s<title>%s</title><style>
                body { font: 15px/1.5 system-ui, sans-serif; max-width: 1320px; margin: 2em auto; padding: 0 1em; color: #1b2330 }
                h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em; border-top: 1px solid #dfe3ea; padding-top: 1em }
                table { border-collapse: collapse; margin: 1em 0 } th, td { text-align: left; padding: .2em .9em .2em 0 }
                th { border-bottom: 1px solid #dfe3ea; font-weight: 600 } svg { margin: .3em }
                </style></head><body>
                <h1>%s</h1>
                %s</body></html>
                """.formatted(GENERATOR, SvgPlot.escape(title), SvgPlot.escape(title), body));
        return directory.resolve(PAGE);
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
