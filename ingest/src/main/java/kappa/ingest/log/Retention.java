package kappa.ingest.log;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import kappa.ingest.InvalidInputException;

/**
 * How much the topics that keep a stretch of time may keep. Kafka limits each partition by itself, so every partition gets an
 * equal part of the whole, and a session, which lies in one, no more than that.
 *
 * <p>Kafka deletes whole segments, the oldest first, and never the one that is written to. Hence a segment is an eighth of its
 * partition's part, and counted within it: after each of Kafka's checks, five minutes apart, the log is no larger than was said.
 *
 * @param atMost how long a record is kept
 * @param bytes of all partitions of all these topics together
 */
public record Retention(Duration atMost, long bytes) {

    /** Of a log whose limits nobody chose. */
    public static final Duration DEFAULT_TIME = Duration.ofDays(7);

    /** 32 GiB with the eight partitions of a lab's broker: ten hours of a thousand neurons at 50 bins/s in one of them. */
    private static final long DEFAULT_BYTES_PER_PARTITION = 4L << 30;

    /** A segment must hold the largest record a topic takes. */
    private static final long SMALLEST_SEGMENT = Topics.MAX_MESSAGE_BYTES;

    private static final long LARGEST_SEGMENT = 1L << 30;
    private static final int SEGMENTS = 8;
    private static final long SMALLEST_PART = 2 * SMALLEST_SEGMENT;

    /** Of which a session has as good as nothing: requests and notes of people. */
    private static final long REQUESTS_PART = SMALLEST_PART;

    public Retention {
        if (atMost.toMillis() < Duration.ofHours(1).toMillis() || atMost.compareTo(Duration.ofDays(36_500)) > 0) {
            throw new InvalidInputException(
                    "--retention-days is " + atMost.toMillis() / 86_400e3 + ", expected an hour to a hundred years");
        }
        if (bytes < 1) {
            throw new InvalidInputException("--retention-gib is " + gib(bytes) + ", expected more than 0");
        }
    }

    /** What topics get on a cluster that others look after. */
    public static Retention standard(int partitions) {
        return new Retention(DEFAULT_TIME, partitions * DEFAULT_BYTES_PER_PARTITION);
    }

    /**
     * The standard, or half of what a disk has for the log if that is less: what lies in the directory already counts as room.
     *
     * @param directory of the broker
     */
    public static Retention onDisk(Path directory, int partitions) {
        long half = room(directory) / 2;
        Retention standard = standard(partitions);
        return new Retention(DEFAULT_TIME, Math.max(smallest(partitions), Math.min(standard.bytes, half)));
    }

    /** What a directory's disk has for it, bytes: what is free, and what the directory takes up. */
    public static long room(Path directory) {
        try {
            Path existing = directory.toAbsolutePath();
            while (!Files.exists(existing)) {
                existing = existing.getParent();
            }
            LogFiles files = new LogFiles();
            if (Files.exists(directory)) {
                Files.walkFileTree(directory, files);
            }
            return Files.getFileStore(existing).getUsableSpace() + files.bytes;
        } catch (IOException e) {
            throw new InvalidInputException(
                    "--data " + directory + ": its disk cannot be looked at: " + InvalidInputException.why(e),
                    e);
        }
    }

    /** Index files are larger than what they take up. A broker that runs renames and deletes files while one looks. */
    private static final class LogFiles extends SimpleFileVisitor<Path> {

        private long bytes;

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes += file.toString().endsWith(".log") ? attributes.size() : 0;
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            return goneOr(failure);
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
            return failure == null ? FileVisitResult.CONTINUE : goneOr(failure);
        }

        private static FileVisitResult goneOr(IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }
    }

    private static long smallest(int partitions) {
        return 3 * SMALLEST_PART * partitions;
    }

    /**
     * The settings of one of the topics that keep a stretch of time.
     *
     * @throws InvalidInputException if there is not enough for so many partitions
     */
    Map<String, String> settings(String topic, int partitions) {
        if (bytes < smallest(partitions)) {
            throw new InvalidInputException("--retention-gib is " + gib(bytes) + ", expected at least "
                    + gib(smallest(partitions)) + " with " + partitions + " partitions");
        }
        long part = part(topic, bytes / partitions);
        long segment = Math.clamp(part / SEGMENTS, SMALLEST_SEGMENT, LARGEST_SEGMENT);
        return Map.of("retention.ms", Long.toString(atMost.toMillis()), "retention.bytes",
                Long.toString(part - segment), "segment.bytes", Long.toString(segment));
    }

    /** Activity is the largest; kappa of small networks is nearly as large; rejected is what a rig gone wrong sends. */
    private static long part(String topic, long ofPartition) {
        long rejected = Math.max(SMALLEST_PART, ofPartition / 8);
        long latents = Math.max(SMALLEST_PART, (ofPartition - rejected) * 3 / 7);
        return switch (topic) {
            case Topics.ACTIVITY -> ofPartition - rejected - latents;
            case Topics.LATENTS -> latents;
            case Topics.REJECTED -> rejected;
            default -> REQUESTS_PART;
        };
    }

    public static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
    }
}
