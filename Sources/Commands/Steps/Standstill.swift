import OperatingSystem

/// Notices that a program of a step is stopped and no other process of the step works.
///
/// A program stops itself, or is stopped by its terminal when it asks for something from the background. Nobody continues
/// it then, and the step would wait for its timeout.
struct Standstill: Sendable {
    private let stream: AsyncStream<StepProcess>
    private let continuation: AsyncStream<StepProcess>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// How long a stopped process may wait to be continued (seconds).
    private static let patience = 5

    /// Inspects a child once a second, until it is stopped or the task is cancelled.
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

    /// The stopped process that all else waits for; `nil` when the task is cancelled before there is one.
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
