package kappa.dashboards.cli;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The layout of every command's help: a short synopsis, then the options under their headings ({@link Section}). */
final class HelpLayout {

    static final int WIDTH = 100;

    /** A command with fewer options lists them without headings. */
    private static final int HEADINGS_FROM = 13;

    private HelpLayout() {}

    /** Gives this layout to a command and to all commands below it. */
    static void apply(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        spec.usageMessage().width(WIDTH).customSynopsis(synopsis(spec)).parameterListHeading("%n")
                .optionListHeading("%n").commandListHeading("%nCommands:%n");
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, HelpLayout::options);
        command.getSubcommands().values().forEach(HelpLayout::apply);
    }

    /** Names what is required; {@code [OPTIONS]} stands for the rest. */
    private static String synopsis(CommandSpec spec) {
        Stream<String> required = spec.options().stream().filter(OptionSpec::required)
                .filter(option -> option.group() == null)
                .map(option -> option.longestName() + "=" + option.paramLabel());
        Stream<String> groups = spec.argGroups().stream().map(group -> group.synopsis());
        Stream<String> parameters = spec.positionalParameters().stream().map(PositionalParamSpec::paramLabel);
        return Stream.of(Stream.of(spec.qualifiedName()), parameters, required, groups,
                Stream.of(spec.subcommands().isEmpty() ? "[OPTIONS]" : "COMMAND [OPTIONS]"))
                .flatMap(words -> words).collect(Collectors.joining(" "));
    }

    /** The section of an option, by its own annotation or by that of the class that declares it. */
    static Section section(OptionSpec option) {
        Field field = (Field) option.userObject();
        Section.In own = field.getAnnotation(Section.In.class);
        Section.In group = own == null ? field.getDeclaringClass().getAnnotation(Section.In.class) : own;
        if (group != null) {
            return group.value();
        }
        return option.usageHelp() || option.versionHelp() ? Section.OUTPUT : Section.OWN;
    }

    private static String options(Help help) {
        List<OptionSpec> all = help.commandSpec().options().stream().filter(option -> !option.hidden()).toList();
        Map<Section, List<OptionSpec>> sections = all.stream().collect(
                Collectors.groupingBy(HelpLayout::section, () -> new EnumMap<>(Section.class), Collectors.toList()));
        boolean headings = all.size() >= HEADINGS_FROM && sections.size() > 1;
        List<String> parts = new ArrayList<>();
        sections.forEach((section, options) -> {
            // All options decide on the width of the first column, so that the sections stand in line.
            Layout layout = help.createDefaultLayout(all, help.commandSpec().positionalParameters(),
                    help.colorScheme());
            layout.addOptions(options, help.createDefaultParamLabelRenderer());
            parts.add((headings ? String.format("%s:%n", section.heading()) : "") + layout);
        });
        return String.join(headings ? System.lineSeparator() : "", parts);
    }
}
