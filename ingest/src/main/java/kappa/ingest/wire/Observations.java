package kappa.ingest.wire;

/** What is observed, on the wire and in a recording. */
public final class Observations {

    private Observations() {}

    /** @throws IllegalArgumentException if the wire says nothing of it, which {@link WireChecks} keeps away */
    public static kappa.ingest.recording.Observation of(Observation wire) {
        return switch (wire) {
            case RATES -> kappa.ingest.recording.Observation.RATES;
            case CURRENTS -> kappa.ingest.recording.Observation.CURRENTS;
            case COUNTS -> kappa.ingest.recording.Observation.COUNTS;
            case OBSERVATION_UNSPECIFIED, UNRECOGNIZED -> throw new IllegalArgumentException("observation " + wire);
        };
    }

    public static Observation wire(kappa.ingest.recording.Observation observation) {
        return switch (observation) {
            case RATES -> Observation.RATES;
            case CURRENTS -> Observation.CURRENTS;
            case COUNTS -> Observation.COUNTS;
        };
    }
}
