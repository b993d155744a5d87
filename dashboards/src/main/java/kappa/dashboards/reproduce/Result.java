package kappa.dashboards.reproduce;

import java.util.List;

/**
 * What an item found.
 *
 * @param remark on the parameters that were chosen here and what to look for
 * @param figures rows of pictures, each as SVG, in the paper's arrangement
 * @param findings each held against the paper
 * @param commands that lead to the same with the command line
 * @param tables such as one row for each seed
 */
public record Result(String remark, List<String> figures, List<Finding> findings, List<String> commands,
        List<Table> tables) {

    /** Without tables. */
    public Result(String remark, List<String> figures, List<Finding> findings, List<String> commands) {
        this(remark, figures, findings, commands, List.of());
    }

    /**
     * Numbers in rows.
     *
     * @param heads one for each column
     */
    public record Table(List<String> heads, List<List<String>> rows) {}

    /**
     * One statement of a paper and what was found here.
     *
     * @param quantity what it is about
     * @param paper what the paper says, with the place
     * @param found what was computed, with its range over seeds if there are several
     * @param agrees whether the two agree
     * @param reason one sentence: by what they agree, or why they do not
     */
    public record Finding(String quantity, String paper, String found, boolean agrees, String reason) {}
}
