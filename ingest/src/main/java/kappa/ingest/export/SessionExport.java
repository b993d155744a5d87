package kappa.ingest.export;

import com.google.protobuf.Message;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.Arrival;
import kappa.ingest.log.BinOrder;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;

/**
 * Writes a session, finished or under way, as it lies on the topics to one file. The topics are read twice: once to learn
 * which bins there are (by the rules of {@link BinOrder}, the pipeline's own), once to put what is said of each into its row of
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
     * @param latents how many of them have a kappa
     * @param gaps bins that never came between the first and the last
     * @param snapshots model versions that the topic had left
     * @param modelVersion the newest of them, 0 without any
     * @param unreadable records of kappa's own that could not be used
     * @param ended whether the session's last bin is there
     * @param over whether its last model is there too: nothing will be added
     */
    public record Exported(SessionHeader header, long bins, long latents, long gaps, long trials, long snapshots,
            long modelVersion, long analyses, long inactivations, long interventions, long unreadable, boolean ended,
            boolean over) {}

    private final SessionRecords records;
    private final SessionHeader header;
    private OptionalInt partition;
    private final Progress progress;
    private final BinRows recorded = new BinRows();
    private final BinRows filtered = new BinRows();
    private final BinColumns.Parts parts = new BinColumns.Parts();
    private final Map<String, Integer> interventions = new LinkedHashMap<>();
    private long passedBefore;
    private long toPass;
    private boolean ended;

    private SessionExport(SessionRecords records, SessionHeader header, OptionalInt partition, Progress progress) {
        this.records = records;
        this.header = header;
        this.partition = partition;
        this.progress = progress;
    }

    /**
     * Complains at once of a file whose name says neither NPZ nor HDF5.
     *
     * @throws InvalidInputException if it does not end in .npz, .h5 or .hdf5
     */
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
                        + ", expected " + listing(sessions.keySet()));
            }
            return new SessionExport(records, known.header(), OptionalInt.of(known.partition()), progress).write(out);
        } catch (UncheckedIOException e) {
            throw new InvalidInputException(out + ": cannot be written, nor what is gathered for it beside it ("
                    + e.getCause().getMessage() + ")", e);
        }
    }

    private static String listing(Set<String> sessions) {
        if (sessions.isEmpty()) {
            return "one, but there is none at all";
        }
        return (sessions.size() == 1 ? "" : "one of ")
                + sessions.stream().limit(MAX_NAMED_SESSIONS).collect(Collectors.joining(", "))
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
        try (BinColumns bins = new BinColumns(directory, header, recorded, filtered, parts, interventions);
                SnapshotColumns snapshots = new SnapshotColumns(directory);
                AnalysisColumns analyses = new AnalysisColumns(directory, header);
                Texts inactivations = new Texts(directory);
                Texts requests = new Texts(directory)) {
            if (gather(bins) != seen) {
                throw new InvalidInputException("session " + header.getSession()
                        + ": the topics lost records to their retention during the export; expected the same command"
                        + " to succeed now");
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
            ModelSnapshot newest = snapshots.newest();
            return new Exported(header, bins.bins(), filtered.size(), bins.gaps(), trials.length, snapshots.size(),
                    newest == null ? 0 : newest.getVersion(), analyses.size(), inactivations.size(),
                    interventions.size(), records.unreadable(), ended, newest != null && newest.getFinal());
        }
    }

    /** Which bins there are. */
    private long survey() {
        passedBefore = 0;
        toPass = 2 * (records.records(Topics.ACTIVITY, partition) + records.records(Topics.LATENTS, partition));
        return activity((index, bin) -> {
            recorded.add(index, index + 1);
            parts.silenced |= !bin.getSilenced().isEmpty();
            parts.clock |= bin.hasClock();
        }) + latents(message -> {
            filtered.add(message.getFirstBin(), message.getFirstBin() + message.getBinsCount());
            message.getBinsList().forEach(bin -> {
                parts.silenced |= !bin.getSilenced().isEmpty();
                parts.clock |= bin.hasClock();
            });
        });
    }

    /** What is said of each. */
    private long gather(BinColumns bins) {
        return activity(bins::add) + latents(bins::add);
    }

    private interface BinReader {
        void bin(long index, Bin bin);
    }

    private interface LatentsReader {
        void latents(Latents message);
    }

    /** Hands over the bins that the pipeline accepts. */
    private long activity(BinReader each) {
        BinOrder<Arrival> order = new BinOrder<>(new BinOrder.Verdicts<>() {
            @Override
            public void use(Arrival arrival, int skip, long missing) {
                Activity activity = arrival.activity();
                for (int t = skip; t < activity.getBinsCount(); t++) {
                    each.bin(activity.getFirstBin() + t, activity.getBins(t));
                }
                ended |= activity.getEndOfSession();
            }

            @Override
            public void reject(Arrival arrival, Fault fault, boolean used) {
                // The pipeline has put it on kappa.rejected.
            }

            @Override
            public void clockJumped() {
                // It changes nothing.
            }
        }, header.getTrials());
        AtomicInteger underWay = new AtomicInteger();
        return read(Topics.ACTIVITY, passed -> records.of(header.getSession(), Topics.ACTIVITY, partition,
                Activity.class, passed, (record, activity) -> {
                    if (WireChecks.activity(header, activity).isEmpty()) {
                        order.offer(new Arrival(activity, record, underWay), false);
                    }
                }));
    }

    private long latents(LatentsReader each) {
        return read(Topics.LATENTS, passed -> records.of(header.getSession(), Topics.LATENTS, partition,
                Latents.class, passed, (_, message) -> {
                    if (whole(message)) {
                        each.latents(message);
                    } else {
                        records.unusable(Topics.LATENTS);
                    }
                }));
    }

    private boolean whole(Latents message) {
        int k = header.getFit().getRank();
        int s = header.getInputChannelsCount();
        return message.getBinsList().stream().allMatch(bin -> whole(bin, k, s));
    }

    private boolean whole(LatentBin bin, int k, int s) {
        int maskBytes = (header.getNeuronsCount() + 7) / 8;
        return bin.getKappaCount() == k && bin.getCovarianceCount() == k * (k + 1) / 2 && bin.getVCount() == s
                && bin.getInputsCount() == s
                && (bin.getBehaviorCount() == 0 || bin.getBehaviorCount() == header.getBehaviorChannelsCount())
                && (bin.getSilenced().isEmpty() || bin.getSilenced().size() == maskBytes);
    }

    private interface Pass {
        long read(LongConsumer passed);
    }

    private long read(String topic, Pass pass) {
        long count = pass.read(passed -> progress.passed(passedBefore + passed, toPass));
        passedBefore += records.records(topic, partition);
        return count;
    }

    private interface Taker<T> {
        /** @return false if the message cannot be used */
        boolean take(T message);
    }

    private <T extends Message> void each(String topic, Class<T> type, Taker<T> taker) {
        records.of(header.getSession(), topic, partition, type, _ -> {}, (_, message) -> {
            if (!taker.take(message)) {
                records.unusable(topic);
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
        names(file, "neuron_names", header.getNeuronsList());
        names(file, "input_names", header.getInputChannelsList());
        names(file, "behavior_names", header.getBehaviorChannelsList());
        names(file, "phase_names", header.getPhasesList());
        if (trials.length > 0) {
            file.longs("trial_length", trials, trials.length);
        }
    }

    private static void names(ArrayFile file, String name, List<String> names) {
        file.text(name, new ArrayList<>(names), names.size());
    }
}
