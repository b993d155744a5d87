package kappa.dashboards.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.Await;
import kappa.ingest.Meters;
import kappa.ingest.log.BrokerDisk;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** Prometheus's rules and Grafana's dashboard against what the process really exports. */
class MonitoringTest {

    private static final Path PROMETHEUS = Run.ROOT.resolve("docker/prometheus");
    private static final Path RUNBOOK = Run.ROOT.resolve("dashboards/docs/runbook.md");
    private static final Path GRAFANA = Run.ROOT.resolve("docker/grafana");

    /** What Prometheus itself adds. */
    private static final Set<String> OWN = Set.of("up", "ALERTS");

    private static final Set<String> KEYWORDS = Set.of("and", "or", "unless", "on", "ignoring", "group_left",
            "group_right",
            "offset", "bool");

    /** Names as on /metrics. */
    private static final Set<String> EXPORTED = new HashSet<>();

    /** Meter by meter, the names of its samples. */
    private static final Map<Meters, Set<String>> SAMPLES = new LinkedHashMap<>();

    @BeforeAll
    static void scrape() {
        for (Meters meter : Meters.values()) {
            PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            register(meter, registry);
            SAMPLES.put(meter, samples(registry));
            EXPORTED.addAll(samples(registry));
        }
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (JvmGcMetrics gc = new JvmGcMetrics()) {
            new JvmMemoryMetrics().bindTo(registry);
            new ProcessorMetrics().bindTo(registry);
            gc.bindTo(registry);
            // The pause timer appears with the first pause, told of by another thread.
            Await.until("the pause timer", () -> {
                System.gc();
                return registry.find("jvm.gc.pause").timer() != null;
            });
            EXPORTED.addAll(samples(registry));
        }
    }

    @Test
    void shouldExportEveryMeterUnderAPrometheusName() {
        assertThat(SAMPLES).allSatisfy((meter, names) -> assertThat(names).as(meter.meterName()).isNotEmpty());
        assertThat(EXPORTED).contains("kappa_bins_accepted_total", "kappa_records_rejected_total",
                "kappa_latency_seconds_bucket", "kappa_bin_age_seconds", "kappa_lag_bins", "kappa_fit_quality",
                "jvm_memory_used_bytes", "jvm_gc_pause_seconds_max");
    }

    @Test
    void shouldSplitTheLatencyHistogramWhereTheAlertLooks() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Meters.LATENCY.timer(registry).record(Duration.ofMillis(3));
        assertThat(registry.scrape()).contains("le=\"0.05\"", "le=\"0.1\"", "le=\"5.0E-4\"");
    }

    @Test
    void shouldRaiseAlertsOnlyOnWhatIsExportedOrRecorded() throws IOException {
        Set<String> known = new HashSet<>(EXPORTED);
        known.addAll(OWN);
        known.addAll(recorded());
        for (Map<String, Object> rule : rules()) {
            String expression = rule.get("expr").toString();
            assertThat(metrics(expression)).as(expression).isNotEmpty();
            assertThat(known).as(expression).containsAll(metrics(expression));
        }
    }

    @Test
    void shouldDrawOnlyWhatIsExportedOrRecorded() throws IOException {
        Set<String> known = new HashSet<>(EXPORTED);
        known.addAll(OWN);
        known.addAll(recorded());
        for (String expression : drawn()) {
            assertThat(metrics(expression)).as(expression).isNotEmpty();
            assertThat(known).as(expression).containsAll(metrics(expression));
        }
    }

    @Test
    void shouldShowEveryMeterSomewhere() throws IOException {
        Set<String> shown = new TreeSet<>();
        for (String expression : drawn()) {
            shown.addAll(metrics(expression));
        }
        for (Map<String, Object> rule : rules()) {
            shown.addAll(metrics(rule.get("expr").toString()));
        }
        assertThat(SAMPLES)
                .allSatisfy((meter, names) -> assertThat(names).as(meter.meterName()).containsAnyElementsOf(shown));
    }

    @Test
    void shouldProvisionTheDashboardAndItsDatasource() throws IOException {
        Map<String, Object> source = first(
                yaml(GRAFANA.resolve("provisioning/datasources/prometheus.yml")).get("datasources"));
        Map<String, Object> provider = first(
                yaml(GRAFANA.resolve("provisioning/dashboards/kappa.yml")).get("providers"));
        assertThat(provider.get("options")).isEqualTo(Map.of("path", "/etc/grafana/dashboards"));
        // No data source is named, so that the dashboard can be imported elsewhere. Here the variable takes the default one.
        JsonNode dashboard = dashboard();
        assertThat(source).containsEntry("isDefault", true).containsEntry("type", "prometheus");
        JsonNode variable = dashboard.get("templating").get("list").get(0);
        assertThat(List.of(variable.get("name").asText(), variable.get("type").asText(),
                variable.get("query").asText())).containsExactly("datasource", "datasource", "prometheus");
        assertThat(dashboard.findValues("datasource")).isNotEmpty()
                .allSatisfy(node -> assertThat(node.get("uid").asText()).isEqualTo("${datasource}"));
        Set<Integer> ids = new HashSet<>();
        for (JsonNode panel : dashboard.get("panels")) {
            assertThat(ids.add(panel.get("id").asInt())).as("panel ids are unique").isTrue();
            assertThat(panel.get("gridPos").get("x").asInt() + panel.get("gridPos").get("w").asInt())
                    .as("%s lies within the grid of 24 columns", panel.get("title")).isLessThanOrEqualTo(24);
            assertThat(panel.get("description").asText()).as("%s is explained", panel.get("title")).isNotBlank();
        }
    }

    @Test
    void shouldLinkToThePageThePrometheusAndTheRunbookOfCompose() throws IOException {
        String compose = Files.readString(Run.ROOT.resolve("docker/compose.yaml"));
        assertThat(compose).contains("127.0.0.1:8080:8080", "127.0.0.1:9090:9090",
                "../dashboards/docs/runbook.md:/usr/share/grafana/public/kappa/runbook.md:ro");
        assertThat(dashboard().get("links").findValuesAsText("url")).containsExactly("http://localhost:8080",
                "http://localhost:9090/alerts", "http://localhost:9090", "/public/kappa/runbook.md");
    }

    @Test
    void shouldDrawOneUnitOnAnAxis() throws IOException {
        for (JsonNode panel : dashboard().get("panels")) {
            if (!panel.get("type").asText().equals("timeseries")) {
                continue;
            }
            Map<String, Set<String>> units = new LinkedHashMap<>();
            for (JsonNode target : panel.get("targets")) {
                String unit = property(panel, target, "unit");
                String expression = target.get("expr").asText();
                // A rate is per second, unless it is taken of seconds or only a step on the way.
                assertThat(unit.equals("cps")).as("%s: %s has unit %s", panel.get("title"), expression, unit)
                        .isEqualTo(expression.contains("rate(") && !expression.contains("_seconds_"));
                units.computeIfAbsent(property(panel, target, "custom.axisPlacement"), axis -> new TreeSet<>())
                        .add(unit);
            }
            assertThat(units.values()).as(panel.get("title").asText()).allSatisfy(unit -> assertThat(unit).hasSize(1));
        }
    }

    @Test
    void shouldDrawTheSameAtEveryZoom() throws IOException {
        for (JsonNode panel : dashboard().get("panels")) {
            if (panel.get("type").asText().equals("timeseries")) {
                assertThat(panel.get("targets").findValuesAsText("expr")).allSatisfy(
                        expression -> assertThat(expression).doesNotContainPattern("increase\\(.*\\[\\$__"));
            }
        }
    }

    @Test
    void shouldNameProcessesInPlaceOfTheirAddresses() throws IOException {
        Map<String, Object> scrape = first(yaml(PROMETHEUS.resolve("prometheus.yml")).get("scrape_configs"));
        Map<String, Object> relabel = first(scrape.get("relabel_configs"));
        assertThat(relabel).containsEntry("source_labels", List.of("__meta_dns_name", "__address__"))
                .containsEntry("separator", "-").containsEntry("target_label", "instance");
        Matcher named = Pattern.compile(relabel.get("regex").toString()).matcher("kappa-172.18.0.5:8080");
        assertThat(named.matches()).isTrue();
        assertThat(named.group(1)).isEqualTo("kappa-172.18.0.5");
    }

    @Test
    void shouldTestEveryAlert() throws IOException {
        String tests = Files.readString(PROMETHEUS.resolve("rules.test.yml"));
        List<String> alerts = rules().stream().filter(rule -> rule.containsKey("alert"))
                .map(rule -> rule.get("alert").toString()).toList();
        assertThat(alerts).hasSizeGreaterThanOrEqualTo(7)
                .allSatisfy(alert -> assertThat(tests).contains("alertname: " + alert));
    }

    @Test
    void shouldHaveASectionOfTheRunbookForEveryAlertAndNoOther() throws IOException {
        List<String> anchors = Files.readAllLines(RUNBOOK).stream().filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .toList();
        assertThat(anchors).doesNotHaveDuplicates();
        List<String> alerts = new ArrayList<>();
        for (Map<String, Object> rule : rules()) {
            if (rule.containsKey("alert")) {
                String alert = rule.get("alert").toString();
                alerts.add(alert.toLowerCase(Locale.ROOT));
                assertThat(rule.get("annotations")).as(alert).asInstanceOf(InstanceOfAssertFactories.MAP)
                        .containsEntry("runbook", "dashboards/docs/runbook.md#" + alert.toLowerCase(Locale.ROOT))
                        .containsKeys("summary", "description");
            }
        }
        assertThat(anchors.stream().filter(anchor -> anchor.matches("kappa[a-z]+"))).containsExactlyElementsOf(alerts);
        assertThat(Files.readString(Run.ROOT.resolve("README.md"))).contains("(dashboards/docs/runbook.md)");
    }

    @Test
    void shouldWarnOfADiskWhereTheAlertDoes() throws IOException {
        assertThat(rules().stream().filter(rule -> "KappaDiskLow".equals(rule.get("alert")))
                .map(rule -> rule.get("expr").toString())).singleElement().asString()
                .contains("kappa_broker_disk_usable_bytes < " + BrokerDisk.LOW_BYTES + " ");
    }

    @Test
    void shouldPleasePromtool(@TempDir Path directory) throws IOException, InterruptedException {
        assumeTrue(Run.find("promtool").isPresent(), "promtool is not installed (Debian's package prometheus has it)");
        // The token is where Prometheus runs, not here: hence the syntax only, and the rules on their own.
        promtool(PROMETHEUS, "check", "config", "--syntax-only", "prometheus.yml");
        promtool(PROMETHEUS, "check", "rules", "rules.yml");
        promtool(PROMETHEUS, "test", "rules", "rules.test.yml");

        List<Map<String, String>> asRules = new ArrayList<>();
        for (String expression : drawn()) {
            asRules.add(Map.of("record", "panel:" + asRules.size(), "expr",
                    expression.replace("$__rate_interval", "1m").replace("$__range", "15m")));
        }
        Files.writeString(directory.resolve("panels.yml"),
                new Yaml().dump(Map.of("groups", List.of(Map.of("name", "panels", "rules", asRules)))));
        promtool(directory, "check", "rules", "panels.yml");
    }

    @Test
    void shouldShowAProcessThatIsNotReadyOrGone(@TempDir Path directory) throws IOException, InterruptedException {
        assumeTrue(Run.find("promtool").isPresent(), "promtool is not installed (Debian's package prometheus has it)");
        JsonNode targets = dashboard().get("panels").get(0).get("targets");
        assertThat(targets.findValuesAsText("legendFormat")).containsExactly("ready", "not ready");
        String[] expressions = targets.findValuesAsText("expr").stream()
                .map(expression -> expression.replace("$instance", ".*")).toArray(String[]::new);
        // The first is ready all the time, the second from 2 to 10 min; then it is gone, and after 10 min forgotten.
        List<Map<String, String>> series = List.of(
                Map.of("series", "up{job='kappa', instance='a'}", "values", "1x160"),
                Map.of("series", "up{job='kappa', instance='b'}", "values", "1x40 stale"),
                Map.of("series", "kappa_ready{job='kappa', instance='a'}", "values", "1x160"),
                Map.of("series", "kappa_ready{job='kappa', instance='b'}", "values", "0x7 1x31 stale"));
        List<Map<String, Object>> expected = new ArrayList<>();
        for (String[] row : new String[][]{{"1m", "1", "1"}, {"5m", "2", "0"}, {"12m", "1", "1"}, {"35m", "1", "0"}}) {
            for (int i = 0; i < 2; i++) {
                expected.add(Map.of("expr", expressions[i], "eval_time", row[0], "exp_samples",
                        List.of(Map.of("labels", "{}", "value", Integer.parseInt(row[1 + i])))));
            }
        }
        Files.writeString(directory.resolve("processes.yml"), new Yaml().dump(Map.of("evaluation_interval", "15s",
                "tests", List.of(Map.of("interval", "15s", "input_series", series, "promql_expr_test", expected)))));
        promtool(directory, "test", "rules", "processes.yml");
    }

    private static void promtool(Path directory, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        Run run = Run.of(directory, command.toArray(String[]::new));
        assertThat(run.exitCode()).as("%s%n%s%s", command, run.out(), run.err()).isZero();
    }

    private static void register(Meters meter, PrometheusMeterRegistry registry) {
        String tag = meter.tagKey().isPresent() ? "value" : null;
        Runnable use = switch (meter.kind()) {
            case COUNTER -> () -> meter.counter(registry, tag).increment();
            case TIMER -> () -> meter.timer(registry).record(Duration.ofMillis(1));
            case GAUGE -> () -> meter.gauge(registry, tag, () -> 1);
        };
        use.run();
    }

    private static Set<String> samples(PrometheusMeterRegistry registry) {
        Set<String> names = new HashSet<>();
        registry.scrape().lines().filter(line -> !line.startsWith("#")).map(line -> line.split("[{ ]", 2)[0])
                .forEach(names::add);
        return names;
    }

    /** The metrics a PromQL expression reads: its identifiers, less functions, keywords, labels and grouping clauses. */
    private static Set<String> metrics(String expression) {
        String bare = expression.replaceAll("\"[^\"]*\"", "").replaceAll("\\{[^}]*\\}", " ")
                .replaceAll("\\[[^\\]]*\\]", " ")
                .replaceAll("\\b(by|without)\\s*\\([^)]*\\)", " ").replaceAll("\\b[0-9][0-9a-z.]*", " ");
        Set<String> names = new TreeSet<>();
        Matcher identifier = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*(?!\\s*\\(|[a-zA-Z0-9_:])").matcher(bare);
        while (identifier.find()) {
            if (!KEYWORDS.contains(identifier.group())) {
                names.add(identifier.group());
            }
        }
        return names;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> rules() throws IOException {
        List<Map<String, Object>> rules = new ArrayList<>();
        for (Map<String, Object> group : (List<Map<String, Object>>) yaml(PROMETHEUS.resolve("rules.yml"))
                .get("groups")) {
            rules.addAll((List<Map<String, Object>>) group.get("rules"));
        }
        return rules;
    }

    private static Set<String> recorded() throws IOException {
        Set<String> names = new HashSet<>();
        for (Map<String, Object> rule : rules()) {
            if (rule.containsKey("record")) {
                names.add(rule.get("record").toString());
            }
        }
        return names;
    }

    /** Every expression of the dashboard, the annotations' and the variable's included. */
    private static List<String> drawn() throws IOException {
        List<String> expressions = new ArrayList<>();
        dashboard().findValues("expr").forEach(node -> expressions.add(node.asText()));
        for (JsonNode variable : dashboard().get("templating").get("list")) {
            if (!variable.has("definition")) {
                continue;
            }
            Matcher values = Pattern.compile("label_values\\((\\w+), \\w+\\)")
                    .matcher(variable.get("definition").asText());
            assertThat(values.matches()).isTrue();
            expressions.add(values.group(1));
        }
        assertThat(expressions).hasSizeGreaterThan(20);
        return expressions;
    }

    /** A property of what a target draws: the panel's, unless an override for the target says otherwise. */
    private static String property(JsonNode panel, JsonNode target, String id) {
        for (JsonNode override : panel.get("fieldConfig").get("overrides")) {
            if (override.get("matcher").get("options").asText().equals(target.get("refId").asText())) {
                for (JsonNode property : override.get("properties")) {
                    if (property.get("id").asText().equals(id)) {
                        return property.get("value").asText();
                    }
                }
            }
        }
        return panel.get("fieldConfig").get("defaults").at("/" + id.replace('.', '/')).asText("left");
    }

    private static JsonNode dashboard() throws IOException {
        return new ObjectMapper().readTree(GRAFANA.resolve("dashboards/kappa.json").toFile());
    }

    private static Map<String, Object> yaml(Path file) throws IOException {
        return new Yaml().load(Files.readString(file));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> first(Object list) {
        return ((List<Map<String, Object>>) list).getFirst();
    }
}
