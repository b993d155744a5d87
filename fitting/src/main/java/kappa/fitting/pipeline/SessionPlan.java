package kappa.fitting.pipeline;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.StartingModel;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Loss;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;

/**
 * What a valid header means for the fit.
 *
 * @param lockstep a trial is filtered only after its predecessor was learned from
 */
public record SessionPlan(SessionHeader header, FitPlan fit, boolean lockstep) {

    /** The plan of a recording that is fitted without a stream. */
    public static SessionPlan of(RecordingDescription what, String session, kappa.ingest.recording.FitSettings asked) {
        return of(what, session, asked, Optional.empty());
    }

    /** @param startFrom the model to start from, of {@link SnapshotCodec#toWire(StartingModel, String)}; empty for none */
    public static SessionPlan of(RecordingDescription what, String session, kappa.ingest.recording.FitSettings asked,
            Optional<byte[]> startFrom) {
        return of(SessionPublisher.header(what, session, RecordingCodec.fit(asked), startFrom));
    }

    public static SessionPlan of(SessionHeader header) {
        int steps = header.getFit().getStepsPerTrial();
        Optional<StartingModel> start = SnapshotCodec.start(header);
        double alpha = start.map(from -> from.model().model().network().alpha()).orElseGet(
                () -> LowRankNetwork.alpha(header.getBinWidthS(), WireChecks.timeConstantSeconds(header)));
        FitPlan fit = new FitPlan(header.getNeuronsCount() + header.getFit().getHiddenNeurons(),
                header.getFit().getRank(), header.getInputChannelsCount(), alpha,
                RecordingCodec.observation(header.getObservation()),
                header.getFit().getSeed(), steps == 0 ? FitPlan.DEFAULT_STEPS_PER_TRIAL : steps,
                FitPlan.DEFAULT_BUFFER_BYTES, settings(header), start);
        return new SessionPlan(header, fit, header.getFit().getPacing() == Pacing.LOCKSTEP);
    }

    /** On the wire, what is absent means the default. */
    private static FitPlan.Settings settings(SessionHeader header) {
        FitSettings wire = header.getFit();
        boolean open = wire.getTimeConstantS() == 0 && header.getInputChannelsCount() == 0
                && RecordingCodec.observation(header.getObservation()) == Observation.CURRENTS;
        FitPlan.Settings defaults = FitPlan.Settings.DEFAULT;
        return new FitPlan.Settings(wire.getBiases(), wire.getLoss() != Loss.FREE_RUN,
                wire.hasPrior() ? wire.getPrior() : defaults.prior(),
                wire.getHalfLifeTrials() == 0 ? defaults.halfLifeTrials() : wire.getHalfLifeTrials(),
                wire.hasTrackerBins() ? wire.getTrackerBins() : defaults.trackerBins(), false, open);
    }

    public String session() {
        return header.getSession();
    }

    /**
     * Writes a bin's activity, N numbers with NaN where not observed; hidden neurons, the last of them, never are, and what
     * was recorded of a silenced neuron says nothing of its input.
     */
    public void activity(Bin bin, float[] y, int yOffset) {
        int recorded = header.getNeuronsCount();
        RecordingCodec.activity(bin, recorded, y, yOffset);
        Arrays.fill(y, yOffset + recorded, yOffset + fit.neurons(), Float.NaN);
        for (int i : silenced(bin)) {
            y[yOffset + i] = Float.NaN;
        }
    }

    /** Indices of the neurons that were being silenced during a bin, ascending. */
    public int[] silenced(Bin bin) {
        return bin.getSilenced().isEmpty()
                ? new int[0]
                : IntStream.range(0, header.getNeuronsCount()).filter(i -> WireChecks.marked(bin.getSilenced(), i))
                        .toArray();
    }
}
