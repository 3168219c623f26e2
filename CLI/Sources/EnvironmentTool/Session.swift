import CommandLineProgram
import Commands
import EnvironmentDomain

/// One call of the tool: what its command works with.
struct Session: Sendable {
    let global: GlobalOptions
    let repository: any EnvironmentArchive
    let words: [String]
    let providers: Providers
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
            choice: try choice ?? ProviderChoice(), providers: providers, login: login, invocations: invocation(name))
    }

    /// Finds the command line that leads on from where the environment is.
    func wayOut(_ name: EnvironmentName) -> WayOut {
        WayOut(name: name, repository: repository, providers: providers, invocation: invocation(name))
    }

    /// What is stored under the name, to be shown.
    func stored(_ name: EnvironmentName) async throws -> StoredEnvironment {
        guard let stored = try await repository.load(name) else { throw try await notFound(name) }
        return stored
    }

    /// Calls `look` now and whenever something may have changed, until Ctrl-C or until standard output is closed.
    ///
    /// What cannot be read for a while, as when a server starts again, is waited for.
    ///
    /// - Parameters:
    ///   - name: the environment; nil for all.
    ///   - look: writes the current state to standard output.
    func watch(_ name: EnvironmentName?, look: () async throws -> Void) async throws {
        var isReadable = true
        for try await _ in repository.changes(of: name) {
            guard !StandardOutput.isClosed else { return }
            do {
                try await look()
                isReadable = true
                // A picture that could not be written is not tried again.
                if StandardOutput.isClosed { return }
            } catch let error as RepositoryError where error.code == .readStateFailed {
                if isReadable {
                    EnvironmentLog.log(
                        LogRecord(
                            level: .warning, message: "waiting until it can be read again",
                            fields: ["reason": error.message]))
                }
                isReadable = false
            }
            // Changes that come close together are handled together.
            try await Task.sleep(for: .milliseconds(200))
        }
        try Task.checkCancellation()
    }

    /// The failure for what is wrong with an environment's store, with the doctor where it names no way out itself.
    func failure(_ error: RepositoryError, of name: EnvironmentName) -> Failure {
        let invocation = invocation(name)
        var failure = Failure(error, invocations: invocation)
        failure.next = failure.next ?? invocation.line("doctor")
        return failure
    }

    func notFound(_ name: EnvironmentName) async throws -> Failure {
        await (try environment(name)).notFound()
    }
}
