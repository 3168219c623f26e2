import ArgumentParser
import EnvironmentDomain

/// The environment that a command is about.
struct NameOptions: ParsableArguments, Sendable {
    @Argument(
        help: ArgumentHelp("The environment's name.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var name: EnvironmentName
}
