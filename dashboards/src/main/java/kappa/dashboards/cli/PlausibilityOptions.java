package kappa.dashboards.cli;

import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Plausibility;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.Warning;
import picocli.CommandLine.Option;

/** What is done about a recording that looks wrong. */
@Section.In(Section.FILE)
final class PlausibilityOptions {

    /** Numbers of activity that are looked at in about a second. */
    private static final long QUICK_NUMBERS = 100_000_000;

    @Option(names = "--strict",
            description = "Stop with an error if anything in the recording looks wrong (default: warn, and go on).")
    private boolean strict;

    @Section.In(Section.RARE)
    @Option(names = "--keep-artefacts",
            description = "Use bins that look like artefacts as they are (default: take them as not observed).")
    private boolean keepArtefacts;

    /**
     * Looks at a recording and prints a line for each warning.
     *
     * @return the recording with its warnings
     * @throws InvalidInputException if there is a warning, and they are to be errors
     */
    Recording checked(Recording session) {
        Recording checked = look(session);
        checked.warnings().forEach(warning -> Output.note("warning: " + warning.line()));
        requireNone(checked.warnings(), session.describe().origin());
        return checked;
    }

    /** Looks at a recording and prints nothing but a progress bar. */
    Recording look(Recording session) {
        Output.Progress progress = new Output.Progress("checked");
        long bins = session.bins();
        // What is short is not worth a line.
        long worthwhile = bins * session.neurons();
        Recording checked = Plausibility.checked(session, !keepArtefacts, done -> {
            if (worthwhile > QUICK_NUMBERS) {
                progress.update(done, bins);
            }
        });
        progress.end();
        return checked;
    }

    /** @throws InvalidInputException if there is a warning, and they are to be errors */
    void requireNone(List<Warning> warnings, String origin) {
        if (strict && !warnings.isEmpty()) {
            throw new InvalidInputException(origin + ": " + warnings.size()
                    + (warnings.size() == 1 ? " warning" : " warnings") + ", expected none because of --strict");
        }
    }
}
