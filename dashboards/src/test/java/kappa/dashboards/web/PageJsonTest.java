package kappa.dashboards.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import org.junit.jupiter.api.Test;

/** Records as the page reads them. */
class PageJsonTest {

    record Part(String name, double time, double score, double[] curve, Integer missing) {}

    @Test
    void shouldWriteWhatJsonCannotSayAsNullAndLeaveOutWhatIsMissing() throws JsonProcessingException {
        Part part = new Part("a", 1_700_000_000.123, Double.NaN, new double[]{0.1, Double.POSITIVE_INFINITY, 1e300},
                null);
        assertThat(PageJson.MAPPER.writeValueAsString(part))
                .isEqualTo("{\"name\":\"a\",\"time\":1.700000000123E9,\"score\":null,\"curve\":[0.1,null,null]}");
    }
}
