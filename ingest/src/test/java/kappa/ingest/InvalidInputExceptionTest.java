package kappa.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InvalidInputExceptionTest {

    /** Names come out of files that anybody may have written. */
    @Test
    void shouldBeOneLineThatControlsNoTerminal() {
        String name = "hand\n\u001b[2J\r\u009b31m\u2028\u202eµ\u2067 κ";
        assertThat(new InvalidInputException("a.nwb: series " + name))
                .hasMessage("a.nwb: series hand  [2J  31m  µ  κ");
        assertThat(new InvalidInputException("a.nwb: series " + name, new IllegalStateException()).getMessage())
                .isEqualTo("a.nwb: series hand  [2J  31m  µ  κ");
    }
}
