package kappa.dashboards.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import kappa.dashboards.web.DashboardServer;
import kappa.dashboards.web.Tls;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.fit.Adam;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.SimulatedSession;
import kappa.fitting.task.Task;
import kappa.fitting.training.TaskRig;
import kappa.fitting.training.TaskSimulator;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Retention;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.SessionSource;
import kappa.ingest.recording.WithInputBasis;
import kappa.ingest.recording.archive.RecordingFile;
import kappa.ingest.replay.Playback;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Loss;
import kappa.ingest.wire.Pacing;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** Groups of options that several commands share. */
final class Options {

    private Options() {}

    /** How to reach Kafka. */
    static final class Kafka {
        @Option(names = "--bootstrap-servers", paramLabel = "HOST:PORT", defaultValue = "localhost:9092",
                description = "The Kafka cluster (default: ${DEFAULT-VALUE}).")
        String bootstrapServers;

        @Option(names = "--kafka-config", paramLabel = "FILE",
                description = "Client properties for it, such as TLS and SASL settings.")
        Path config;

        KafkaConnection connection() {
            return config == null
                    ? KafkaConnection.to(bootstrapServers)
                    : KafkaConnection.withConfig(bootstrapServers, config);
        }
    }

    /** Which Kafka to read from: one that is named, or the broker of a live on this machine. */
    static final class Source {
        @Option(names = "--bootstrap-servers", paramLabel = "HOST:PORT",
                description = "The Kafka cluster (default: the broker in --data).")
        private String bootstrapServers;

        @Option(names = "--kafka-config", paramLabel = "FILE",
                description = "Client properties for it, such as TLS and SASL settings.")
        private Path config;

        @Option(names = "--data", paramLabel = "DIR", description = {
            "Where live keeps its log, whether it runs or has run (default: .kappa/live beside the launcher)."})
        private Path data;

        Path directory() {
            return data == null ? Home.directory("live") : data;
        }

        /** The cluster that was named, or the broker that runs in the directory; empty if neither is there. */
        Optional<KafkaConnection> running() {
            if (bootstrapServers != null && data != null) {
                throw new InvalidInputException("--data " + data + " and --bootstrap-servers " + bootstrapServers
                        + ": expected one of them");
            }
            Optional<String> servers = bootstrapServers == null
                    ? EmbeddedBroker.runningIn(directory())
                    : Optional.of(bootstrapServers);
            return servers.map(at -> config == null
                    ? KafkaConnection.to(at)
                    : KafkaConnection.withConfig(at, config));
        }
    }

    /** Where the dashboard listens. */
    static final class Dashboard {
        @Option(names = "--host", defaultValue = "127.0.0.1",
                description = "Address of the dashboard; any but loopback needs a token (default: ${DEFAULT-VALUE}).")
        String host;

        @Option(names = "--port", defaultValue = "8080",
                description = "Port of the dashboard, 0 for a free one (default: ${DEFAULT-VALUE}).")
        int port;

        @Option(names = "--token-file", paramLabel = "FILE",
                description = "File that holds the token a visitor must show, at least 16 characters.")
        Path tokenFile;

        @Option(names = "--control-token-file", paramLabel = "FILE",
                description = "File that holds the token which interventions and controls need (default:"
                        + " .kappa/control-token beside the launcher, made if it is not there).")
        Path controlTokenFile;

        @Option(names = "--tls-keystore", paramLabel = "FILE.p12",
                description = "Serve the page over HTTPS with this key and certificate (PKCS12).")
        Path tlsKeystore;

        @Option(names = "--tls-password-file", paramLabel = "FILE",
                description = "File that holds the keystore's password.")
        Path tlsPasswordFile;

        DashboardServer.Settings settings() {
            Optional<String> token = tokenFile == null
                    ? Optional.empty()
                    : Optional.of(ControlToken.read(tokenFile, "--token-file"));
            // All else is checked before a token is made.
            DashboardServer.Settings settings = new DashboardServer.Settings(host, port, token);
            return new DashboardServer.Settings(settings.host(), settings.port(), settings.token(),
                    controlTokenFile == null
                            ? ControlToken.kept()
                            : ControlToken.read(controlTokenFile, "--control-token-file"),
                    tls());
        }

        private Optional<SSLContext> tls() {
            if ((tlsKeystore == null) != (tlsPasswordFile == null)) {
                throw new InvalidInputException(tlsKeystore == null
                        ? "--tls-password-file " + tlsPasswordFile + ": expected only with --tls-keystore"
                        : "--tls-keystore " + tlsKeystore + ": expected --tls-password-file with it");
            }
            return Optional.ofNullable(tlsKeystore).map(keystore -> Tls.context(keystore,
                    ControlToken.read(tlsPasswordFile, "--tls-password-file").toCharArray()));
        }
    }

    /** How much of the topics a broker of kappa's own keeps. */
    static final class Kept {

        private static final Logger LOG = LoggerFactory.getLogger(Kept.class);

        @Option(names = "--retention-gib", paramLabel = "GIB", description = {
            "How large the log of activity, latents and rejected records may grow (default: 32, or half of the disk if",
            "that is less). What is older is deleted; one session can have an eighth of it."})
        private Double gib;

        @Option(names = "--retention-days", paramLabel = "D", defaultValue = "7",
                description = "How long they are kept (default: ${DEFAULT-VALUE}).")
        private double days;

        /** Before a broker is started. */
        void check() {
            if (!(days > 0 && days < 1e6)) {
                throw new InvalidInputException("--retention-days is " + days + ", expected more than 0");
            }
            if (gib != null && !(gib > 0 && gib < 1e9)) {
                throw new InvalidInputException("--retention-gib is " + gib + ", expected more than 0");
            }
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
                LOG.warn("the log in {} may grow to {}, but its disk has only {} for it: --retention-gib sets less",
                        directory, Retention.gib(retention.bytes()), Retention.gib(room));
            }
        }
    }

    /** Threads that learn. */
    static final class Threads {
        @Option(names = {"--fit-threads", "--threads"}, paramLabel = "N",
                description = "Threads that learn (default: one less than the processors).")
        Integer fitThreads;

        int count() {
            int threads = fitThreads == null ? Math.max(1, Runtime.getRuntime().availableProcessors() - 1) : fitThreads;
            if (threads < 1 || threads > 1024) {
                throw new InvalidInputException("--fit-threads is " + threads + ", expected 1 to 1024");
            }
            return threads;
        }
    }

    /** Threads that run trials of a task. */
    static final class TrialThreads {
        @Option(names = "--threads", paramLabel = "N",
                description = "Threads (default: one for each processor). What comes out is the same for any number.")
        private Integer threads;

        int count() {
            int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
            if (count < 1 || count > 1024) {
                throw new InvalidInputException("--threads is " + count + ", expected 1 to 1024");
            }
            return count;
        }
    }

    /** What is fitted. */
    static final class Fit {
        @Option(names = "--rank", paramLabel = "K",
                description = "Rank of the network to fit (default: 2, or that of the simulated network).")
        Integer rank;

        @Option(names = "--tau", paramLabel = "S", defaultValue = "0.1",
                description = "Time constant of the network in seconds (default: ${DEFAULT-VALUE}).")
        double tau;

        @Option(names = "--steps-per-trial", paramLabel = "N", defaultValue = "25",
                description = "Adam steps after each trial (default: ${DEFAULT-VALUE}).")
        int stepsPerTrial;

        @Option(names = "--seed", defaultValue = "1",
                description = "Seed of the fit, and of a simulated rig (default: ${DEFAULT-VALUE}).")
        long seed;

        @Option(names = "--input-basis", paramLabel = "auto|off|BUMPS", defaultValue = "auto", description = {
            "Where a recording's inputs are constant over each trial, replace them by [u, bumps, u x bumps] "
                    + "with Gaussian bumps over the trial: spikes are predicted better, and kappa keeps what is particular "
                    + "to the trial. Off for questions about dynamics, or to decode from kappa (default: auto, 5 bumps "
                    + "where it applies)."})
        String inputBasis;

        @Option(names = "--loss", paramLabel = "both|free-run", defaultValue = "both", description = {
            "both: mean of the free run's loss and the filter's one-step loss, which also learns process noise and "
                    + "the uncertainty of a trial's start; free-run: the former only (default: ${DEFAULT-VALUE})."})
        String loss;

        @Option(names = "--biases", description = "Learn biases, and kappa at a trial's start (default: both are 0).")
        boolean biases;

        @Option(names = "--prior", paramLabel = "WEIGHT", defaultValue = "1", description = {
            "Weight of a Gaussian prior on the network's weights, whose variances follow the weights; 0 for none "
                    + "(default: ${DEFAULT-VALUE})."})
        double prior;

        @Option(names = "--half-life", paramLabel = "TRIALS", defaultValue = "0", description = {
            "Replay a past trial half as often after so many trials, for connectivity that drifts; 0: all alike "
                    + "(default: ${DEFAULT-VALUE})."})
        double halfLife;

        @Option(names = "--hidden", paramLabel = "H", defaultValue = "0", description = {
            "Unobserved neurons beside the recorded ones (default: ${DEFAULT-VALUE})."})
        int hidden;

        @Option(names = "--gain-tracker", paramLabel = "BINS", defaultValue = "30", description = {
            "Time constant with which one-step predictions of counts follow each neuron's slow changes of gain; "
                    + "0 for not at all (default: ${DEFAULT-VALUE})."})
        double tracker;

        /** The recording with the inputs that the options ask for; says what was done. */
        Recording inputs(Recording recording) {
            if (inputBasis.equalsIgnoreCase("off")) {
                return recording;
            }
            int bumps = InputBasis.DEFAULT_BUMPS;
            if (inputBasis.equalsIgnoreCase("auto")) {
                if (!InputBasis.suits(recording)) {
                    return recording;
                }
            } else {
                bumps = number("--input-basis", inputBasis, "auto, off or a number of bumps");
                if (!recording.hasTrials()) {
                    throw new InvalidInputException(
                            "--input-basis is " + inputBasis + ", expected off for a session without trials");
                }
            }
            WithInputBasis extended = new WithInputBasis(recording, InputBasis.over(recording, bumps));
            System.err.println("input basis: " + extended.inputs() + " inputs in place of "
                    + recording.inputs() + ", with " + bumps + " bumps over " + extended.basis().bins()
                    + " bins (--input-basis off to leave them as they are)");
            return extended;
        }

        private static int number(String option, String text, String expected) {
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new InvalidInputException(option + " is " + text + ", expected " + expected, e);
            }
        }

        FitSettings settings(int defaultRank, Speed speed) {
            int k = rank == null ? defaultRank : rank;
            if (k < 1) {
                throw new InvalidInputException("--rank is " + k + ", expected at least 1");
            }
            if (stepsPerTrial < 1) {
                throw new InvalidInputException("--steps-per-trial is " + stepsPerTrial + ", expected at least 1");
            }
            // On the wire 0 means the default; who types it means something else.
            if (!(tau > 0 && tau <= 60)) {
                throw new InvalidInputException("--tau is " + tau + ", expected seconds in (0, 60]");
            }
            Loss which = switch (loss.toLowerCase(Locale.ROOT)) {
                case "both" -> Loss.FREE_RUN_AND_ONE_STEP;
                case "free-run" -> Loss.FREE_RUN;
                default -> throw new InvalidInputException("--loss is " + loss + ", expected both or free-run");
            };
            requireAtLeastZero("--prior", prior);
            requireAtLeastZero("--half-life", halfLife);
            requireAtLeastZero("--hidden", hidden);
            requireAtLeastZero("--gain-tracker", tracker);
            return FitSettings.newBuilder().setRank(k).setTimeConstantS(tau).setSeed(seed)
                    .setStepsPerTrial(stepsPerTrial).setLoss(which).setBiases(biases).setPrior(prior)
                    .setHalfLifeTrials(halfLife).setHiddenNeurons(hidden).setTrackerBins(tracker)
                    .setPacing(speed.isMax() ? Pacing.LOCKSTEP : Pacing.LIVE).build();
        }
    }

    private static void requireAtLeastZero(String option, double value) {
        if (!(value >= 0 && value <= 1e6)) {
            throw new InvalidInputException(option + " is " + value + ", expected a number from 0 to 1e6");
        }
    }

    /** What of a recording is observed, as the wire names it; null if the file decides. */
    static Observation observation(String text) {
        if (text == null) {
            return null;
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "rates" -> Observation.RATES;
            case "currents" -> Observation.CURRENTS;
            case "counts" -> Observation.COUNTS;
            default -> throw new InvalidInputException("--observe is " + text + ", expected rates, currents or counts");
        };
    }

    /** How a recorded file becomes a session. */
    static final class RecordingChoice {
        @Option(names = "--observe", paramLabel = "rates|currents|counts",
                description = "What of the session is observed (default: the file decides; counts for a simulated rig).")
        String observe;

        @Option(names = "--bin-width", paramLabel = "S",
                description = "NWB: width of a bin in seconds (default: 0.02; of a time series its own).")
        private Double binWidth;

        @Option(names = "--align", paramLabel = "COLUMN", description = {
            "NWB: cut trials of equal length around this time in the trials table, such as move_onset_time "
                    + "(default: from start_time to stop_time)."})
        private String align;

        @Option(names = "--window", paramLabel = "FROM:TO",
                description = "NWB: seconds around --align, such as -0.2:0.8.")
        private String window;

        @Option(names = "--inputs", paramLabel = "NAME", split = ",", description = {
            "NWB: columns of the trials table (numbers as they are, text as one channel for each value) and time series "
                    + "that become inputs, separated by commas (default: none)."})
        private List<String> inputs = List.of();

        @Option(names = "--behavior", paramLabel = "NAME", split = ",",
                description = "NWB: time series that become behaviour, separated by commas (default: none).")
        private List<String> behavior = List.of();

        @Option(names = "--units", paramLabel = "FILTER", description = {
            "NWB: rows of the units table that are neurons, such as 'heldout == false and depth < 800' (default: all)."})
        private String units;

        @Option(names = "--only-trials", paramLabel = "FILTER",
                description = "NWB: rows of the trials table that are trials, such as 'split == train' (default: all).")
        private String trials;

        @Option(names = "--series", paramLabel = "NAME", description = {
            "NWB: a time series whose channels are the neurons in place of the units, such as ROI responses; taken as "
                    + "currents unless within [-1, 1]."})
        private String series;

        private RecordingOptions options() {
            return new RecordingOptions(Optional.ofNullable(observation(observe)),
                    binWidth == null ? OptionalDouble.empty() : OptionalDouble.of(binWidth), Optional.ofNullable(align),
                    Optional.ofNullable(window).map(RecordingChoice::window), inputs, behavior,
                    Optional.ofNullable(units),
                    Optional.ofNullable(trials), Optional.ofNullable(series));
        }

        private static RecordingOptions.Window window(String text) {
            String[] ends = text.split(":", -1);
            try {
                if (ends.length == 2) {
                    return new RecordingOptions.Window(Double.parseDouble(ends[0]), Double.parseDouble(ends[1]));
                }
            } catch (NumberFormatException e) {
                // Told below, like one end too few.
            }
            throw new InvalidInputException(
                    "--window is " + text + ", expected seconds FROM:TO around --align, such as -0.2:0.8");
        }

        /** Opens a session file and tells what was made of it. */
        Recording open(Path file) {
            Recording session = RecordingFile.open(file, options());
            System.err.println(session.observationChoice());
            session.remarks().forEach(remark -> System.err.println("note: " + remark));
            return session;
        }

        /** The same with the inputs a fit asks for. */
        Recording open(Path file, Fit fit) {
            Recording session = open(file);
            try {
                return fit.inputs(session);
            } catch (RuntimeException | Error e) {
                session.close();
                throw e;
            }
        }
    }

    /** What of a recording is replayed. */
    static final class Part {

        private static final Pattern PERCENT = Pattern.compile("(\\d+(?:\\.\\d*)?)%");
        private static final Pattern CLOCK = Pattern.compile("(?:(?:(\\d{1,4}):)?(\\d{1,4}):)?(\\d{1,9}(?:\\.\\d*)?)");
        private static final String FORMS = "seconds, m:ss, h:mm:ss or a percentage of the recording";

        @Option(names = "--from", paramLabel = "TIME", description = {
            "Where in the recording to begin: 120, 2:00, 1:02:03.5 or 90%%, with trials at the trial that holds it",
            "(default: at its beginning)."})
        private String from;

        @Option(names = "--until", paramLabel = "TIME",
                description = "Where in the recording to stop, in the same forms (default: at its end).")
        private String until;

        @Option(names = "--loop", description = {
            "Begin again at --from, without end. Each round begins an epoch and a trial; bins and trials count on."})
        private boolean loop;

        /**
         * The part as a stream; closing it closes the recording.
         *
         * @param waits whether somebody waits for the session's end
         */
        Playback of(Recording recording, boolean waits) {
            try {
                return part(recording, waits);
            } catch (RuntimeException | Error e) {
                recording.close();
                throw e;
            }
        }

        private Playback part(Recording recording, boolean waits) {
            if (loop && waits) {
                throw new InvalidInputException(
                        "--loop has no end, expected it without --until-end, --json and --out");
            }
            long all = recording.bins();
            long first = from == null ? 0 : bin("--from", from, recording);
            long end = until == null ? all : bin("--until", until, recording);
            if (first >= all) {
                throw new InvalidInputException("--from is " + from + ", expected a time before the recording's end at "
                        + seconds(all, recording));
            }
            if (end > all || end <= first) {
                throw new InvalidInputException("--until is " + until + ", expected a time after --from (at "
                        + seconds(first, recording) + ") and up to the recording's end at " + seconds(all, recording));
            }
            return new Playback(recording, first, end, loop);
        }

        private static String seconds(long bin, Recording recording) {
            // To the millisecond, and without the digits that 0.02f has as a double.
            return Math.round(bin * recording.binWidthSeconds() * 1e3) / 1e3 + " s";
        }

        void requireNone() {
            String given = from != null ? "--from" : until != null ? "--until" : loop ? "--loop" : null;
            if (given != null) {
                throw new InvalidInputException(
                        given + " is for a recording, expected it only with --session FILE");
            }
        }

        private static long bin(String option, String text, Recording recording) {
            Matcher percent = PERCENT.matcher(text);
            if (percent.matches()) {
                return Math.round(Double.parseDouble(percent.group(1)) / 100 * recording.bins());
            }
            Matcher clock = CLOCK.matcher(text);
            if (!clock.matches()) {
                throw new InvalidInputException(option + " is " + text + ", expected " + FORMS);
            }
            double seconds = Double.parseDouble(clock.group(3));
            if (clock.group(2) != null && seconds >= 60) {
                throw new InvalidInputException(option + " is " + text + ", expected less than 60 s after the minutes");
            }
            return Math.round((3600.0 * whole(clock.group(1)) + 60.0 * whole(clock.group(2)) + seconds)
                    / recording.binWidthSeconds());
        }

        private static int whole(String digits) {
            return digits == null ? 0 : Integer.parseInt(digits);
        }
    }

    /** A simulated rig. */
    static final class Simulation {
        @Option(names = "--network", defaultValue = "decision", paramLabel = "NAME|NET.npz",
                description = "Network of a simulated rig: decision, figure-4.1a to d, bimodal, two-population or dms, or"
                        + " the file of one that does --task (default: ${DEFAULT-VALUE}).")
        String network;

        @Option(names = "--task", paramLabel = "dm|wm|cdm|msi|dms", description = "What a network out of a file does.")
        String task;

        @Option(names = "--context", paramLabel = "C", defaultValue = "1",
                description = "Strength of the context cues of cdm and msi (default: ${DEFAULT-VALUE}).")
        double context;

        @Option(names = "--neurons", paramLabel = "N", description = "Neurons of a simulated rig.")
        Integer neurons;

        @Option(names = "--trials", paramLabel = "N", defaultValue = "0",
                description = "Trials of a simulated rig; 0 to go on until stopped (default: ${DEFAULT-VALUE}).")
        long trials;

        @Option(names = "--state-noise", paramLabel = "SD", defaultValue = "0.05",
                description = "Noise on the simulated network's currents (default: ${DEFAULT-VALUE}).")
        double stateNoise;

        private HandBuiltNetworks.HandBuilt built(long seed) {
            int n = neurons == null ? HandBuiltNetworks.defaultNeurons(network) : neurons;
            return HandBuiltNetworks.named(network, n, seed);
        }

        SessionSource source(String observe, long seed) {
            Observation observation = observe == null ? Observation.COUNTS : observation(observe);
            SimulatedSession.Settings endless = SimulatedSession.Settings.endless(observation, seed);
            if (isFile()) {
                return trained(observation, endless.gain(), seed);
            }
            if (task != null) {
                throw new InvalidInputException(
                        "--task is " + task + ", expected only with --network NET.npz, the file of a network");
            }
            return new SimulatedSession(built(seed),
                    new SimulatedSession.Settings(observation, endless.gain(), stateNoise,
                            trials, seed));
        }

        private boolean isFile() {
            return network.toLowerCase(Locale.ROOT).endsWith(".npz");
        }

        private SessionSource trained(Observation observation, double gain, long seed) {
            if (task == null) {
                throw new InvalidInputException(
                        "--network " + network + " is a file, expected --task with it: dm, wm, cdm, msi or dms");
            }
            if (neurons != null) {
                throw new InvalidInputException(
                        "--neurons is " + neurons + ", expected it only with a network that is built, not a file");
            }
            if (trials < 0 || trials > Integer.MAX_VALUE) {
                throw new InvalidInputException("trials: " + trials + ", expected a number >= 0 (0 is endless)");
            }
            Path file = Path.of(network);
            String name = file.getFileName().toString().replaceFirst("(?i)\\.npz$", "").replaceAll("[^A-Za-z0-9._-]",
                    "-");
            return new TaskRig(name, NetworkFile.read(file), Task.named(task).withContext(context),
                    new TaskSimulator.Settings((int) Math.max(1, trials), observation, gain, stateNoise, 0, 1, 1, seed),
                    trials == 0);
        }

        /** Of the network; 2 for one of full rank, which has no better guess. */
        int rank() {
            if (isFile()) {
                return NetworkFile.read(Path.of(network)) instanceof NetworkFile.LowRank low
                        ? low.network().rank()
                        : 2;
            }
            return built(1).network().rank();
        }

        static List<String> networks() {
            return HandBuiltNetworks.names();
        }
    }
}
