package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code intervene} sends to a dashboard and tells of its answer, and where it finds the token. */
class InterveneCommandTest {

    @TempDir
    Path home;

    private final AtomicReference<JsonNode> received = new AtomicReference<>();
    private final AtomicReference<String> authorization = new AtomicReference<>();
    private final AtomicReference<String> type = new AtomicReference<>();
    private int status = 202;
    private String answer = "{\"id\":\"i-7\",\"neurons\":3}";
    private HttpServer dashboard;
    private String homeBefore;

    @BeforeEach
    void listen() throws IOException {
        homeBefore = System.getProperty("kappa.home");
        System.setProperty("kappa.home", home.toString());
        dashboard = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        dashboard.createContext("/interventions", exchange -> {
            received.set(new ObjectMapper().readTree(exchange.getRequestBody()));
            authorization.set(exchange.getRequestHeaders().getFirst("Authorization"));
            type.set(exchange.getRequestHeaders().getFirst("Content-Type"));
            byte[] body = answer.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        dashboard.start();
    }

    @AfterEach
    void stop() {
        dashboard.stop(0);
        if (homeBefore == null) {
            System.clearProperty("kappa.home");
        } else {
            System.setProperty("kappa.home", homeBefore);
        }
    }

    private Ran intervene(String... arguments) {
        List<String> all = new ArrayList<>(List.of("intervene", "--url", "http://localhost:"
                + dashboard.getAddress().getPort(), "--session", "s"));
        all.addAll(List.of(arguments));
        return Ran.run(all.toArray(String[]::new));
    }

    @Test
    void shouldAskForASetWithTheTokenThatLiveKeeps() throws IOException {
        String token = ControlToken.kept();
        Ran ran = intervene("--set", "population 1", "--trials", "12", "--every", "3", "--first-bin", "4", "--bins",
                "9");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).isEqualTo(
                "i-7: asked the rig of session s to silence 3 neurons in 12 trials, one in 3" + System.lineSeparator());
        assertThat(authorization.get()).isEqualTo("Bearer " + token);
        assertThat(type.get()).isEqualTo("application/json");
        assertThat(received.get()).isEqualTo(new ObjectMapper().readTree(
                "{\"session\":\"s\",\"set\":\"population 1\",\"trials\":12,\"every\":3,\"first_bin\":4,\"bins\":9}"));
    }

    @Test
    void shouldAskForNeuronsAndCallOffWithATokenFromAFile() throws IOException {
        Path file = home.resolve("token");
        Files.writeString(file, "0123456789abcdef\n");
        Ran ran = intervene("--neurons", "7-9,0,5,8", "--token-file", file.toString(), "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(new ObjectMapper().readTree(ran.out()).get("id").asText()).isEqualTo("i-7");
        assertThat(authorization.get()).isEqualTo("Bearer 0123456789abcdef");
        assertThat(received.get().get("neurons").toString()).isEqualTo("[0,5,7,8,9]");
        assertThat(received.get().get("trials").asInt()).isEqualTo(30);
        Ran off = intervene("--call-off", "--token-file", file.toString());
        assertThat(off.code()).isZero();
        assertThat(received.get().toString()).isEqualTo("{\"session\":\"s\",\"trials\":0}");
        assertThat(off.out()).contains("withdrew the request");
    }

    @Test
    void shouldTellInOneLineWhyTheDashboardRefused() {
        ControlToken.kept();
        status = 404;
        answer = "Session s has no set a, expected one of population 1.\n";
        Ran ran = intervene("--set", "a");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).hasLineCount(1).startsWith("kappa: http://localhost:").contains("answered 404")
                .contains("no set a, expected one of population 1.");
        status = 202;
        answer = "<html>";
        assertThat(intervene("--set", "a").err()).hasLineCount(1).contains("is not a page of kappa");
    }

    @Test
    void shouldSayWhereItLooksForTheTokenIfThereIsNone() {
        Ran ran = intervene("--set", "a");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).hasLineCount(1).contains("--token-file").contains(ControlToken.file().toString());
        assertThat(received.get()).isNull();
    }

    @Test
    void shouldKeepOneControlTokenThatOnlyItsOwnerCanRead() throws IOException {
        String token = ControlToken.kept();
        assertThat(token).matches("[0-9a-f]{32}");
        assertThat(ControlToken.kept()).isEqualTo(token);
        assertThat(ControlToken.file()).isEqualTo(home.toAbsolutePath().resolve(".kappa/control-token"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(ControlToken.file())))
                .isEqualTo("rw-------");
        try (var files = Files.list(home.resolve(".kappa"))) {
            assertThat(files).as("nothing else is left").hasSize(1);
        }
    }

    @Test
    void shouldGoOnWithATokenThatCannotBeKeptAndSayThatItChanges() throws IOException {
        Files.writeString(home.resolve(".kappa"), "in the way");
        String told;
        try (Captured captured = Captured.start()) {
            assertThat(ControlToken.kept()).matches("[0-9a-f]{32}").isNotEqualTo(ControlToken.kept());
            told = captured.err();
        }
        assertThat(told.lines()).hasSize(2).allSatisfy(line -> assertThat(line)
                .startsWith("control token ").contains("the next start makes a new token"));
    }
}
