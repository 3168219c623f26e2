import EnvironmentDomain
import EnvironmentHost
import OperatingSystem

/// The lock that every program of a step inherits.
///
/// While the lock is held, a process that a command started is still running, even if the command itself was killed.
enum BusyLock {
    /// Acquires the lock, waiting until no process of an earlier run holds it.
    ///
    /// - Throws: ``CommandError``: `busy` with the processes after the timeout, `interrupted` when the task is
    ///   cancelled, and `repository` when the lock file cannot be used.
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
