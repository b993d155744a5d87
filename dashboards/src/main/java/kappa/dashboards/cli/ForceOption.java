package kappa.dashboards.cli;

import java.nio.file.Path;
import kappa.ingest.InvalidInputException;
import kappa.ingest.export.WrittenByKappa;
import picocli.CommandLine.Option;

/** Whether the file of {@code --out} may take the place of one that kappa did not write. */
@Section.In(Section.OUTPUT)
final class ForceOption {

    @Option(names = "--force",
            description = "Overwrite the file of --out even if it was not written by kappa.")
    private boolean force;

    /**
     * Checked before a long session, not at its end.
     *
     * @param out null is no file
     * @param inputs files that are read, which must not be replaced by what is made of them; null is none
     * @throws InvalidInputException if the file cannot be written, or must not be overwritten
     */
    void requireWritable(Path out, Path... inputs) {
        requireWritable("--out", out, inputs);
    }

    /** The same for a file that another option names. */
    void requireWritable(String option, Path out, Path... inputs) {
        if (out == null) {
            return;
        }
        Checks.requireWritable(option, out, inputs);
        if (!force && !WrittenByKappa.mayReplace(out)) {
            throw new InvalidInputException(
                    option + " " + out + ": there is such a file already, and kappa did not write it:"
                            + " expected another name, or --force to overwrite it");
        }
    }
}
