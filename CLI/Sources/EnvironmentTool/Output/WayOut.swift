import CommandLineProgram
import Commands
import EnvironmentDomain

/// Finds the command line that leads on from where an environment is.
struct WayOut: Sendable {
    let name: EnvironmentName
    let repository: any EnvironmentArchive
    let providers: Providers
    let invocation: Invocation

    /// The command line that leads on; `nil` when there is nothing left to do.
    func next(from standing: EnvironmentStanding, isHeld: Bool) async -> String? {
        // While a command works, only its holder is of interest.
        if isHeld { return invocation.line("lock") }
        if let error = standing.error { return await repair(of: standing, error) ?? invocation.line("doctor") }
        return standing.stored.flatMap { next(after: $0.document) }
    }

    /// The command line that leads on from a state that is the newest and that nobody holds.
    func next(after environment: AnyEnvironmentState) -> String? {
        invocation.next(after: environment, unconfirmed: providers.unrepeatableStep(of: environment))
    }

    /// The command line that leads out of damage or doubt; `nil` for what only a person can repair.
    func repair(of standing: EnvironmentStanding, _ error: RepositoryError) async -> String? {
        switch error.code {
        case .recordPending: return invocation.line("recover")
        case .deserializationFailed, .corruptedStateFile, .checksumMismatch, .notRegularFile: break
        // Another file was put there; the log is the environment's own.
        case .wrongEnvironment where standing.isRepairedByFix: break
        default: return nil
        }
        if (try? await repository.editedState(of: name)) != nil { return invocation.line("accept-edit") }
        // An older log was put back, or an older state of version 1: what is newer must not be given up.
        if error.code == .corruptedStateFile, let file = error.backup { return invocation.recover(file) }
        if standing.isRepairedByFix { return invocation.line("doctor", "--fix") }
        if let file = error.backup { return invocation.recover(file) }
        return (try? await repository.states(of: name).last).map { invocation.line("restore", "\($0)") }
    }
}

extension EnvironmentStanding {
    /// Whether what is wrong is only the copy of the newest state for people and other programs.
    var isRepairedByFix: Bool {
        if case .doubtful(_, let error) = self { error.code != .recordPending } else { false }
    }
}
