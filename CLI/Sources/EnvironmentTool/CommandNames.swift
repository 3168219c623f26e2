import ArgumentParser

/// The first words that a command line can have.
enum CommandNames {
    static let all: [String] =
        RootCommand.configuration.subcommands.map { $0._commandName } + ["help"]
}
