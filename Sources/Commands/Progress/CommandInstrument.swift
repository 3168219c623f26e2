public import EnvironmentDomain

/// Runs around each command that has steps and around each of them, in the task that does them: for spans, for measuring,
/// and for task-local values that a step's own calls are to find.
///
/// It sees how they end and cannot change it. Both methods call `body` once and return soon after it; anything else is a
/// programming mistake and traps. What they do takes the command's time.
public protocol CommandInstrument: Sendable {
    /// Runs around a command.
    ///
    /// - Parameters:
    ///   - command: what is done.
    ///   - environment: the name of the environment that it is done to.
    ///   - run: the run, whose id is in the history, in logs and in traces.
    ///   - body: does it, waiting for the lease included where the command takes one of its own; gives the error that it
    ///     ends with, nil when it came to its end.
    func withCommand(
        _ command: CommandName, of environment: EnvironmentName, run: CommandRun,
        _ body: nonisolated(nonsending) () async -> CommandError?
    ) async

    /// Runs around a step, inside of its command.
    ///
    /// - Parameters:
    ///   - step: the step's name.
    ///   - command: the command whose step it is.
    ///   - position: the step's place among the command's steps, from 1.
    ///   - body: runs it, with all its attempts and the saves before and after; gives nil when the step was not begun
    ///     or the lease was lost in it, which the command's error tells.
    func withStep(
        _ step: StepName, of command: CommandName, position: Int,
        _ body: nonisolated(nonsending) () async -> StepReport?
    ) async
}

/// An attempt of a step that failed, whether or not another one followed.
public struct FailedAttempt: Hashable, Sendable {
    /// When the attempt failed.
    public let failedAt: Timestamp
    /// A word that programs can tell failures apart by, for example `exit_status` or `timeout`.
    public let kind: String
    /// One line for people.
    public let summary: String
}

extension CommandOptions {
    /// Runs a command inside of the instrument, if there is one.
    func instrumented<Result>(
        _ command: CommandName, of environment: EnvironmentName, run: CommandRun,
        _ body: () async throws(CommandError) -> Result
    ) async throws(CommandError) -> Result {
        guard let instrument else { return try await body() }
        var outcome: Swift.Result<Result, CommandError>?
        await instrument.withCommand(command, of: environment, run: run) {
            precondition(outcome == nil, "an instrument runs a command once")
            do throws(CommandError) {
                outcome = .success(try await body())
                return nil
            } catch {
                outcome = .failure(error)
                return error
            }
        }
        guard let outcome else { preconditionFailure("an instrument runs what it is given") }
        return try outcome.get()
    }

    /// Runs a step inside of the instrument, if there is one.
    func instrumented<Result>(
        _ step: StepName, of command: CommandName, position: Int, report: () -> StepReport?,
        _ body: () async throws(CommandError) -> Result
    ) async throws(CommandError) -> Result {
        guard let instrument else { return try await body() }
        var outcome: Swift.Result<Result, CommandError>?
        await instrument.withStep(step, of: command, position: position) {
            precondition(outcome == nil, "an instrument runs a step once")
            do throws(CommandError) {
                outcome = .success(try await body())
            } catch {
                outcome = .failure(error)
            }
            return report()
        }
        guard let outcome else { preconditionFailure("an instrument runs what it is given") }
        return try outcome.get()
    }
}
