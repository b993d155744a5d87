package kappa.ingest.export;

import com.google.protobuf.Message;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.session.BinSink;
import kappa.ingest.session.History;
import kappa.ingest.session.SessionCounters;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.TopicRecord;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Writes a session, finished or under way, as it lies on the topics to one file. The topics are read twice: once to learn
 * which bins there are (by the rules of {@link SessionState}), once to put what is said of each into its row of
 * arrays on disk, where what comes later replaces what came before: of a bin that was published twice after a crash the last
 * kappa counts. What the arrays are, {@code docs/export.md} of dashboards says. Not thread-safe.
 */
public final class SessionExport {

    /** Of the names and shapes in the file. */
    private static final long LAYOUT_VERSION = 1;

    private static final int MAX_NAMED_SESSIONS = 20;

    /** How far an export is. */
    public interface Progress {
        /** Records of the topics passed, of {@code total} to pass. */
        void passed(long records, long total);
    }

    /**
     * What was exported.
     *
     * @param bins bins of the session, rows of its arrays
     * @param counters of the session, as every reader has them
     * @param snapshots model versions that the topic had left
     * @param unreadable records of kappa's own that could not be used
     * @param ended whether the session's last bin is there
     * @param over whether its last model is there too: nothing will be added
     */
    public record Exported(SessionDescription session, long bins, SessionCounters counters, long trials, long snapshots,
            long analyses, long inactivations, long interventions, long unreadable, boolean ended, boolean over) {}

    private final SessionRecords records;
    private final SessionHeader header;
    private OptionalInt partition;
    private final Progress progress;
    private final BinColumns.Parts parts = new BinColumns.Parts();
    private final Map<String, Integer> interventions = new LinkedHashMap<>();
    /** Of the first reading. */
    private SessionState state;
    private long unreadable;
    private long passedBefore;
    private long toPass;

    private SessionExport(SessionRecords records, SessionHeader header, OptionalInt partition, Progress progress) {
        this.records = records;
        this.header = header;
        this.partition = partition;
        this.progress = progress;
    }

    /** @throws InvalidInputException if the name does not end in .npz, .h5 or .hdf5 */
    public static void requireKind(Path out) {
        ArrayFile.isHdf(out);
    }

    /**
     * Exports a session.
     *
     * @param out a file .npz or .h5; beside it there must be room for as much again
     * @throws InvalidInputException if there is no such session, the topics cannot be read or the file cannot be written
     */
    public static Exported write(KafkaConnection connection, String session, Path out, Progress progress) {
        requireKind(out);
        try (SessionRecords records = new SessionRecords(connection)) {
            Map<String, SessionRecords.Known> sessions = records.sessions();
            SessionRecords.Known known = sessions.get(session);
            if (known == null) {
                throw new InvalidInputException("--session " + session + ": no such session on " + connection
                        + "; available: " + listing(sessions.keySet()));
            }
            return new SessionExport(records, known.header(), OptionalInt.of(known.partition()), progress).write(out);
        } catch (UncheckedIOException e) {
            throw new InvalidInputException(out + ": this file or the temporary files beside it cannot be written ("
                    + e.getCause().getMessage() + ")", e);
        }
    }

    private static String listing(Set<String> sessions) {
        if (sessions.isEmpty()) {
            return "none";
        }
        return sessions.stream().limit(MAX_NAMED_SESSIONS).collect(Collectors.joining(", "))
                + (sessions.size() > MAX_NAMED_SESSIONS
                        ? " and " + (sessions.size() - MAX_NAMED_SESSIONS) + " more"
                        : "");
    }

    private Exported write(Path out) {
        long seen = survey();
        if (seen == 0) {
            // A session lies in one partition, unless the clients that write it disagree on which.
            partition = OptionalInt.empty();
            seen = survey();
        }
        Path directory = out.toAbsolutePath().getParent();
        try (BinColumns bins = new BinColumns(directory, header, state.recorded(), state.filtered(), parts,
                interventions);
                SnapshotColumns snapshots = new SnapshotColumns(directory);
                AnalysisColumns analyses = new AnalysisColumns(directory, header);
                Texts inactivations = new Texts(directory);
                Texts requests = new Texts(directory)) {
            if (gather(bins) != seen) {
                throw new InvalidInputException("session " + header.getSession()
                        + ": retention deleted records of this session during the export; run the same command"
                        + " again");
            }
            each(Topics.MODELS, ModelSnapshot.class, snapshots::add);
            each(Topics.ANALYSES, Analysis.class, analyses::add);
            each(Topics.INACTIVATIONS, Inactivations.class, message -> {
                inactivations.put(message.getModelVersion(), WireJson.of(message));
                return true;
            });
            each(Topics.INTERVENTIONS, Intervention.class, request -> {
                if (WireChecks.intervention(header, request).isPresent()) {
                    return true; // the pipeline has rejected it, with a reason
                }
                requests.put(interventions.computeIfAbsent(request.getId(), id -> interventions.size()),
                        WireJson.of(request));
                return true;
            });
            long[] trials = bins.trialLengths();
            try (ArrayFile file = ArrayFile.create(out)) {
                describe(file, trials);
                bins.putInto(file);
                snapshots.putInto(file);
                analyses.putInto(file);
                List<Long> versions = inactivations.numbers();
                file.longs("inactivations/model_version", versions.stream().mapToLong(x -> x).toArray(),
                        versions.size());
                inactivations.putInto(file, "inactivations/json", versions);
                file.text("interventions/id", List.copyOf(interventions.keySet()), interventions.size());
                requests.putInto(file, "interventions/json",
                        interventions.values().stream().map(Integer::longValue).toList());
            }
            return new Exported(state.description(), bins.bins(), state.counters(), trials.length, snapshots.size(),
                    analyses.size(), inactivations.size(), interventions.size(), unreadable, state.ended(),
                    state.over());
        }
    }

    private long survey() {
        passedBefore = 0;
        toPass = 2 * (records.records(Topics.ACTIVITY, partition) + records.records(Topics.LATENTS, partition));
        unreadable = 0;
        state = new SessionState(header, History.EVERY_BIN, new BinSink() {
            @Override
            public void activity(Activity record, int skip) {
                record.getBinsList().subList(skip, record.getBinsCount())
                        .forEach(bin -> parts.add(bin.getSilenced(), bin.hasClock()));
            }

            @Override
            public void latents(Latents record) {
                record.getBinsList().forEach(bin -> parts.add(bin.getSilenced(), bin.hasClock()));
            }
        });
        long seen = bins(state);
        for (String topic : List.of(Topics.MODELS, Topics.REJECTED)) {
            records.of(header.getSession(), topic, partition, passed -> {}, record -> fold(state, record));
        }
        return seen;
    }

    private long gather(BinColumns columns) {
        return bins(new SessionState(header, History.EVERY_BIN, columns));
    }

    private long bins(SessionState of) {
        long seen = 0;
        for (String topic : List.of(Topics.ACTIVITY, Topics.LATENTS)) {
            seen += records.of(header.getSession(), topic, partition,
                    passed -> progress.passed(passedBefore + passed, toPass), record -> fold(of, record));
            passedBefore += records.records(topic, partition);
        }
        return seen;
    }

    /** What cannot be used counts in the first reading. */
    private void fold(SessionState of, ConsumerRecord<byte[], byte[]> record) {
        if (of.fold(TopicRecord.of(record)).isPresent() && of == state && !record.topic().equals(Topics.MODELS)) {
            unreadable++;
        }
    }

    /** @param taker false for a message that cannot be used */
    private <T extends Message> void each(String topic, Class<T> type, Predicate<T> taker) {
        records.of(header.getSession(), topic, partition, passed -> {}, record -> {
            if (!SessionRecords.checked(record).message(type).map(taker::test).orElse(false)) {
                unreadable++;
            }
        });
    }

    private void describe(ArrayFile file, long[] trials) {
        file.longs("layout_version", new long[]{LAYOUT_VERSION});
        file.text("session", List.of(header.getSession()));
        file.text("origin", List.of(header.getOrigin()));
        file.text("observation", List.of(header.getObservation().name().toLowerCase(Locale.ROOT)));
        file.longs("created_unix_ns", new long[]{header.getCreatedUnixNs()});
        file.doubles("bin_width", new double[]{header.getBinWidthS()});
        file.text("header", List.of(WireJson.of(header)));
        file.text("neuron_names", header.getNeuronsList(), header.getNeuronsCount());
        file.text("input_names", header.getInputChannelsList(), header.getInputChannelsCount());
        file.text("behavior_names", header.getBehaviorChannelsList(), header.getBehaviorChannelsCount());
        file.text("phase_names", header.getPhasesList(), header.getPhasesCount());
        if (trials.length > 0) {
            file.longs("trial_length", trials, trials.length);
        }
    }
}
