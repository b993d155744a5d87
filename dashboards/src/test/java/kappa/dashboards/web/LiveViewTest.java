package kappa.dashboards.web;

import static kappa.dashboards.web.Folded.fold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Carried;
import kappa.ingest.wire.ConditionEffect;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.LimitCycle;
import kappa.ingest.wire.Masks;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.NumberOfPopulations;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Polyline;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.Populations;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.SilencedSet;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What the page is told, from messages folded directly. */
class LiveViewTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long NOW = 1_800_000_000L * SECOND;

    private final AtomicLong clock = new AtomicLong(NOW);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LiveView view = new LiveView(meters, clock::get, clock::get);

    @Test
    void shouldCountABinThatIsPublishedAgainOnceAndKeepTheLast() throws Exception {
        fold(view, header("s", 2, Observation.RATES));
        fold(view, latents("s", 0, 1f, 2f, 3f));
        fold(view, latents("s", 1, 7f, 8f));
        JsonNode frame = ask(new PageClient(view, false), -1);
        assertThat(frame.at("/status/counters/latents").asInt()).isEqualTo(3);
        assertThat(numbers(frame.at("/trace/kappa/0"))).containsExactly(1, 7, 8);
        assertThat(frame.at("/now/kappa/0").asDouble()).isEqualTo(8);
    }

    @Test
    void shouldShowTheScoresThatTheNewestModelWasPublishedWith() throws Exception {
        for (boolean trials : new boolean[]{true, false}) {
            String id = "s" + trials;
            fold(view, header(id, 2, Observation.RATES).toBuilder().setTrials(trials).build());
            fold(view, latents(id, 0, 1f));
            fold(view, model(id).setQuality(FitQuality.newBuilder().setFirstTrial(2).addAllOneStep(List.of(.25, .5))
                    .addAllFreeRun(List.of(.125, .25))).build());
            JsonNode frame = new JsonMapper().readTree(new PageClient(view, false)
                    .answer(new PageQuestion(id, true, -1, 0.75, 800, List.of(), null, null, null, "", false)));
            assertThat(frame.at("/quality/unit").asText()).isEqualTo("r2");
            assertThat(frame.at("/quality/before").asInt()).isEqualTo(2);
            assertThat(numbers(frame.at("/quality/oneStep"))).containsExactly(0.25, 0.5);
            assertThat(numbers(frame.at("/quality/freeRun"))).containsExactly(0.125, 0.25);
            assertThat(frame.at("/status/trials").asInt()).as("seen, or learned from").isEqualTo(trials ? 1 : 4);
        }
    }

    @Test
    void shouldShowWhatLookedWrongAndWhatTheScoresDoNotMean() throws Exception {
        fold(view, header("s", 2, Observation.RATES).toBuilder().addWarnings("bins are 20 s wide").build());
        fold(view, latents("s", 0, 1f));
        fold(view, model("s").setQuality(FitQuality.newBuilder().addOneStep(0).addFreeRun(0).addSmoothed(0)
                .addWarnings("counts overlap")).setFinal(true).build());
        JsonNode frame = ask(new PageClient(view, false), -1);
        assertThat(frame.at("/header/warnings")).singleElement().matches(line -> line.asText().contains("20 s wide"));
        assertThat(frame.at("/quality/doubts/0").asText()).isEqualTo("counts overlap");
        assertThat(frame.at("/quality/doubts/1").asText()).startsWith("one trial: nothing was scored");
    }

    @Test
    void shouldShowWhatIsFoundWhileARigStreams() throws Exception {
        SessionHeader header = header("s", 2, Observation.RATES);
        fold(view, header);
        fold(view, latents("s", 0, 1f));
        assertThat(ask(new PageClient(view, false), -1).at("/header/warnings")).isEmpty();
        fold(view, header.toBuilder().addWarnings("after 60 s: no spike").build());
        JsonNode next = ask(new PageClient(view, false), -1);
        assertThat(next.at("/header/warnings/0").asText()).isEqualTo("after 60 s: no spike");
    }

    @Test
    void shouldPredictEachObservationWithTheNewestModel() {
        // x = m kappa + w v = 0.5 * 2 + 2 * 0.25 = 1.5; with b = -0.5 inside tanh.
        double[] expected = {3 * (1 + Math.tanh(1)), 3 * Math.tanh(1) + 0.5, 3 * 1.5 + 0.5};
        Observation[] observations = {Observation.COUNTS, Observation.RATES, Observation.CURRENTS};
        for (int o = 0; o < 3; o++) {
            String id = "s" + o;
            fold(view, header(id, 1, observations[o]).toBuilder().addInputChannels("u").build());
            fold(view, Latents.newBuilder().setSchemaVersion(1).setSession(id)
                    .addBins(LatentBin.newBuilder().addKappa(2).addCovariance(0.01f).addV(0.25f).addInputs(1))
                    .build());
            fold(view, ModelSnapshot.newBuilder().setSchemaVersion(1).setSession(id).setVersion(1).setNeurons(1)
                    .setRank(1).setInputs(1).setAlpha(0.5).addM(0.5f).addN(1).addW(2).addB(-0.5f).addGain(3)
                    .addOffset(observations[o] == Observation.COUNTS ? 0 : 0.5f).addNoise(1)
                    .setObservation(observations[o]).build());
            // float32 on the wire
            assertThat(view.session(id).traces().predicted(0, 0)).isCloseTo(expected[o], within(1e-6));
        }
        assertThat(view.session("s0").traces().predicted(0, 1)).isNaN();
    }

    @Test
    void shouldReportLagRateAgeAndLatency() throws Exception {
        fold(view, header("s", 2, Observation.COUNTS));
        for (int t = 0; t < 100; t++) {
            fold(view, activity("s", t, 1, 0), NOW);
        }
        for (int t = 0; t < 60; t++) {
            // 59 bins after 3 ms, one after 400 ms
            long latencyNs = t == 30 ? 400_000_000 : 3_000_000;
            fold(view, latents("s", t, 0f).toBuilder().setActivityUnixNs(NOW - latencyNs).setPublishedUnixNs(NOW)
                    .build());
        }
        clock.set(NOW + 700_000_000);
        JsonNode status = ask(new PageClient(view, false), -1).at("/status");
        assertThat(status.at("/lag").asInt()).isEqualTo(40);
        assertThat(status.at("/binsPerSecond").asDouble()).isEqualTo(30); // 60 bins in the last 2 s
        assertThat(status.at("/ageMs").asDouble()).isCloseTo(703, within(1.0));
        // Two significant digits are kept.
        assertThat(status.at("/latencyMs/0").asDouble()).isCloseTo(3, within(0.03));
        assertThat(status.at("/latencyMs/2").asDouble()).isCloseTo(400, within(4.0));
        clock.set(NOW + 10 * SECOND);
        assertThat(ask(new PageClient(view, false), -1).at("/status/binsPerSecond").asDouble()).isZero();
    }

    @Test
    void shouldSayWhyThePipelineDoesNotGoOn() throws Exception {
        AtomicReference<String> failure = new AtomicReference<>("");
        LiveView failing = new LiveView(meters, clock::get, clock::get, failure::get);
        assertThat(ask(new PageClient(failing, false), -1).at("/failure").asText()).isEmpty();
        failure.set("session s: learning has given no sign for 4 s");
        assertThat(ask(new PageClient(failing, false), -1).at("/failure").asText()).isEqualTo(failure.get());
    }

    @Test
    void shouldTellWhatLearningLeftOutInAllAndLately() throws Exception {
        fold(view, header("s", 2, Observation.COUNTS));
        long[][] snapshots = {{0, 25, 0}, {10, 50, 50}, {45, 75, 150}}; // seconds, steps made, steps shed
        for (int version = 0; version < snapshots.length; version++) {
            fold(view, model("s").setVersion(version + 1L).setPublishedUnixNs(NOW + snapshots[version][0] * SECOND)
                    .setSteps(snapshots[version][1]).setStepsShed(snapshots[version][2]).build());
        }
        JsonNode status = ask(new PageClient(view, false), -1).at("/status");
        assertThat(status.at("/counters/steps_shed").asInt()).isEqualTo(150);
        // The first one is more than half a minute old.
        assertThat(status.at("/model/stepsShedLately").asInt()).isEqualTo(100);
        assertThat(status.at("/model/stepsLately").asInt()).isEqualTo(25);
    }

    @Test
    void shouldNotBlameTheRigForBinsThatThePageWasTooSlowFor() throws Exception {
        fold(view, header("s", 2, Observation.COUNTS));
        fold(view, latents("s", 0, 1f, 2f));
        view.skip(new TopicPartition(Topics.LATENTS, 1), 7);
        view.skip(new TopicPartition(Topics.LATENTS, 0), 98);
        fold(view, latents("s", 100, 3f));
        JsonNode status = ask(new PageClient(view, false), -1).at("/status");
        assertThat(status.at("/counters/bins_skipped").asInt()).isEqualTo(98);
        assertThat(status.at("/counters/bins_missing").asInt()).isZero();
        assertThat(meters.counter("kappa.dashboards.records.skipped").count()).isEqualTo(105);
        fold(view, latents("s", 110, 3f));
        assertThat(ask(new PageClient(view, false), -1).at("/status/counters/bins_missing").asInt())
                .as("later, it was the rig")
                .isEqualTo(9);
    }

    @Test
    void shouldForgetAJumpedBinIndexWithTheNextRecord() {
        fold(view, header("s", 2, Observation.COUNTS));
        fold(view, activity("s", 0, 1, 0), NOW);
        fold(view, activity("s", 1_000_000_000_000L, 1, 0), NOW);
        fold(view, activity("s", 1, 1, 0), NOW);
        fold(view, latents("s", 0, 0f));
        assertThat(view.session("s").state().lag()).isEqualTo(1);
    }

    @Test
    void shouldCountRejectedRecordsByReasonAndThoseOfUnknownSessionsApart() throws Exception {
        fold(view, header("s", 2, Observation.COUNTS));
        fold(view, latents("s", 0, 0f));
        fold(view, rejected("s", Reason.NOT_FINITE, 3));
        fold(view, rejected("s", Reason.NOT_FINITE, 5));
        fold(view, rejected("s", Reason.NOT_FINITE, 3));
        fold(view, rejected("s", Reason.GAP, 9).toBuilder().setRecordUsed(true).setMissingFrom(1).setMissingBins(4)
                .build());
        fold(view, rejected("nobody's", Reason.UNKNOWN_SESSION, 11));
        JsonNode frame = ask(new PageClient(view, false), -1);
        JsonNode counters = frame.at("/status/counters");
        assertThat(counters.at("/rejected").asInt()).as("one that is rejected again counts once").isEqualTo(2);
        assertThat(counters.at("/rejected_by_reason").toString()).isEqualTo("{\"NOT_FINITE\":2}");
        assertThat(counters.at("/gaps").asInt()).isEqualTo(1);
        assertThat(counters.at("/bins_missing").asInt()).isEqualTo(4);
        assertThat(frame.at("/rejectedElsewhere").asInt()).isEqualTo(1);
    }

    @Test
    void shouldForgetTheLongestIdleSessionBeyondEightAndKnowItAgainWhenItWakesUp() {
        for (int s = 0; s < 20; s++) {
            fold(view, header("s" + s, 2, Observation.COUNTS).toBuilder().setCreatedUnixNs(NOW + s).build());
        }
        assertThat(view.sessions()).extracting(s -> s.description().session()).containsExactly("s19", "s18", "s17",
                "s16", "s15", "s14",
                "s13", "s12");
        fold(view, latents("s3", 0, 1f).toBuilder().setPublishedUnixNs(NOW + 100).build());
        assertThat(view.sessions()).hasSize(8).first().extracting(s -> s.description().session()).isEqualTo("s3");
        assertThat(view.session("s3").state().description().neurons()).hasSize(2);
        // An old bin of a forgotten session does not displace a newer one.
        fold(view, latents("s4", 0, 1f).toBuilder().setPublishedUnixNs(NOW).build());
        assertThat(view.session("s4")).isNull();
    }

    @Test
    void shouldChooseTheMostActiveNeuronsAndLeaveOutUnobservedBins() throws Exception {
        SessionHeader.Builder header = header("s", 6, Observation.COUNTS).toBuilder();
        fold(view, header.build());
        for (int t = 0; t < 300; t++) {
            Bin.Builder bin = Bin.newBuilder().addAllCounts(List.of(0, 5, 1, 9, 2, 7));
            if (t == 299) {
                bin.setUnobserved(com.google.protobuf.ByteString.copyFrom(new byte[]{0b1000})).setCounts(3, 0);
            }
            fold(view, Activity.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(t).addBins(bin).build(),
                    NOW);
            fold(view, latents("s", t, 0f));
        }
        JsonNode neurons = ask(new PageClient(view, false), -1).at("/neurons");
        assertThat(neurons.at("/ids").toString()).isEqualTo("[\"n1\",\"n3\",\"n4\",\"n5\"]");
        assertThat(neurons.at("/observed/1/298").asInt()).isEqualTo(9);
        assertThat(neurons.at("/observed/1/299").isNull()).isTrue();
    }

    @Test
    void shouldCountRecordsItCannotUse() {
        fold(view, header("s", 2, Observation.COUNTS));
        fold(view, latents("s", 0, 0f).toBuilder().setSchemaVersion(2).build());
        fold(view, latents("s", 0, 0f));
        fold(view, Latents.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(1)
                .addBins(LatentBin.newBuilder().addKappa(1).addKappa(2).addCovariance(1).addCovariance(1)
                        .addCovariance(1))
                .build());
        fold(view, model("s").clearM().build());
        assertThat(meters.counter("kappa.dashboards.records.unreadable").count()).isEqualTo(3);
        assertThat(view.session("s").state().counters().latents()).isEqualTo(1);
    }

    @Test
    void shouldKeepEveryPeakInTwoPointsPerBucket() {
        float[] series = new float[10_000];
        java.util.Random random = new java.util.Random(3);
        for (int t = 0; t < series.length; t++) {
            series[t] = (float) random.nextGaussian();
        }
        series[1_234] = 100;
        series[7_777] = -100;
        int stride = Decimation.stride(series.length, 400);
        Decimation points = new Decimation(0, series.length - 1, stride, b -> true);
        assertThat(points.bins().length).isLessThanOrEqualTo(2 * 400);
        float[] y = points.extremes(b -> series[(int) b]);
        assertThat(y).hasSize(points.bins().length).contains(100f, -100f);
        for (int p = 0; p + 1 < points.bins().length; p += 2) {
            float low = Float.MAX_VALUE;
            float high = -Float.MAX_VALUE;
            for (long b = points.bins()[p]; b <= points.bins()[p + 1]; b++) {
                low = Math.min(low, series[(int) b]);
                high = Math.max(high, series[(int) b]);
            }
            assertThat(new float[]{Math.min(y[p], y[p + 1]), Math.max(y[p], y[p + 1])}).containsExactly(low, high);
        }
        assertThat(points.maxima(b -> series[(int) b])).contains(100f);
    }

    @Test
    void shouldShowMissingBinsAsOneHole() {
        Decimation points = new Decimation(0, 9, 1, b -> b < 3 || b > 6);
        assertThat(points.extremes(b -> b)).containsExactly(0, 1, 2, Float.NaN, 7, 8, 9);
    }

    @Test
    void shouldGiveAPageThatStoppedAskingOneBoundedFrameAfterAHundredThousandBins() throws Exception {
        fold(view, header("s", 2, Observation.COUNTS));
        fold(view, latents("s", 0, 0f));
        view.news();
        PageClient page = new PageClient(view, false);
        page.answer(new PageQuestion(null, true, -1, 20, 800, List.of(), null, null, null, "", false));
        for (int t = 1; t <= 100_000; t++) {
            clock.addAndGet(1_000_000); // 1,000 bins a second for 100 s
            fold(view, latents("s", t, t % 1_000 == 0 ? 9f : 0f));
            view.news();
        }
        String text = page.answer(new PageQuestion(null, false, 0, 20, 800, List.of(), null, null, null, "", false));
        JsonNode frame = new JsonMapper().readTree(text);
        assertThat(frame.at("/now/bin").asInt()).isEqualTo(100_000);
        assertThat(frame.at("/trace/bins").size()).isLessThanOrEqualTo(2 * 800 + 2);
        assertThat(text.length()).isLessThan(100_000);
        assertThat(numbers(frame.at("/trace/kappa/0"))).contains(9.0);
        // 20 s of the 100 are in the window; of 100 s at 30 frames/s one was taken.
        assertThat(frame.at("/skipped").asLong()).isBetween(79_000L, 98_001L);
        assertThat(frame.at("/conflated").asLong()).isBetween(2_900L, 3_040L);
        assertThat(meters.counter("kappa.dashboards.frames.conflated").count())
                .isEqualTo(frame.at("/conflated").asDouble());
        assertThat(meters.counter("kappa.dashboards.frames").count()).isEqualTo(2);
    }

    @Test
    void shouldSendAPageThatKeepsPaceOnlyWhatIsNew() throws Exception {
        fold(view, header("s", 2, Observation.COUNTS));
        for (int t = 0; t < 500; t++) {
            fold(view, latents("s", t, 0f));
        }
        PageClient page = new PageClient(view, false);
        assertThat(ask(page, -1).at("/trace/bins").size()).isEqualTo(500);
        clock.addAndGet(LiveView.FRAME_NS);
        fold(view, latents("s", 500, 1f, 2f, 3f));
        view.news();
        JsonNode frame = new JsonMapper()
                .readTree(page
                        .answer(new PageQuestion(null, false, 499, 0.75, 800, List.of(), null, null, null, "", false)));
        assertThat(numbers(frame.at("/trace/kappa/0"))).containsExactly(1, 2, 3);
        assertThat(frame.at("/conflated").asLong()).isZero();
        assertThat(frame.has("header")).isFalse();
        assertThat(frame.at("/reset").asBoolean()).isFalse();
    }

    @Test
    void shouldFollowTheNewestSessionUnlessOneIsChosen() throws Exception {
        fold(view, header("old", 2, Observation.COUNTS).toBuilder().setCreatedUnixNs(NOW - 100 * SECOND).build());
        fold(view, header("new", 2, Observation.COUNTS).toBuilder().setCreatedUnixNs(NOW).build());
        fold(view, latents("new", 0, 1f));
        fold(view, latents("old", 0, 2f).toBuilder().setPublishedUnixNs(NOW + SECOND).build());
        PageClient page = new PageClient(view, false);
        assertThat(ask(page, -1).at("/session").asText()).isEqualTo("new");
        clock.addAndGet(LiveView.FRAME_NS);
        JsonNode chosen = new JsonMapper()
                .readTree(page
                        .answer(new PageQuestion("old", false, 0, 0.75, 800, List.of(), null, null, null, "", false)));
        assertThat(chosen.at("/reset").asBoolean()).isTrue();
        assertThat(numbers(chosen.at("/trace/kappa/0"))).containsExactly(2);
    }

    // --------------------------------------------------------------------------------------------------- mechanism

    @Test
    void shouldSendTheMechanismOnlyWhenItHasChangedAndNotTooOften() throws Exception {
        withBins("s");
        fold(view, analysis("s", 1).build());
        fold(view, inactivations("s", 1).build());
        PageClient page = new PageClient(view, false);
        assertThat(asked(page, "m", "a").has("analysis")).isTrue();
        JsonNode same = asked(page, "m", "a");
        assertThat(same.has("analysis") || same.has("inactivations") || same.has("loadings")).isFalse();
        fold(view, analysis("s", 2).build());
        assertThat(asked(page, "m", "a").has("analysis")).as("33 ms after the last").isFalse();
        clock.addAndGet(SECOND / 5);
        assertThat(asked(page, "m", "a").at("/analysis/modelVersion").asInt()).isEqualTo(2);
        assertThat(asked(page, "m", "b").at("/inactivations/set").asText()).as("another choice, at once")
                .isEqualTo("b");
        fold(view, analysis("s", 1).build());
        clock.addAndGet(SECOND / 5);
        assertThat(asked(page, "m", "b").has("analysis")).as("an older one").isFalse();
    }

    @Test
    void shouldShowThePublishedEigenvaluesOfTheOriginAndComputeNoneThatAreMissing() throws Exception {
        withBins("s");
        fold(view, analysis("s", 1).addAllJacobianAtOrigin(List.of(0.5, 0., 0., -3.))
                .addConditions(Phase.newBuilder().setInput("none").addAllOriginEigenvaluesRe(List.of(0.5, -3.))
                        .addAllOriginEigenvaluesIm(List.of(0., 0.)))
                .addConditions(Phase.newBuilder().setInput("u").addAllOriginEigenvaluesRe(List.of(-1., -1.))
                        .addAllOriginEigenvaluesIm(List.of(2., -2.)))
                .addConditions(Phase.newBuilder().setInput("old").addAllEffectiveOverlaps(List.of(0., -2., 2., 0.)))
                .build());
        JsonNode conditions = asked(new PageClient(view, false), null, null).at("/analysis/conditions");
        assertThat(numbers(conditions.at("/0/origin/re"))).containsExactly(0.5, -3);
        assertThat(numbers(conditions.at("/1/origin/re"))).containsExactly(-1, -1);
        assertThat(numbers(conditions.at("/1/origin/im"))).containsExactly(2, -2);
        assertThat(conditions.at("/2/origin/re")).isEmpty();
    }

    @Test
    void shouldSendCyclesNullclinesAndPopulations() throws Exception {
        withBins("s");
        fold(view, analysis("s", 1).addConditions(Phase.newBuilder().setInput("none").setComplete(true)
                .addLimitCycles(
                        LimitCycle.newBuilder().setPeriod(7).setStable(true).addAllOrbit(List.of(1., 0., 0., 1.)))
                .addNullclines(Polyline.newBuilder().setDimension(1).addAllPoints(List.of(0., 0., 1., 1.)))).build());
        JsonNode analysis = asked(new PageClient(view, false), null, null).at("/analysis");
        JsonNode none = analysis.at("/conditions/0");
        assertThat(none.at("/cycles/0/period").asDouble()).isEqualTo(7);
        assertThat(none.at("/cycles/0/stable").asBoolean()).isTrue();
        assertThat(numbers(none.at("/cycles/0/orbit"))).containsExactly(1, 0, 0, 1);
        assertThat(none.at("/nullclines/0/dimension").asInt()).isEqualTo(1);
        assertThat(none.at("/complete").asBoolean()).isTrue();
        assertThat(analysis.at("/populations/list/1/name").asText()).isEqualTo("odd");
        assertThat(analysis.at("/populations/numbers/0/stability").asDouble()).isEqualTo(0.5);
    }

    @Test
    void shouldSendTwoLoadingVectorsOfAtMostTwoThousandNeuronsWithTheirPopulations() throws Exception {
        int neurons = 5_000;
        withBins("s");
        ModelSnapshot.Builder model = ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("s").setVersion(6)
                .setAlpha(0.1).setNeurons(neurons).setRank(1).setInputs(1).addInputChannels("motion");
        Population.Builder even = Population.newBuilder().setName("even");
        for (int i = 0; i < neurons; i++) {
            model.addM(i).addN(2 * i).addW(3 * i).addB(0).addGain(1);
            if (i % 2 == 0) {
                even.addNeurons(i);
            }
        }
        fold(view, model.build());
        fold(view, Analysis.newBuilder().setSchemaVersion(1).setSession("s").setModelVersion(3)
                .setPopulations(Populations.newBuilder().addPopulations(even)).build());
        PageClient page = new PageClient(view, false);
        JsonNode loadings = asked(page, "motion", null).at("/loadings");
        assertThat(loadings.at("/every").asInt()).isEqualTo(3);
        assertThat(loadings.at("/values/0").size()).isEqualTo(1_667).isLessThanOrEqualTo(LoadingsPart.SHOWN_NEURONS);
        assertThat(strings(loadings.at("/vectors"))).containsExactly("m", "n", "motion");
        assertThat(strings(loadings.at("/axes"))).containsExactly("motion", "n");
        // Neuron 3, in no population, and neuron 6, in the first.
        assertThat(loadings.at("/values/0/1").asInt()).isEqualTo(9);
        assertThat(loadings.at("/values/1/1").asInt()).isEqualTo(6);
        assertThat(loadings.at("/population/1").asInt()).isEqualTo(-1);
        assertThat(loadings.at("/population/2").asInt()).isZero();
        assertThat(strings(asked(page, "gone", null).at("/loadings/axes"))).containsExactly("m", "n");
        assertThat(asked(page, null, null).has("loadings")).as("while the scatter does not show").isFalse();
    }

    @Test
    void shouldSendTracesOfTheChosenSetAndTheClosedLoopOfAll() throws Exception {
        withBins("s");
        fold(view, inactivations("s", 1).build());
        JsonNode all = asked(new PageClient(view, false), null, "b").at("/inactivations");
        assertThat(all.at("/sets")).hasSize(2);
        assertThat(all.at("/set").asText()).isEqualTo("b");
        assertThat(numbers(all.at("/conditions/0/intact/0"))).containsExactly(1, 2);
        // kappa [T,K] by its columns
        assertThat(numbers(all.at("/conditions/0/intact/1"))).containsExactly(10, 30);
        assertThat(numbers(all.at("/conditions/0/intact/2"))).containsExactly(20, 40);
        assertThat(all.at("/carried/0/trials").asInt()).isEqualTo(2);
        assertThat(all.at("/carried/0/correlation").isNull()).as("NaN below three trials").isTrue();
        assertThat(numbers(all.at("/carried/0/observed"))).containsExactly(0.5, -0.5);
        JsonNode elsewhere = asked(new PageClient(view, false), null, null).at("/inactivations");
        assertThat(elsewhere.has("conditions")).as("while no traces show").isFalse();
        assertThat(elsewhere.at("/carried")).hasSize(1);
    }

    @Test
    void shouldShadeSilencedBinsAndCountPerturbedTrialsOnce() throws Exception {
        fold(view, header("s", 10, Observation.COUNTS));
        fold(view, Intervention.newBuilder().setSchemaVersion(1).setSession("s").setId("i-1").setName("a")
                .addNeurons(0).addNeurons(9).setTrials(5).build());
        for (int twice = 0; twice < 2; twice++) {
            for (int t = 0; t < 12; t++) {
                LatentBin.Builder bin = LatentBin.newBuilder().addKappa(0).addCovariance(1).setTrial(t / 4);
                if (t / 4 != 1 && t % 4 >= 2) {
                    bin.setSilenced(Masks.mask(10, List.of(0, 9))).setIntervention("i-1");
                }
                fold(view, Latents.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(t).addBins(bin)
                        .setActivityUnixNs(NOW).setPublishedUnixNs(NOW).build());
            }
        }
        JsonNode frame = asked(new PageClient(view, false), null, null);
        assertThat(frame.at("/trace/silenced").toString()).isEqualTo("[[0,0],[2,2],[4,0],[10,2]]");
        assertThat(frame.at("/intervention/perturbed").asInt()).isEqualTo(2);
        assertThat(frame.at("/intervention/id").asText()).isEqualTo("i-1");
        assertThat(frame.at("/intervention/every").asInt()).as("0 means 2").isEqualTo(2);
    }

    @Test
    void shouldNotLoseAShortPerturbationWhenThinning() throws Exception {
        fold(view, header("s", 2, Observation.COUNTS));
        for (int t = 0; t < 1_000; t++) {
            LatentBin.Builder bin = LatentBin.newBuilder().addKappa(0).addCovariance(1).setTrial(1);
            if (t == 555) {
                bin.setSilenced(Masks.mask(2, List.of(1)));
            }
            fold(view, Latents.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(t).addBins(bin).build());
        }
        JsonNode frame = new JsonMapper().readTree(new PageClient(view, false)
                .answer(new PageQuestion(null, true, -1, 1, 100, List.of(), null, null, null, "", false)));
        assertThat(frame.at("/trace/silenced").toString()).isEqualTo("[[0,0],[555,1],[560,0]]");
    }

    @Test
    void shouldPassOverARequestThatNoRigCouldObey() throws Exception {
        withBins("s");
        fold(view, Intervention.newBuilder().setSchemaVersion(1).setSession("s").setId("i-1").addNeurons(99)
                .setTrials(5).build());
        assertThat(asked(new PageClient(view, false), null, null).has("intervention")).isFalse();
    }

    @Test
    void shouldTellThePageWhetherItMayControl() throws Exception {
        assertThat(asked(new PageClient(view, false), null, null).at("/control").asBoolean()).isFalse();
        assertThat(asked(new PageClient(view, true), null, null).at("/control").asBoolean()).isTrue();
    }

    /** 33 ms later, without asking for anything again. */
    private JsonNode asked(PageClient page, String axis, String set) throws Exception {
        clock.addAndGet(LiveView.FRAME_NS);
        view.news();
        return new JsonMapper().readTree(page.answer(new PageQuestion(null, false, 0, 0.75, 800, List.of(),
                axis == null ? null : List.of(axis), set, null, "", false)));
    }

    private void withBins(String session) {
        fold(view, header(session, 2, Observation.RATES));
        fold(view, latents(session, 0, 1f));
        fold(view, model(session).build());
    }

    private static Analysis.Builder analysis(String session, long version) {
        return Analysis.newBuilder().setSchemaVersion(1).setSession(session).setModelVersion(version)
                .setPopulations(Populations.newBuilder()
                        .addPopulations(Population.newBuilder().setName("even").addNeurons(0))
                        .addPopulations(Population.newBuilder().setName("odd").addNeurons(1))
                        .addNumbers(
                                NumberOfPopulations.newBuilder().setPopulations(2).setEvidence(1).setStability(.5)));
    }

    private static Inactivations.Builder inactivations(String session, long version) {
        ConditionEffect.Builder effect = ConditionEffect.newBuilder().setName("left").setTrials(3)
                .addAllReadoutIntact(List.of(1., 2.)).addAllReadoutSilenced(List.of(3., 4.))
                .addAllKappaIntact(List.of(10., 20., 30., 40.)).addAllKappaSilenced(List.of(50., 60., 70., 80.));
        return Inactivations.newBuilder().setSchemaVersion(1).setSession(session).setModelVersion(version)
                .addSets(SilencedSet.newBuilder().setName("a").addNeurons(0).addConditions(effect))
                .addSets(SilencedSet.newBuilder().setName("b").addNeurons(1).addConditions(effect))
                .addCarried(Carried.newBuilder().setIntervention("i-1").addAllTrials(List.of(3L, 5L))
                        .addAllPredicted(List.of(1., -1.)).addAllObserved(List.of(.5, -.5)).setCorrelation(Double.NaN));
    }

    private static List<String> strings(JsonNode array) {
        List<String> values = new ArrayList<>();
        array.forEach(value -> values.add(value.asText()));
        return values;
    }

    // ------------------------------------------------------------------------------------------------------ messages

    private static JsonNode ask(PageClient page, long since) throws InterruptedException, IOException {
        return new JsonMapper()
                .readTree(page.answer(
                        new PageQuestion(null, true, since, 0.75, 800, List.of(), null, null, null, "", false)));
    }

    private static double[] numbers(JsonNode array) {
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asDouble();
        }
        return values;
    }

    private static SessionHeader header(String session, int neurons, Observation observation) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                .setBinWidthS(0.001).setTrials(true).setObservation(observation).setCreatedUnixNs(NOW)
                .setFit(FitSettings.newBuilder().setRank(1));
        for (int i = 0; i < neurons; i++) {
            header.addNeurons("n" + i);
        }
        return header.build();
    }

    private static Latents latents(String session, long firstBin, float... kappa) {
        Latents.Builder record = Latents.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(firstBin)
                .setActivityUnixNs(NOW).setPublishedUnixNs(NOW);
        for (float value : kappa) {
            record.addBins(LatentBin.newBuilder().addKappa(value).addCovariance(0.01f).setTrial(1));
        }
        return record.build();
    }

    private static Activity activity(String session, long bin, int... counts) {
        Bin.Builder built = Bin.newBuilder();
        for (int count : counts) {
            built.addCounts(count);
        }
        return Activity.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(bin).addBins(built).build();
    }

    private static ModelSnapshot.Builder model(String session) {
        return ModelSnapshot.newBuilder().setSchemaVersion(1).setSession(session).setVersion(5).setNeurons(2).setRank(1)
                .addAllM(List.of(1f, 1f)).addAllN(List.of(1f, 1f)).addAllB(List.of(0f, 0f))
                .addAllGain(List.of(1f, 1f)).setObservation(Observation.RATES);
    }

    private static Rejected rejected(String session, Reason reason, long offset) {
        return Rejected.newBuilder().setSchemaVersion(1).setSession(session).setReason(reason)
                .setTopic(Topics.ACTIVITY).setOffset(offset).build();
    }
}
