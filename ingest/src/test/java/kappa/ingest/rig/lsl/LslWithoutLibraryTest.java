package kappa.ingest.rig.lsl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.rig.lsl.LslRecording.Kind;
import kappa.ingest.rig.lsl.MarkerRules.Input;
import org.junit.jupiter.api.Test;

/** What of the connector needs no liblsl. */
class LslWithoutLibraryTest {

    @Test
    void shouldTellMarkersByPatternsOfTheWholeMarker() {
        MarkerRules rules = MarkerRules.parse("trial \\d+", "(end|abort)",
                List.of("go=go", "side=side (-?\\d+)/side none", "path=a\\/b/c\\/d"));
        assertThat(rules.trials()).isTrue();
        assertThat(rules.startsTrial("trial 12")).isTrue();
        assertThat(rules.startsTrial("trial 12 again")).isFalse();
        assertThat(rules.endsTrial("abort")).isTrue();
        Input go = rules.inputs().get(0);
        assertThat(go.value("go")).contains(1f);
        assertThat(go.value("going")).isEmpty();
        Input side = rules.inputs().get(1);
        assertThat(side.value("side -3")).contains(-3f);
        assertThat(side.value("side none")).contains(0f);
        Input path = rules.inputs().get(2);
        assertThat(path.value("a/b")).contains(1f);
        assertThat(path.value("c/d")).contains(0f);
    }

    @Test
    void shouldSayInOneLineWhatIsWrongWithARule() {
        assertThatThrownBy(() -> MarkerRules.parse(null, "end", List.of())).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("--trial-start");
        assertThatThrownBy(() -> MarkerRules.parse("(", null, List.of())).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("--trial-start is (");
        assertThatThrownBy(() -> MarkerRules.parse("a", null, List.of("=b"))).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("NAME=ON_REGEX");
        assertThatThrownBy(() -> MarkerRules.parse(null, null, List.of("a=b")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("OFF_REGEX");
        assertThatThrownBy(() -> Kind.named("frogs")).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("currents, rates, counts or spikes");
    }

    @Test
    void shouldReadLabelsOutOfADescriptionAndNothingOutOfOneThatIsHostile() {
        assertThat(labels("<info><desc><channels><channel><label> Fp1 </label><unit>uV</unit></channel>"
                + "<channel><label>µ2</label></channel></channels></desc></info>")).containsExactly("Fp1", "µ2");
        assertThat(labels("<info><desc /></info>")).isEmpty();
        assertThat(labels("<info><desc>")).isEmpty();
        assertThat(
                labels("<!DOCTYPE info [<!ENTITY a SYSTEM \"file:///etc/hostname\">]><info><desc><channels>"
                        + "<channel><label>&a;</label></channel></channels></desc></info>"))
                .isEmpty();
    }

    @Test
    void shouldWriteWholeNumbersWithoutAPoint() {
        assertThat(LslRecording.number(7)).isEqualTo("7");
        assertThat(LslRecording.number(-1)).isEqualTo("-1");
        assertThat(LslRecording.number(0.5)).isEqualTo("0.5");
        assertThat(LslRecording.number(Double.NaN)).isEqualTo("NaN");
    }

    @Test
    void shouldQuoteNamesForXPathWhateverQuotesTheyHold() {
        assertThat(StreamReader.quoted("EEG")).isEqualTo("'EEG'");
        assertThat(StreamReader.quoted("Ann's EEG")).isEqualTo("\"Ann's EEG\"");
    }

    private static List<String> labels(String xml) {
        return StreamXml.parse(xml).map(StreamXml::labels).orElse(List.of());
    }
}
