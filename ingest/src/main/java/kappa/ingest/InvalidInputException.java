package kappa.ingest;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.regex.Pattern;

/**
 * Input that cannot be used. The message is one line for the user: file, field, value, and what was expected. The command
 * line prints it as it is and exits with a non-zero code; hence whatever controls a terminal, which names in a file may hold,
 * is a space in it.
 */
public final class InvalidInputException extends RuntimeException {

    /** What moves a terminal's cursor, sets its title, ends a line, or turns the direction of the text around. */
    private static final Pattern CONTROL = Pattern
            .compile("[\\p{Cntrl}\\u0080-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]");

    public InvalidInputException(String message) {
        super(oneLine(message));
    }

    public InvalidInputException(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    /**
     * Refuses a value.
     *
     * @param holds whether the value can be used
     * @throws InvalidInputException that names field, value and what was expected, if it cannot
     */
    public static void require(boolean holds, String field, Object value, String expected) {
        if (!holds) {
            throw new InvalidInputException(field + ": " + value + ", expected " + expected);
        }
    }

    /** Why a file could not be used, in words, without the names of Java's exceptions. */
    public static String why(Exception failure) {
        return switch (failure) {
            case NoSuchFileException file -> file.getFile() + ": no such file";
            case FileAlreadyExistsException file -> file.getFile() + " is a file";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case FileSystemException other when other.getReason() != null -> other.getFile() + ": " + other.getReason();
            default -> failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        };
    }

    /** Text of any origin, fit to be printed as a part of one line: whatever controls a terminal is a space in it. */
    public static String oneLine(String text) {
        return CONTROL.matcher(text).replaceAll(" ");
    }
}
