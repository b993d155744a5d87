package kappa.dashboards.cli;

import java.util.Locale;
import kappa.fitting.fit.Adam;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.WithInputBasis;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Loss;
import kappa.ingest.wire.Pacing;
import picocli.CommandLine.Option;

/** What is fitted. */
final class FitOptions {
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

    private static void requireAtLeastZero(String option, double value) {
        if (!(value >= 0 && value <= 1e6)) {
            throw new InvalidInputException(option + " is " + value + ", expected a number from 0 to 1e6");
        }
    }
}
