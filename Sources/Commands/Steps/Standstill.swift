import OperatingSystem

/// A detector of programs that a signal has stopped while no other process of the step is running.
///
/// A program stops itself, or its terminal stops it when it reads from the background. Nothing continues it, so the
/// step would otherwise wait for its timeout.
struct Standstill: Sendable {
    private let stream: AsyncStream<StepProcess>
    private let continuation: AsyncStream<StepProcess>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// The time for which a process may stay stopped (seconds).
    private static let patience = 5

    /// Inspects a child once a second, until it has been stopped for 5 seconds or the task is cancelled.
    func watch(_ child: ChildProcess) async {
        var stopped: Int32?
        var seconds = 0
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = child.stoppedProcess
            seconds = now != nil && now == stopped ? seconds + 1 : 0
            stopped = now
            guard let now, seconds >= Self.patience else { continue }
            continuation.yield(StepProcess(now))
            return
        }
    }

    /// Waits for a stopped process and returns it; returns `nil` when the task is cancelled first.
    func process() async -> StepProcess? {
        for await process in stream { return process }
        return nil
    }
}

extension StepError {
    init(_ stopped: StepProcess) {
        self.init(
            kind: .processStopped,
            summary: "process \(stopped) was stopped by a signal and nothing continued it, so that the step was ended; "
                + "a program is stopped so when it wants to ask something at a terminal, or by SIGSTOP")
    }
}
