package kappa.dashboards.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import kappa.dashboards.BesideOthers;
import org.junit.jupiter.api.Test;

/** The modules of the image's Java runtime. */
@BesideOthers
class ImageRuntimeTest {

    /** What the image's runtime holds for no class: jcmd, and Kerberos, which Kafka's clients ask for by name. */
    private static final List<String> ASKED_FOR_BY_NAME = List.of("jdk.jcmd", "jdk.security.auth",
            "jdk.security.jgss");

    @Test
    void shouldLinkARuntimeWithEachModuleThatAClassNames() throws IOException {
        Map<String, String> modules = new HashMap<>();
        for (ModuleReference module : ModuleFinder.ofSystem().findAll()) {
            module.descriptor().packages()
                    .forEach(name -> modules.put(name.replace('.', '/'), module.descriptor().name()));
        }
        Map<String, String> named = new TreeMap<>();
        for (Path entry : Shipped.shippedClassPath()) {
            for (String name : namedPackages(entry)) {
                if (modules.containsKey(name)) {
                    named.putIfAbsent(modules.get(name), name + " in " + entry.getFileName());
                }
            }
        }
        Set<String> linked = linked();
        assertThat(named.keySet()).as("linked %s, named %s", linked, named)
                .contains("java.base", "jdk.incubator.vector").isSubsetOf(closure(linked));
        linked.removeAll(ASKED_FOR_BY_NAME);
        assertThat(named.keySet()).as("nothing is linked that nobody names").containsAll(linked);
    }

    /** What {@code jlink} takes for the image and for the archive. */
    private static Set<String> linked() throws IOException {
        Matcher list = Pattern.compile("--add-modules\\s([a-z.,\\\\\\s]+?) *--")
                .matcher(Files.readString(Run.ROOT.resolve("dashboards/src/main/dist/jlink.args")));
        assertThat(list.find()).isTrue();
        Set<String> linked = new TreeSet<>(List.of(list.group(1).replaceAll("[\\\\\\s]", "").split(",", -1)));
        assertThat(linked).containsAll(ASKED_FOR_BY_NAME);
        return linked;
    }

    /** These modules and those that they require. */
    private static Set<String> closure(Set<String> modules) {
        Set<String> closure = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>(modules);
        while (!open.isEmpty()) {
            String name = open.pop();
            if (closure.add(name)) {
                ModuleFinder.ofSystem().find(name).orElseThrow().descriptor().requires().stream()
                        .filter(needed -> !needed.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
                        .forEach(needed -> open.push(needed.name()));
            }
        }
        return closure;
    }

    /** The packages of all classes that the classes in a jar or directory name. */
    private static Set<String> namedPackages(Path entry) throws IOException {
        Set<String> packages = new HashSet<>();
        if (Files.isDirectory(entry)) {
            try (Stream<Path> files = Files.walk(entry)) {
                for (Path file : files.filter(file -> file.toString().endsWith(".class")).toList()) {
                    addNamedPackages(Files.readAllBytes(file), packages);
                }
            }
            return packages;
        }
        try (JarFile jar = new JarFile(entry.toFile())) {
            for (JarEntry file : jar.stream().filter(file -> file.getName().endsWith(".class")).toList()) {
                try (InputStream in = jar.getInputStream(file)) {
                    addNamedPackages(in.readAllBytes(), packages);
                }
            }
        }
        return packages;
    }

    private static void addNamedPackages(byte[] classFile, Set<String> packages) {
        for (PoolEntry constant : ClassFile.of().parse(classFile).constantPool()) {
            if (constant instanceof ClassEntry type) {
                // Of an array, [Ljava/lang/String; for example.
                String name = type.asInternalName();
                int begin = name.startsWith("[") ? name.lastIndexOf('[') + 2 : 0;
                packages.add(name.substring(begin, Math.max(begin, name.lastIndexOf('/'))));
            }
        }
    }
}
