package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import kappa.ingest.wire.Activity;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The client for Python against a broker and a pipeline in processes of their own. {@code -Dkappa.python.speed=1} sends the
 * minute of a thousand neurons at its own pace.
 */
@ProcessTest
class PythonClientTest {

    @TempDir
    static Path directory;

    private static Python python;
    private static KappaProcess broker;
    private static KappaProcess serve;
    private static String servers;

    @BeforeAll
    static void start() {
        python = Python.install(directory);
        broker = KappaProcess.startWith(KappaProcess.CLIENT, directory, "broker", "--port", "0", "--data",
                directory.resolve("data").toString());
        servers = broker.awaitLine("Kafka (\\S+)", Recording.LIMIT);
        serve = KappaProcess.start(directory, "serve", "--bootstrap-servers", servers, "--port", "0");
    }

    @AfterAll
    static void stop() {
        for (KappaProcess process : new KappaProcess[]{serve, broker}) {
            if (process != null) {
                process.close();
            }
        }
    }

    private static String notebook(String name, Map<String, String> environment) {
        return python.run(environment, Python.CLIENT.resolve("tests/run_notebook.py").toString(),
                Python.CLIENT.resolve("examples").resolve(name).toString());
    }

    @Test
    void shouldHaveTheSchemaOfThisVersion() throws IOException {
        FileDescriptorSet shipped = FileDescriptorSet
                .parseFrom(Files.readAllBytes(Python.CLIENT.resolve("src/kappa/wire.bin")));
        FileDescriptorProto here = Activity.getDescriptor().getFile().toProto();
        assertThat(shipped.getFileList()).as("README.md of the client says how to write wire.bin anew")
                .extracting(PythonClientTest::withoutJsonNames).containsExactly(here);
    }

    /** protoc writes them down for readers, and the code that it generates leaves them out. */
    private static FileDescriptorProto withoutJsonNames(FileDescriptorProto file) {
        FileDescriptorProto.Builder plain = file.toBuilder();
        plain.getMessageTypeBuilderList()
                .forEach(message -> message.getFieldBuilderList().forEach(FieldDescriptorProto.Builder::clearJsonName));
        return plain.build();
    }

    @Test
    void shouldPassItsOwnTests() {
        assertThat(python.run(Map.of(), "-m", "unittest", "discover", "-s", Python.CLIENT.resolve("tests").toString()))
                .contains("OK");
    }

    @Test
    void shouldLoseNothingOfAMinuteOfAThousandNeurons() {
        String page = serve.awaitLine("dashboard (http://localhost:\\d+)/", Recording.LIMIT);
        String token = serve.awaitLine("\\?token=([0-9a-f]{32}) ", Recording.LIMIT);
        String told = python.run(Map.of(), Python.CLIENT.resolve("tests/through_kafka.py").toString(), servers, page,
                token, System.getProperty("kappa.python.speed", "10"));
        assertThat(told).contains("lose_nothing: ", "obey_requests: ", "tell_what_was_rejected: ");
    }

    @Test
    void shouldRunBothNotebooks() {
        String told = notebook("publish_and_watch.ipynb", Map.of("KAPPA_KAFKA", servers, "KAPPA_SPEED", "20"));
        assertThat(told).contains("2400 bins with κ");
        String session = told.strip().lines().toList().getLast().split(" ")[0];
        Path file = directory.resolve("export.npz");
        try (KappaProcess export = KappaProcess.startWith(KappaProcess.CLIENT, directory, "export", "--session",
                session, "--bootstrap-servers", servers, "--out", file.toString())) {
            export.awaitSuccess(Recording.LIMIT);
        }
        assertThat(notebook("redraw_an_export.ipynb", Map.of("KAPPA_EXPORT", file.toString())))
                .contains(session + " rank 2 bins 2400", "overlaps");
    }

    @Test
    void shouldHaveNotebooksWithoutResults() throws IOException {
        for (String name : List.of("publish_and_watch.ipynb", "redraw_an_export.ipynb")) {
            assertThat(Files.readString(Python.CLIENT.resolve("examples").resolve(name))).contains("\"outputs\": []")
                    .doesNotContain("image/png");
        }
    }
}
