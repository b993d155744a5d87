package kappa.dashboards.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A page's question in JSON. */
class PageQuestionTest {

    @Test
    void shouldTakeWhatIsMissingForTheDefaultsAndKeepToItsLimits() {
        assertThat(PageQuestion.parse("{}"))
                .isEqualTo(new PageQuestion(null, false, -1, 20, 800, List.of(), null, null, null, "", false));
        assertThat(PageQuestion.parse("{\"session\":\"s\",\"resync\":true,\"since\":-7,\"window\":1e9,\"width\":1,"
                + "\"neurons\":[\"a\"],\"axes\":[\"m\"],\"set\":\"odd\",\"events\":\"trial\",\"of\":\"a\",\"table\":true}"))
                .isEqualTo(new PageQuestion("s", true, -1, 86_400, 50, List.of("a"), List.of("m"), "odd", "trial", "a",
                        true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "[]", "{\"window\":0}", "{\"neurons\":[1]}", "{\"neurons\":[null]}",
        "{\"axes\":[\"a\",\"b\",\"c\"]}", "{\"neurons\":[1,2,3,4,5,6,7,8,9]}", "{\"unknown\":1}"})
    void shouldSayInOneLineWhatIsNoQuestion(String text) {
        assertThatThrownBy(() -> PageQuestion.parse(text)).isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("request: ").message().hasLineCount(1);
    }
}
