public import EnvironmentDomain
import OperatingSystem

/// The command lines of a program for one environment, which its errors suggest.
public protocol Invocations: Sendable {
    /// The command line that explains the program.
    var help: String { get }

    /// Returns the command line that shows the state and the holder of the environment.
    func look() -> String

    /// Returns the command line that repeats the requested command.
    ///
    /// - Parameters:
    ///   - rerun: The step that is not repeatable and must be named to be repeated.
    ///   - isStored: Whether the environment is stored, and with it the options of its creation.
    ///   - isBegun: Whether a step has started, so that the command must be resumed and no phase be started again.
    func again(rerun: StepName?, isStored: Bool, isBegun: Bool) -> String

    /// Returns the command line that resumes an interrupted command and confirms a step that is not repeatable.
    func confirm(_ step: StepName, of command: CommandName) -> String

    /// Returns the command line that repeats the requested command and starts a phase again.
    func startAgain(_ phase: Phase) -> String

    /// Returns the command line that retries a failed step after its cause is repaired.
    ///
    /// - Parameter environment: The stored environment; `nil` for none.
    func retry(_ environment: AnyEnvironmentState?) -> String

    /// Returns the command line that explains a failed step; `nil` when `retry`, a command line, is the better
    /// suggestion.
    func explain(_ step: StepName?, insteadOf retry: String) -> String?

    /// Returns the command line that shows what works on the environment: a command, or a process that a step started.
    func showProcesses() -> String

    /// Returns the command line that creates the environment.
    func create() -> String

    /// Returns the command line that continues from the stored state with a command; `nil` when the program has none.
    func resume(with command: CommandName) -> String?

    /// Returns the command line that applies an emergency record, or the newest complete state of a damaged
    /// environment.
    func recover(_ record: String) -> String

    /// Returns the command line for a damaged state; `state` is the path of the newest complete one.
    func repair(with state: String) -> String

    func destroy() -> String
    func purge() -> String

    /// Returns the command line that ends a freeze; `nil` when the program has none.
    func unfreeze() -> String?

    /// Returns the command line that resumes a rollback.
    func rollback() -> String

    /// Returns the command line to run next; `nil` when nothing remains to be done.
    ///
    /// - Parameter unconfirmed: The interrupted step that runs again only after a confirmation; `nil` for none.
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
    /// The words as a quoted shell command line.
    public var commandLine: String { map(\.quotedForShell).joined(separator: " ") }
}
