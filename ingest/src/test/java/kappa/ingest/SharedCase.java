package kappa.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Small files that public reports of bugs led to. A script beside the shared data makes each; where it is absent, the test is
 * skipped with the reason, as {@link SharedData} does.
 */
public final class SharedCase {

    private SharedCase() {}

    /**
     * Makes the files of a case.
     *
     * @param name of the case, such as {@code 11-npz-kinds}
     * @param modules of Python that its script imports, separated by commas
     * @return the folder in which they lie
     */
    public static Path make(String name, String modules, Path directory) throws IOException, InterruptedException {
        Path script = SharedData.file("../cases/" + name + "/make.py");
        Path common = SharedData.file("../cases/common.py");
        Path cases = Files.createDirectories(directory.resolve("cases"));
        if (!Files.exists(cases.resolve("common.py"))) {
            Files.copy(common, cases.resolve("common.py"));
        }
        Path folder = Files.createDirectories(cases.resolve(name));
        PythonScript.run(script, modules, folder);
        return folder;
    }
}
