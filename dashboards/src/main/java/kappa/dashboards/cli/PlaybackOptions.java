package kappa.dashboards.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.replay.Playback;
import picocli.CommandLine.Option;

/** Which part of a recording is replayed. */
@Section.In(Section.SESSION)
final class PlaybackOptions {

    private static final Pattern PERCENT = Pattern.compile("(\\d+(?:\\.\\d*)?)%");
    private static final Pattern CLOCK = Pattern.compile("(?:(?:(\\d{1,4}):)?(\\d{1,4}):)?(\\d{1,9}(?:\\.\\d*)?)");
    private static final String FORMS = "seconds, m:ss, h:mm:ss or a percentage of the recording";

    @Option(names = "--from", paramLabel = "TIME",
            description = "Time in the recording at which to start: 120, 2:00, 1:02:03.5 or 90%%. With trials, the "
                    + "replay starts at the trial that contains this time (default: the beginning).")
    private String from;

    @Option(names = "--until", paramLabel = "TIME",
            description = "Time in the recording at which to stop, in the same forms (default: the end).")
    private String until;

    @Option(names = "--loop",
            description = "Replay again and again from --from. Each round starts a new epoch; bin and trial numbers "
                    + "keep growing.")
    private boolean loop;

    /**
     * The part as a stream; closing it closes the recording.
     *
     * @param waits whether somebody waits for the session's end
     */
    Playback of(Recording recording, boolean waits) {
        try {
            return part(recording, waits);
        } catch (RuntimeException | Error e) {
            recording.close();
            throw e;
        }
    }

    private Playback part(Recording recording, boolean waits) {
        if (loop && waits) {
            throw new InvalidInputException(
                    "--loop cannot be combined with --until-end, --json or --out");
        }
        long all = recording.bins();
        long first = from == null ? 0 : bin("--from", from, recording);
        long end = until == null ? all : bin("--until", until, recording);
        Checks.require(first < all, "--from", from,
                "a time before the recording's end at " + seconds(all, recording));
        Checks.require(end <= all && end > first, "--until", until, "a time after --from (at "
                + seconds(first, recording) + ") and up to the recording's end at " + seconds(all, recording));
        return new Playback(recording, first, end, loop);
    }

    private static String seconds(long bin, Recording recording) {
        // To the millisecond, and without the digits that 0.02f has as a double.
        return Math.round(bin * recording.binWidthSeconds() * 1e3) / 1e3 + " s";
    }

    void requireNone() {
        String given = from != null ? "--from" : until != null ? "--until" : loop ? "--loop" : null;
        if (given != null) {
            throw new InvalidInputException(
                    given + " needs a recording; add --session FILE");
        }
    }

    private static long bin(String option, String text, Recording recording) {
        Matcher percent = PERCENT.matcher(text);
        if (percent.matches()) {
            return Math.round(Double.parseDouble(percent.group(1)) / 100 * recording.bins());
        }
        Matcher clock = CLOCK.matcher(text);
        if (!clock.matches()) {
            throw Checks.unexpected(option, text, FORMS);
        }
        double seconds = Double.parseDouble(clock.group(3));
        Checks.require(clock.group(2) == null || seconds < 60, option, text, "less than 60 s after the minutes");
        return Math.round((3600.0 * whole(clock.group(1)) + 60.0 * whole(clock.group(2)) + seconds)
                / recording.binWidthSeconds());
    }

    private static int whole(String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }
}
