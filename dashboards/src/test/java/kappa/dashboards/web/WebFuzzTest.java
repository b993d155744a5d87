package kappa.dashboards.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static kappa.dashboards.web.Folded.fold;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import kappa.ingest.Await;
import kappa.ingest.InvalidInputException;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.log.ControlPublisher;
import kappa.ingest.log.Topics;
import kappa.ingest.session.TopicRecord;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Note;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.Populations;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever comes to the dashboard: from the network, from pages and from the topics that strangers write to. */
class WebFuzzTest {

    private static final int INPUTS_IN_CI = 4_000;

    /** Each is a connection of its own. */
    private static final int CONNECTIONS_IN_CI = 400;

    /** A request of the most bytes there may be, as a tree of JSON; or a frame of all that a session's window holds. */
    private static final long MAX_ALLOCATED = 64L << 20;

    private static final String CONTROL = "0123456789abcdef";
    private static final Pattern OLD_AND_CHUNKED = Pattern.compile("(?is)HTTP/1\\.0.*transfer-encoding.*chunked");
    private static final int PATIENCE_MS = 10_000;

    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    /** Seconds go by at each look, so that nothing waits for the next frame or the next second. */
    private final AtomicLong clock = new AtomicLong();
    private LiveView view = view();
    private ActorSystem<Void> system;
    private DashboardServer server;

    private LiveView view() {
        return new LiveView(meters, () -> 1_700_000_000_000_000_000L, () -> clock.addAndGet(2_000_000_000L));
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
            system.terminate();
        }
    }

    // ------------------------------------------------------------------ a session to look at

    private static SessionHeader header() {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession("s").setBinWidthS(0.01)
                .setObservation(Observation.COUNTS).setTrials(true).addInputChannels("light").addBehaviorChannels("x")
                .addPhases("delay").setFit(FitSettings.newBuilder().setRank(2));
        for (int i = 0; i < 12; i++) {
            header.addNeurons("unit-" + i);
        }
        return header.build();
    }

    private static Activity activity(long first, int bins) {
        Activity.Builder record = Activity.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(first);
        for (int t = 0; t < bins; t++) {
            Bin.Builder bin = Bin.newBuilder().setRigTimeNs(10_000_000 * (first + t)).setTrial((first + t) / 10)
                    .addInputs(1).addBehavior(0.5f).setPhase(1).setUnobserved(ByteString.copyFrom(new byte[2]))
                    .setSilenced(ByteString.copyFrom(new byte[]{3, 0})).setIntervention("i-1")
                    .setClock(BinClock.newBuilder().setSample(first + t).setHostUnixNs(1).setEpoch(1).setLost(1));
            for (int i = 0; i < 12; i++) {
                bin.addCounts(i % 3);
            }
            record.addBins(bin);
        }
        return record.build();
    }

    private void announce() {
        fold(view, header());
        fold(view, activity(0, 50), 1);
        Latents.Builder latents = Latents.newBuilder().setSchemaVersion(1).setSession("s");
        for (int t = 0; t < 50; t++) {
            latents.addBins(LatentBin.newBuilder().addKappa(1).addKappa(2).addCovariance(1).addCovariance(0)
                    .addCovariance(1).addV(1).addInputs(1).setTrial(t / 10).setRigTimeNs(t));
        }
        fold(view, latents.build());
        fold(view, Analysis.newBuilder().setSchemaVersion(1).setSession("s")
                .setPopulations(Populations.newBuilder()
                        .addPopulations(Population.newBuilder().setName("odd").addAllNeurons(List.of(1, 3, 5))))
                .build());
        fold(view, PlaybackState.newBuilder().setSchemaVersion(1).setSession("s").setBins(1_000).setUntil(1_000)
                .setSpeed(1).build());
    }

    // ------------------------------------------------------------------ the topics

    @Test
    void shouldFoldWhateverLiesOnTheTopics() {
        announce();
        int[] number = new int[1];
        List<String> topics = List.of(Topics.SESSIONS, Topics.ACTIVITY, Topics.INTERVENTIONS, Topics.PLAYBACKS,
                Topics.NOTES);
        Intervention request = Intervention.newBuilder().setSchemaVersion(1).setSession("s").setId("i-1").setName("odd")
                .addNeurons(1).setTrials(2).build();
        PlaybackState playback = PlaybackState.newBuilder().setSchemaVersion(1).setSession("s").setBins(10).setUntil(10)
                .setSpeed(1).build();
        Fuzzer.Report report = new Fuzzer("dashboard records", MAX_ALLOCATED)
                .seed(Arrays.copyOf(header().toByteArray(), header().getSerializedSize()))
                .seed(header().toBuilder().setSession("t").build().toByteArray()).seed(activity(3, 2).toByteArray())
                .seed(activity(60, 20).toByteArray())
                .seed(activity(3, 2).toBuilder().setSession("t").build().toByteArray()).seed(request.toByteArray())
                .seed(playback.toByteArray())
                .seed(Note.newBuilder().setSchemaVersion(1).setSession("s").setText("<i>").setBin(4).build()
                        .toByteArray())
                .tokens("s", "t", "unit-1").run(INPUTS_IN_CI, bytes -> {
                    if (number[0]++ % 1_000 == 0) {
                        view = view();
                        announce();
                    }
                    double before = meters.get("kappa.dashboards.records.unreadable").counter().count();
                    for (String topic : topics) {
                        // Of kappa's own records those are unreadable that do not lie under their session.
                        for (String session : topic.equals(Topics.PLAYBACKS) ? List.of("s") : List.of("s", "t")) {
                            view.fold(new TopicRecord(topic, 0, number[0], 0, session.getBytes(UTF_8), bytes));
                        }
                    }
                    for (String session : List.of("s", "t")) {
                        shouldBeJson(new PageClient(view, false).answer(question(
                                "{\"session\":\"" + session + "\",\"events\":\"trial\",\"table\":true}")));
                    }
                    return meters.get("kappa.dashboards.records.unreadable").counter().count() == before
                            ? null
                            : "counted as unreadable";
                });
        assertThat(report.accepted()).isPositive();
    }

    private static PageQuestion question(String json) {
        return PageQuestion.parse(json);
    }

    private static void shouldBeJson(String frame) throws IOException {
        assertThat(new JsonMapper().readTree(frame).isObject()).isTrue();
    }

    // ------------------------------------------------------------------ what pages and visitors say

    private static final String[] WORDS = {"\"session\":", "\"resync\":true", "\"since\":", "\"window\":", "\"width\":",
        "\"neurons\":[", "\"events\":\"trial\"", "\"of\":", "\"table\":true", "\"axes\":[", "\"set\":", "\"trials\":",
        "\"pause\":true", "\"seek\":", "\"speed\":\"max\"",
        "null", "true", "{", "}", "[", "]", "\"", ",", "1e999", "-1", "NaN", "\\u0000", "\\ud800", "2147483648",
        "\"m 1\"", "\"unit-1\"", "\"s\""};

    private static Fuzzer withTheCostly(Fuzzer fuzzer, int most) {
        return fuzzer.tokens(WORDS).once("[".repeat(most).getBytes(UTF_8))
                .once("{\"a\":".repeat(most / 5).getBytes(UTF_8))
                .once(("{\"neurons\":[" + "1,".repeat(most / 2 - 20) + "1]}").getBytes(UTF_8))
                .once(("{\"session\":\"" + "x".repeat(most - 20) + "\"}").getBytes(UTF_8))
                .once(("{\"window\":" + "9".repeat(most - 20) + "}").getBytes(UTF_8))
                .once(("{\"window\":1e" + "9".repeat(most - 20) + "}").getBytes(UTF_8));
    }

    @Test
    void shouldAnswerEveryQuestionOfAPage() {
        announce();
        Fuzzer fuzzer = withTheCostly(new Fuzzer("websocket messages", MAX_ALLOCATED),
                PageSocket.MAX_REQUEST_CHARACTERS).seed("{}".getBytes(UTF_8))
                .seed("{\"session\":\"s\",\"since\":40,\"window\":20,\"width\":800,\"neurons\":[\"unit-1\"]}"
                        .getBytes(UTF_8))
                .seed("{\"session\":\"s\",\"resync\":true,\"axes\":[\"m 1\",\"n 1\"],\"set\":\"odd\"}".getBytes(UTF_8));
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, bytes -> {
            try {
                shouldBeJson(new PageClient(view, false).answer(question(new String(bytes, UTF_8))));
                return null;
            } catch (InvalidInputException e) {
                assertThat(e.getMessage()).startsWith("request: ").hasSizeLessThan(500).doesNotContain("\n");
                shouldBeJson(PageClient.refusal(e.getMessage()));
                return e.getMessage();
            }
        });
        assertThat(report.accepted()).isPositive();
    }

    @Test
    void shouldMeetOrRefuseWhateverIsAskedOfARig() {
        announce();
        ControlRequests requests = new ControlRequests(view, new ControlPublisher(WebFuzzTest::publish));
        Fuzzer fuzzer = withTheCostly(new Fuzzer("http bodies", MAX_ALLOCATED), ControlRoutes.MAX_REQUEST_BYTES)
                .seed("{\"session\":\"s\",\"set\":\"odd\",\"trials\":2,\"every\":3,\"first_bin\":1,\"bins\":4}"
                        .getBytes(UTF_8))
                .seed("{\"session\":\"s\",\"neurons\":[1,2,3],\"trials\":2}".getBytes(UTF_8))
                .seed("{\"session\":\"s\",\"pause\":true,\"seek\":3.5,\"speed\":\"max\"}".getBytes(UTF_8));
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, bytes -> {
            String text = new String(bytes, UTF_8);
            ControlRequests.Answer answer = (Arrays.hashCode(bytes) & 1) == 0
                    ? requests.intervene(text, "a test")
                    : requests.play(text, "a test");
            if (answer.status() == 202) {
                shouldBeJson(answer.text());
                return null;
            }
            assertThat(answer.status()).isBetween(400, 499);
            assertThat(answer.text()).hasSizeLessThan(1_000).doesNotContain("\n");
            return answer.status() + answer.text();
        });
        assertThat(report.accepted()).isPositive();
    }

    private static CompletionStage<Void> publish(String topic, int partition, String session, MessageLite request) {
        return CompletableFuture.completedFuture(null);
    }

    // ------------------------------------------------------------------ the network

    private void serve() {
        announce();
        system = ActorSystem.create(Behaviors.empty(), "fuzz");
        server = DashboardServer.start(system,
                new DashboardSettings("127.0.0.1", 0, Optional.of("a token for visitors"), CONTROL), view,
                meters, () -> new DashboardServer.Readiness(true, "ready"), new ControlPublisher(WebFuzzTest::publish));
    }

    /** Says something, says that this is all, and hears what comes until the server closes. */
    private byte[] converse(byte[] said) throws IOException {
        return converse(new byte[0], said);
    }

    /** @param opening what is said first, and must be answered before what follows means what it is to mean */
    private byte[] converse(byte[] opening, byte[] said) throws IOException {
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(PATIENCE_MS);
            InputStream in = socket.getInputStream();
            if (opening.length > 0) {
                socket.getOutputStream().write(opening);
                while (!heard.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
                    heard.write(in.read());
                }
            }
            try {
                socket.getOutputStream().write(said);
                socket.shutdownOutput();
                byte[] part = new byte[8_192];
                for (int count = in.read(part); count >= 0; count = in.read(part)) {
                    heard.write(part, 0, Math.min(count, heard.size() > 65_536 ? 0 : count));
                    if (opening.length > 0 && saysGoodbye(heard.toByteArray())) {
                        break; // and hangs up, or the server would wait for three seconds to be told goodbye, too
                    }
                }
            } catch (SocketException e) {
                // It closed before it had read everything, as it may.
                assertThat(e.toString()).as(e.toString()).containsAnyOf("reset", "Broken pipe", "closed",
                        "not connected");
            }
        }
        return heard.toByteArray();
    }

    private double refused() {
        return meters.find("kappa.dashboards.requests.refused").counters().stream().mapToDouble(Counter::count).sum();
    }

    /** Whether the frames after the opening's answer end with one that closes. */
    private static boolean saysGoodbye(byte[] heard) {
        int at = new String(heard, ISO_8859_1).indexOf("\r\n\r\n") + 4;
        while (at + 10 <= heard.length) {
            if ((heard[at] & 15) == 8) {
                return true;
            }
            at += switch (heard[at + 1]) {
                case 126 -> 4 + (Byte.toUnsignedInt(heard[at + 2]) << 8 | Byte.toUnsignedInt(heard[at + 3]));
                case 127 -> Math.toIntExact(10 + ByteBuffer.wrap(heard, at + 2, 8).getLong());
                default -> 2 + heard[at + 1];
            };
        }
        return at < heard.length && (heard[at] & 15) == 8;
    }

    private static byte[] request(String... lines) {
        return (String.join("\r\n", lines) + "\r\n\r\n").getBytes(ISO_8859_1);
    }

    private static byte[] post(String path, String body) {
        return ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + CONTROL
                + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(ISO_8859_1);
    }

    @Test
    void shouldAnswerOrCloseWhateverARequestHolds() {
        serve();
        Fuzzer fuzzer = new Fuzzer("http requests", MAX_ALLOCATED)
                .seed(request("GET / HTTP/1.1", "Host: localhost", "Connection: close",
                        "Authorization: Bearer a token for visitors"))
                .seed(request("GET /?token=0123456789abcdef&a=%41 HTTP/1.1", "Host: 127.0.0.1:8080",
                        "Connection: close"))
                .seed(request("HEAD /metrics HTTP/1.0", "Host: [::1]",
                        "Cookie: other=00; another=\"1\""))
                .seed(request("GET /health/ready HTTP/1.1", "Host: localhost", "Accept: */*;q=0.1",
                        "Range: bytes=0-9,5-"))
                .seed(request("GET /ws HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
                        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                        "Authorization: Bearer " + CONTROL))
                .seed(post("/interventions", "{\"session\":\"s\",\"set\":\"odd\",\"trials\":2}"))
                .seed(post("/controls", "{\"session\":\"s\",\"pause\":true}"))
                .seed(request("POST /controls HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked",
                        "Content-Type: application/json; charset=utf-8", "Authorization: Bearer " + CONTROL, "",
                        "11;ext=1\r\n{\"session\":\"s\"}\r\n0\r\nTrailer: x"))
                .tokens("GET", "POST", "OPTIONS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1", "HTTP/9.9", "Host: ",
                        "Content-Length: ", "Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: close",
                        "Upgrade: h2c", "\r\n", "\n", "%00", "%2e%2e/", "../", "//", "?", "#", ";", "%", "@", ":",
                        "\u0000",
                        "Cookie: ", "Authorization: Basic ", "Origin: null", "multipart/form-data; boundary=x",
                        "Content-Encoding: gzip", "[::1", "\u00e9")
                .once(request("GET /" + "a".repeat(60_000) + " HTTP/1.1", "Host: localhost"))
                .once(request("GET / HTTP/1.1", "Host: localhost", "X: " + "a".repeat(60_000)))
                .once(request("GET / HTTP/1.1", "Host: localhost\r\n" + "X: 1\r\n".repeat(10_000)))
                .once(post("/interventions", "[".repeat(ControlRoutes.MAX_REQUEST_BYTES)))
                .once(post("/interventions", " ".repeat(ControlRoutes.MAX_REQUEST_BYTES + 1)));
        Fuzzer.Report report = fuzzer.oneIn(50).run(CONNECTIONS_IN_CI, bytes -> {
            double before = refused();
            String heard = new String(converse(bytes), ISO_8859_1);
            if (heard.isEmpty()) {
                return "closed";
            }
            assertThat(heard).matches("(?s)HTTP/1\\.[01] [1-5]\\d\\d .*");
            int status = Integer.parseInt(heard.substring(9, 12));
            // 501 and 505 are the right answers to a method, or a version of HTTP, that the server does not know. Akka HTTP
            // itself fails at a chunked request of HTTP/1.0, before kappa sees it.
            boolean kappas = status >= 500 && status != 501 && status != 505
                    && !OLD_AND_CHUNKED.matcher(new String(bytes, ISO_8859_1)).find();
            assertThat(kappas).as(heard).isFalse();
            assertThat(status < 400 || status == 500 || refused() > before).as("counted: " + heard).isTrue();
            return status < 400 ? null : heard.substring(9, Math.min(60, heard.length()));
        });
        assertThat(report.accepted()).isPositive();
        assertThat(report.kinds()).isGreaterThan(5);
        assertThat(meters.get("kappa.dashboards.requests.refused").tag("reason", "malformed").counter().count())
                .isPositive();
        shouldStillServe();
    }

    private void shouldStillServe() {
        try {
            assertThat(new String(converse(request("GET / HTTP/1.1", "Host: localhost", "Connection: close",
                    "Authorization: Bearer " + CONTROL)), ISO_8859_1)).startsWith("HTTP/1.1 200 ");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        await(() -> clients() == 0);
    }

    private double clients() {
        return meters.get("kappa.dashboards.clients").gauge().value();
    }

    private static void await(BooleanSupplier condition) {
        Await.until("the end", Duration.ofMillis(PATIENCE_MS), condition::getAsBoolean);
    }

    /** A page's opening, which every input goes on from. */
    private static final byte[] OPENING = request("GET /ws HTTP/1.1", "Host: localhost", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Authorization: Bearer " + CONTROL);

    /** A frame as a browser sends it: masked, here with zeros. */
    private static byte[] frame(int opcode, boolean last, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write((last ? 0x80 : 0) | opcode);
        if (payload.length < 126) {
            out.write(0x80 | payload.length);
        } else {
            out.write(0x80 | 126);
            out.write(payload.length >> 8);
            out.write(payload.length);
        }
        out.writeBytes(new byte[4]);
        out.writeBytes(payload);
        return out.toByteArray();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void shouldAnswerOrCloseWhateverAFrameHolds() {
        serve();
        byte[] question = "{\"session\":\"s\",\"window\":20}".getBytes(UTF_8);
        byte[] close = frame(8, true, new byte[]{3, -24});
        Fuzzer.Report report = new Fuzzer("websocket frames", MAX_ALLOCATED)
                .seed(joined(frame(1, true, question), close))
                .seed(joined(frame(1, false, Arrays.copyOf(question, 9)),
                        frame(0, true, Arrays.copyOfRange(question, 9, question.length)), close))
                .seed(joined(frame(9, true, "ping".getBytes(UTF_8)), frame(10, true, new byte[0]), close))
                .seed(joined(frame(2, true, new byte[]{1, 2, 3}), close)).seed(frame(1, true, new byte[200]))
                .once(joined(new byte[]{(byte) 0x81, (byte) 0xff, 0x7f, -1, -1, -1, -1, -1, -1, -1}, new byte[60_000]))
                .once(frame(1, true, new byte[60_000]))
                .making(WebFuzzTest::frames).oneIn(50).run(CONNECTIONS_IN_CI, bytes -> {
                    // The ends of connections before are noticed when there is time to.
                    await(() -> clients() < PageSocket.MAX_CLIENTS);
                    double before = refused();
                    String heard = new String(converse(OPENING, bytes), ISO_8859_1);
                    assertThat(heard).as(heard).startsWith("HTTP/1.1 101 ");
                    assertThat(!heard.contains("{\"error\":") || refused() > before).as("counted: " + heard).isTrue();
                    // An answer to a question is a text frame with a JSON object.
                    return heard.contains("{\"reset\":")
                            ? null
                            : heard.contains("{\"error\":")
                                    ? heard.substring(heard.indexOf("{\"error\":"))
                                    : "no frame";
                });
        assertThat(report.accepted()).isPositive();
        shouldStillServe();
    }

    @Test
    void shouldTellAPageThatSendsNoQuestionSoAndCloseIt() throws IOException {
        serve();
        assertThat(new String(converse(OPENING, frame(2, true, new byte[]{1, 2, 3})), UTF_8))
                .contains("request: binary, expected JSON text");
        byte[] part = new byte[PageSocket.MAX_REQUEST_CHARACTERS];
        Arrays.fill(part, (byte) ' ');
        assertThat(new String(converse(OPENING, joined(frame(1, false, part), frame(0, true, part))), UTF_8))
                .contains("request: expected at most 8192 characters");
        assertThat(refused()).isEqualTo(2);
        converse(OPENING, frame(11, true, new byte[1]));
        await(() -> refused() == 3);
        shouldStillServe();
    }

    private static byte[] frames(Random random) {
        byte[][] parts = new byte[1 + random.nextInt(8)][];
        for (int i = 0; i < parts.length; i++) {
            byte[] payload = random.nextBoolean()
                    ? ("{\"session\":\"s\",\"" + WORDS[random.nextInt(WORDS.length)] + "}").getBytes(UTF_8)
                    : new byte[random.nextInt(300)];
            parts[i] = frame(random.nextInt(3) == 0 ? random.nextInt(16) : 1, random.nextInt(4) != 0, payload);
        }
        return joined(parts);
    }
}
