public import EnvironmentDomain
import OperatingSystem

/// A running process that a step started, found by the `busy` lock that every program of a step inherits.
public struct StepProcess: Codable, Hashable, Sendable {
    /// The process identifier.
    public let pid: Int32
    /// The command line; `nil` when the system does not show it.
    public let command: String?

    init(_ pid: Int32) {
        self.pid = pid
        command = ThisProcess.commandLine(of: pid)?.withoutControlCharacters
    }

    /// Returns the processes, other than this one, that hold the `busy` lock of an environment.
    ///
    /// Processes of other users are found only with the right to inspect them. On systems without `/proc`, the result
    /// is empty.
    public static func atWork(in workspace: Workspace) -> [StepProcess] {
        guard let folder = try? Folder(workspace.root.text),
            let status = try? folder.status(of: Workspace.busyLockName)
        else { return [] }
        return ThisProcess.processesLocking(status).map(StepProcess.init)
    }

    /// Returns whether any process holds the `busy` lock of an environment; `false` when the lock cannot be read.
    public static func isAnyAtWork(in workspace: Workspace) -> Bool {
        guard let folder = try? Folder(workspace.root.text) else { return false }
        return (try? FileLock.isHeld(Workspace.busyLockName, in: folder)) ?? false
    }
}

extension StepProcess: CustomStringConvertible {
    /// The process identifier, and the command line cut after 100 characters.
    public var description: String {
        "\(pid)" + (command.map { " (\($0.count > 100 ? $0.prefix(100) + "…" : $0))" } ?? "")
    }
}
