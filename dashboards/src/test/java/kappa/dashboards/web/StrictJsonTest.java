package kappa.dashboards.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What strangers send becomes a record, or one sentence. */
class StrictJsonTest {

    record Wish(String name, Integer firstBin, Double seconds, Boolean pause, List<Integer> neurons,
            List<String> ids) {}

    @Test
    void shouldReadFieldsByTheirNamesAndLeaveOutWhatIsNotGiven() {
        assertThat(StrictJson.read("{\"first_bin\":3,\"seconds\":2,\"neurons\":[1,2]}", Wish.class))
                .isEqualTo(new Wish(null, 3, 2.0, null, List.of(1, 2), null));
        assertThat(StrictJson.read("{}", Wish.class)).isEqualTo(new Wish(null, null, null, null, null, null));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            nonsense|The request is not JSON.
            [1]|The request is not a JSON object.
            {"first": 1}|The field first is unknown, expected name, first_bin, seconds, pause, neurons, ids.
            {"first_bin": 1.5}|first_bin is 1.5, expected a whole number.
            {"first_bin": "1"}|first_bin is "1", expected a whole number.
            {"first_bin": 2147483648}|first_bin is 2147483648, expected a whole number.
            {"seconds": "1"}|seconds is "1", expected a number.
            {"pause": 1}|pause is 1, expected true or false.
            {"neurons": [0, "1"]}|neurons is [0,"1"], expected a list of whole numbers.
            {"name": 1}|name is 1, expected a text.
            {"ids": ["a", 1]}|ids is ["a",1], expected a list of texts.
            {"name": {}}|name is {}, expected a text.
            """)
    void shouldSayInOneSentenceWhatDoesNotFit(String text, String told) {
        assertThatThrownBy(() -> StrictJson.read(text, Wish.class)).isInstanceOf(InvalidInputException.class)
                .hasMessage(told);
    }

    @Test
    void shouldBoundWhatItRepeats() {
        assertThatThrownBy(() -> StrictJson.read("{\"first_bin\":\"" + "x".repeat(5_000) + "\"}", Wish.class))
                .message().hasSizeLessThan(300);
    }
}
