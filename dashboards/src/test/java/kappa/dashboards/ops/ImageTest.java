package kappa.dashboards.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;

/** The image and the compose file, as far as they can be checked without an engine. */
class ImageTest {

    private static final Path DOCKER = Run.ROOT.resolve("docker");
    private static final String TOKEN = "/run/secrets/kappa_token";

    @Test
    void shouldMountAndBuildFromWhatExists() throws IOException {
        Map<String, Object> compose = compose();
        for (var service : services(compose).entrySet()) {
            for (String volume : strings(service.getValue().get("volumes"))) {
                String[] parts = volume.split(":", -1);
                if (parts[0].startsWith(".")) {
                    assertThat(DOCKER.resolve(parts[0])).as(service.getKey()).exists();
                    assertThat(parts).as("%s is mounted read-only", volume).endsWith("ro");
                } else if (parts.length > 1) {
                    assertThat(map(compose.get("volumes"))).as(service.getKey()).containsKey(parts[0]);
                }
            }
            Object build = service.getValue().get("build");
            // Two services that build one image race for its name.
            assertThat(build != null).as("%s is built", service.getKey()).isEqualTo(service.getKey().equals("kappa"));
            if (build != null) {
                Path context = DOCKER.resolve(map(build).get("context").toString());
                assertThat(context.normalize()).isEqualTo(Run.ROOT);
                assertThat(context.resolve(map(build).get("dockerfile").toString())).isRegularFile();
            }
            for (String network : names(service.getValue().get("networks"))) {
                assertThat(map(compose.get("networks"))).as(service.getKey()).containsKey(network);
            }
        }
    }

    @Test
    void shouldCopyWhatExistsAndWhatTheBuildContextLetsIn() throws IOException {
        List<String> ignore = Files.readAllLines(DOCKER.resolve("Dockerfile.dockerignore"));
        List<String> dockerfile = Files.readAllLines(DOCKER.resolve("Dockerfile"));
        assertThat(dockerfile.stream().filter(line -> line.startsWith("COPY ") && !line.contains("--from"))
                .flatMap(line -> Stream.of(line.split(" ")).skip(1).limit(line.split(" ").length - 2L))).isNotEmpty()
                .allSatisfy(source -> {
                    assertThat(Run.ROOT.resolve(source)).exists();
                    assertThat(ignore).as(source).anyMatch(let -> ("!" + source + "/").startsWith(let + "/"));
                });
        assertThat(dockerfile).contains("COPY --from=build /src/dashboards/target/kappa /opt/kappa");
        assertThat(Run.ROOT.resolve("dashboards/pom.xml")).content().contains("${project.basedir}/target/kappa/lib");
        assertThat(Run.ROOT.resolve("dashboards/src/main/launch/jvm.args")).isNotEmptyFile();
    }

    @Test
    void shouldStartJavaOnlyThroughTheLauncherAndItsFlags() throws IOException {
        String dockerfile = Files.readString(DOCKER.resolve("Dockerfile"));
        Pattern flag = Pattern.compile("[\\s\"'=]-XX?[:a-z]|--add-|--enable-|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS");
        assertThat(dockerfile).doesNotContainPattern(flag).doesNotContain("KAPPA_JAVA_OPTS")
                .contains("ENTRYPOINT [\"/opt/kappa/kappa\"]")
                .contains("COPY kappa docker/healthcheck /opt/kappa/");
        for (var service : services(compose()).entrySet()) {
            assertThat(service.getValue()).doesNotContainKey("entrypoint");
            // How much memory the JVM takes belongs beside the container's limit, and whoever runs it may add options.
            Object options = service.getValue().get("environment") instanceof Map<?, ?> environment
                    ? environment.get("KAPPA_JAVA_OPTS")
                    : null;
            if (List.of("kappa", "worker").contains(service.getKey())) {
                assertThat(options).isEqualTo("-XX:MaxRAMPercentage=60 ${KAPPA_JAVA_OPTS:-}");
                assertThat(service.getValue()).containsEntry("mem_limit", "${KAPPA_MEMORY:-4g}");
            } else {
                assertThat(options).isNull();
            }
        }
    }

    @Test
    void shouldRunWithoutRightsItDoesNotNeed() throws IOException {
        assertThat(Files.readAllLines(DOCKER.resolve("Dockerfile"))).contains("USER 10001:10001", "VOLUME /data",
                "ENV KAPPA_HOME=/data", "ENV KAPPA_LOG=json", "EXPOSE 8080");
        for (String name : List.of("kappa", "worker")) {
            Map<String, Object> service = services(compose()).get(name);
            assertThat(service).as(name).containsEntry("read_only", true);
        }
        assertThat(strings(services(compose()).get("kappa").get("volumes"))).containsExactly("kappa-data:/data");
        // A worker that goes leaves no volume behind.
        assertThat(services(compose()).get("worker")).doesNotContainKey("volumes");
        assertThat(strings(services(compose()).get("worker").get("tmpfs")))
                .anyMatch(mount -> mount.startsWith("/data:uid=10001,gid=10001"));
        services(compose()).forEach((name, service) -> {
            assertThat(service.get("image").toString()).as(name).matches("kappa:local|docker\\.io/.+");
            assertThat(map(map(service.get("logging")).get("options"))).as(name).containsKeys("max-size", "max-file");
        });
        // None of the images starts as root, and none needs to become anybody else.
        services(compose()).forEach((name, service) -> assertThat(service).as(name)
                .containsEntry("cap_drop", List.of("ALL"))
                .containsEntry("security_opt", List.of("no-new-privileges:true")).doesNotContainKeys("privileged",
                        "user", "pid", "network_mode", "cap_add"));
    }

    @Test
    void shouldPublishOnLoopbackOnlyAndHideTheBroker() throws IOException {
        Map<String, Object> compose = compose();
        Map<String, Map<String, Object>> services = services(compose);
        assertThat(services.values().stream().flatMap(service -> strings(service.get("ports")).stream())).isNotEmpty()
                .allMatch(port -> port.startsWith("127.0.0.1:"));
        assertThat(strings(services.get("kappa").get("ports"))).containsExactly("127.0.0.1:8080:8080");
        assertThat(map(map(compose.get("networks")).get("topics"))).containsEntry("internal", true);
        for (String outsider : List.of("prometheus", "grafana")) {
            assertThat(names(services.get(outsider).get("networks"))).doesNotContain("topics", "rigs");
        }
    }

    @Test
    void shouldAskForTheOneTokenEverywhereAndKeepItOutOfTheRepository() throws IOException {
        Map<String, Object> compose = compose();
        assertThat(map(map(compose.get("secrets")).get("kappa_token"))).containsEntry("file", "./secrets/kappa-token");
        assertThat(Files.readAllLines(DOCKER.resolve("secrets/.gitignore"))).containsSubsequence("*", "!.gitignore");
        for (String name : List.of("kappa", "worker", "prometheus", "grafana")) {
            assertThat(strings(services(compose).get(name).get("secrets"))).as(name).containsExactly("kappa_token");
        }
        for (String name : List.of("kappa", "worker")) {
            assertThat(strings(services(compose).get(name).get("command"))).as(name).startsWith("serve")
                    .contains("--token-file=" + TOKEN, "--host=0.0.0.0", "--bootstrap-servers=kafka:9092");
        }
        assertThat(DOCKER.resolve("prometheus/prometheus.yml")).content().contains("credentials_file: " + TOKEN);
        assertThat(DOCKER.resolve("healthcheck")).content().contains("token=" + TOKEN);
    }

    @Test
    void shouldRunTheBrokerThatTheTestsRunWith() throws IOException {
        Matcher version = Pattern.compile("<kafka.version>(.*)</kafka.version>")
                .matcher(Files.readString(Run.ROOT.resolve("pom.xml")));
        assertThat(version.find()).isTrue();
        Map<String, Object> kafka = services(compose()).get("kafka");
        assertThat(kafka).containsEntry("image", "docker.io/apache/kafka:" + version.group(1));
        String clusterId = map(kafka.get("environment")).get("CLUSTER_ID").toString();
        assertThat(Uuid.fromString(clusterId)).hasToString(clusterId);
    }

    @ParameterizedTest
    @CsvSource({"200, 0", "503, 1", "401, 1"})
    void shouldBeHealthyWhenTheProcessSaysItIsReady(int status, int exitCode) throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/health/ready", exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        try {
            Run run = Run.of(DOCKER, "./healthcheck", Integer.toString(server.getAddress().getPort()));
            assertThat(run).isEqualTo(new Run(exitCode, "/health/ready: " + status + "\n", ""));
        } finally {
            server.stop(0);
        }
        assertThat(Run.of(DOCKER, "./healthcheck", Integer.toString(server.getAddress().getPort())).exitCode())
                .as("nobody listens").isEqualTo(1);
    }

    private static Map<String, Object> compose() throws IOException {
        return map(new Yaml().load(Files.readString(DOCKER.resolve("compose.yaml"))));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Map<String, Object>> services(Map<String, Object> compose) {
        return (Map<String, Map<String, Object>>) compose.get("services");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    private static List<String> strings(Object value) {
        return value == null ? List.of() : (List<String>) value;
    }

    /** Networks come as a list, or as a map with settings. */
    private static List<String> names(Object value) {
        return value instanceof Map<?, ?> ? List.copyOf(map(value).keySet()) : strings(value);
    }
}
