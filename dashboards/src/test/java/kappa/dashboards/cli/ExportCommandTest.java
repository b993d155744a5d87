package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.dashboards.app.Processing;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.Await;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Masks;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code export} of sessions that a pipeline has worked on, against what lies on the topics. The pipeline is started again in
 * the middle of the first one, before any checkpoint, so that each of its early bins was published twice.
 */
class ExportCommandTest {

    private static final int NEURONS = 6;
    private static final int TRIALS = 12;
    private static final int TRIAL_BINS = 20;
    private static final int BINS = TRIALS * TRIAL_BINS;
    private static final int GAP = 100;
    private static final int GAP_END = 103;
    private static final int LOST = 60;
    private static final int NEW_EPOCH = 120;
    private static final int SILENCED_TRIAL = 8;
    /** What a script ends with that has not found what it imports, and a program that there is not. */
    private static final int NO_PYTHON = 77;

    @TempDir
    static Path directory;

    private static final Queue<Throwable> FAILURES = new ConcurrentLinkedQueue<>();
    private static EmbeddedBroker broker;
    private static KafkaConnection connection;
    private static KafkaProducer<byte[], byte[]> producer;
    private static KafkaConsumer<byte[], byte[]> consumer;
    /** Everything on the topics so far. */
    private static final List<Latents> LATENTS = new ArrayList<>();
    private static final List<ModelSnapshot> MODELS = new ArrayList<>();
    private static final List<Analysis> ANALYSES = new ArrayList<>();
    private static final Map<String, Path> EXPORTED = new HashMap<>();

    @BeforeAll
    static void recordSessions() {
        broker = EmbeddedBroker.start(directory.resolve("data"), 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, 2);
        producer = new KafkaProducer<>(connection.producer());
        consumer = new KafkaConsumer<>(connection.consumer());
        List<TopicPartition> followed = Stream.of(Topics.LATENTS, Topics.MODELS, Topics.ANALYSES)
                .flatMap(topic -> IntStream.range(0, 2).mapToObj(p -> new TopicPartition(topic, p))).toList();
        consumer.assign(followed);
        consumer.seekToBeginning(followed);

        header("rough");
        send(Topics.INTERVENTIONS, "rough", Intervention.newBuilder().setSchemaVersion(1).setSession("rough")
                .setId("stim-1").setName("population 1").addNeurons(1).setTrials(1).build().toByteArray());
        header("clean");
        header("under-way");
        int half = BINS / 2 - 7;
        try (Processing first = new Processing(connection, "export", 1, FAILURES::add)) {
            for (int bin = 0; bin < half; bin++) {
                rough(bin);
            }
            await("kappa of the first half", () -> filtered("rough").size() >= half - 3 - (GAP_END - GAP));
            await("readiness", () -> first.readinessProblem() == null);
        }
        for (int bin = half; bin < BINS; bin++) {
            rough(bin);
        }
        for (int bin = 0; bin < BINS; bin++) {
            send("clean", bin, bin == BINS - 1, plain(bin, new Random(100 + bin)).build());
        }
        for (int bin = 0; bin < 5; bin++) {
            send("under-way", bin, false, plain(bin, new Random(bin)).build());
        }
        try (Processing second = new Processing(connection, "export", 1, FAILURES::add)) {
            await("the last models and their analyses", () -> Stream
                    .of("rough", "clean").allMatch(session -> MODELS.stream().anyMatch(model -> model
                            .getSession().equals(session) && model.getFinal()
                            && ANALYSES.stream().anyMatch(analysis -> analysis.getSession().equals(session)
                                    && analysis.getModelVersion() == model.getVersion())))
                    && filtered("under-way").size() == 5);
            await("readiness", () -> second.readinessProblem() == null);
        }
        assertThat(FAILURES).isEmpty();
    }

    @AfterAll
    static void stop() {
        producer.close();
        consumer.close();
        broker.close();
    }

    // ------------------------------------------------------------------ the rig

    private static void header(String session) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                .setBinWidthS(0.02).setObservation(Observation.COUNTS).setTrials(true).addInputChannels("light")
                .addBehaviorChannels("hand").addPhases("fixation").addPhases("décision").setOrigin("a \"test\"")
                .setFit(FitSettings.newBuilder().setRank(2).setSeed(3).setPacing(Pacing.LOCKSTEP).setStepsPerTrial(5));
        IntStream.range(0, NEURONS).forEach(i -> header.addNeurons("µ-unit " + i));
        send(Topics.SESSIONS, session, header.build().toByteArray());
    }

    private static Bin.Builder plain(int bin, Random random) {
        Bin.Builder out = Bin.newBuilder().setRigTimeNs(20_000_000L * (bin + 1)).setTrial(bin / TRIAL_BINS)
                .setPhase(bin % TRIAL_BINS < 15 ? 1 : 2).addInputs(bin / 10 % 2).addBehavior((float) Math.sin(bin));
        for (int i = 0; i < NEURONS; i++) {
            out.addCounts((int) (random.nextDouble() * (2 + Math.sin(bin / 4.0 + i))));
        }
        return out;
    }

    /** A bin of a rig that loses some, restarts, and repeats itself. */
    private static Bin rough(long bin, Random random) {
        Bin.Builder out = plain((int) bin, random)
                .setClock(
                        BinClock.newBuilder().setSample(600 * (bin + 1)).setHostUnixNs(1_700_000_000_000_000_000L + bin)
                                .setErrorNs(250_000).setEpoch(bin < NEW_EPOCH ? 0 : 1).setLost(bin == LOST ? 3 : 0));
        if (bin == LOST) {
            IntStream.range(0, NEURONS).forEach(i -> out.setCounts(i, 0));
            out.setUnobserved(Masks.mask(NEURONS, List.of(0, 1, 2, 3, 4, 5)));
        } else if (bin % 7 == 0) {
            out.setCounts(2, 0).setUnobserved(Masks.mask(NEURONS, List.of(2))).clearBehavior();
        }
        if (bin / TRIAL_BINS == SILENCED_TRIAL) {
            out.setSilenced(ByteString.copyFrom(new byte[]{0b10})).setIntervention("stim-1");
        }
        return out.build();
    }

    private static void rough(int bin) {
        if (bin >= GAP && bin < GAP_END) {
            return;
        }
        send("rough", bin, bin == BINS - 1, rough(bin, new Random(bin)));
        if (bin == 50) {
            send("rough", bin, false, rough(bin, new Random(-1)));
        }
    }

    private static void send(String session, long firstBin, boolean end, Bin bin) {
        send(Topics.ACTIVITY, session, Activity.newBuilder().setSchemaVersion(1).setSession(session)
                .setFirstBin(firstBin).addBins(bin).setEndOfSession(end).build().toByteArray());
    }

    private static void send(String topic, String session, byte[] value) {
        producer.send(new ProducerRecord<>(topic, session.getBytes(UTF_8), value));
    }

    // ------------------------------------------------------------------ the topics

    private static void await(String what, BooleanSupplier condition) {
        producer.flush();
        Await.until(what, () -> {
            assertThat(FAILURES).isEmpty();
            boolean holds = condition.getAsBoolean();
            if (!holds) {
                poll();
            }
            return holds;
        });
    }

    private static void poll() {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
            try {
                switch (record.topic()) {
                    case Topics.LATENTS -> LATENTS.add(Latents.parseFrom(record.value()));
                    case Topics.MODELS -> MODELS.add(ModelSnapshot.parseFrom(record.value()));
                    default -> ANALYSES.add(Analysis.parseFrom(record.value()));
                }
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** The last latents of each bin, by the topic itself. */
    private static TreeMap<Long, LatentBin> filtered(String session) {
        TreeMap<Long, LatentBin> bins = new TreeMap<>();
        for (Latents latents : LATENTS) {
            for (int t = 0; t < latents.getBinsCount() && latents.getSession().equals(session); t++) {
                bins.put(latents.getFirstBin() + t, latents.getBins(t));
            }
        }
        return bins;
    }

    private static List<ModelSnapshot> models(String session) {
        TreeMap<Long, ModelSnapshot> models = new TreeMap<>();
        MODELS.stream().filter(model -> model.getSession().equals(session))
                .forEach(model -> models.put(model.getVersion(), model));
        return List.copyOf(models.values());
    }

    private static Ran export(String session, Path out, String... more) {
        List<String> line = new ArrayList<>(List.of("export", "--session", session, "--out", out.toString(),
                "--bootstrap-servers", broker.bootstrapServers()));
        line.addAll(List.of(more));
        return Ran.run(line.toArray(String[]::new));
    }

    /** A session's file, of the format that its name ends with, which several tests read. */
    private static Path exported(String session, String ending) {
        return EXPORTED.computeIfAbsent(session + ending, name -> {
            Path out = directory.resolve(name);
            Ran ran = export(session, out);
            assertThat(ran.code()).as(ran.err()).isZero();
            return out;
        });
    }

    private static void shouldBeBitEqual(float[] found, Stream<Float> expected) {
        assertThat(IntStream.range(0, found.length).map(i -> Float.floatToRawIntBits(found[i])).toArray())
                .isEqualTo(expected.mapToInt(Float::floatToRawIntBits).toArray());
    }

    // ------------------------------------------------------------------ the file

    @Test
    void shouldHoldOneKappaForEachBinAndThatTheLastOnTheTopicToTheBit() {
        TreeMap<Long, LatentBin> latents = filtered("rough");
        long published = LATENTS.stream().filter(message -> message.getSession().equals("rough"))
                .mapToLong(Latents::getBinsCount).sum();
        assertThat(published).as("bins were published twice").isGreaterThan(latents.size());
        assertThat(latents).hasSize(BINS - (GAP_END - GAP));
        try (Npz npz = Npz.open(exported("rough", ".npz"))) {
            assertThat(npz.array("bin").longs()).isEqualTo(latents.keySet().stream().mapToLong(b -> b).toArray());
            assertThat(npz.array("kappa").shape()).containsExactly(latents.size(), 2);
            shouldBeBitEqual(npz.array("kappa").floats(), latents.values().stream()
                    .flatMap(bin -> bin.getKappaList().stream()));
            assertThat(npz.array("kappa_covariance").shape()).containsExactly(latents.size(), 2, 2);
            shouldBeBitEqual(npz.array("kappa_covariance").floats(), latents.values().stream()
                    .flatMap(bin -> Stream.of(0, 1, 1, 2).map(bin::getCovariance)));
            shouldBeBitEqual(npz.array("v").floats(),
                    latents.values().stream().flatMap(bin -> bin.getVList().stream()));
            assertThat(npz.array("prediction_error").doubles())
                    .isEqualTo(latents.values().stream().mapToDouble(LatentBin::getPredictionError).toArray());
            assertThat(Arrays.stream(npz.array("published_unix_ns").longs()).allMatch(at -> at > 0)).isTrue();
        }
    }

    @Test
    void shouldShowWhatWasNotObservedWhatNeverCameAndWhenEachBinWas() {
        try (Npz npz = Npz.open(exported("rough", ".npz"))) {
            long[] bins = npz.array("bin").longs();
            assertThat(bins).doesNotContain(GAP, GAP_END - 1).contains(GAP - 1, GAP_END);
            float[] counts = npz.array("counts").floats();
            float[] behavior = npz.array("behavior").floats();
            long[] sample = npz.array("clock/sample").longs();
            long[] epoch = npz.array("clock/epoch").longs();
            long[] lost = npz.array("clock/lost").longs();
            long[] host = npz.array("clock/host_unix_ns").longs();
            long[] error = npz.array("clock/error_ns").longs();
            long[] intervention = npz.array("intervention").longs();
            long[] silenced = npz.array("silenced").longs();
            for (int row = 0; row < bins.length; row++) {
                Bin bin = rough(bins[row], new Random(bins[row]));
                for (int i = 0; i < NEURONS; i++) {
                    Float expected = WireChecks.unobserved(bin, i) ? Float.NaN : (float) bin.getCounts(i);
                    assertThat((Float) counts[row * NEURONS + i]).as("bin %s, neuron %s", bins[row], i)
                            .isEqualTo(expected);
                    assertThat(silenced[row * NEURONS + i])
                            .isEqualTo(i == 1 && bin.getTrial() == SILENCED_TRIAL ? 1 : 0);
                }
                assertThat((Float) behavior[row])
                        .isEqualTo((Float) (bin.getBehaviorCount() == 0 ? Float.NaN : bin.getBehavior(0)));
                assertThat(intervention[row]).isEqualTo(bin.getIntervention().isEmpty() ? -1 : 0);
                assertThat(List.of(sample[row], epoch[row], lost[row], host[row], error[row]))
                        .containsExactly(bin.getClock().getSample(), (long) bin.getClock().getEpoch(),
                                (long) bin.getClock().getLost(), bin.getClock().getHostUnixNs(), 250_000L);
            }
            // Three bins of the sixth trial never came.
            assertThat(npz.array("trial_length").longs()).hasSize(TRIALS).endsWith(20, 20)
                    .startsWith(20, 20, 20, 20, 20, 17);
            assertThat(npz.array("phase").longs()).containsOnly(1, 2);
            assertThat(npz.array("rig_time_ns").longs()[0]).isEqualTo(20_000_000L);
        }
    }

    @Test
    void shouldHoldEverySnapshotThatTheTopicHasWithItsMatricesAsInANetworkFile() {
        List<ModelSnapshot> models = models("clean");
        assertThat(models).hasSize(TRIALS);
        try (Npz npz = Npz.open(exported("clean", ".npz"))) {
            assertThat(npz.array("models/version").longs())
                    .isEqualTo(models.stream().mapToLong(ModelSnapshot::getVersion).toArray());
            assertThat(npz.array("models/m").shape()).containsExactly(TRIALS, NEURONS, 2);
            for (String which : List.of("m", "n")) {
                shouldBeBitEqual(npz.array("models/" + which).floats(), models.stream()
                        .flatMap(model -> IntStream.range(0, NEURONS).boxed().flatMap(i -> Stream.of(0, 1)
                                .map(k -> which.equals("m")
                                        ? model.getM(k * NEURONS + i)
                                        : model.getN(k * NEURONS + i)))));
            }
            shouldBeBitEqual(npz.array("models/wi").floats(), models.stream().flatMap(m -> m.getWList().stream()));
            shouldBeBitEqual(npz.array("models/gain").floats(), models.stream().flatMap(m -> m.getGainList().stream()));
            assertThat(npz.array("quality/one_step").doubles()).isEqualTo(models.getLast().getQuality()
                    .getOneStepList().stream().mapToDouble(score -> score).toArray());
            assertThat(npz.names()).doesNotContain("silenced", "clock/sample");
        }
    }

    @Test
    void shouldBeASessionThatFitMakesTheLivePipelinesModelOfToTheBit() {
        Path session = exported("clean", ".npz");
        Path network = directory.resolve("again.npz");
        Ran fit = Ran.run("fit", session.toString(), "--rank", "2", "--seed", "3", "--steps-per-trial", "5",
                "--input-basis", "off", "--threads", "1", "--json", "--out", network.toString());
        assertThat(fit.code()).as(fit.err()).isZero();
        ModelSnapshot live = models("clean").getLast();
        var again = (LowRankNetwork) NetworkFile.read(network);
        shouldBeBitEqual(again.m(), live.getMList().stream());
        shouldBeBitEqual(again.n(), live.getNList().stream());
        shouldBeBitEqual(again.w(), live.getWList().stream());
        assertThat(Ran.run("inspect", session.toString()).out()).contains("trials " + TRIALS, "observation counts");
    }

    @Test
    void shouldSayWhatItHasExportedAndThatASessionIsUnderWay() throws IOException {
        Ran over = export("rough", directory.resolve("figures.npz"), "--json");
        JsonNode figures = over.json();
        assertThat(over.err()).doesNotContain("still being recorded");
        assertThat(figures.get("bins").asInt()).isEqualTo(BINS - 3);
        assertThat(figures.get("latents").asInt()).isEqualTo(BINS - 3);
        assertThat(figures.get("bins_missing").asInt()).isEqualTo(3);
        assertThat(figures.get("gaps").asInt()).isEqualTo(1);
        assertThat(figures.get("snapshots").asLong()).isEqualTo(models("rough").size());
        assertThat(figures.get("model_version").asLong()).isEqualTo(models("rough").getLast().getVersion());
        assertThat(figures.get("analyses").asLong()).isPositive();
        assertThat(figures.get("interventions").asLong()).isEqualTo(1);
        assertThat(figures.get("unreadable").asLong()).isZero();
        assertThat(figures.get("complete").asBoolean()).isTrue();
        // The broker of a directory that is in use is found by the directory.
        Ran underWay = Ran.run("export", "--session", "under-way", "--json", "--out",
                directory.resolve("by-directory.h5").toString(), "--data", directory.resolve("data").toString());
        assertThat(underWay.code()).as(underWay.err()).isZero();
        assertThat(underWay.err())
                .contains("session under-way is still being recorded: 5 bins so far, 5 of them with kappa");
        assertThat(underWay.json().get("complete").asBoolean()).isFalse();
        assertThat(underWay.json().get("snapshots").asInt()).isZero();
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("."))).as("left over").isEmpty();
        }
    }

    @Test
    void shouldNameTheSessionsThereAre() {
        Ran ran = export("nonsense", directory.resolve("none.npz"));
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.lines()).singleElement().asString().startsWith("kappa: --session nonsense: no such session")
                .contains("rough", "clean", "under-way");
        assertThat(directory.resolve("none.npz")).doesNotExist();
    }

    @Test
    void shouldBeReadAlikeByNumPyAndH5py() throws Exception {
        Path npz = exported("rough", ".npz");
        Path hdf = exported("rough", ".h5");
        // An empty session has no snapshots, and arrays without a row.
        Path emptyNpz = exported("under-way", ".npz");
        Path emptyHdf = exported("under-way", ".h5");
        TreeMap<Long, LatentBin> latents = filtered("rough");
        ByteBuffer kappa = ByteBuffer.allocate(latents.size() * 2 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        latents.values().forEach(bin -> bin.getKappaList().forEach(kappa::putFloat));
        Path raw = directory.resolve("kappa.bin");
        Files.write(raw, kappa.array());
        Path script = directory.resolve("alike.py");
        Files.writeString(script, """
                import json, sys
                try:
                    import h5py, numpy
                except ImportError:
                    sys.exit(NO_PYTHON)
                for npz, hdf in (sys.argv[1:3], sys.argv[3:5]):
                    a, b = numpy.load(npz, allow_pickle=False), h5py.File(hdf, "r")
                    names = []
                    b.visititems(lambda n, o: names.append(n) if isinstance(o, h5py.Dataset) else None)
                    assert set(names) == set(a.files), set(names) ^ set(a.files)
                    for name in names:
                        x = a[name]
                        y = b[name].asstr()[()] if x.dtype.kind == "U" else b[name][()]
                        assert x.shape == numpy.shape(y), name
                        assert numpy.array_equal(x, y, equal_nan=x.dtype.kind == "f"), name
                a = numpy.load(sys.argv[1], allow_pickle=False)
                assert a["kappa"].dtype == numpy.float32
                assert a["kappa"].tobytes() == open(sys.argv[5], "rb").read()
                assert a["silenced"].dtype == bool and a["silenced"].sum() == 20
                assert list(a["phase_names"]) == ["fixation", "d\\u00e9cision"]
                assert a["neuron_names"][5] == "\\u00b5-unit 5"
                assert json.loads(str(a["header"]))["origin"] == 'a "test"'
                assert a["interventions/id"][a["intervention"].max()] == "stim-1"
                assert json.loads(a["interventions/json"][0])["name"] == "population 1"
                assert json.loads(a["analyses/json"][-1])["model_version"] == a["analyses/model_version"][-1]
                assert a["analyses/model_version"][-1] == a["models/version"][-1] == a["model_version"].max() + 1
                """.replace("NO_PYTHON", Integer.toString(NO_PYTHON)));
        List<Integer> codes = new ArrayList<>();
        for (String python : List.of("/usr/bin/python3", "python3")) {
            codes.add(run(List.of(python, script.toString(), npz.toString(), hdf.toString(), emptyNpz.toString(),
                    emptyHdf.toString(), raw.toString())));
            if (codes.getLast() != NO_PYTHON) {
                break;
            }
        }
        assumeTrue(codes.getLast() != NO_PYTHON, "no python3 with numpy and h5py is on this machine");
        assertThat(codes.getLast()).isZero();
    }

    private static int run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).inheritIO().start();
            assertThat(process.waitFor(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } catch (IOException e) {
            return NO_PYTHON; // there is no such program
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
