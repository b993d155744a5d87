package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import kappa.fitting.file.MatchedModel;
import kappa.fitting.model.SavedModel;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.WithInputBasis;
import kappa.ingest.replay.SessionPublisher.Speed;
import picocli.CommandLine.Option;

/** What is fitted. */
@Section.In(Section.FIT)
final class FitOptions {
    @Option(names = "--rank", paramLabel = "K",
            description = "Rank K of the fitted network (default: 2, or the rank of the simulated network).")
    Integer rank;

    @Option(names = "--tau", paramLabel = "S",
            description = "Time constant of the neurons in seconds (default: 0.1; where currents without inputs are "
                    + "fitted, the fit goes on from there to what predicts best).")
    Double tau;

    @Option(names = "--start-from", paramLabel = "NET.npz",
            description = "Model of an earlier session to start from, written by --out. Neurons are matched by name; "
                    + "neurons that are gone become hidden ones. The rank, the time constant and the input basis are the "
                    + "model's (default: start from a random network).")
    Path startFrom;

    /** What {@link #startFrom} holds, once it was read. */
    private SavedModel saved;

    @Option(names = "--steps-per-trial", paramLabel = "N", defaultValue = "25",
            description = "Number of Adam steps after each trial (default: ${DEFAULT-VALUE}).")
    int stepsPerTrial;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of the random numbers of the fit and of a simulated rig (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(names = "--input-basis", paramLabel = "auto|off|BUMPS", defaultValue = "auto",
            description = "Replace inputs u that are constant over each trial by [u, bumps, u x bumps], with Gaussian "
                    + "bumps over the trial. Spikes are predicted better, and kappa holds what is particular to a "
                    + "trial. auto: 5 bumps where inputs are constant. off: leave inputs as they are; choose it to "
                    + "study the dynamics or to decode from kappa. A number sets the number of bumps (default: "
                    + "auto).")
    String inputBasis;

    @Section.In(Section.RARE)
    @Option(names = "--loss", paramLabel = "both|free-run", defaultValue = "both",
            description = "Loss to minimise. both: the mean of the free-run loss and the one-step loss of the filter, "
                    + "which also learns the noise. free-run: the free-run loss only (default: ${DEFAULT-VALUE}).")
    String loss;

    @Option(names = "--biases", negatable = true,
            description = "Learn biases and the value of kappa at the start of a trial. --no-biases keeps both at 0 (default: "
                    + "learned for counts without inputs; with --start-from, as in that model).")
    Boolean biases;

    @Section.In(Section.RARE)
    @Option(names = "--prior", paramLabel = "WEIGHT", defaultValue = "1",
            description = "Weight of the Gaussian prior on the network weights; 0 for no prior (default: "
                    + "${DEFAULT-VALUE}).")
    double prior;

    @Section.In(Section.RARE)
    @Option(names = "--half-life", paramLabel = "TRIALS", defaultValue = "0",
            description = "Number of trials after which a past trial is replayed half as often, for connectivity that "
                    + "drifts; 0 to replay all trials alike (default: ${DEFAULT-VALUE}).")
    double halfLife;

    @Section.In(Section.RARE)
    @Option(names = "--hidden", paramLabel = "H", defaultValue = "0",
            description = "Number of unobserved neurons beside the recorded ones (default: ${DEFAULT-VALUE}).")
    int hidden;

    @Section.In(Section.RARE)
    @Option(names = "--gain-tracker", paramLabel = "BINS", defaultValue = "30",
            description = "Time constant in bins with which one-step predictions of counts follow slow changes of the "
                    + "gain of each neuron. Predictions of rates and currents follow what the network leaves of each "
                    + "neuron, with time constants of their own. 0 for no tracking (default: ${DEFAULT-VALUE}).")
    double tracker;

    /** The recording with the inputs that the options ask for; prints what was changed. */
    Recording inputs(Recording recording) {
        if (inputBasis.equalsIgnoreCase("off")) {
            return recording;
        }
        if (startFrom != null && inputBasis.equalsIgnoreCase("auto")) {
            return saved().basis().map(basis -> extended(recording, basis)).orElse(recording);
        }
        int bumps = InputBasis.DEFAULT_BUMPS;
        if (inputBasis.equalsIgnoreCase("auto")) {
            if (!InputBasis.suits(recording)) {
                return recording;
            }
        } else {
            bumps = Checks.wholeNumber("--input-basis", inputBasis, "auto, off or a number of bumps");
            Checks.require(recording.hasTrials(), "--input-basis", inputBasis, "off for a session without trials");
        }
        return extended(recording, InputBasis.over(recording, bumps));
    }

    private static Recording extended(Recording recording, InputBasis basis) {
        Recording extended = new WithInputBasis(recording, basis);
        System.err.println("input basis: " + extended.inputs() + " inputs in place of "
                + recording.inputs() + ", with " + basis.bumps() + " bumps over " + basis.bins()
                + " bins (--input-basis off keeps the inputs as they are)");
        return extended;
    }

    private SavedModel saved() {
        if (saved == null) {
            saved = NetworkArgument.model(startFrom);
        }
        return saved;
    }

    /**
     * What a session asks of its fit.
     *
     * @param startFrom the model to start from, as a session's header carries it
     */
    record Request(FitSettings settings, Optional<byte[]> startFrom) {}

    /** These settings for a session, with the model to start from if there is one; prints how the two were matched. */
    Request request(RecordingDescription session, FitSettings settings) {
        if (startFrom == null) {
            boolean usual = session.observation() == Observation.COUNTS && session.inputs().isEmpty();
            return new Request(settings.withBiases(biases == null ? usual : biases), Optional.empty());
        }
        MatchedModel matched = MatchedModel.of(startFrom, saved(), session,
                settings.withBiases(biases == null ? MatchedModel.hasBiases(saved()) : biases));
        Output.note("start from " + startFrom + ": " + matched.matched() + " of " + session.neurons().size()
                + " neurons are in the model by name, " + matched.added() + " are new; " + matched.hidden()
                + " of the model are not recorded any more and become hidden");
        return new Request(matched.settings(),
                Optional.of(SnapshotCodec.toWire(matched.model(), startFrom.getFileName().toString())));
    }

    FitSettings settings(int defaultRank, Speed speed) {
        int k = rank != null ? rank : startFrom == null ? defaultRank : saved().model().model().network().rank();
        Checks.require(k >= 1, "--rank", k, "at least 1");
        Checks.require(stepsPerTrial >= 1, "--steps-per-trial", stepsPerTrial, "at least 1");
        // On the wire 0 means the default; who types it means something else.
        Checks.require(tau == null || (tau > 0 && tau <= 60), "--tau", tau, "seconds in (0, 60]");
        boolean oneStep = switch (loss.toLowerCase(Locale.ROOT)) {
            case "both" -> true;
            case "free-run" -> false;
            default -> throw Checks.unexpected("--loss", loss, "both or free-run");
        };
        requireAtLeastZero("--prior", prior);
        requireAtLeastZero("--half-life", halfLife);
        requireAtLeastZero("--hidden", hidden);
        requireAtLeastZero("--gain-tracker", tracker);
        return new FitSettings(k, hidden, tau == null ? 0 : tau, seed, speed.isMax(), stepsPerTrial, oneStep,
                Boolean.TRUE.equals(biases), prior, halfLife,
                tracker);
    }

    private static void requireAtLeastZero(String option, double value) {
        Checks.require(value >= 0 && value <= 1e6, option, value, "a number from 0 to 1e6");
    }
}
