import ArgumentParser

/// The first words that a command line can have.
enum CommandNames {
    static let all: [String] =
        RootCommand.configuration.subcommands.flatMap { [$0._commandName] + $0.configuration.aliases } + ["help"]
}
