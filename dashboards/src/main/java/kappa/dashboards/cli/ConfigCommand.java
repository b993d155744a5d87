package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Unmatched;

/** Prints the options that a command line would run with, as a file for {@code --config}. */
@Command(name = "config", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Print the options that a command would use, as YAML for --config.",
    "",
    "Write the command line as you would run it, for example:  ./kappa config live --rank 2 > rig.yaml"})
final class ConfigCommand implements Runnable {

    @Parameters(index = "0", paramLabel = "COMMAND", description = "The command.")
    private String name;

    @Unmatched
    private final List<String> rest = new ArrayList<>();

    @Override
    public void run() {
        List<String> given = new ArrayList<>(List.of(name));
        given.addAll(rest);
        String[] words = given.toArray(String[]::new);
        CommandLine line = Main.commandLine(words);
        ConfigFile.Expanded expanded = ConfigFile.expand(line, words);
        ParseResult parsed = line.parseArgs(expanded.arguments());
        while (parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }
        Yaml yaml = new Yaml();
        for (OptionSpec option : parsed.commandSpec().options()) {
            Object value = option.getValue() == null ? null : plain(option.getValue());
            boolean nothing = value == null || (value instanceof List<?> several && several.isEmpty());
            if (!nothing && !option.usageHelp() && !option.versionHelp()
                    && !option.longestName().equals("--config")) {
                System.out.println(option.longestName().substring(2) + ": " + yaml.dump(value).strip()
                        + (parsed.hasMatchedOption(option) ? "" : "  # default"));
            }
        }
    }

    /** As YAML has it: numbers and switches as they are, lists in one line, all else as text. */
    private static Object plain(Object value) {
        return switch (value) {
            case Number number -> number;
            case Boolean on -> on;
            case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
            case Map<?, ?> named ->
                named.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).toList();
            case List<?> several -> several.stream().map(ConfigCommand::plain).toList();
            case Object[] several -> Arrays.stream(several).map(ConfigCommand::plain).toList();
            default -> value.toString();
        };
    }
}
