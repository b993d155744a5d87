package kappa.dashboards.app;

import java.nio.file.AccessDeniedException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * A failure as one line for the user: what was wrong in the first place and, where that is known, what to do. The exceptions that
 * libraries wrap around a cause say where it came up, not what it was. Stateless.
 */
public final class FailureLine {

    private static final String AGAIN = " The same command then continues from the last checkpoint.";

    private FailureLine() {}

    public static String of(Throwable failure) {
        return foreseen(failure).orElseGet(() -> {
            Throwable root = failure;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return InvalidInputException
                    .oneLine(root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage());
        });
    }

    /** The line if the cause is one that a user can remedy. A stack trace says nothing more about it. */
    public static Optional<String> foreseen(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String line = known(cause);
            if (line != null) {
                return Optional.of(InvalidInputException.oneLine(line));
            }
        }
        return Optional.empty();
    }

    private static String known(Throwable cause) {
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return switch (cause) {
            case InvalidInputException _ -> message;
            case AccessDeniedException denied -> denied.getFile()
                    + ": permission denied. Give this account the right to read and write it, or name another place.";
            case ReadOnlyFileSystemException _ -> "the file system is read-only. Name a directory that can be written.";
            case KafkaStorageException _ ->
                "Kafka could not write its log (" + message + "). Look at the disk of its directory." + AGAIN;
            case AuthenticationException _ ->
                "Kafka refused to log in (" + message + "). Check the user and password in --kafka-config.";
            case AuthorizationException _ -> "Kafka does not allow this (" + message
                    + "). Ask whoever looks after Kafka to allow it to the user of --kafka-config.";
            case TimeoutException _ -> "Kafka did not answer in time (" + message
                    + "). Make sure that the broker is running and can be reached." + AGAIN;
            default -> message.contains("No space left on device")
                    ? "the disk is full (" + message + "). Make room on it." + AGAIN
                    : null;
        };
    }
}
