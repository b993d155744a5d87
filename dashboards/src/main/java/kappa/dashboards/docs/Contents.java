package kappa.dashboards.docs;

import java.util.List;

/**
 * Which documents are pages of the site, in the order in which they are read. Immutable.
 *
 * @param title of the group
 */
record Contents(String title, List<Page> pages) {

    /**
     * A page.
     *
     * @param source where its Markdown lies: module and file
     * @param title in the list of contents
     */
    record Page(String source, String title) {
        /** The name of the document, and with {@code .html} that of the page. */
        String name() {
            return source.substring(source.indexOf('/') + 1, source.length() - ".md".length());
        }
    }

    static final List<Contents> ALL = List.of(
            new Contents("Begin", List.of(
                    new Page("dashboards/start.md", "Start in five minutes"),
                    new Page("analysis/what-is-kappa.md", "What is κ?"),
                    new Page("dashboards/page.md", "Reading the page"))),
            new Contents("Your experiment", List.of(
                    new Page("ingest/your-data.md", "Your data"),
                    new Page("ingest/rigs.md", "Your rig"),
                    new Page("ingest/python.md", "From Python, MATLAB, C++"),
                    new Page("fitting/choosing.md", "Choosing rank, bin width, τ, inputs"),
                    new Page("fitting/good-fit.md", "Is my fit good?"),
                    new Page("analysis/closed-loop.md", "Closed loop"))),
            new Contents("Running it", List.of(
                    new Page("dashboards/runbook.md", "Operations"),
                    new Page("dashboards/troubleshooting.md", "Troubleshooting"),
                    new Page("dashboards/overload.md", "Overload"),
                    new Page("fitting/durability.md", "Durability"),
                    new Page("fitting/learning.md", "How fast kappa learns"),
                    new Page("fitting/scaling.md", "Scaling"))),
            new Contents("Reference", List.of(
                    new Page("dashboards/commands.md", "Commands"),
                    new Page("ingest/topics.md", "Topics and schema"),
                    new Page("dashboards/export.md", "Exported sessions"),
                    new Page("dashboards/figures.md", "JSON figures"),
                    new Page("dashboards/metrics.md", "Metrics"),
                    new Page("ingest/plausibility.md", "What is questioned"),
                    new Page("fitting/uncertainty.md", "How far κ can be trusted"),
                    new Page("fitting/units.md", "Currents of any unit"),
                    new Page("fitting/kernels.md", "Kernels"),
                    new Page("fitting/kernels-measured.md", "Kernels, measured"))));

    static List<Page> allPages() {
        return ALL.stream().flatMap(group -> group.pages().stream()).toList();
    }
}
