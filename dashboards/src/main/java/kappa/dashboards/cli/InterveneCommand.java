package kappa.dashboards.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;
import kappa.ingest.wire.WireChecks;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A request to silence neurons, through the dashboard of a running kappa. */
@Command(name = "intervene", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Ask the rig of a running session to silence neurons in coming trials.",
    "",
    "A rig that can silence neurons obeys from the next trial on. A new request replaces the one "
            + "before."})
final class InterveneCommand implements Runnable {

    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);
    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");

    /** What to silence: exactly one of these. */
    static final class What {
        @Option(names = "--set", paramLabel = "NAME",
                description = "Set of neurons to silence, by its name on the page, such as \"population 1\".")
        private String set;

        @Option(names = "--neurons", paramLabel = "LIST",
                description = "Neurons to silence, counted from 0, such as 0,5,7-20.")
        private String neurons;

        @Option(names = "--call-off",
                description = "Withdraw the last request; no neuron is silenced.")
        private boolean callOff;
    }

    @Option(names = "--url", paramLabel = "URL", defaultValue = "http://localhost:8080",
            description = "Address of the page of the running kappa (default: ${DEFAULT-VALUE}).")
    private String url;

    @Option(names = "--token-file", paramLabel = "FILE",
            description = "File with the control token (default: .kappa/control-token beside the launcher, where live "
                    + "and serve keep theirs).")
    private Path tokenFile;

    @Option(names = "--session", paramLabel = "ID", required = true,
            description = "Name of the running session.")
    private String session;

    @ArgGroup(exclusive = true, multiplicity = "1")
    private What what;

    @Option(names = "--trials", paramLabel = "N", defaultValue = "30",
            description = "Number of trials to perturb (default: ${DEFAULT-VALUE}).")
    private int trials;

    @Option(names = "--every", paramLabel = "N", defaultValue = "2",
            description = "Perturb one trial in N; the others stay intact (default: ${DEFAULT-VALUE}).")
    private int every;

    @Option(names = "--first-bin", paramLabel = "B", defaultValue = "0",
            description = "First bin to silence within the trial (default: ${DEFAULT-VALUE}).")
    private int firstBin;

    @Option(names = "--bins", paramLabel = "N", defaultValue = "0",
            description = "Number of bins to silence; 0 to silence until the end of the trial (default: "
                    + "${DEFAULT-VALUE}).")
    private int bins;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        Map<String, Object> request = request();
        URI address = address();
        Path file = tokenFile == null ? ControlToken.file() : tokenFile;
        if (tokenFile == null && !Files.exists(file)) {
            throw new InvalidInputException(
                    "--token-file: " + file + " does not exist; start ./kappa live or ./kappa serve,"
                            + " which create it, or name the file that holds the control token");
        }
        JsonNode answer = post(address, ControlToken.read(file, "--token-file"), request);
        String id = answer.path("id").asText();
        if (output.json()) {
            Output.json(Map.of("id", id, "session", session, "neurons", answer.path("neurons").asInt()));
        } else if (what.callOff) {
            System.out.println(id + ": withdrew the request to the rig of session " + session);
        } else {
            System.out.println(id + ": asked the rig of session " + session + " to silence "
                    + answer.path("neurons").asInt() + " neurons in " + trials + " trials, one in " + every);
        }
    }

    private Map<String, Object> request() {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("session", session);
        if (what.callOff) {
            request.put("trials", 0);
            return request;
        }
        if (trials < 1) {
            throw new InvalidInputException("--trials is " + trials + ", expected at least 1 (or --call-off)");
        }
        Checks.require(every >= 1, "--every", every, "at least 1");
        if (what.set != null) {
            request.put("set", what.set);
        } else {
            request.put("neurons", neurons(what.neurons));
        }
        request.put("trials", trials);
        request.put("every", every);
        request.put("first_bin", firstBin);
        request.put("bins", bins);
        return request;
    }

    /** Indices of a list such as 0,5,7-20, each once, in order. */
    static List<Integer> neurons(String list) {
        TreeSet<Integer> neurons = new TreeSet<>();
        for (String part : list.split(",", -1)) {
            Matcher range = RANGE.matcher(part.strip());
            int first = range.matches() ? Integer.parseInt(range.group(1)) : -1;
            int last = first < 0 || range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (first < 0 || last < first || last >= WireChecks.MAX_NEURONS) {
                throw new InvalidInputException("--neurons " + list + ": " + part
                        + " is neither a neuron nor a range, expected a list such as 0,5,7-20 below "
                        + WireChecks.MAX_NEURONS);
            }
            for (int i = first; i <= last; i++) {
                neurons.add(i);
            }
        }
        return List.copyOf(neurons);
    }

    private URI address() {
        try {
            URI uri = URI.create(url);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri.resolve("/interventions");
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        // What follows a question mark may be a token.
        throw new InvalidInputException("--url " + url.replaceFirst("\\?.*", "")
                + ": expected an address such as http://localhost:8080");
    }

    private static JsonNode post(URI address, String token, Map<String, Object> request) {
        String dashboard = address.getScheme() + "://" + address.getAuthority();
        // One short request: nothing that an upgrade to HTTP/2 would help.
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_WITHIN).build()) {
            HttpResponse<String> response = client.send(HttpRequest.newBuilder(address).timeout(ANSWER_WITHIN)
                    .header("Content-Type", "application/json").header("Authorization", "Bearer " + token)
                    .POST(HttpRequest.BodyPublishers.ofString(new ObjectMapper().writeValueAsString(request))).build(),
                    HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 202) {
                String line = response.body().lines().findFirst().orElse("");
                throw new Main.Stopped(dashboard + " answered " + response.statusCode()
                        + (line.isEmpty() ? "" : ": " + line));
            }
            return new ObjectMapper().readTree(response.body());
        } catch (JsonProcessingException e) {
            throw new Main.Stopped(dashboard + " is not a page of kappa: its answer is not JSON");
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException("--token-file: the file holds no valid token", e);
        } catch (IOException e) {
            throw new Main.Stopped(
                    dashboard + " does not answer (" + e + "); is ./kappa live or ./kappa serve running?");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Main.Stopped("interrupted before " + dashboard + " answered");
        }
    }
}
