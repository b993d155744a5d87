package kappa.dashboards.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Options of a command in a YAML file, {@code --config FILE}: each key is an option without its dashes. What stands on the
 * command line wins. Stateless.
 */
final class ConfigFile {

    private static final String NAME = "--config";
    private static final int LARGEST_BYTES = 1 << 20;

    /** Names the section of the option's help. */
    @Section.In(Section.RARE)
    private static final String OPTION = NAME;

    private ConfigFile() {}

    /** Gives the option to all commands that have no commands below them. */
    static void offer(CommandLine command) {
        command.getSubcommands().values().forEach(ConfigFile::offer);
        if (command.getSubcommands().isEmpty() && !(command.getCommand() instanceof CommandLine.HelpCommand)
                && !(command.getCommand() instanceof ConfigCommand)) {
            try {
                command.getCommandSpec().addOption(OptionSpec.builder(NAME).paramLabel("FILE").type(Path.class)
                        .userObject(ConfigFile.class.getDeclaredField("OPTION"))
                        .description("YAML file with options of this command, each under its name without dashes "
                                + "(default: none). An option on the command line wins.")
                        .build());
            } catch (NoSuchFieldException e) {
                throw new IllegalStateException(OPTION, e);
            }
        }
    }

    /** A command and its arguments, those of its configuration file included. */
    record Expanded(CommandLine command, String[] arguments, Path file) {}

    /**
     * Puts the options of the file in front of those that were given.
     *
     * @throws ParameterException if the file cannot be read, or holds what is no option of the command
     */
    static Expanded expand(CommandLine line, String... given) {
        CommandLine command = line;
        int words = 0;
        while (words < given.length && command.getSubcommands().containsKey(given[words])) {
            command = command.getSubcommands().get(given[words++]);
        }
        Path file = file(given);
        if (file == null || command.getCommandSpec().findOption(NAME) == null) {
            return new Expanded(command, given, null);
        }
        List<String> all = new ArrayList<>(Arrays.asList(given).subList(0, words));
        for (Map.Entry<?, ?> entry : read(command, file).entrySet()) {
            OptionSpec option = option(command, file, entry.getKey());
            boolean wins = Arrays.stream(given).anyMatch(argument -> Stream.of(option.names())
                    .anyMatch(name -> argument.equals(name) || argument.startsWith(name + "=")));
            if (!wins) {
                add(all, option, entry.getValue());
            }
        }
        all.addAll(Arrays.asList(given).subList(words, given.length));
        return new Expanded(command, all.toArray(String[]::new), file);
    }

    private static Path file(String... given) {
        for (int i = 0; i < given.length; i++) {
            if (given[i].startsWith(NAME + "=")) {
                return Path.of(given[i].substring(NAME.length() + 1));
            }
            if (given[i].equals(NAME) && i + 1 < given.length) {
                return Path.of(given[i + 1]);
            }
        }
        return null;
    }

    private static Map<?, ?> read(CommandLine command, Path file) {
        LoaderOptions limits = new LoaderOptions();
        limits.setCodePointLimit(LARGEST_BYTES);
        limits.setAllowDuplicateKeys(false);
        try (Reader reader = Files.newBufferedReader(file)) {
            Object content = new Yaml(new SafeConstructor(limits)).load(reader);
            if (content instanceof Map<?, ?> options) {
                return options;
            }
            throw wrong(command, file, "expected one option a line, such as rank: 2");
        } catch (IOException e) {
            throw wrong(command, file, "cannot be read: " + e.getMessage());
        } catch (YAMLException e) {
            throw wrong(command, file, "is no YAML: " + String.join(" ", e.getMessage().strip().split("\\s+")));
        }
    }

    private static OptionSpec option(CommandLine command, Path file, Object key) {
        CommandSpec spec = command.getCommandSpec();
        OptionSpec option = spec.findOption("--" + key);
        if (option == null || key.equals("config") || option.usageHelp() || option.versionHelp()) {
            throw wrong(command, file, key + ": is no option of " + spec.qualifiedName());
        }
        return option;
    }

    /** A list repeats the option; true gives a switch, false leaves it out. */
    private static void add(List<String> all, OptionSpec option, Object value) {
        if (value instanceof List<?> several) {
            several.forEach(one -> add(all, option, one));
        } else if (option.arity().max() == 0) {
            if (Boolean.TRUE.equals(value)) {
                all.add(option.longestName());
            }
        } else if (value != null) {
            all.add(option.longestName() + "=" + value);
        }
    }

    private static ParameterException wrong(CommandLine command, Path file, String what) {
        return new ParameterException(command, NAME + " " + file + ": " + what);
    }
}
