package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The rules of help: one sentence sums a command up, every option is described, and long lists have headings. */
class HelpTest {

    static List<CommandSpec> commands() {
        return below(Main.commandLine()).map(CommandLine::getCommandSpec).toList();
    }

    private static Stream<CommandLine> below(CommandLine command) {
        return Stream.concat(Stream.of(command), command.getSubcommands().values().stream().flatMap(HelpTest::below));
    }

    static Stream<OptionSpec> options() {
        return commands().stream().flatMap(command -> command.options().stream());
    }

    /** What the list of commands shows: the header, or else the first line of the description. */
    private static String summary(CommandSpec command) {
        UsageMessageSpec usage = command.usageMessage();
        return String.format(usage.header().length > 0 ? usage.header()[0] : usage.description()[0]);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commands")
    void shouldSumUpEachCommandInOneSentence(CommandSpec command) {
        String summary = summary(command);
        assertThat(summary).endsWith(".").doesNotContain("\n");
        assertThat(summary.substring(0, summary.length() - 1)).as("one sentence").doesNotContain(". ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "rig "})
    void shouldShowEverySummaryUncutOnOneLine(String parent) {
        List<String> lines = Ran.run((parent + "--help").split(" ")).out().lines().toList();
        assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(HelpLayout.WIDTH));
        CommandLine command = Main.commandLine();
        if (!parent.isEmpty()) {
            command = command.getSubcommands().get(parent.strip());
        }
        command.getSubcommands().forEach((name, one) -> assertThat(lines).as(name)
                .anyMatch(line -> line.strip().startsWith(name + " ") && line.endsWith(summary(one.getCommandSpec()))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("options")
    void shouldDescribeEachOption(OptionSpec option) {
        String text = String.join(" ", option.description());
        assertThat(text.split(" ")).as(text).hasSizeGreaterThanOrEqualTo(3);
        assertThat(text).endsWith(".").matches("[A-Z].*|auto.*|both.*|mask.*|NWB.*");
        if (option.defaultValue() != null) {
            assertThat(text).contains("default: ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"live", "replay", "serve"})
    void shouldListTheOptionsOfASessionUnderHeadings(String name) {
        CommandSpec command = Main.commandLine().getSubcommands().get(name).getCommandSpec();
        assertThat(command.options())
                .allSatisfy(option -> assertThat(HelpLayout.section(option)).as(option.longestName())
                        .isNotEqualTo(Section.OWN));
    }

    @Test
    void shouldListRareOptionsLast() {
        List<String> headings = new ArrayList<>(Ran.run("live", "--help").out().lines()
                .filter(line -> line.matches("[A-Z][a-z ]+:")).toList());
        assertThat(headings).containsExactly("Session:", "Recorded file:", "Fit:", "Rig:", "Page:", "Broker:",
                "Output:",
                "Rarely needed:");
        assertThat(Arrays.stream(Section.values()).map(Section::heading)).endsWith("Rarely needed");
    }

    @Test
    void shouldNameWhatIsRequiredInTheSynopsis() {
        assertThat(Ran.run("train", "--help").out()).contains("--rank=K|full", "--out=NET.npz", "[OPTIONS]");
        assertThat(Ran.run("evaluate", "--help").out()).contains("NET.npz SESSION");
        assertThat(Ran.run("rig", "--help").out()).contains("kappa rig COMMAND");
    }
}
