package kappa.dashboards.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import kappa.dashboards.docs.DocsSite;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes the documentation, and opens it. */
@Command(name = "docs", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Open the documentation, which needs no network.",
    "",
    "The pages of a running kappa have it under /docs, too."})
final class DocsCommand implements Runnable {

    @Option(names = "--out", paramLabel = "DIR",
            description = "Folder for the pages (default: .kappa/docs beside the launcher).")
    private Path out;

    @Option(names = "--no-browser", description = "Print the path of the first page, and open nothing.")
    private boolean noBrowser;

    @Override
    public void run() {
        Path first = DocsSite.write(out == null ? Home.directory("docs") : out).toAbsolutePath();
        System.out.println(first);
        if (!noBrowser) {
            open(first);
        }
    }

    /** With what the system opens files with; where it has nothing, the path is printed already. */
    private static void open(Path page) {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        List<String> command = system.startsWith("windows")
                ? List.of("rundll32", "url.dll,FileProtocolHandler", page.toUri().toString())
                : List.of(system.startsWith("mac") ? "open" : "xdg-open", page.toString());
        try {
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            System.err.println("open this page in a browser");
        }
    }
}
