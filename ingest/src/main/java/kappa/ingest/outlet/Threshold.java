package kappa.ingest.outlet;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;

/**
 * A level that a latent variable crosses.
 *
 * @param latent which one, from 0
 * @param above whether it is crossed upwards
 * @param text as it was typed, which is also the message
 */
public record Threshold(int latent, boolean above, float level, String text) {

    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,2})([<>])(-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)");

    /** @param text such as {@code 1>0.5}, for the first latent variable above 0.5 */
    public static Threshold parse(String text) {
        Matcher form = FORM.matcher(text.replace(" ", ""));
        if (!form.matches()) {
            throw new InvalidInputException("--threshold is " + text
                    + ", expected LATENT>LEVEL or LATENT<LEVEL, such as 1>0.5 for the first latent variable above 0.5");
        }
        return new Threshold(Integer.parseInt(form.group(1)) - 1, form.group(2).equals(">"),
                Float.parseFloat(form.group(3)), form.group());
    }

    /** Whether a latent state lies beyond it; never where the variable is unknown. */
    boolean beyond(float[] kappa) {
        return above ? kappa[latent] > level : kappa[latent] < level;
    }
}
