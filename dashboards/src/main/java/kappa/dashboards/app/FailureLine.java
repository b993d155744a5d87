package kappa.dashboards.app;

import java.nio.file.AccessDeniedException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Optional;
import kappa.fitting.pipeline.SessionFailure;
import kappa.ingest.InvalidInputException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.DisconnectException;
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
            String line = InvalidInputException
                    .oneLine(root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage());
            return session(failure)
                    .map(of -> of.getMessage() + ": " + line + "." + AGAIN + " If the session fails again,"
                            + " take it out with ./kappa session forget " + of.session() + " and report the fault.")
                    .orElse(line);
        });
    }

    /** Which session it is about, if it is about one. */
    private static Optional<SessionFailure> session(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SessionFailure of) {
                return Optional.of(of);
            }
        }
        return Optional.empty();
    }

    /** The line if the cause is one that a user can remedy. A stack trace says nothing more about it. */
    public static Optional<String> foreseen(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String line = known(cause);
            if (line != null) {
                String of = session(failure).map(session -> session.getMessage() + ": ").orElse("");
                return Optional.of(of + InvalidInputException.oneLine(line));
            }
        }
        return Optional.empty();
    }

    private static String known(Throwable cause) {
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return switch (cause) {
            case InvalidInputException _ when isLate(cause.getCause()) && HostClock.SYSTEM.lately().isPresent() ->
                clock(message);
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
            case CorruptRecordException _ -> damaged(message);
            case TimeoutException _ when HostClock.SYSTEM.lately().isPresent() -> clock(message);
            case TimeoutException _ -> "Kafka did not answer in time (" + message
                    + "). Make sure that the broker is running and can be reached." + AGAIN;
            default -> message.contains("No space left on device")
                    ? "the disk is full (" + message + "). Make room on it." + AGAIN
                    : message.contains("Read-only file system")
                            ? message + ". Name a directory that can be written."
                            : cause instanceof KafkaException && message.contains("is invalid, cause:")
                                    ? damaged(message)
                                    : null;
        };
    }

    /** From here on a failure can tell whether the clock of this machine was set shortly before it. */
    public static void watchClock() {
        HostClock.SYSTEM.lately();
    }

    /** What Kafka's clients end with when something has taken too long. */
    private static boolean isLate(Throwable cause) {
        return cause instanceof TimeoutException || cause instanceof DisconnectException;
    }

    private static String clock(String message) {
        return HostClock.SYSTEM.lately().orElseThrow() + ", and Kafka's client took what was on its way for late ("
                + message
                + "). Keep the clock in step with NTP." + AGAIN;
    }

    private static String damaged(String message) {
        return "a record on Kafka's disk is damaged (" + message
                + "). The runbook says how the broker checks its log (dashboards/docs/runbook.md, \"A damaged record\").";
    }
}
