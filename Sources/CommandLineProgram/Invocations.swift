public import EnvironmentDomain
import OperatingSystem

/// A program's own command lines for one environment: an error ends with the one that leads on.
public protocol Invocations: Sendable {
    /// Explains the program.
    var help: String { get }

    /// Shows where the environment is and who holds it.
    func look() -> String

    /// Does again what was asked for.
    ///
    /// - Parameters:
    ///   - rerun: a step that is repeated only when it is named.
    ///   - isStored: whether the environment is stored, and with it how it was to be made.
    ///   - isBegun: whether a step was started, so that the command is to be resumed and no phase to be started again.
    func again(rerun: StepName?, isStored: Bool, isBegun: Bool) -> String

    /// Resumes an interrupted command, and runs its step again although it is not repeatable.
    func confirm(_ step: StepName, of command: CommandName) -> String

    /// Does what was asked for, beginning again at a phase.
    func startAgain(_ phase: Phase) -> String

    /// Begins again with a step that failed, when its cause is repaired.
    ///
    /// - Parameter environment: what is stored; `nil` when nothing is.
    func retry(_ environment: AnyEnvironmentState?) -> String

    /// Shows why a step failed; `nil` where `retry`, a command line, leads on better.
    func explain(_ step: StepName?, insteadOf retry: String) -> String?

    /// Shows what works for the environment: a command, or a process that a step started.
    func showProcesses() -> String

    /// Makes the environment when there is none.
    func create() -> String

    /// Continues with a command from wherever the environment is; nil when the program has no such command line.
    func resume(with command: CommandName) -> String?

    /// Applies a record, or the newest whole state of a damaged environment.
    func recover(_ record: String) -> String

    /// Leads on from a state that is damaged; `state` is the path of the newest whole one.
    func repair(with state: String) -> String

    func destroy() -> String
    func purge() -> String

    /// Lifts a freeze; nil when the program cannot.
    func unfreeze() -> String?

    /// Continues a rollback that was begun.
    func rollback() -> String

    /// Leads on from a state; nil when there is nothing left to do.
    ///
    /// - Parameter unconfirmed: the interrupted step that is run again only when it is confirmed.
    func next(after environment: AnyEnvironmentState, unconfirmed: StepName?) -> String?
}

extension Invocations {
    public func repair(with state: String) -> String { recover(state) }
    public func showProcesses() -> String { look() }

    public func next(after environment: AnyEnvironmentState, unconfirmed: StepName?) -> String? {
        if environment.context.freeze?.holds() == true { return unfreeze() }
        if environment.state == .destroyed { return purge() }
        guard let command = environment.nextCommand else { return nil }
        if let unconfirmed { return confirm(unconfirmed, of: command) }
        if environment.context.rollback != nil, command != .destroy { return rollback() }
        return command == .destroy ? destroy() : resume(with: command)
    }
}

extension [String] {
    /// The words as a shell's command line.
    public var commandLine: String { map(\.quotedForShell).joined(separator: " ") }
}
