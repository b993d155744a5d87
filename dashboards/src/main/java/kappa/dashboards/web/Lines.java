package kappa.dashboards.web;

import java.util.regex.Pattern;

/** Untrusted text, made safe for a message and for the log. Stateless. */
final class Lines {

    private static final int MOST_OF_A_TEXT = 200;
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]");

    private Lines() {}

    /** The text as one line of bounded length. */
    static String one(String text) {
        String cut = text.length() > MOST_OF_A_TEXT ? text.substring(0, MOST_OF_A_TEXT) + "..." : text;
        return CONTROL.matcher(cut).replaceAll(" ");
    }
}
