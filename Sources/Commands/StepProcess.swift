public import EnvironmentDomain
import OperatingSystem

/// A process that a step started and that still works: it has the `busy` lock that every program of a step inherits.
public struct StepProcess: Codable, Hashable, Sendable {
    /// The process identifier.
    public let pid: Int32
    /// Its command line; nil when the system does not show it.
    public let command: String?

    init(_ pid: Int32) {
        self.pid = pid
        command = ThisProcess.commandLine(of: pid)?.withoutControlCharacters
    }

    /// The processes that still work for an environment, this one left out.
    ///
    /// Those of other users are found only by users who may inspect them; on systems without `/proc` none are found.
    public static func atWork(in workspace: Workspace) -> [StepProcess] {
        guard let folder = try? Folder(workspace.root.text),
            let status = try? folder.status(of: Workspace.busyLockName)
        else { return [] }
        return ThisProcess.processesLocking(status).map(StepProcess.init)
    }

    /// Whether any process holds the `busy` lock.
    public static func isAnyAtWork(in workspace: Workspace) -> Bool {
        guard let folder = try? Folder(workspace.root.text) else { return false }
        return (try? FileLock.isHeld(Workspace.busyLockName, in: folder)) ?? false
    }
}

extension StepProcess: CustomStringConvertible {
    /// The process identifier and the command line, shortened.
    public var description: String {
        "\(pid)" + (command.map { " (\($0.count > 100 ? $0.prefix(100) + "…" : $0))" } ?? "")
    }
}
