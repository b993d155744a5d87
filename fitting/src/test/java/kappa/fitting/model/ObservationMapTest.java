package kappa.fitting.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;

class ObservationMapTest {

    private static final LowRankNetwork NETWORK = new LowRankNetwork(2, 1, 1, 0.2, new float[]{0.5f, -1},
            new float[]{1, 1}, new float[]{0.25f, 2}, new float[]{0.1f, -0.2f});
    private static final float[] GAIN = {2, 3};
    private static final float[] OFFSET = {0, 0.5f};

    private static double predicted(Observation kind) {
        float[] offset = kind == Observation.COUNTS ? new float[2] : OFFSET;
        return KernelModel.of(NETWORK, kind, GAIN, offset, new float[2]).predict(1, k -> 2, s -> 0.5);
    }

    @Test
    void shouldPredictOneNeuronsActivityForEachKind() {
        double x = -1 * 2 + 2 * 0.5;
        double rate = LowRankNetwork.phi(x - 0.2f);

        assertThat(predicted(Observation.COUNTS)).isCloseTo(3 * (1 + rate), within(1e-12));
        assertThat(predicted(Observation.RATES)).isCloseTo(3 * rate + 0.5, within(1e-12));
        assertThat(predicted(Observation.CURRENTS)).isCloseTo(3 * x + 0.5, within(1e-12));
    }

    @Test
    void shouldKeepTheFunctionsOfTheGainUpToDate() {
        ObservationMap map = ObservationMap.plain(Observation.COUNTS, 2);

        map.gain()[1] = 4;
        map.gainsChanged();

        assertThat(map.logTwiceGain()[1]).isEqualTo((float) Math.log(8));
        assertThat(map.inverseGain()[1]).isEqualTo(0.25f);
    }

    @Test
    void shouldTurnRatesIntoMeanCounts() {
        ObservationMap map = ObservationMap.of(Observation.COUNTS, GAIN, new float[2], new float[2]);
        float[] rates = {-1, 0.5f};

        map.countsOfRates(rates);

        assertThat(rates).containsExactly(0, 4.5f);
    }
}
