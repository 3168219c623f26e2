import Commands
import EnvironmentDomain
import OperatingSystem

/// The connections that Ansible keeps open between tasks: their sockets are in a folder with a short name, since the
/// system allows a socket's path about a hundred bytes.
struct SSHConnections: Sendable {
    /// The folder, in the folder for temporary files.
    let path: String
    private let context: StepContext

    /// The file in which the folder's path is written down.
    private static let record = "ssh-connections"
    private static let prefix = "te-"
    /// What Ansible and `ssh` add: a slash, ten digits, a dot and sixteen letters; macOS allows 103 bytes in all.
    private static let longest = 103 - 28

    /// Ends what an earlier run left when it was killed, and makes a new folder.
    static func open(_ context: StepContext) async throws -> SSHConnections {
        let build = try Folder.making(context.workspace.build)
        if let path = try recorded(build) { await SSHConnections(path: path, context: context).end() }
        let name = prefix + String(UInt64.random(in: .min ... .max), radix: 36)
        let nearest = try absolutePath("\(ThisProcess.temporaryFolder)/\(name)")
        let path = nearest.utf8.count <= longest && nearest.isPlainPath ? nearest : "/tmp/\(name)"
        // Written down first: where it is made, it can be found.
        try build.put(Array(path.utf8), at: record)
        _ = try Folder(parentPath(of: path) ?? "/").makingFolder(name)
        return SSHConnections(path: path, context: context)
    }

    /// Ends the connections and removes the folder.
    ///
    /// They would otherwise wait a minute for another task, and nothing of a step outlives it.
    func end() async {
        do {
            let name = lastComponent(of: path)
            let parent = try Folder(parentPath(of: path) ?? "/")
            // Who else may have made a folder of this name in a place that is everybody's is not our business.
            if name.hasPrefix(Self.prefix), let status = try parent.status(of: name), status.kind == .folder,
                status.owner == ThisProcess.userIdentifier
            {
                let folder = try parent.folder(name)
                for entry in try folder.names() where try folder.status(of: entry)?.kind == .other {
                    try await close("\(path)/\(entry)")
                }
                try parent.removeTree(name)
            }
            try Folder(context.workspace.build).remove(Self.record)
        } catch {
            EnvironmentLog.log(
                .warning, "connections of Ansible could not be ended", ["reason": "\(error)", "folder": path])
        }
    }

    /// Asks the process behind a socket to end.
    private func close(_ socket: String) async throws {
        guard let program = ThisProcess.findProgram("ssh") else { return }
        let context = context
        // In a task of its own, which a stop of the step does not cancel. Where nobody is behind the socket ssh says so in
        // the step's log, and that is as good.
        _ = try await Task {
            try await context.runTool(
                ToolRun(command: [program, "-F", "none", "-q", "-O", "exit", "-o", "ControlPath=\(socket)", "none"])
            ) { _ in }
        }.value
    }

    private static func recorded(_ build: Folder) throws(SystemError) -> String? {
        do {
            return String(decoding: try build.open(record, .read).read(limit: 4096), as: UTF8.self)
        } catch  where error.isNotFound {
            return nil
        }
    }
}
