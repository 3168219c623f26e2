import ArgumentParser
import EnvironmentDomain

/// The environments that a command is about: one or more names, or all.
struct NamesOptions: ParsableArguments, Sendable {
    @Argument(
        help: ArgumentHelp("The environments' names.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var names: [EnvironmentName] = []

    @Flag(name: .customLong("all"), help: "All environments.")
    var isAll = false

    /// The environment, when the command is about a single one that is named.
    var only: EnvironmentName? { names.count == 1 ? names[0] : nil }

    func validate() throws {
        if isAll, !names.isEmpty { throw ValidationError("--all and a NAME exclude each other.") }
    }

    /// Refuses a command line that means no environment.
    func checkAny() throws {
        guard isAll || !names.isEmpty else {
            throw ValidationError("The name of an environment is missing; --all means all.")
        }
    }

    /// The environments that are meant, each once, in the order in which they are named.
    func resolved(in repository: any EnvironmentArchive) async throws(RepositoryError) -> [EnvironmentName] {
        if isAll { return try await repository.names() }
        var seen: Set<EnvironmentName> = []
        return names.filter { seen.insert($0).inserted }
    }
}
