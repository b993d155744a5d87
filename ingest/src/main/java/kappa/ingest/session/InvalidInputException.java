package kappa.ingest.session;

/**
 * Input that cannot be used. The message is one line for the user: file, field, value, and what was expected. The command
 * line prints it as it is and exits with a non-zero code.
 */
public final class InvalidInputException extends RuntimeException {

    public InvalidInputException(String message) {
        super(message);
    }

    public InvalidInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
