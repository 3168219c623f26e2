import EnvironmentDomain
import EnvironmentHost
import OperatingSystem

/// The lock that every program of a step inherits: as long as it is held, something that a command started still works,
/// also when the command itself was killed.
enum BusyLock {
    /// Waits until nothing of an earlier run works any more.
    ///
    /// - Throws: ``CommandError`` with `busy` and the processes after the timeout.
    static func acquire(
        in workspace: Workspace, stored: AnyEnvironmentState?, timeout: Duration
    ) async throws(CommandError) -> FileLock {
        let lock: FileLock?
        do {
            let folder = try workspace.makingFolder()
            lock = try await FileLock.acquire(Workspace.busyLockName, in: folder, timeout: timeout) {
                EnvironmentLog.log(
                    .info, "waiting for what an earlier step started",
                    ["processes": describe(StepProcess.atWork(in: workspace))])
            }
            if let lock { return lock }
            throw stillBusy(StepProcess.atWork(in: workspace), stored: stored, timeout: timeout)
        } catch let error as CommandError {
            throw error
        } catch let error as RepositoryError {
            throw CommandError(error)
        } catch is CancellationError {
            throw CommandError(.interrupted, "It was waiting for what an earlier step started.")
        } catch {
            let reason =
                (error as? SystemError)?.reasonAndWayOut(movingTo: "\(workspace.root).busy.moved") ?? "\(error)."
            let path = "\(workspace.root)/\(Workspace.busyLockName)"
            throw CommandError(
                RepositoryError(
                    .lockUnusable, "The lock file \(path) cannot be used: \(reason) Nothing was done.", path: path,
                    cause: error))
        }
    }

    static func describe(_ processes: [StepProcess]) -> String {
        processes.isEmpty ? "unknown" : processes.map(\.description).joined(separator: ", ")
    }

    private static func stillBusy(
        _ processes: [StepProcess], stored: AnyEnvironmentState?, timeout: Duration
    ) -> CommandError {
        let name = stored.map { " of \($0.name)" } ?? ""
        let step = stored?.progress?.current.map { " in step \($0.name) since \($0.startedAt)" } ?? ""
        let stop =
            processes.isEmpty ? "" : ", or stop it with: kill \(processes.map { "\($0.pid)" }.joined(separator: " "))"
        var error = CommandError(
            .busy,
            "What an earlier step\(name) started\(step) still works: process \(describe(processes)) (waited "
                + "\(timeout.seconds) s). Wait until it ends\(stop).")
        error.step = stored?.progress?.current?.name
        error.lastDurable = stored
        return error
    }
}
