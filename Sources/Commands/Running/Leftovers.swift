import EnvironmentDomain
import OperatingSystem

/// What a step started and that still holds the `busy` lock when the step has ended.
struct Leftovers: Sendable {
    let busy: FileLock
    let options: CommandOptions

    /// How long a program that becomes a service has to close the lock's descriptor after the end of its step.
    private static let departure = Duration.milliseconds(200)

    /// The processes; none where the system does not show them.
    func processes() -> [StepProcess] {
        guard let status = try? busy.file.status() else { return [] }
        return ThisProcess.processesLocking(status, startedAt: ThisProcess.startTime).map(StepProcess.init)
    }

    /// Ends the processes: SIGTERM, and SIGKILL after the grace of ``CommandOptions`` or as soon as the second request to
    /// stop comes.
    ///
    /// - Parameter isStopped: whether the step was stopped, so that nothing in it is about to become a service.
    /// - Returns: the processes that live on in spite of that, since they belong to another user or wait for a device.
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
                    // A stopped process ends when it continues.
                    ThisProcess.signal(Signals.continue, to: process.pid)
                }
            }
            // On a busy machine the end of a killed process takes its time.
            if now >= killAt + (isKillable ? .seconds(60) : .seconds(2)) {
                EnvironmentLog.log(
                    .error, "what the step started cannot be ended",
                    ["processes": left.map(\.description).joined(separator: ", ")])
                return left
            }
            // Not Task.sleep, which a cancelled task does not wait in.
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
