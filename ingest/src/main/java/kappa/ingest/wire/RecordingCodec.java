package kappa.ingest.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.BitSet;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;

/**
 * A recording on the wire: turns its description into a header, its bins into the wire's and back, and a request to silence
 * neurons into the plain one. What it is given has passed {@link WireChecks}. Stateless.
 */
public final class RecordingCodec {

    private RecordingCodec() {}

    /** What the header says of the recording; session id and fit settings are the publisher's to add. */
    public static SessionHeader.Builder header(RecordingDescription what) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .addAllNeurons(what.neurons()).setBinWidthS(what.binWidthSeconds()).addAllInputChannels(what.inputs())
                .addAllBehaviorChannels(what.behaviors()).setObservation(observation(what.observation()))
                .setTrials(what.trials()).addAllPhases(what.phases()).setOrigin(what.origin());
        what.inputBasis()
                .ifPresent(basis -> header.getInputBasisBuilder().setBumps(basis.bumps()).setBins(basis.bins()));
        return header;
    }

    public static Observation observation(kappa.ingest.recording.Observation observation) {
        return Observation.valueOf(observation.name());
    }

    /** @throws IllegalArgumentException if the wire says nothing of it, which {@link WireChecks} keeps away */
    public static kappa.ingest.recording.Observation observation(Observation wire) {
        return kappa.ingest.recording.Observation.valueOf(wire.name());
    }

    public static FitSettings fit(kappa.ingest.recording.FitSettings asked) {
        return FitSettings.newBuilder().setRank(asked.rank()).setTimeConstantS(asked.timeConstantS())
                .setSeed(asked.seed()).setStepsPerTrial(asked.stepsPerTrial())
                .setLoss(asked.oneStep() ? Loss.FREE_RUN_AND_ONE_STEP : Loss.FREE_RUN).setBiases(asked.biases())
                .setPrior(asked.prior()).setHalfLifeTrials(asked.halfLifeTrials())
                .setHiddenNeurons(asked.hiddenNeurons()).setTrackerBins(asked.trackerBins())
                .setPacing(asked.lockstep() ? Pacing.LOCKSTEP : Pacing.LIVE).build();
    }

    public static Bin bin(RecordedBin bin, kappa.ingest.recording.Observation observation) {
        boolean counts = observation == kappa.ingest.recording.Observation.COUNTS;
        Bin.Builder out = Bin.newBuilder().setRigTimeNs(bin.rigTimeNs).setTrial(bin.trial).setTrialEnd(bin.trialEnd)
                .setPhase(bin.phase).setIntervention(bin.intervention);
        int neurons = bin.activity.length;
        byte[] unobserved = null;
        for (int i = 0; i < neurons; i++) {
            float value = bin.activity[i];
            if (Float.isNaN(value)) {
                unobserved = unobserved == null ? new byte[Math.ceilDiv(neurons, Byte.SIZE)] : unobserved;
                mark(unobserved, i);
                value = 0;
            }
            if (counts) {
                out.addCounts((int) value);
            } else {
                out.addValues(value);
            }
        }
        if (unobserved != null) {
            out.setUnobserved(UnsafeByteOperations.unsafeWrap(unobserved)); // nobody else has the array
        }
        for (float value : bin.inputs) {
            out.addInputs(value);
        }
        for (float value : bin.behavior) {
            out.addBehavior(value);
        }
        out.setSilenced(mask(neurons, bin.silenced));
        if (bin.clocked) {
            out.setClock(BinClock.newBuilder().setSample(bin.sample).setHostUnixNs(bin.hostUnixNs)
                    .setErrorNs(bin.errorNs).setEpoch(bin.epoch).setLost(bin.lost));
        }
        return out.build();
    }

    private static ByteString mask(int neurons, BitSet marked) {
        if (marked.isEmpty()) {
            return ByteString.EMPTY;
        }
        byte[] bits = new byte[Math.ceilDiv(neurons, Byte.SIZE)];
        marked.stream().forEach(i -> mark(bits, i));
        return UnsafeByteOperations.unsafeWrap(bits);
    }

    private static void mark(byte[] bits, int neuron) {
        bits[neuron >> 3] |= (byte) (1 << (neuron & 7));
    }

    /** A published bin of a session with this header. */
    public static RecordedBin bin(SessionHeader header, Bin bin) {
        RecordedBin out = new RecordedBin(header.getNeuronsCount(), header.getInputChannelsCount(),
                header.getBehaviorChannelsCount());
        activity(bin, out.activity.length, out.activity, 0);
        for (int s = 0; s < out.inputs.length; s++) {
            out.inputs[s] = bin.getInputs(s);
        }
        for (int k = 0; k < out.behavior.length; k++) {
            out.behavior[k] = bin.getBehaviorCount() == 0 ? Float.NaN : bin.getBehavior(k);
        }
        out.rigTimeNs = bin.getRigTimeNs();
        out.trial = bin.getTrial();
        out.trialEnd = bin.getTrialEnd();
        out.phase = bin.getPhase();
        out.intervention = bin.getIntervention();
        silenced(bin, out.silenced);
        out.clocked = bin.hasClock();
        out.sample = bin.getClock().getSample();
        out.hostUnixNs = bin.getClock().getHostUnixNs();
        out.errorNs = bin.getClock().getErrorNs();
        out.epoch = bin.getClock().getEpoch();
        out.lost = bin.getClock().getLost();
        return out;
    }

    /** Writes a published bin's activity, NaN where not observed, to {@code y} from {@code yOffset} on. */
    public static void activity(Bin bin, int neurons, float[] y, int yOffset) {
        boolean counts = bin.getCountsCount() > 0;
        boolean whole = bin.getUnobserved().isEmpty();
        for (int i = 0; i < neurons; i++) {
            y[yOffset + i] = !whole && WireChecks.unobserved(bin, i)
                    ? Float.NaN
                    : counts ? bin.getCounts(i) : bin.getValues(i);
        }
    }

    /** Adds the neurons that were being silenced during a published bin. */
    public static void silenced(Bin bin, BitSet neurons) {
        neurons.or(BitSet.valueOf(bin.getSilenced().asReadOnlyByteBuffer()));
    }

    /** What a rig is asked to do. */
    public static kappa.ingest.recording.Intervention intervention(Intervention request) {
        return new kappa.ingest.recording.Intervention(request.getId(), request.getNeuronsList(), request.getTrials(),
                request.getEvery(), request.getFirstBin(), request.getBins());
    }
}
