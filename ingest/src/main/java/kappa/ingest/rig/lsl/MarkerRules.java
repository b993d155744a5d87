package kappa.ingest.rig.lsl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import kappa.ingest.InvalidInputException;
import kappa.ingest.rig.BinAssembler;

/**
 * What markers mean. A pattern must match a whole marker; numbers are matched as text, whole ones without a point.
 *
 * @param trialStart begins a trial, null for none
 * @param trialEnd   ends it, null where only the next start does
 */
public record MarkerRules(Pattern trialStart, Pattern trialEnd, List<Input> inputs) {

    public static final MarkerRules NONE = new MarkerRules(null, null, List.of());

    /**
     * An input that markers switch.
     *
     * @param on  sets it to 1, or to the number that the pattern's first group holds
     * @param off sets it to 0, null where the trial's end does
     */
    public record Input(String name, Pattern on, Pattern off) {

        /** The value that a marker sets, if it sets one. */
        Optional<Float> value(String marker) {
            if (off != null && off.matcher(marker).matches()) {
                return Optional.of(0f);
            }
            Matcher matcher = on.matcher(marker);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            if (matcher.groupCount() == 0 || matcher.group(1) == null) {
                return Optional.of(1f);
            }
            try {
                return Optional.of(Float.parseFloat(matcher.group(1)));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }
    }

    public MarkerRules {
        inputs = List.copyOf(inputs);
    }

    /** @param inputs NAME=ON or NAME=ON/OFF; a slash within a pattern is written \/ */
    public static MarkerRules parse(String trialStart, String trialEnd, List<String> inputs) {
        return parse(trialStart, trialEnd, inputs, "--input");
    }

    /** @param option that inputs were typed after, for messages */
    public static MarkerRules parse(String trialStart, String trialEnd, List<String> inputs, String option) {
        if (trialEnd != null && trialStart == null) {
            throw new InvalidInputException("--trial-end " + trialEnd + " needs --trial-start");
        }
        List<Input> parsed = new ArrayList<>();
        for (String input : inputs) {
            int equals = input.indexOf('=');
            String[] patterns = input.substring(equals + 1).split("(?<!\\\\)/", -1);
            if (equals < 1 || patterns.length > 2 || patterns[0].isEmpty()) {
                throw new InvalidInputException(
                        option + " is " + input + ", expected NAME=ON_REGEX or NAME=ON_REGEX/OFF_REGEX");
            }
            Pattern off = patterns.length == 2 ? pattern(option, patterns[1]) : null;
            if (off == null && trialStart == null) {
                throw new InvalidInputException(option + " is " + input
                        + ", expected NAME=ON_REGEX/OFF_REGEX, or --trial-start so that the end of a trial switches it off");
            }
            parsed.add(new Input(input.substring(0, equals), pattern(option, patterns[0]), off));
        }
        return new MarkerRules(trialStart == null ? null : pattern("--trial-start", trialStart),
                trialEnd == null ? null : pattern("--trial-end", trialEnd), parsed);
    }

    private static Pattern pattern(String option, String text) {
        try {
            return Pattern.compile(text.replace("\\/", "/"));
        } catch (PatternSyntaxException e) {
            throw new InvalidInputException(option + " is " + text + ", expected a regular expression: "
                    + e.getDescription(), e);
        }
    }

    public boolean trials() {
        return trialStart != null;
    }

    /** Does what a marker says, from this tick on. */
    public void apply(String marker, long tick, BinAssembler bins) {
        boolean end = endsTrial(marker);
        for (int i = 0; i < inputs.size(); i++) {
            Input input = inputs.get(i);
            Optional<Float> value = input.value(marker);
            if (value.isPresent()) {
                bins.step(i, tick, value.get());
            } else if (input.off == null && (end || startsTrial(marker))) {
                bins.step(i, tick, 0);
            }
        }
        if (end) {
            bins.trialEnd(tick);
        }
        if (startsTrial(marker)) {
            bins.trialStart(tick);
        }
    }

    boolean startsTrial(String marker) {
        return trialStart != null && trialStart.matcher(marker).matches();
    }

    boolean endsTrial(String marker) {
        return trialEnd != null && trialEnd.matcher(marker).matches();
    }

    /** Whether no marker is of interest. */
    public boolean empty() {
        return trialStart == null && inputs.isEmpty();
    }
}
