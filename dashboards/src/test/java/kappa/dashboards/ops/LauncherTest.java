package kappa.dashboards.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import kappa.ingest.Await;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher, in a directory of its own with JDKs and a Maven that only say what they were asked: no JVM starts, except for
 * the one test of the flags.
 */
class LauncherTest {

    /** What the launcher needs besides Java and Maven. There is no java among them, whatever this machine has. */
    private static final List<String> TOOLS = List.of("bash", "basename", "cat", "dirname", "find", "flock", "mkdir",
            "mv",
            "readlink", "rm", "sleep", "tail", "touch");

    @TempDir
    Path directory;

    private Path tools;
    private Path jdks;
    private Path user;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void lockTheLauncherIn() throws IOException {
        // A blank in every path: they are common on desktops, and scripts break on them.
        tools = Files.createDirectories(directory.resolve("some tools"));
        jdks = Files.createDirectories(directory.resolve("some jdks"));
        user = Files.createDirectories(directory.resolve("where the user is"));
        for (String tool : TOOLS) {
            Path real = Run.find(tool).orElse(null);
            if (real != null) {
                script(tools.resolve(tool), "exec '" + real + "' \"$@\"");
            }
        }
        environment.put("PATH", tools.toString());
        environment.put("KAPPA_JAVA_SEARCH", jdks.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"kappa", ".ci/run", ".ci/nightly", ".ci/image", "docker/healthcheck"})
    void shouldBeExecutableBash(String script) throws IOException, InterruptedException {
        assertThat(Run.ROOT.resolve(script)).isExecutable();
        assertThat(Run.of(Run.ROOT, "bash", "-n", script)).isEqualTo(new Run(0, "", ""));
        assumeTrue(Run.find("shellcheck").isPresent(), "shellcheck is not installed");
        assertThat(Run.of(Run.ROOT, "shellcheck", script)).isEqualTo(new Run(0, "", ""));
    }

    @Test
    void shouldTakeTheNewestJdkThatLiesAbout() throws IOException, InterruptedException {
        jdk("a", "25.0.9");
        Path newest = jdk("b", "25.0.10");
        jdk("c", "17.0.15");
        assertThat(run(image(), "live").out()).startsWith(newest + "/bin/java\n");
        Path newer = jdk("d", "26-ea");
        assertThat(run(image(), "live").out()).startsWith(newer + "/bin/java\n");
    }

    @Test
    void shouldPreferJavaHomeToANewerJdkElsewhere() throws IOException, InterruptedException {
        jdk("newer", "27.0.1");
        Path chosen = jdk("chosen", "25.0.1");
        environment.put("JAVA_HOME", chosen.toString());
        assertThat(run(image(), "live").out()).startsWith(chosen + "/bin/java\n");
    }

    @Test
    void shouldPreferTheJavaOnThePathToANewerJdkElsewhere() throws IOException, InterruptedException {
        jdk("newer", "27.0.1");
        Path chosen = jdk("chosen", "25.0.1");
        Files.createSymbolicLink(tools.resolve("java"), chosen.resolve("bin/java"));
        assertThat(run(image(), "live").out()).startsWith(chosen.toRealPath() + "/bin/java\n");
    }

    @Test
    void shouldPassByAJavaHomeAndAJavaOnThePathThatAreTooOld() throws IOException, InterruptedException {
        Path old = jdk("old", "17.0.15");
        Path usable = jdk("usable", "25.0.3");
        environment.put("JAVA_HOME", old.toString());
        Files.createSymbolicLink(tools.resolve("java"), old.resolve("bin/java"));
        assertThat(run(image(), "live").out()).startsWith(usable + "/bin/java\n");
    }

    @Test
    void shouldSayInOneLineWhatToInstallWhenThereIsNoJdk() throws IOException, InterruptedException {
        environment.put("KAPPA_JAVA_SEARCH", "");
        Run run = run(image(), "live");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1).contains("JDK of version 25 or newer", "install", "KAPPA_JAVA_HOME");
    }

    @Test
    void shouldNameTheNewestJdkThatIsTooOld() throws IOException, InterruptedException {
        Path old = jdk("old", "21.0.2");
        jdk("older", "1.8.0_402");
        Run run = run(image(), "live");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).hasLineCount(1).contains("the newest here is 21, in " + old);
    }

    @Test
    void shouldRefuseAChosenJdkThatIsTooOldInsteadOfTakingAnother() throws IOException, InterruptedException {
        jdk("usable", "25.0.3");
        Path old = jdk("old", "21.0.2");
        environment.put("KAPPA_JAVA_HOME", old.toString());
        Run run = run(image(), "live");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("kappa: KAPPA_JAVA_HOME=" + old + " is not a JDK of version 25 or newer\n");
    }

    @Test
    void shouldHandOverFlagsArgumentsAndWorkingDirectoryThroughSymbolicLinks()
            throws IOException, InterruptedException {
        Path java = jdk("usable", "25.0.3").resolve("bin/java");
        Path app = image().getParent().toRealPath();
        Path link = Files.createSymbolicLink(user.resolve("first"), user.relativize(app.resolve("kappa")));
        Path linkToLink = Files.createSymbolicLink(tools.resolve("kappa"), link);
        environment.put("KAPPA_JAVA_OPTS", "-Xmx1g  -Dx=*");
        Run run = run(linkToLink, "replay", "a session.npz", "", "*");
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines()).containsExactly(java.toString(), user.toRealPath().toString(),
                "@" + app + "/jvm.args",
                "-Xmx1g", "-Dx=*", "-Dkappa.home=" + app, "-Dkappa.command=" + linkToLink, "-cp", app + "/lib/*",
                "kappa.dashboards.cli.Main", "replay",
                "a session.npz", "", "*");
    }

    @Test
    void shouldStartFromTheCacheOfClassesUnlessAJarIsNewer() throws IOException, InterruptedException {
        Path app = imageWithCache(jdk("usable", "25.0.3"));
        Path cache = app.resolve("kappa.aot");
        assertThat(run(app.resolve("kappa"), "live").out().lines()).contains("-XX:AOTCache=" + cache);
        Files.setLastModifiedTime(cache, FileTime.from(Instant.now().minusSeconds(7200)));
        assertThat(run(app.resolve("kappa"), "live").out()).doesNotContain("AOTCache");
    }

    @Test
    void shouldPassByTheCacheOfClassesThatAnotherJdkMade() throws IOException, InterruptedException {
        Path app = imageWithCache(jdk("older", "25.0.2"));
        jdk("usable", "25.0.3");
        assertThat(run(app.resolve("kappa"), "fit").out().lines()).contains("@" + app + "/jvm.args")
                .noneMatch(line -> line.contains("AOTCache"));
    }

    @Test
    void shouldLeaveTheVectorApiToKappaBesideTheCacheOfClasses() throws IOException, InterruptedException {
        Path app = imageWithCache(jdk("usable", "25.0.3"));
        assertThat(run(app.resolve("kappa"), "fit").out().lines())
                .contains("-Dkappa.vectors.late=true", "--add-exports=java.base/jdk.internal.module=ALL-UNNAMED",
                        "-XX:+UseG1GC")
                .noneMatch(line -> line.startsWith("--add-modules") || line.startsWith("@"));
    }

    /** An image that was started before, by a JDK: its directory. */
    private Path imageWithCache(Path jdk) throws IOException {
        Path app = image().getParent().toRealPath();
        Path jar = Files.createFile(app.resolve("lib/kappa-fitting-0.1.jar"));
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().minusSeconds(3600)));
        Files.createFile(app.resolve("kappa.aot"));
        Files.copy(jdk.resolve("release"), app.resolve("kappa.aot.jdk"));
        return app;
    }

    @Test
    void shouldMakeTheCacheOfClassesBesideTheFirstLiveAfterABuild() throws IOException, InterruptedException {
        script(jdk("usable", "25.0.3").resolve("bin/java"), """
                for a; do case $a in -XX:AOTCacheOutput=*) echo "$*" >"${a#*=}" ;; esac; done""");
        script(tools.resolve("nice"), "shift 2; exec \"$@\"");
        Path checkout = checkout();
        maven("builds");
        Path app = checkout.resolve("dashboards/target/kappa");
        assertThat(run(checkout.resolve("kappa"), "fit").exitCode()).isZero();
        assertThat(app.resolve(".cache")).doesNotExist();
        assertThat(run(checkout.resolve("kappa"), "live").exitCode()).isZero();
        Await.until("the cache", () -> Files.exists(app.resolve("kappa.aot")) && !Files.exists(app.resolve(".cache")));
        assertThat(app.resolve("kappa.aot")).content().contains("kappa.dashboards.cli.Main live", "--until-end");
        // The run that made it.
        assertThat(run(checkout.resolve("kappa"), "live").exitCode()).isZero();
        assertThat(app.resolve(".cache")).doesNotExist();
    }

    @Test
    void shouldKeepTheDataWhereItIsToldTo() throws IOException, InterruptedException {
        jdk("usable", "25.0.3");
        environment.put("KAPPA_HOME", "/data");
        assertThat(run(image(), "serve").out().lines()).contains("-Dkappa.home=/data");
    }

    @Test
    void shouldBuildACheckoutOnFirstUseAndWhenAFileHasChangedOrGone() throws IOException, InterruptedException {
        Path java = jdk("usable", "25.0.3").resolve("bin/java");
        Path checkout = checkout();
        maven("builds");
        Path source = checkout.resolve("fitting/src/main/java/A.java");

        Run first = run(checkout.resolve("kappa"), "live");
        assertThat(first.err()).isEqualTo("kappa: building kappa (first use) ...\n");
        Path root = checkout.toRealPath();
        assertThat(first.out().lines()).startsWith(java.toString()).contains("-Dkappa.home=" + root,
                root + "/dashboards/target/kappa/lib/*");
        assertThat(checkout.resolve("jdk.log")).as("what Maven's toolchains are told of")
                .hasContent(java.getParent().getParent().toString());
        assertThat(run(checkout.resolve("kappa"), "live").err()).as("nothing has changed").isEmpty();

        Files.writeString(source, "class A { int changed; }");
        assertThat(run(checkout.resolve("kappa"), "live").err())
                .isEqualTo("kappa: building kappa (sources changed) ...\n");
        assertThat(run(checkout.resolve("kappa"), "live").err()).isEmpty();

        Files.delete(source);
        assertThat(run(checkout.resolve("kappa"), "live").err()).contains("building");
        assertThat(checkout.resolve("mvn.log")).hasContent("-B -Dquick package\n".repeat(3).strip());
    }

    @Test
    void shouldSayWhatTheBuildIsDoing() throws IOException, InterruptedException {
        jdk("usable", "25.0.3");
        Path checkout = checkout();
        maven("""
                echo 'Downloading from central: https://repo.example/a.pom'
                echo 'Downloaded from central: https://repo.example/a.pom'
                echo '[INFO] Building kappa ingest 0.1      [2/5]'
                echo 'Downloading from central: https://repo.example/b.jar'
                echo '[INFO] Compiling 176 source files with javac to target/classes'
                echo '[INFO] Building kappa fitting 0.1      [3/5]'
                echo '[INFO] Compiling 88 source files with javac to target/classes'
                """);
        Run run = run(checkout.resolve("kappa"), "live");
        assertThat(run.err().lines()).containsExactly("kappa: building kappa (first use) ...",
                "kappa: downloading libraries ...", "kappa: compiling ingest ...", "kappa: compiling fitting ...");
        assertThat(checkout.resolve("target/kappa-build.log")).content().hasLineCount(7);
    }

    @Test
    void shouldTrustABuildThatMavenMadeAlone() throws IOException, InterruptedException {
        jdk("usable", "25.0.3");
        Path checkout = checkout();
        maven("builds");
        assertThat(Run.start(checkout, environment, tools.resolve("mvn").toString(), "-B", "verify").await().exitCode())
                .isZero();
        Run run = run(checkout.resolve("kappa"), "live");
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
    }

    @Test
    void shouldBuildAgainAfterABuildThatWasCutShort() throws IOException, InterruptedException {
        jdk("usable", "25.0.3");
        Path checkout = checkout();
        maven("builds");
        run(checkout.resolve("kappa"), "live");
        Files.createFile(checkout.resolve("dashboards/target/kappa/.building"));
        assertThat(run(checkout.resolve("kappa"), "live").err()).contains("building");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldBuildOnceWhenSeveralStartTogether(boolean flock) throws IOException, InterruptedException {
        jdk("usable", "25.0.3");
        Path checkout = checkout();
        maven("builds");
        if (!flock) {
            Files.deleteIfExists(tools.resolve("flock"));
        }
        List<Run.Started> together = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            together.add(Run.start(user, environment, checkout.resolve("kappa").toString(), "live"));
        }
        for (Run.Started started : together) {
            assertThat(started.await().exitCode()).isZero();
        }
        assertThat(checkout.resolve("mvn.log")).hasContent("-B -Dquick package");
    }

    @Test
    void shouldShowTheEndOfABuildThatFailed() throws IOException, InterruptedException {
        jdk("usable", "25.0.3");
        Path checkout = checkout();
        maven("fails");
        Run run = run(checkout.resolve("kappa"), "live");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines()).hasSize(22).startsWith("kappa: building kappa (first use) ...", "line 11")
                .endsWith("line 30", "kappa: the build failed; all of its output is in " + checkout.toRealPath()
                        + "/target/kappa-build.log");
        assertThat(checkout.resolve("target/kappa-build.log")).content().hasLineCount(30);
    }

    @Test
    void shouldSayThatMavenIsMissing() throws IOException, InterruptedException {
        jdk("usable", "25.0.3");
        Run run = run(checkout().resolve("kappa"), "live");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).hasLineCount(1).contains("needs Maven");
    }

    @Test
    void shouldStartThisJdkWithTheRealFlags() throws IOException, InterruptedException {
        Path app = image().getParent();
        main(app.resolve("lib/main.jar"));
        environment.put("KAPPA_JAVA_HOME", System.getProperty("java.home"));
        environment.put("LC_ALL", "C.UTF-8");
        Run run = run(app.resolve("kappa"), "κ");
        assertThat(run.out().lines()).as(run.err()).containsExactly(app.toRealPath().toString(), "true", "κ");
        assertThat(run.exitCode()).isZero();
    }

    private Run run(Path launcher, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        return Run.start(user, environment, command.toArray(String[]::new)).await();
    }

    /** A JDK that prints its own path, the working directory and what it was given. */
    private Path jdk(String name, String version) throws IOException {
        Path home = jdks.resolve(name);
        script(home.resolve("bin/java"), "printf '%s\\n' \"$0\" \"$PWD\" \"$@\"");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Test\"\nJAVA_VERSION=\"" + version
                + "\"\nJAVA_VERSION_DATE=\"2026-04-21\"");
        return home;
    }

    /** What the image holds; the launcher in it. */
    private Path image() throws IOException {
        Path app = Files.createDirectories(directory.resolve("opt/kappa"));
        Files.createDirectories(app.resolve("lib"));
        copy(Run.ROOT.resolve("dashboards/src/main/launch/jvm.args"), app.resolve("jvm.args"));
        copy(Run.ROOT.resolve("kappa"), app.resolve("kappa"));
        return app.resolve("kappa");
    }

    /** A checkout that was never built; its files are an hour old. */
    private Path checkout() throws IOException {
        Path checkout = directory.resolve("a check out");
        List<Path> files = new ArrayList<>(List.of(checkout.resolve("pom.xml")));
        for (String module : List.of("ingest", "fitting", "analysis", "dashboards")) {
            files.add(checkout.resolve(module).resolve("pom.xml"));
            files.add(checkout.resolve(module).resolve("src/main/java/A.java"));
        }
        FileTime anHourAgo = FileTime.from(Instant.now().minusSeconds(3600));
        for (Path file : files) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, "");
            Files.setLastModifiedTime(file, anHourAgo);
        }
        copy(Run.ROOT.resolve("kappa"), checkout.resolve("kappa"));
        return checkout;
    }

    /** A Maven that notes its arguments, does more if told to and makes what the build makes, or fails with thirty lines. */
    private void maven(String doing) throws IOException {
        script(tools.resolve("mvn"),
                doing.equals("fails")
                        ? "i=1; while [ $i -le 30 ]; do echo line $i; i=$((i+1)); done; exit 7"
                        : (doing.equals("builds") ? "" : doing) + """
                        echo "$*" >>mvn.log
                        echo "$JAVA_KAPPA_HOME" >jdk.log
                        mkdir -p dashboards/target/kappa/lib
                        cd dashboards/target/kappa
                        touch jvm.args
                        for m in ingest fitting analysis dashboards; do touch "lib/kappa-$m-0.1.jar"; done""");
    }

    private static void script(Path file, String body) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.write(to, Files.readAllBytes(from), StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        if (Files.isExecutable(from)) {
            Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    /** A jar whose Main tells what the flags have given it. */
    private void main(Path jar) throws IOException {
        String source = """
                package kappa.dashboards.cli;
                public final class Main {
                    public static void main(String[] arguments) {
                        System.out.println(System.getProperty("kappa.home"));
                        System.out.println(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
                        System.out.println(arguments[0]);
                    }
                }
                """;
        JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///Main.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        Path classes = Files.createDirectories(directory.resolve("classes"));
        assertThat(ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, null, List.of("-d", classes.toString()), null, List.of(file)).call()).isTrue();
        String name = "kappa/dashboards/cli/Main.class";
        try (OutputStream out = Files.newOutputStream(jar); JarOutputStream entries = new JarOutputStream(out)) {
            entries.putNextEntry(new JarEntry(name));
            Files.copy(classes.resolve(name), entries);
            entries.closeEntry();
        }
    }
}
