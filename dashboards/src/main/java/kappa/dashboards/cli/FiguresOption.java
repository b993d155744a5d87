package kappa.dashboards.cli;

import java.util.Map;
import picocli.CommandLine.Option;

/** How a command prints its figures. */
@Section.In(Section.OUTPUT)
final class FiguresOption {

    @Option(names = "--json", description = "Print the figures as one JSON object on the last line.")
    private boolean json;

    boolean json() {
        return json;
    }

    /** Prints one JSON object, or a line for each figure. */
    void print(Map<String, ?> figures) {
        if (json) {
            Output.json(figures);
        } else {
            Output.plain(figures);
        }
    }
}
