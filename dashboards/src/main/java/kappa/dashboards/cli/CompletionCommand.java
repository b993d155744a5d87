package kappa.dashboards.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** Writes what a shell needs to complete command lines of kappa. */
@Command(name = "completion", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Print a script with which bash and zsh complete commands and options.",
    "",
    "For this shell:  source <(./kappa completion)",
    "For each bash:   ./kappa completion > ~/.local/share/bash-completion/completions/kappa"})
final class CompletionCommand implements Runnable {

    @Override
    public void run() {
        // All commands, where a command line of its own has but one.
        System.out.println(AutoComplete.bash("kappa", Main.commandLine("help")));
    }
}
