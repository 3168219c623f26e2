public import Commands
import EnvironmentDomain
public import ServiceLifecycle
public import UnixSignals

/// Runs commands as a service of a group: when the group shuts down gracefully, the running command is stopped in order
/// and its environment can be resumed.
///
/// | what comes | what is done |
/// |---|---|
/// | graceful shutdown | the task of the commands is cancelled: the running step is stopped, each grace of the options passes before the next signal, the interruption is saved, and the service ends without an error |
/// | one of the signals during it | what still runs is killed at once, and the interruption is saved all the same |
/// | cancellation, also by the group's `maximumGracefulShutdownDuration` | the same, and the service ends with the command's error |
///
/// A service that has done its work ends; say with `successTerminationBehavior` what the group does then.
public struct DeploymentService: Service {
    private let options: CommandOptions
    private let urgentSignals: [UnixSignal]
    private let operation: @Sendable (CommandOptions) async throws -> Void

    /// Describes a service.
    ///
    /// - Parameters:
    ///   - options: what commands get. One `Interruption` ends one run, so each service wants options of its own.
    ///   - urgentSignals: the signals that end a graceful shutdown at once; commonly those that begin one.
    ///   - operation: runs commands with the options that it is given.
    public init(
        options: CommandOptions = CommandOptions(), urgentSignals: [UnixSignal] = [.sigterm, .sigint],
        operation: @escaping @Sendable (_ options: CommandOptions) async throws -> Void
    ) {
        self.options = options
        self.urgentSignals = urgentSignals
        self.operation = operation
    }

    public func run() async throws {
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await killAtNextSignal() }
                do {
                    try await cancelWhenGracefulShutdown { try await operation(options) }
                } catch let error as CommandError where error.code == .interrupted && Task.isShuttingDownGracefully {
                    EnvironmentLog.log(
                        LogRecord(
                            level: .info, message: "stopped for a shutdown",
                            fields: ["environment_state": error.lastDurable?.state.rawValue ?? "none"]))
                }
                group.cancelAll()
            }
        } onCancel: {
            options.interruption.killNow()
        }
    }

    /// Waits for a shutdown, and then for one signal more.
    private func killAtNextSignal() async throws {
        do {
            try await gracefulShutdown()
        } catch is CancellationError {
            // The operation has ended.
            return
        }
        for await _ in await UnixSignalsSequence(trapping: urgentSignals) {
            options.interruption.killNow()
            return
        }
    }
}
