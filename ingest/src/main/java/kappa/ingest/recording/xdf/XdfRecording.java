package kappa.ingest.recording.xdf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.StreamOptions;
import kappa.ingest.rig.BinAssembler;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigSource;
import kappa.ingest.rig.RigStatus;
import kappa.ingest.rig.lsl.LslConnector;
import kappa.ingest.rig.lsl.LslRecording;
import kappa.ingest.rig.lsl.LslRecording.Kind;
import kappa.ingest.rig.lsl.MarkerRules;

/**
 * A session out of an XDF file, as {@code rig lsl} would have recorded its streams. Bins before the first trial and between
 * trials are part of it, as they are live, unless {@code --only-trials 'phase == trial'} leaves them out: a trial lasts from
 * its start to the next one's, and bins say whether they are in it.
 *
 * <p>The file is read once, when it is opened, chunk by chunk; its bins are kept beside it. Thread-safe.
 */
public final class XdfRecording implements Recording {

    private static final double DEFAULT_BIN_WIDTH_S = 0.02;

    /** The one filter that there is for trials. */
    private static final String ONLY_TRIALS = "phase == trial";

    private static final long MAX_IN_MEMORY = 64L << 20;

    /** What bins take at most, beside so many bytes for each of the file. */
    private static final long MOST = 64L << 20;

    private static final long MOST_PER_BYTE = 1024;

    private static final int MAX_BINS = Integer.MAX_VALUE - 64;

    private final Path file;
    private final RecordingDescription description;
    private final BinStore store;
    private final String choice;
    private final List<String> remarks = new ArrayList<>();
    private final List<Long> starts = new ArrayList<>(); // first bin of each trial
    private int[] lengths;

    /** Whether a file is one. */
    public static boolean isXdf(Path file) {
        return XdfFile.isXdf(file);
    }

    /**
     * Opens a file and bins its streams.
     *
     * @throws InvalidInputException if it is no such file, or the options do not suit it
     */
    public static XdfRecording open(Path path, RecordingOptions options) {
        long inMemory = Math.min(MAX_IN_MEMORY, Runtime.getRuntime().maxMemory() / 16);
        return open(path, options, inMemory);
    }

    /** @param inMemory bytes of bins up to which they are kept in memory */
    static XdfRecording open(Path path, RecordingOptions options, long inMemory) {
        try (XdfFile file = XdfFile.open(path)) {
            return file.read(() -> new XdfRecording(file, options, inMemory));
        }
    }

    private XdfRecording(XdfFile xdf, RecordingOptions options, long inMemory) {
        file = xdf.path();
        StreamOptions streams = options.streams();
        MarkerRules rules = MarkerRules.parse(streams.trialStart().orElse(null), streams.trialEnd().orElse(null),
                streams.markerInputs(), "--marker-input");
        if (streams.markers().isEmpty() != rules.empty()) {
            throw new InvalidInputException(streams.markers().isEmpty()
                    ? "--trial-start and --marker-input need --markers, the stream that the markers come from"
                    : "--markers is " + streams.markers().getFirst() + ", which needs --trial-start or --marker-input");
        }
        boolean onlyTrials = onlyTrials(options, rules);
        StreamChoice chosen = StreamChoice.of(xdf, options);
        choice = chosen.choice();
        Survey survey = Survey.of(xdf, chosen);
        List<String> told = new ArrayList<>();
        List<String> neurons = chosen.kind() == Kind.SPIKES
                ? survey.units()
                : LslRecording.labels(chosen.data().stream(), chosen.data().labels(), told::add);
        List<String> inputs = new ArrayList<>(rules.inputs().stream().map(MarkerRules.Input::name).toList());
        inputs.addAll(names(chosen.inputs()));
        List<String> behavior = names(chosen.behavior());
        requireUnique("--marker-input and --inputs", inputs);
        requireUnique("--behavior", behavior);
        double width = options.binWidth().orElse(DEFAULT_BIN_WIDTH_S);
        RigLayout layout = new RigLayout(name(), "XDF file " + file.getFileName() + ", stream "
                + chosen.data().stream().words(), neurons, inputs, behavior, chosen.kind().observation(), width,
                LslConnector.TICKS_PER_SECOND, rules.trials(), onlyTrials);
        description = new RecordingDescription(neurons, width, inputs, behavior, chosen.kind().observation(),
                rules.trials(), rules.trials() ? RigSource.PHASES : List.of(), layout.origin(), Optional.empty());
        remarks.addAll(xdf.remarks());
        remarks.addAll(told);
        if (options.binWidth().isEmpty()) {
            remarks.add("bins of 20 ms; --bin-width overrides");
        }
        store = new BinStore(file, neurons.size(), inputs.size(), behavior.size(), inMemory,
                MOST + MOST_PER_BYTE * xdf.size());
        boolean filled = false;
        try {
            XdfReplay replay = new XdfReplay(xdf, chosen, survey, rules, layout, new RigStatus(), new Trials());
            replay.run();
            remarks.addAll(replay.remarks());
            finish(xdf, onlyTrials);
            filled = true;
        } catch (InterruptedException e) {
            throw new IllegalStateException("nothing waits here", e);
        } finally {
            if (!filled) {
                store.close();
            }
        }
    }

    private static boolean onlyTrials(RecordingOptions options, MarkerRules rules) {
        if (options.trials().isEmpty()) {
            return false;
        }
        if (!options.trials().get().strip().replaceAll("\\s+", " ").equals(ONLY_TRIALS)) {
            throw new InvalidInputException("--only-trials is " + options.trials().get()
                    + ", expected '" + ONLY_TRIALS + "' for an XDF file, which leaves out the bins between trials");
        }
        if (!rules.trials()) {
            throw new InvalidInputException("--only-trials needs --trial-start REGEX, which says where trials begin");
        }
        return true;
    }

    /** Puts bins into the store and notes where the number of the trial changes. */
    private final class Trials implements BinAssembler.Sink {
        private long trial = -1;
        private int epoch = -1;

        @Override
        public void bin(RecordedBin bin) {
            if (starts.isEmpty() || (description.trials() && (bin.trial != trial || bin.epoch != epoch))) {
                starts.add(store.count());
            }
            trial = bin.trial;
            epoch = bin.epoch;
            store.add(bin);
        }
    }

    private void finish(XdfFile xdf, boolean onlyTrials) {
        if (store.count() == 0) {
            throw xdf.invalid("no bin of " + description.binWidthSeconds() + " s is complete"
                    + (onlyTrials ? ", or within a trial that --trial-start begins" : "")
                    + ": expected a longer recording, or a smaller --bin-width");
        }
        store.finish();
        lengths = new int[starts.size()];
        for (int trial = 0; trial < lengths.length; trial++) {
            long end = trial + 1 < lengths.length ? starts.get(trial + 1) : store.count();
            long length = end - starts.get(trial);
            if (length > MAX_BINS) {
                throw xdf.invalid("a stretch of " + length + " bins, expected fewer, or a larger --bin-width");
            }
            lengths[trial] = (int) length;
        }
        if (description.trials() && !onlyTrials && lengths.length == 1) {
            remarks.add("no marker starts a trial: one stretch between trials");
        }
    }

    /** The streams' channels, with the stream's name before them where there are several streams. */
    private static List<String> names(List<XdfStream> streams) {
        List<String> names = new ArrayList<>();
        for (XdfStream each : streams) {
            List<String> labels = LslRecording.labels(each.stream(), each.labels(), _ -> {});
            boolean alone = each.stream().channels() == 1;
            labels.forEach(label -> names.add(alone && each.labels().isEmpty()
                    ? each.stream().name()
                    : streams.size() > 1 ? each.stream().name() + " " + label : label));
        }
        return names;
    }

    private static void requireUnique(String option, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new InvalidInputException(option + " makes two channels named " + name + ", expected each once");
            }
        }
    }

    @Override
    public String name() {
        return Recording.name(file, "xdf");
    }

    @Override
    public RecordingDescription describe() {
        return description;
    }

    @Override
    public int trials() {
        return lengths.length;
    }

    @Override
    public int bins(int trial) {
        return lengths[trial];
    }

    @Override
    public String observationChoice() {
        return choice;
    }

    @Override
    public List<String> remarks() {
        return List.copyOf(remarks);
    }

    @Override
    public long rigTimeNs(int trial, int bin, long sessionBin) {
        return store.rigTimeNs(starts.get(trial) + bin);
    }

    @Override
    public float[] activity(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, lengths[trial]);
        return store.activity(starts.get(trial) + firstBin, bins);
    }

    @Override
    public float[] inputs(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, lengths[trial]);
        return store.inputs(starts.get(trial) + firstBin, bins);
    }

    @Override
    public Optional<float[]> behavior(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, lengths[trial]);
        return behaviors() == 0
                ? Optional.empty()
                : Optional.of(store.behavior(starts.get(trial) + firstBin, bins));
    }

    @Override
    public void mark(int trial, int bin, RecordedBin target) {
        store.mark(starts.get(trial) + bin, target);
    }

    @Override
    public void close() {
        store.close();
    }
}
