import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

/// One of the tool's commands: options, and a way to answer them.
protocol ToolCommand: AsyncParsableCommand, Sendable {
    var global: GlobalOptions { get }
    /// The environment that it is about; nil for all or none.
    var environmentName: EnvironmentName? { get }

    /// Whether it only reads what is stored, so that a folder that is named and not there is a mistake.
    var readsStore: Bool { get }

    /// Whether it runs steps, which are asked to end when it is stopped.
    var runsSteps: Bool { get }

    /// Whether it shows what changes until it is stopped.
    var follows: Bool { get }

    func answer(_ session: Session) async throws -> Answer
}

extension ToolCommand {
    var environmentName: EnvironmentName? { nil }
    var readsStore: Bool { true }
    var runsSteps: Bool { false }
    var follows: Bool { false }

    /// Returns the environments that the command is about.
    func environments(in repository: any EnvironmentArchive) async throws(RepositoryError) -> [EnvironmentName] {
        guard let command = self as? any SeveralCommand else { return [environmentName].compactMap(\.self) }
        return try await command.names.resolved(in: repository)
    }
}

/// A command that takes several names or `--all`.
protocol SeveralCommand: ToolCommand {
    var names: NamesOptions { get }
}

extension SeveralCommand {
    var environmentName: EnvironmentName? { names.only }
}
