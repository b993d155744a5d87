package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.SilencingRequest;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Carried;
import kappa.ingest.wire.ConditionEffect;
import kappa.ingest.wire.Connectivity;
import kappa.ingest.wire.FixedPoint;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.LimitCycle;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.NumberOfPopulations;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Polyline;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.Populations;
import kappa.ingest.wire.SilencedSet;

/**
 * What the page can show of how one session's network works: the newest analysis, what silencing would do and did, and the
 * newest request to silence. Each has a revision, which grows whenever there is something new to send.
 *
 * <p>Not thread-safe: {@link LiveView} guards it with its lock.
 */
final class MechanismView {

    /** Neurons in the scatter of loadings: more than there are pixels to tell them apart. */
    static final int SHOWN_NEURONS = 2_000;
    /** Points of a trace over a trial. */
    static final int SHOWN_BINS = 200;
    /** Interventions whose trials are shown, the newest. */
    static final int SHOWN_CARRIED = 8;
    /** Perturbed trials of one intervention that are shown, the newest. */
    static final int SHOWN_TRIALS = 500;

    private final SessionState state;
    private Analysis analysis;
    private long analysisRevision;
    private Inactivations inactivations;
    private long inactivationsRevision;

    MechanismView(SessionState state) {
        this.state = state;
    }

    /** Takes the newest records of the session's state. */
    MechanismView refresh() {
        state.analysis().filter(newest -> newest.revision() != analysisRevision).ifPresent(newest -> {
            analysis = parse(Analysis.parser(), newest.value());
            analysisRevision = newest.revision();
        });
        state.inactivations().filter(newest -> newest.revision() != inactivationsRevision).ifPresent(newest -> {
            inactivations = parse(Inactivations.parser(), newest.value());
            inactivationsRevision = newest.revision();
        });
        return this;
    }

    private static <M> M parse(Parser<M> parser, byte[] value) {
        try {
            return parser.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the session's state has checked it", e);
        }
    }

    // -------------------------------------------------------------------------------------------------- what it says

    long analysisRevision() {
        return analysisRevision;
    }

    long inactivationsRevision() {
        return inactivationsRevision;
    }

    long requestRevision() {
        return state.request().map(SilencingRequest::revision).orElse(0L);
    }

    /** Neurons of a set by its name: of the newest inactivations first, then of the populations. */
    Optional<List<Integer>> set(String name) {
        if (inactivations != null) {
            for (SilencedSet set : inactivations.getSetsList()) {
                if (set.getName().equals(name)) {
                    return Optional.of(set.getNeuronsList());
                }
            }
        }
        if (analysis != null) {
            for (Population population : analysis.getPopulations().getPopulationsList()) {
                if (population.getName().equals(name)) {
                    return Optional.of(population.getNeuronsList());
                }
            }
        }
        return Optional.empty();
    }

    /** Names that {@link #set} knows. */
    List<String> setNames() {
        List<String> names = new ArrayList<>();
        if (inactivations != null) {
            inactivations.getSetsList().forEach(set -> names.add(set.getName()));
        }
        if (analysis != null) {
            analysis.getPopulations().getPopulationsList().forEach(population -> names.add(population.getName()));
        }
        return names.stream().distinct().toList();
    }

    // ------------------------------------------------------------------------------------------------------- writing

    void writeAnalysis(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("analysis");
        json.writeNumberField("revision", analysisRevision);
        json.writeNumberField("modelVersion", analysis.getModelVersion());
        json.writeNumberField("binsLearned", analysis.getBinsLearned());
        json.writeArrayFieldStart("conditions");
        for (Phase condition : analysis.getConditionsList()) {
            writeCondition(json, condition);
        }
        json.writeEndArray();
        if (analysis.hasConnectivity()) {
            Connectivity connectivity = analysis.getConnectivity();
            json.writeObjectFieldStart("connectivity");
            writeStrings(json, "vectors", connectivity.getVectorsList());
            writeDoubles(json, "products", connectivity.getProductsList());
            writeDoubles(json, "cosines", connectivity.getCosinesList());
            writeDoubles(json, "identifiable", connectivity.getIdentifiableList());
            json.writeEndObject();
        }
        if (analysis.hasPopulations()) {
            writePopulations(json, analysis.getPopulations());
        }
        json.writeEndObject();
    }

    private static void writeCondition(JsonGenerator json, Phase condition) throws IOException {
        json.writeStartObject();
        json.writeStringField("input", condition.getInput());
        json.writeBooleanField("complete", condition.getComplete());
        writeDouble(json, "saturation", condition.getSaturation());
        json.writeObjectFieldStart("origin");
        writeDoubles(json, "re", condition.getOriginEigenvaluesReList());
        writeDoubles(json, "im", condition.getOriginEigenvaluesImList());
        json.writeEndObject();
        json.writeArrayFieldStart("fixedPoints");
        for (FixedPoint point : condition.getFixedPointsList()) {
            json.writeStartObject();
            json.writeStringField("type", point.getType().name());
            writeDoubles(json, "kappa", point.getKappaList());
            writeDoubles(json, "re", point.getEigenvaluesReList());
            writeDoubles(json, "im", point.getEigenvaluesImList());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("cycles");
        for (LimitCycle cycle : condition.getLimitCyclesList()) {
            json.writeStartObject();
            writeDouble(json, "period", cycle.getPeriod());
            json.writeBooleanField("stable", cycle.getStable());
            writeDoubles(json, "orbit", cycle.getOrbitList());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("nullclines");
        for (Polyline line : condition.getNullclinesList()) {
            json.writeStartObject();
            json.writeNumberField("dimension", line.getDimension());
            writeDoubles(json, "points", line.getPointsList());
            json.writeEndObject();
        }
        json.writeEndArray();
        if (condition.hasFlow()) {
            json.writeObjectFieldStart("flow");
            writeDoubles(json, "axis", condition.getFlow().getAxisList());
            writeDoubles(json, "velocity", condition.getFlow().getVelocityList());
            writeDoubles(json, "potential", condition.getFlow().getPotentialList());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void writePopulations(JsonGenerator json, Populations populations) throws IOException {
        json.writeObjectFieldStart("populations");
        json.writeNumberField("modelVersion", populations.getModelVersion());
        json.writeArrayFieldStart("list");
        for (Population population : populations.getPopulationsList()) {
            json.writeStartObject();
            json.writeStringField("name", population.getName());
            json.writeNumberField("size", population.getNeuronsCount());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("numbers");
        for (NumberOfPopulations number : populations.getNumbersList()) {
            json.writeStartObject();
            json.writeNumberField("populations", number.getPopulations());
            writeDouble(json, "evidence", number.getEvidence());
            writeDouble(json, "stability", number.getStability());
            json.writeEndObject();
        }
        json.writeEndArray();
        writeDoubles(json, "meanConnection", populations.getMeanConnectionList());
        json.writeEndObject();
    }

    /**
     * Names of the loading vectors of a snapshot, as the analysis has them: m, n (m 1, m 2, .. if there are several) and the
     * input channels.
     */
    static List<String> vectors(ModelSnapshot model) {
        List<String> names = new ArrayList<>();
        for (String letter : List.of("m", "n")) {
            for (int k = 1; k <= model.getRank(); k++) {
                names.add(model.getRank() == 1 ? letter : letter + " " + k);
            }
        }
        for (int s = 0; s < model.getInputs(); s++) {
            names.add(s < model.getInputChannelsCount() ? model.getInputChannels(s) : "input " + (s + 1));
        }
        return names;
    }

    /**
     * Two loading vectors, neuron by neuron, with each neuron's population.
     *
     * @param axes names of two vectors; others than the snapshot's are replaced by the first m and n
     */
    void writeLoadings(JsonGenerator json, List<String> axes) throws IOException {
        ModelSnapshot model = parse(ModelSnapshot.parser(), state.snapshot().orElseThrow().value());
        List<String> vectors = vectors(model);
        int neurons = model.getNeurons();
        int every = Math.max(1, (neurons + SHOWN_NEURONS - 1) / SHOWN_NEURONS);
        int x = axes.isEmpty() ? -1 : vectors.indexOf(axes.get(0));
        int y = axes.size() < 2 ? -1 : vectors.indexOf(axes.get(1));
        int[] shown = {x < 0 ? 0 : x, y < 0 ? model.getRank() : y};
        json.writeObjectFieldStart("loadings");
        json.writeNumberField("modelVersion", model.getVersion());
        json.writeNumberField("binsLearned", model.getBinsLearned());
        json.writeNumberField("neurons", neurons);
        json.writeNumberField("every", every);
        writeStrings(json, "vectors", vectors);
        writeStrings(json, "axes", List.of(vectors.get(shown[0]), vectors.get(shown[1])));
        json.writeArrayFieldStart("values");
        for (int vector : shown) {
            json.writeStartArray();
            for (int i = 0; i < neurons; i += every) {
                // Four digits after the point are finer than a pixel.
                writeNumber(json, Math.rint(loading(model, vector, i) * 1e4) / 1e4);
            }
            json.writeEndArray();
        }
        json.writeEndArray();
        int[] population = populationOf(neurons);
        json.writeArrayFieldStart("population");
        for (int i = 0; i < neurons; i += every) {
            json.writeNumber(population[i]);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static float loading(ModelSnapshot model, int vector, int neuron) {
        int n = model.getNeurons();
        int rank = model.getRank();
        return vector < rank
                ? model.getM(vector * n + neuron)
                : vector < 2 * rank
                        ? model.getN((vector - rank) * n + neuron)
                        : model.getW((vector - 2 * rank) * n + neuron);
    }

    /** Of each neuron, as an index into the populations; -1 for none. */
    private int[] populationOf(int neurons) {
        int[] of = new int[neurons];
        java.util.Arrays.fill(of, -1);
        if (analysis != null) {
            List<Population> populations = analysis.getPopulations().getPopulationsList();
            for (int p = 0; p < populations.size(); p++) {
                for (int i : populations.get(p).getNeuronsList()) {
                    if (i >= 0 && i < neurons) {
                        of[i] = p;
                    }
                }
            }
        }
        return of;
    }

    /** @param chosen name of the set whose traces are wanted, empty for the first; null for none */
    void writeInactivations(JsonGenerator json, String chosen) throws IOException {
        json.writeObjectFieldStart("inactivations");
        json.writeNumberField("modelVersion", inactivations.getModelVersion());
        json.writeNumberField("binsLearned", inactivations.getBinsLearned());
        json.writeNumberField("trials", inactivations.getTrials());
        json.writeStringField("readout", inactivations.getReadout());
        writeDouble(json, "readoutR2", inactivations.getReadoutR2());
        json.writeArrayFieldStart("sets");
        SilencedSet shown = null;
        for (SilencedSet set : inactivations.getSetsList()) {
            json.writeStartObject();
            json.writeStringField("name", set.getName());
            json.writeNumberField("size", set.getNeuronsCount());
            writeDouble(json, "change", set.getChange());
            writeDouble(json, "changeSd", set.getChangeSd());
            json.writeEndObject();
            if (chosen != null && (shown == null || set.getName().equals(chosen))) {
                shown = set;
            }
        }
        json.writeEndArray();
        if (shown != null) {
            json.writeStringField("set", shown.getName());
            json.writeArrayFieldStart("conditions");
            for (ConditionEffect condition : shown.getConditionsList()) {
                writeEffect(json, condition);
            }
            json.writeEndArray();
        }
        json.writeArrayFieldStart("carried");
        int count = inactivations.getCarriedCount();
        for (Carried carried : inactivations.getCarriedList().subList(Math.max(0, count - SHOWN_CARRIED), count)) {
            writeCarried(json, carried);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeEffect(JsonGenerator json, ConditionEffect condition) throws IOException {
        int bins = condition.getReadoutIntactCount();
        int rank = bins == 0 ? 0 : condition.getKappaIntactCount() / bins;
        int every = Math.max(1, (bins + SHOWN_BINS - 1) / SHOWN_BINS);
        json.writeStartObject();
        json.writeStringField("name", condition.getName());
        json.writeNumberField("trials", condition.getTrials());
        json.writeNumberField("every", every);
        writeDouble(json, "positiveIntact", condition.getPositiveIntact());
        writeDouble(json, "positiveSilenced", condition.getPositiveSilenced());
        writeDouble(json, "correctIntact", condition.getCorrectIntact());
        writeDouble(json, "correctSilenced", condition.getCorrectSilenced());
        // The readout, then kappa's dimensions.
        json.writeArrayFieldStart("intact");
        writeTrace(json, bins, every, column(condition.getReadoutIntactList(), 1, 0));
        for (int k = 0; k < rank; k++) {
            writeTrace(json, bins, every, column(condition.getKappaIntactList(), rank, k));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("silenced");
        writeTrace(json, bins, every, column(condition.getReadoutSilencedList(), 1, 0));
        for (int k = 0; k < rank; k++) {
            writeTrace(json, bins, every, column(condition.getKappaSilencedList(), rank, k));
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Column k of a flat [T,columns]; NaN beyond its end. */
    private static IntToDoubleFunction column(List<Double> flat, int columns, int k) {
        return t -> t * columns + k < flat.size() ? flat.get(t * columns + k) : Double.NaN;
    }

    private static void writeTrace(JsonGenerator json, int bins, int every, IntToDoubleFunction at)
            throws IOException {
        json.writeStartArray();
        for (int t = 0; t < bins; t += every) {
            writeNumber(json, at.applyAsDouble(t));
        }
        json.writeEndArray();
    }

    private static void writeCarried(JsonGenerator json, Carried carried) throws IOException {
        json.writeStartObject();
        json.writeStringField("intervention", carried.getIntervention());
        json.writeStringField("name", carried.getName());
        json.writeNumberField("size", carried.getNeuronsCount());
        json.writeNumberField("trials", carried.getTrialsCount());
        writeDouble(json, "correlation", carried.getCorrelation());
        writeDouble(json, "r2", carried.getR2());
        writeDouble(json, "choiceAgreement", carried.getChoiceAgreement());
        int points = Math.min(carried.getPredictedCount(), carried.getObservedCount());
        int first = Math.max(0, points - SHOWN_TRIALS);
        writeDoubles(json, "predicted", carried.getPredictedList().subList(first, points));
        writeDoubles(json, "observed", carried.getObservedList().subList(first, points));
        json.writeEndObject();
    }

    /** The newest request, and how many trials a rig has perturbed for it. */
    void writeRequest(JsonGenerator json) throws IOException {
        json.writeObjectField("intervention", state.request().orElseThrow());
    }

    boolean hasAnalysis() {
        return analysis != null;
    }

    boolean hasInactivations() {
        return inactivations != null;
    }

    boolean hasRequest() {
        return state.request().isPresent();
    }

    private static void writeStrings(JsonGenerator json, String field, List<String> values) throws IOException {
        json.writeArrayFieldStart(field);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }

    private static void writeDoubles(JsonGenerator json, String field, List<Double> values) throws IOException {
        json.writeArrayFieldStart(field);
        for (double value : values) {
            writeNumber(json, value);
        }
        json.writeEndArray();
    }

    private static void writeDouble(JsonGenerator json, String field, double value) throws IOException {
        json.writeFieldName(field);
        writeNumber(json, value);
    }

    /** As a float, whose digits are enough to draw. JSON has neither NaN nor infinity: null, which the page leaves out. */
    private static void writeNumber(JsonGenerator json, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumber((float) value);
        } else {
            json.writeNull();
        }
    }
}
