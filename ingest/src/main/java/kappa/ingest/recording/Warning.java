package kappa.ingest.recording;

import kappa.ingest.InvalidInputException;

/**
 * Something in a recording that looks wrong. Immutable.
 *
 * @param code names the kind of warning; it never changes, so that programs can look for it
 * @param finding what looks wrong with the values: one sentence, without its full stop
 * @param advice what to do about it, likewise
 */
public record Warning(String code, String finding, String advice) {

    /** Names out of a file may be long. */
    private static final int MAX_LENGTH = 500;

    public Warning {
        finding = clipped(finding);
        advice = clipped(advice);
    }

    private static String clipped(String text) {
        String line = InvalidInputException.oneLine(text);
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + " ...";
    }

    /** As people read it: what looks wrong, what to do, and the code in brackets. */
    public String line() {
        return finding + "; " + advice + " [" + code + "]";
    }
}
