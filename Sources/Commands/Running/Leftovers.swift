import EnvironmentDomain
import OperatingSystem

/// The processes that a step started and that still hold the `busy` lock when the step has ended.
struct Leftovers: Sendable {
    let busy: FileLock
    let options: CommandOptions

    /// The time in which a program that becomes a service must close the lock's descriptor after the end of its step.
    private static let departure = Duration.milliseconds(200)

    /// Returns the processes; empty on a system that does not show them.
    func processes() -> [StepProcess] {
        guard let status = try? busy.file.status() else { return [] }
        return ThisProcess.processesLocking(status, startedAt: ThisProcess.startTime).map(StepProcess.init)
    }

    /// Ends the processes with SIGTERM, and with SIGKILL after ``CommandOptions/terminateGrace`` or
    /// ``Interruption/killNow()``.
    ///
    /// - Parameter isStopped: Whether the step was stopped, so that none of its programs is about to become a service.
    /// - Returns: The processes that could not be ended, since they belong to another user or wait for a device.
    func end(isStopped: Bool) async -> [StepProcess] {
        let clock = ContinuousClock()
        let politeAt = clock.now + (isStopped ? .zero : Self.departure)
        var killAt = politeAt + options.terminateGrace
        var pause = Duration.milliseconds(2)
        var told: Set<Int32> = []
        var isKillable = true
        while true {
            let left = processes()
            if left.isEmpty { return [] }
            let now = clock.now
            if options.interruption.isUrgent { killAt = min(killAt, now) }
            if now >= killAt {
                isKillable = left.count { ThisProcess.signal(Signals.kill, to: $0.pid) } > 0
            } else if now >= politeAt {
                for process in left where told.insert(process.pid).inserted {
                    report(process, isStopped: isStopped)
                    ThisProcess.signal(Signals.terminate, to: process.pid)
                    // A process that is stopped acts on SIGTERM only when it continues.
                    ThisProcess.signal(Signals.continue, to: process.pid)
                }
            }
            // On a busy machine, a killed process may take long to end.
            if now >= killAt + (isKillable ? .seconds(60) : .seconds(2)) {
                EnvironmentLog.log(
                    .error, "what the step started cannot be ended",
                    ["processes": left.map(\.description).joined(separator: ", ")])
                return left
            }
            // A new task, since Task.sleep returns at once in a cancelled one.
            await Task { [pause] in try? await Task.sleep(for: pause) }.value
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    private func report(_ process: StepProcess, isStopped: Bool) {
        EnvironmentLog.log(
            isStopped ? .info : .warning,
            isStopped
                ? "ending a process that the step started"
                : "ending a process that outlives its step and holds its lock; a service closes descriptor 3",
            ["process": process.description])
    }
}
