package kappa.ingest.recording.rows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;

/**
 * Chooses rows of a table: {@code column op value}, joined by {@code and}, such as {@code heldout == false and depth < 800}. A
 * value is a number, true or false, or text, in quotes if it has blanks. Text knows == and != only. Where a column is NaN only
 * != holds.
 */
public final class RowFilter {

    private static final Pattern TERM = Pattern
            .compile("\\s*([^\\s=!<>'\"]+)\\s*(==|!=|<=|>=|<|>)\\s*(?:'([^']*)'|\"([^\"]*)\"|([^\\s'\"=!<>]+))\\s*");
    private static final Pattern AND = Pattern.compile("and(?=\\s|$)", Pattern.CASE_INSENSITIVE);

    private static final String TEXT = "text";

    private record Term(String column, String operator, String value, boolean quoted) {}

    private RowFilter() {}

    /**
     * @param option what the text was given with, for messages
     * @return for each row whether it is chosen
     */
    static boolean[] choose(String option, String text, Rows table) {
        boolean[] chosen = new boolean[table.rows()];
        Arrays.fill(chosen, true);
        for (Term term : parse(option, text)) {
            apply(option, term, table, chosen);
        }
        return chosen;
    }

    /** Rows that a filter chooses, or all of them; at least one. */
    public static int[] rows(String option, Optional<String> filter, Rows table) {
        if (filter.isEmpty()) {
            if (table.rows() == 0) {
                throw table.invalid("has no rows, expected at least one");
            }
            return IntStream.range(0, table.rows()).toArray();
        }
        boolean[] chosen = choose(option, filter.get(), table);
        int[] rows = IntStream.range(0, chosen.length).filter(i -> chosen[i]).toArray();
        if (rows.length == 0) {
            throw table.invalid("none of its " + table.rows() + " rows is such that " + filter.get()
                    + ", expected at least one (" + option + ")");
        }
        return rows;
    }

    private static List<Term> parse(String option, String text) {
        List<Term> terms = new ArrayList<>();
        Matcher matcher = TERM.matcher(text);
        int at = 0;
        while (true) {
            if (!matcher.region(at, text.length()).lookingAt()) {
                throw wrong(option, text, "COLUMN == VALUE, such as 'heldout == false', joined by and");
            }
            boolean quoted = matcher.group(5) == null;
            String value = matcher.group(3) != null ? matcher.group(3) : quoted ? matcher.group(4) : matcher.group(5);
            terms.add(new Term(matcher.group(1), matcher.group(2), value, quoted));
            at = matcher.end();
            if (at == text.length()) {
                return terms;
            }
            Matcher and = AND.matcher(text).region(at, text.length());
            if (!and.lookingAt()) {
                throw wrong(option, text, "'and' before '" + text.substring(at) + "'");
            }
            at = and.end();
        }
    }

    private static InvalidInputException wrong(String option, String text, String expected) {
        return new InvalidInputException(option + " is " + printable(text) + ", expected " + expected);
    }

    private static void apply(String option, Term term, Rows table, boolean[] chosen) {
        Rows.Column column = table.column(term.column);
        if (column.kind().equals(TEXT)) {
            if (!term.operator.equals("==") && !term.operator.equals("!=")) {
                throw wrong(option, term.column + " " + term.operator, "== or !=, because column " + term.column
                        + " holds text");
            }
            String[] texts = column.texts();
            for (int row = 0; row < chosen.length; row++) {
                chosen[row] &= texts[row].equals(term.value) == term.operator.equals("==");
            }
            return;
        }
        double wanted = number(option, term, column);
        double[] values = column.numbers();
        for (int row = 0; row < chosen.length; row++) {
            double value = values[row];
            chosen[row] &= switch (term.operator) {
                case "==" -> value == wanted;
                case "!=" -> value != wanted;
                case "<" -> value < wanted;
                case "<=" -> value <= wanted;
                case ">" -> value > wanted;
                default -> value >= wanted;
            };
        }
    }

    private static double number(String option, Term term, Rows.Column column) {
        if (!term.quoted && term.value.equalsIgnoreCase("true")) {
            return 1;
        }
        if (!term.quoted && term.value.equalsIgnoreCase("false")) {
            return 0;
        }
        try {
            return Double.parseDouble(term.value);
        } catch (NumberFormatException e) {
            throw new InvalidInputException(option + " compares column " + term.column + " with "
                    + printable(term.value) + ", expected a " + column.kind()
                    + (column.kind().equals("bool") ? ": true or false" : ""), e);
        }
    }

    /** Text of the command line, fit for one line of a message. */
    private static String printable(String text) {
        String line = InvalidInputException.oneLine(text);
        return line.length() <= 160 ? line : line.substring(0, 157) + "...";
    }
}
