import CommandLineProgram
import Commands
import EnvironmentDomain

/// One call of the tool: what its command works with.
struct Session: Sendable {
    let global: GlobalOptions
    let repository: any EnvironmentArchive
    let words: [String]
    let progress: ProgressFeed
    let interruption: Interruption

    func invocation(_ name: EnvironmentName) -> Invocation {
        Invocation(global: global, name: name, words: words)
    }

    /// The environment as an operator works on it.
    func environment(
        _ name: EnvironmentName, choice: ProviderChoice? = nil, login: LoginChoice = LoginChoice(),
        rerun: StepName? = nil
    ) throws -> EnvironmentSession {
        EnvironmentSession(
            name, in: repository,
            options: CommandOptions(progress: progress, interruption: interruption, rerun: rerun),
            choice: try choice ?? ProviderChoice(), login: login, invocations: invocation(name))
    }

    /// What is stored under the name.
    func stored(_ name: EnvironmentName) async throws -> StoredEnvironment {
        guard let stored = try await repository.load(name) else { throw try await notFound(name) }
        return stored
    }

    func notFound(_ name: EnvironmentName) async throws -> Failure {
        await (try environment(name)).notFound()
    }
}
