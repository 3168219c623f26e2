public import EnvironmentDomain

/// An instrument that wraps each command that has steps, and each of its steps, for tracing spans, metrics, and
/// task-local values that the steps read.
///
/// The methods run in the task of the command. They see the result and cannot change it. Each method must call `body`
/// exactly once; any other number of calls traps. The time that a method takes is added to the command's.
public protocol CommandInstrument: Sendable {
    /// Wraps a command.
    ///
    /// - Parameters:
    ///   - command: The command's name.
    ///   - environment: The environment's name.
    ///   - run: The run, whose identifier appears in the history, in logs and in traces.
    ///   - body: Runs the command, including the wait for the lease when the command acquires one. Returns the
    ///     command's error; `nil` when the command completed.
    func withCommand(
        _ command: CommandName, of environment: EnvironmentName, run: CommandRun,
        _ body: nonisolated(nonsending) () async -> CommandError?
    ) async

    /// Wraps a step of a command.
    ///
    /// - Parameters:
    ///   - step: The step's name.
    ///   - command: The name of the step's command.
    ///   - position: The step's position among the command's steps, from 1.
    ///   - body: Runs the step with all attempts and the saves before and after them. Returns the step's report; `nil`
    ///     when the step did not start, the lease was lost, or a process of an earlier attempt could not be ended. The
    ///     command's error then has the reason.
    func withStep(
        _ step: StepName, of command: CommandName, position: Int,
        _ body: nonisolated(nonsending) () async -> StepReport?
    ) async
}

/// A failed attempt of a step, whether or not another attempt followed.
public struct FailedAttempt: Hashable, Sendable {
    /// The time at which the attempt failed.
    public let failedAt: Timestamp
    /// The kind of failure, for programs, for example `exit_status` or `timeout` (``StepError/Kind``).
    public let kind: String
    /// A one-line description for people.
    public let summary: String
}

extension CommandOptions {
    /// Runs a command inside the instrument, if there is one.
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

    /// Runs a step inside the instrument, if there is one.
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
