package kappa.dashboards.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.session.SessionDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What programs send of a session in JSON. */
class SessionBodiesTest {

    private static final int INPUTS_IN_CI = 4_000;
    private static final long MAX_ALLOCATED = 64L << 20;

    private static final SessionDescription SESSION = SessionPublisher.begin(new RecordingDescription(
            List.of("a", "b", "c"), 0.02, List.of("go"), List.of("hand"), Observation.COUNTS, true, List.of("delay"),
            "a test", Optional.empty()), "s", FitSettings.of(1, 1)).description();

    private static SessionBodies.Header header(String json) {
        return StrictJson.read(json, SessionBodies.Header.class);
    }

    @Test
    void shouldReadABin() {
        SessionBodies.Bins read = SessionBodies.bins(SESSION, List.of(
                "{\"bin\":7,\"counts\":[1,null,2],\"inputs\":[0.5],\"trial\":3,\"phase\":\"delay\",\"rig_time\":1.5,"
                        + "\"silenced\":[2],\"intervention\":\"i-1\"}",
                "{\"counts\":[1,1,1],\"inputs\":[0],\"behavior\":[2],\"trial\":3,\"trial_end\":true,\"end\":true}"));
        assertThat(read.first()).hasValue(7);
        assertThat(read.end()).isTrue();
        RecordedBin bin = read.bins().getFirst();
        assertThat(bin.activity).containsExactly(1, Float.NaN, 2);
        assertThat(bin.inputs).containsExactly(0.5f);
        assertThat(bin.behavior).as("not given is not known").containsExactly(Float.NaN);
        assertThat(bin.trial).isEqualTo(3);
        assertThat(bin.phase).isEqualTo(1);
        assertThat(bin.rigTimeNs).isEqualTo(1_500_000_000L);
        assertThat(bin.silenced.cardinality()).isEqualTo(1);
        assertThat(read.bins().get(1).trialEnd).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"counts\":[1,2],\"trial\":0,\"inputs\":[0]}|counts has 2 numbers, expected 3.",
        "{\"counts\":[1,2,-1],\"trial\":0,\"inputs\":[0]}|counts[2] is -1.0, expected a whole number from 0.",
        "{\"counts\":[1,2,1e300],\"trial\":0,\"inputs\":[0]}|counts[2] is 1.0E300, expected a whole number from 0.",
        "{\"counts\":[1,2,\"3\"],\"trial\":0,\"inputs\":[0]}|expected a list of numbers.",
        "{\"values\":[1,2,3],\"trial\":0,\"inputs\":[0]}|observes counts, expected counts.",
        "{\"counts\":[1,2,3],\"inputs\":[0]}|trial is missing, expected a whole number",
        "{\"counts\":[1,2,3],\"trial\":0}|inputs has 0 numbers, expected 1.",
        "{\"counts\":[1,2,3],\"trial\":0,\"inputs\":[null]}|inputs[0] is null, expected a number.",
        "{\"counts\":[1,2,3],\"trial\":0,\"inputs\":[0],\"phase\":\"go\"}|phase is go, expected one of delay.",
        "{\"counts\":[1,2,3],\"trial\":0,\"inputs\":[0],\"silenced\":[3]}|silenced holds 3, expected 0 to 2.",
        "{\"counts\":[1,2,3],\"trial\":0,\"inputs\":[0],\"count\":1}|The field count is unknown, expected bin, counts",
        "[]|The request is not a JSON object.", "nonsense|The request is not JSON."})
    void shouldSayInOneSentenceWhatIsWrong(String bin, String message) {
        assertThatThrownBy(() -> SessionBodies.bins(SESSION, List.of(bin))).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldSayWhichBinIsWrong() {
        String good = "{\"counts\":[1,2,3],\"trial\":0,\"inputs\":[0]}";
        assertThatThrownBy(() -> SessionBodies.bins(SESSION, List.of(good, "{}")))
                .hasMessage("Bin 2 of the request: counts is missing, expected a list of numbers.");
        assertThatThrownBy(() -> SessionBodies.bins(SESSION, List.of("{\"end\":true}", good)))
                .hasMessage("Bin 2 of the request: It comes after the end.");
        assertThatThrownBy(() -> SessionBodies.bins(SESSION, List.of(good, good.replace("{", "{\"bin\":3,"))))
                .hasMessageContaining("expected bins that follow one another");
    }

    @Test
    void shouldReadAHeaderWithNumbersOrNames() {
        SessionBodies.Header header = header(
                "{\"neurons\":2,\"bin_width\":0.02,\"inputs\":[\"go\"],\"rank\":1,\"tau\":0.05}");
        assertThat(header.description().neurons()).containsExactly("unit 0", "unit 1");
        assertThat(header.description().inputs()).containsExactly("go");
        assertThat(header.description().observation()).isEqualTo(Observation.COUNTS);
        assertThat(header.fit().rank()).isEqualTo(1);
        assertThat(header.fit().timeConstantS()).isEqualTo(0.05);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"bin_width\":0.02}|neurons is missing, expected a number or a list of names.",
        "{\"neurons\":3}|bin_width is missing, expected seconds.",
        "{\"neurons\":1e9,\"bin_width\":0.02}|neurons is 1.0E9, expected a number or a list of names, at most 100000.",
        "{\"neurons\":[1],\"bin_width\":0.02}|neurons is [1], expected a number or a list of names",
        "{\"neurons\":3,\"bin_width\":0.02,\"observation\":\"lfp\"}|observation is lfp, expected counts, rates or currents."})
    void shouldSayWhatIsWrongWithAHeader(String json, String message) {
        assertThatThrownBy(() -> header(json).description()).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldReadOrRefuseWhateverIsSent() {
        Fuzzer.Report report = new Fuzzer("bins over HTTP", MAX_ALLOCATED)
                .tokens("counts", "values", "inputs", "trial", "null", "true", "end", "bin", "neurons", "bin_width")
                .once(("{\"counts\":[" + "1,".repeat(SessionRoutes.MAX_JSON_BYTES / 2 - 20) + "1]}").getBytes(UTF_8))
                .once("[".repeat(SessionRoutes.MAX_JSON_BYTES).getBytes(UTF_8))
                .seed("{\"bin\":0,\"counts\":[1,null,2],\"inputs\":[0.5],\"trial\":3,\"phase\":\"delay\",\"rig_time\":1}"
                        .getBytes(UTF_8))
                .seed("{\"neurons\":[\"a\"],\"bin_width\":0.02,\"inputs\":2,\"rank\":1,\"phases\":[\"x\"]}"
                        .getBytes(UTF_8))
                .run(INPUTS_IN_CI, bytes -> {
                    String text = new String(bytes, UTF_8);
                    try {
                        if (text.contains("neurons")) {
                            header(text).description();
                        } else {
                            SessionBodies.bins(SESSION, text.lines().toList());
                        }
                        return null;
                    } catch (InvalidInputException e) {
                        assertThat(e.getMessage()).hasSizeLessThan(500).doesNotContain("\n");
                        return e.getMessage();
                    }
                });
        assertThat(report.accepted()).isPositive();
    }
}
