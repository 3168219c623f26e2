public import Commands
import EnvironmentDomain
public import ServiceLifecycle
public import UnixSignals

/// A service that runs commands; when its group shuts down gracefully, the running command stops and its environment
/// can be resumed.
///
/// | event | effect |
/// |---|---|
/// | graceful shutdown | the task of the commands is cancelled: the running step gets its signals with the grace periods of the options between them, the interruption is saved, and the service ends without an error |
/// | one of the signals during the shutdown | everything that still runs is killed immediately, and the interruption is saved |
/// | cancellation, also by the group's `maximumGracefulShutdownDuration` | everything that still runs is killed immediately, the interruption is saved, and the service ends with the command's error |
///
/// A service whose work is complete ends; `successTerminationBehavior` decides what the group does then.
public struct DeploymentService: Service {
    private let options: CommandOptions
    private let urgentSignals: [UnixSignal]
    private let operation: @Sendable (CommandOptions) async throws -> Void

    /// Creates a service.
    ///
    /// - Parameters:
    ///   - options: The options of the commands. One `Interruption` ends one run, so each service needs options of its
    ///     own.
    ///   - urgentSignals: The signals that end a graceful shutdown immediately; usually those that also start one.
    ///   - operation: A closure that runs commands with the given options.
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

    /// Waits for a graceful shutdown and then for one more signal.
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
