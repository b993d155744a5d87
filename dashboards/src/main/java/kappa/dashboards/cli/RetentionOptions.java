package kappa.dashboards.cli;

import java.nio.file.Path;
import java.time.Duration;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Retention;
import kappa.ingest.log.Topics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** How much of the topics kappa's own broker keeps. */
@Section.In(Section.BROKER)
final class RetentionOptions {

    private static final Logger LOG = LoggerFactory.getLogger(RetentionOptions.class);

    @Section.In(Section.RARE)
    @Option(names = "--retention-gib", paramLabel = "GIB",
            description = "Largest size in GiB of the log of activity, latents and rejected records. Older records are "
                    + "deleted. One session can use an eighth of it (default: 32, or half of the disk if that is "
                    + "less).")
    private Double gib;

    @Section.In(Section.RARE)
    @Option(names = "--retention-days", paramLabel = "D", defaultValue = "7",
            description = "Number of days after which records of activity, latents and rejected records are deleted "
                    + "(default: ${DEFAULT-VALUE}).")
    private double days;

    /** Before a broker is started. */
    void check() {
        Checks.require(days > 0 && days < 1e6, "--retention-days", days, "more than 0");
        Checks.require(gib == null || (gib > 0 && gib < 1e9), "--retention-gib", gib, "more than 0");
    }

    /** Of topics that are there already, too. */
    void apply(KafkaConnection connection, Path directory) {
        int partitions = Topics.partitions(connection);
        Retention retention = new Retention(Duration.ofMillis(Math.round(days * Duration.ofDays(1).toMillis())),
                gib == null
                        ? Retention.onDisk(directory, partitions).bytes()
                        : Math.round(gib * (1L << 30)));
        Topics.retain(connection, retention, partitions);
        long room = Retention.room(directory);
        if (retention.bytes() > room) {
            LOG.warn("the log in {} may grow to {}, but its disk has room for {} only; set a smaller --retention-gib",
                    directory, Retention.gib(retention.bytes()), Retention.gib(room));
        }
    }
}
